/** Composes a message from a plain draft: what a program that only wants to send needs to know of MAPI. */

import {
  type Clock,
  fileTimeFromDate,
  MapiError,
  type Random,
  systemClock,
  systemRandom,
  utf8Encode,
} from '@nodemapi/base';
import { scCreateConversationIndex, splitSubject } from '@nodemapi/kit';
import {
  type AdrEntry,
  ATT_MHTML_REF,
  ATTACH_BY_VALUE,
  DT_MAILUSER,
  type EntryId,
  encodeOneOff,
  type IMAPIFolder,
  type IMessage,
  MAPI_BCC,
  MAPI_CC,
  MAPI_MAILUSER,
  MAPI_TO,
  MSGFLAG_READ,
  MSGFLAG_UNSENT,
  PR_ADDRTYPE,
  PR_ATTACH_CONTENT_ID,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_FILENAME,
  PR_ATTACH_FLAGS,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_ATTACH_MIME_TAG,
  PR_ATTACHMENT_HIDDEN,
  PR_BODY,
  PR_CONVERSATION_INDEX,
  PR_CONVERSATION_TOPIC,
  PR_DEFERRED_SEND_TIME,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_HTML,
  PR_IMPORTANCE,
  PR_INTERNET_CPID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_OBJECT_TYPE,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_READ_RECEIPT_REQUESTED,
  PR_RECIPIENT_TYPE,
  PR_RENDERING_POSITION,
  PR_SEARCH_KEY,
  PR_SEND_RICH_INFO,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_ENTRYID,
  PR_SENT_REPRESENTING_NAME,
  PR_SENT_REPRESENTING_SEARCH_KEY,
  PR_SENTMAIL_ENTRYID,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  replyRecipientProps,
  searchKeyOf,
} from '@nodemapi/mapi';
import { checkDraft } from './draft-forms.ts';

/** An address as people write it: `ada@example.com`, `Ada <ada@example.com>`, or its two parts. */
export type Address = string | { readonly name?: string; readonly address: string };

/** An address, or the row of somebody who was found in an address book, with its PR_ENTRYID. */
export type Recipient = Address | AdrEntry;

/** A file that goes with a draft. */
export interface DraftAttachment {
  readonly fileName: string;
  /** Text is written in UTF-8; a stream of any length is never whole in memory. */
  readonly content: string | Uint8Array | AsyncIterable<Uint8Array | string>;
  readonly mimeType?: string;
  /** For what the HTML body shows by `cid:` and this name: such a part belongs to the text, and is in no list of attachments. */
  readonly contentId?: string;
}

/** A message as a person writes it. */
export interface Draft {
  /** A string is a list of addresses with commas between them. */
  readonly to?: string | readonly Recipient[];
  readonly cc?: string | readonly Recipient[];
  readonly bcc?: string | readonly Recipient[];
  readonly from?: Address;
  /** Whom answers go to, if not to `from`. */
  readonly replyTo?: readonly Address[];
  readonly subject?: string;
  readonly text?: string;
  readonly html?: string;
  readonly attachments?: readonly DraftAttachment[];
  readonly importance?: 'low' | 'normal' | 'high';
  /** Not before this time. */
  readonly sendAt?: Date;
  readonly requestDeliveryReceipt?: boolean;
  readonly requestReadReceipt?: boolean;
  /** The folder in which the sent message is filed; it stays in the Outbox's place without one. */
  readonly sentMail?: EntryId;
}

/** Where time and chance come from. */
export interface ComposeOptions {
  readonly clock?: Pick<Clock, 'now'>;
  readonly random?: Random;
}

const IMPORTANCE = { low: 0, normal: 1, high: 2 } as const;
const CODE_PAGE_UTF8 = 65001;

/**
 * Makes an unsaved message in `outbox`, ready for `submitMessage`; the caller releases it.
 *
 * It begins a conversation; an answer to another message is made by `replyToMessage`.
 *
 * @throws MAPI_E_INVALID_PARAMETER for an address that does not parse, or a field that a draft has not
 */
export async function composeMessage(
  outbox: IMAPIFolder,
  draft: Draft,
  { clock = systemClock, random = systemRandom }: ComposeOptions = {},
): Promise<IMessage> {
  checkDraft(draft);
  const rows = [
    ...listed(draft.to).map((address) => recipientRow(address, MAPI_TO)),
    ...listed(draft.cc).map((address) => recipientRow(address, MAPI_CC)),
    ...listed(draft.bcc).map((address) => recipientRow(address, MAPI_BCC)),
  ];
  const topic = splitSubject(draft.subject ?? '').normalized;
  const props = [
    ...draftProps(draft),
    prop(PR_CONVERSATION_TOPIC, topic),
    prop(PR_CONVERSATION_INDEX, scCreateConversationIndex(null, { clock, random })),
  ];
  const message = await outbox.createMessage();
  try {
    await message.setProps(props);
    if (rows.length > 0) await message.modifyRecipients('add', rows);
    for (const attachment of draft.attachments ?? []) await addAttachment(message, attachment, draft.html);
    return message;
  } catch (error) {
    await message.release();
    throw error;
  }
}

function listed(given: string | readonly Recipient[] | undefined): readonly Recipient[] {
  return typeof given === 'string' ? splitAddresses(given) : (given ?? []);
}

/** Splits `a@b, "C, D" <e@f>` at the commas outside quotes. */
export function splitAddresses(text: string): readonly string[] {
  return (text.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/gu) ?? []).map((part) => part.trim()).filter((part) => part !== '');
}

function draftProps(draft: Draft): readonly PropValue[] {
  const props: PropValue[] = [
    prop(PR_MESSAGE_CLASS, 'IPM.Note'),
    prop(PR_MESSAGE_FLAGS, MSGFLAG_UNSENT | MSGFLAG_READ),
    prop(PR_SUBJECT, draft.subject ?? ''),
    prop(PR_IMPORTANCE, IMPORTANCE[draft.importance ?? 'normal']),
  ];
  if (draft.text !== undefined) props.push(prop(PR_BODY, draft.text));
  if (draft.html !== undefined) {
    props.push(prop(PR_HTML, utf8Encode(draft.html)), prop(PR_INTERNET_CPID, CODE_PAGE_UTF8));
  }
  if (draft.sendAt !== undefined) props.push(prop(PR_DEFERRED_SEND_TIME, fileTimeFromDate(draft.sendAt)));
  if (draft.requestDeliveryReceipt === true) props.push(prop(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true));
  if (draft.requestReadReceipt === true) props.push(prop(PR_READ_RECEIPT_REQUESTED, true));
  if (draft.sentMail !== undefined) props.push(prop(PR_SENTMAIL_ENTRYID, draft.sentMail));
  const replyTo = (draft.replyTo ?? []).map(oneOffOf);
  props.push(...replyRecipientProps(replyTo));
  if (draft.from !== undefined) {
    const { name, address, entryId } = oneOffOf(draft.from);
    props.push(
      prop(PR_SENT_REPRESENTING_NAME, name),
      prop(PR_SENT_REPRESENTING_ADDRTYPE, 'SMTP'),
      prop(PR_SENT_REPRESENTING_EMAIL_ADDRESS, address),
      prop(PR_SENT_REPRESENTING_ENTRYID, entryId),
      prop(PR_SENT_REPRESENTING_SEARCH_KEY, searchKeyOf('SMTP', address)),
    );
  }
  return props;
}

/** What a resolved row brings into the recipient table; the rest belongs to the address book. */
const RESOLVED_TAGS: readonly PropTag[] = [
  PR_DISPLAY_NAME,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_SEARCH_KEY,
  PR_OBJECT_TYPE,
  PR_DISPLAY_TYPE,
  PR_SEND_RICH_INFO,
];

/**
 * One recipient row: an address becomes an SMTP one-off, a resolved row stays who it is.
 *
 * @throws MAPI_E_INVALID_PARAMETER for an address that does not parse, or a row without PR_ENTRYID
 */
export function recipientRow(source: Recipient, recipientType: number): AdrEntry {
  if (isRow(source)) return resolvedRow(source, recipientType);
  const { name, address, entryId } = oneOffOf(source);
  return [
    prop(PR_RECIPIENT_TYPE, recipientType),
    prop(PR_DISPLAY_NAME, name),
    prop(PR_ADDRTYPE, 'SMTP'),
    prop(PR_EMAIL_ADDRESS, address),
    prop(PR_ENTRYID, entryId),
    prop(PR_SEARCH_KEY, searchKeyOf('SMTP', address)),
    prop(PR_OBJECT_TYPE, MAPI_MAILUSER),
    prop(PR_DISPLAY_TYPE, DT_MAILUSER),
    prop(PR_SEND_RICH_INFO, false),
  ];
}

function isRow(source: Recipient): source is AdrEntry {
  return Array.isArray(source);
}

function resolvedRow(source: AdrEntry, recipientType: number): AdrEntry {
  const name = propOf(source, PR_DISPLAY_NAME) ?? '';
  if (propOf(source, PR_ENTRYID) === undefined)
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `the recipient "${name}" is not resolved: it has no PR_ENTRYID`);
  const row = [
    prop(PR_RECIPIENT_TYPE, recipientType),
    ...source.filter(({ tag }) => RESOLVED_TAGS.some((wanted) => wanted === tag)),
  ];
  const addrType = propOf(row, PR_ADDRTYPE);
  const address = propOf(row, PR_EMAIL_ADDRESS);
  if (propOf(row, PR_SEARCH_KEY) === undefined && addrType !== undefined && address !== undefined)
    row.push(prop(PR_SEARCH_KEY, searchKeyOf(addrType, address)));
  return row;
}

/** The parts of an address. @throws MAPI_E_INVALID_PARAMETER if it has no `local@domain` */
export function parseAddress(source: Address): { readonly name: string; readonly address: string } {
  const { name, address } =
    typeof source === 'string' ? splitAddress(source) : { name: source.name ?? '', address: source.address };
  if (
    !/^[^\s@<>"(),;:\\[\]]+@[^\s@<>"(),;:\\]+$/u.test(address) &&
    !/^"(?:[^"\\\r\n]|\\.)+"@[^\s@<>]+$/u.test(address)
  ) {
    throw new MapiError(
      'MAPI_E_INVALID_PARAMETER',
      `"${typeof source === 'string' ? source : source.address}" is no mail address`,
    );
  }
  return { name: name === '' ? address : name, address };
}

function splitAddress(text: string): { readonly name: string; readonly address: string } {
  const match = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^<]*?))\s*<([^<>]*)>\s*$/u.exec(text);
  if (match === null) return { name: '', address: text.trim() };
  const name = match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll(/\\(.)/gu, '$1');
  return { name, address: (match[3] ?? '').trim() };
}

function oneOffOf(source: Address): { readonly name: string; readonly address: string; readonly entryId: EntryId } {
  const { name, address } = parseAddress(source);
  return {
    name,
    address,
    entryId: encodeOneOff({ displayName: name, addrType: 'SMTP', emailAddress: address, sendRichInfo: false }),
  };
}

async function addAttachment(message: IMessage, source: DraftAttachment, html = ''): Promise<void> {
  const { attach } = await message.createAttach();
  await using opened = attach;
  const props: PropValue[] = [
    prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE),
    prop(PR_ATTACH_LONG_FILENAME, source.fileName),
    prop(PR_ATTACH_FILENAME, source.fileName),
    prop(PR_RENDERING_POSITION, -1),
  ];
  if (source.mimeType !== undefined) props.push(prop(PR_ATTACH_MIME_TAG, source.mimeType));
  if (source.contentId !== undefined) {
    const contentId = source.contentId.replace(/^<(.*)>$/u, '$1');
    props.push(prop(PR_ATTACH_CONTENT_ID, contentId));
    // Else the picture would be one more file below the text.
    if (html.includes(`cid:${contentId}`)) {
      props.push(prop(PR_ATTACH_FLAGS, ATT_MHTML_REF), prop(PR_ATTACHMENT_HIDDEN, true));
    }
  }
  await opened.setProps(props);
  await using stream = await opened.openProperty(PR_ATTACH_DATA_BIN, 'IStream', { create: true, modify: true });
  const { content } = source;
  const isWhole = typeof content === 'string' || content instanceof Uint8Array;
  for await (const part of isWhole ? [content] : content)
    await stream.write(typeof part === 'string' ? utf8Encode(part) : part);
  await stream.commit();
  await opened.saveChanges();
}
