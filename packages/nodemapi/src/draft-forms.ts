/**
 * What the fields of a draft look like: programs in JavaScript have no compiler that would say so, and a field that is written
 * wrongly would be a mail without its file, or one that is not urgent.
 */
import { MapiError } from '@nodemapi/base';
import type { Address, Draft, DraftAttachment } from './compose.ts';
import { isRecord } from './is-record.ts';

type Form = readonly [name: string, is: (value: unknown) => boolean];

const isText = (value: unknown): boolean => typeof value === 'string';
const isListOf = (is: (value: unknown) => boolean, value: unknown): boolean => Array.isArray(value) && value.every(is);
const isAddress = (value: unknown): boolean => isText(value) || isRecord(value);
/** A row of an address book is looked at where it is used. */
const isRecipient = (value: unknown): boolean => isAddress(value) || Array.isArray(value);

const TEXT: Form = ['text', isText];
const FLAG: Form = ['true or false', (value) => typeof value === 'boolean'];
const RECIPIENTS: Form = ['a list of addresses', (value) => isText(value) || isListOf(isRecipient, value)];

const DRAFT: Readonly<Record<keyof Draft, Form>> = {
  to: RECIPIENTS,
  cc: RECIPIENTS,
  bcc: RECIPIENTS,
  from: ['an address', isAddress],
  replyTo: ['a list of addresses', (value) => isListOf(isAddress, value)],
  subject: TEXT,
  text: TEXT,
  html: TEXT,
  attachments: ['a list of attachments', (value) => isListOf(isRecord, value)],
  importance: ['low, normal or high', (value) => ['low', 'normal', 'high'].some((one) => one === value)],
  sendAt: ['a Date', (value) => value instanceof Date && !Number.isNaN(value.getTime())],
  requestDeliveryReceipt: FLAG,
  requestReadReceipt: FLAG,
  sentMail: ['an entry identifier', (value) => value instanceof Uint8Array],
};

const ATTACHMENT: Readonly<Record<keyof DraftAttachment, Form>> = {
  fileName: TEXT,
  content: [
    'text, bytes, or a stream of bytes',
    (value) => isText(value) || value instanceof Uint8Array || (isRecord(value) && Symbol.asyncIterator in value),
  ],
  mimeType: TEXT,
  contentId: TEXT,
};

const ADDRESS: Readonly<Record<keyof Exclude<Address, string>, Form>> = { name: TEXT, address: TEXT };

/** @throws MAPI_E_INVALID_PARAMETER, which names the field, for one that there is not or that is something else */
export function checkDraft(draft: Draft): void {
  checkFields('a draft', draft, DRAFT, []);
  const { to, cc, bcc, replyTo, from } = draft;
  for (const address of [to, cc, bcc, replyTo, from].flat())
    if (isRecord(address)) checkFields('an address', address, ADDRESS, ['address']);
  for (const attachment of draft.attachments ?? [])
    checkFields('an attachment', attachment, ATTACHMENT, ['fileName', 'content']);
}

function checkFields(
  what: string,
  given: unknown,
  forms: Readonly<Record<string, Form>>,
  needed: readonly string[],
): void {
  if (!isRecord(given)) throw wrong(`${what} is an object with fields`);
  const fields = new Map<string, unknown>(Object.entries(given));
  for (const [name, value] of fields) {
    const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
    if (form === undefined) throw wrong(`${what} has no field "${name}"; it has: ${Object.keys(forms).join(', ')}`);
    if (value !== undefined && !form[1](value)) throw wrong(`${name} of ${what} is not ${form[0]}`);
  }
  for (const name of needed) if (fields.get(name) === undefined) throw wrong(`${what} needs ${name}`);
}

function wrong(text: string): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', text);
}
