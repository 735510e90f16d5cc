/** Contacts of a store from vCards and back, by the contract alone. [MS-OXVCARD] 2.1 */
import { MapiError } from '@nodemapi/base';
import { type IMessage, PidLidHasPicture, PR_BODY, PR_ICON_INDEX, PR_MESSAGE_CLASS } from '@nodemapi/mapi';
import { type ContactKey, VCARD_LINES } from './contact-fields.ts';
import { leftOutOfCard } from './contact-left-out.ts';
import type { ContactProblem } from './contact-problem.ts';
import { readContact } from './contact-reader.ts';
import { readNote, readValues, writeValues } from './contact-values.ts';
import { contactLines } from './contact-writer.ts';
import { keptLines, keptTexts } from './kept-lines.ts';
import { extrasOf, withExtras } from './line-extras.ts';
import { findPhoto, writePhoto } from './photo-attachment.ts';
import { readVCard } from './vcard-reader.ts';
import { writeVCard } from './vcard-writer.ts';

/** The class of a contact. [MS-OXOCNTC] 2.2.1.10.1 */
export const CONTACT_CLASS = 'IPM.Contact';
const CONTACT_ICON = 512;

/** Whether a message class is that of a contact, or of a form for contacts. */
export function isContactClass(messageClass: string): boolean {
  return /^IPM\.Contact(?:\.|$)/i.test(messageClass);
}

/**
 * Makes an unsaved message the contact that a vCard of any version describes; saving it is the caller's.
 *
 * @param bytes one card, in UTF-8 or the charsets that its lines name
 * @throws MAPI_E_CORRUPT_DATA if it is no card
 */
export async function vCardToMapi(bytes: Uint8Array, message: IMessage): Promise<readonly ContactProblem[]> {
  const { card, problems } = readVCard(bytes);
  const found: ContactProblem[] = problems.map((detail) => ({ detail, loss: true }));
  const contact = readContact(card);
  const { values, photo, kept } = contact;
  const extras = extrasOf(contact, card.version);
  for (const detail of contact.problems) found.push({ detail, loss: true });
  for (const detail of extras.problems) found.push({ detail, loss: false });
  const texts = keptTexts([...kept, ...extras.kept], card.version, found);
  const all = new Map<ContactKey, unknown>(values);
  all.set(PR_MESSAGE_CLASS, CONTACT_CLASS);
  all.set(PR_ICON_INDEX, CONTACT_ICON);
  if (texts.length > 0) all.set(VCARD_LINES, texts);
  if (photo !== undefined) all.set(PidLidHasPicture, true);
  await writeValues(message, all, found);
  if (photo !== undefined) await writePhoto(message, photo);
  return found;
}

/** How a contact is written. */
export interface MapiToVCardOptions {
  /** 3.0 if omitted. */
  readonly version?: '3.0' | '4.0';
  /** The text of the contact, where it is not only in PR_BODY. */
  readonly note?: string;
}

/**
 * A contact as the text of a vCard, in UTF-8 with CRLF.
 *
 * @returns the text, and what a reader of it does not get: content that is missing, and properties by `propertyTexts`
 * @throws MAPI_E_NO_SUPPORT if the message is no contact
 */
export async function mapiToVCard(
  message: IMessage,
  { version = '3.0', note }: MapiToVCardOptions = {},
): Promise<{ readonly text: string; readonly problems: readonly ContactProblem[] }> {
  const problems: ContactProblem[] = [];
  const values = await readValues(message, problems);
  const messageClass = String(values.get(PR_MESSAGE_CLASS) ?? '');
  if (!isContactClass(messageClass))
    throw new MapiError('MAPI_E_NO_SUPPORT', `${messageClass || 'a message without a class'} is no contact`);
  const body = note ?? (await readNote(message, problems));
  if (body !== undefined) values.set(PR_BODY, body);
  const photo = await findPhoto(message, problems);
  const written = contactLines({ values, photo, version });
  for (const detail of written.problems) problems.push({ detail, loss: true });
  const kept = keptLines(values.get(VCARD_LINES), version);
  for (const detail of await leftOutOfCard(message, values, version, written.lines))
    problems.push({ detail, loss: false });
  return { text: writeVCard({ version, lines: withExtras(written.lines, kept, version) }), problems };
}

/** Whether a card can hold the message: a contact without attachments but its picture. */
export async function isPlainContact(message: IMessage): Promise<boolean> {
  const [messageClass = ''] = (await message.getProps([PR_MESSAGE_CLASS])).values;
  if (!isContactClass(messageClass)) return false;
  const problems: ContactProblem[] = [];
  await findPhoto(message, problems);
  return problems.length === 0;
}
