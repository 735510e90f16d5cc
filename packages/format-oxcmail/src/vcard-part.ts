/** vCards in mail, and the contacts that they are. [MS-OXCMAIL] 2.1.3.4.6, 2.2.3.4.4 */
import { utf8Encode } from '@nodemapi/base';
import { BodyTextDecoder, type MimePart, type MimeTree, parameterHeader, usableCharset } from '@nodemapi/format-mime';
import { isVCard, mapiToVCard, splitVCards } from '@nodemapi/format-vcard';
import { type IMessage, PR_SUBJECT } from '@nodemapi/mapi';
import type { TellOfMessage } from './diagnostic.ts';
import { messageText } from './message-text.ts';

/** Whether a part claims to be a vCard; text/directory is one unless its profile says something else. */
export function isVCardPart({ contentType, parameters }: MimePart): boolean {
  if (contentType === 'text/vcard' || contentType === 'text/x-vcard') return true;
  return contentType === 'text/directory' && /^vcard$/i.test(parameters.get('profile') ?? 'vcard');
}

/** The cards of a part in UTF-8; undefined if there is none, or one that cannot be read as a card. */
export async function cardsOf(part: MimePart, bytes: Uint8Array): Promise<readonly Uint8Array[] | undefined> {
  const text = usableCharset(part.charset) === undefined ? bytes : inUtf8(part.charset, bytes);
  if (!isVCard(text)) return undefined;
  const cards: Uint8Array[] = [];
  for await (const card of splitVCards(once(text))) {
    if (card.kind === 'tooLarge') return undefined;
    cards.push(card.bytes);
  }
  return cards;
}

/** The name of the file of a contact. */
export function vCardFileName(name: string): string {
  return `${name === '' ? 'contact' : name.replace(/\.vcf$/i, '')}.vcf`;
}

/** Opens a contact, lets it be written, and releases it. */
type WithContact = (written: (message: IMessage) => Promise<Uint8Array>) => Promise<Uint8Array>;

/** A contact as a part of a mail, which is read when it is written. */
export function vCardTree(name: string, withContact: WithContact, tell?: TellOfMessage): MimeTree {
  const fileName = vCardFileName(name);
  const type = [
    ['charset', 'utf-8'],
    ['profile', 'vCard'],
    ['name', fileName],
  ] as const;
  const headers = [
    parameterHeader('Content-Type', 'text/directory', type),
    parameterHeader('Content-Disposition', 'attachment', [['filename', fileName]]),
  ];
  return { kind: 'leaf', headers, encoding: 'quoted-printable', body: vCardBytes(withContact, tell) };
}

/** The vCard of a message that is a contact itself. */
export async function ownVCardTree(message: IMessage, tell: TellOfMessage | undefined): Promise<MimeTree> {
  const [subject = ''] = (await message.getProps([PR_SUBJECT])).values;
  return vCardTree(subject, (written) => written(message), tell);
}

/** The vCard of a contact, in UTF-8. */
export async function vCardOf(message: IMessage, tell?: TellOfMessage): Promise<Uint8Array> {
  const { text, problems } = await mapiToVCard(message, { note: await messageText(message) });
  for (const { detail, loss } of problems) tell?.('contactInPart', detail, loss ? { loss } : {});
  return utf8Encode(text);
}

async function* vCardBytes(withContact: WithContact, tell: TellOfMessage | undefined): AsyncIterable<Uint8Array> {
  yield await withContact((message) => vCardOf(message, tell));
}

function inUtf8(charset: string | undefined, bytes: Uint8Array): Uint8Array {
  const decoder = new BodyTextDecoder(charset);
  return utf8Encode(decoder.write(bytes) + decoder.end());
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
