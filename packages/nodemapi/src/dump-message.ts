/** One message as plain JSON: the MESSAGE form of the command line. Attachments are hashed as they stream by. */
import { createHash } from 'node:crypto';
import { decodeCodePage, MapiError, toHex } from '@nodemapi/base';
import { decompressRtf, readRtf, rtfToText } from '@nodemapi/format-rtf';
import { getProp, queryAllRows } from '@nodemapi/kit';
import {
  ATTACH_EMBEDDED_MSG,
  ATTACH_OLE,
  type IAttach,
  type IMessage,
  type IStream,
  MAPI_BCC,
  MAPI_CC,
  MAPI_ORIG,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_ATTACH_CONTENT_ID,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_FILENAME,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_ATTACH_MIME_TAG,
  PR_ATTACH_NUM,
  PR_BODY,
  PR_CLIENT_SUBMIT_TIME,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_HTML,
  PR_INTERNET_CPID,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_RECIPIENT_TYPE,
  PR_RTF_COMPRESSED,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_NAME,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_NAME,
  PR_SUBJECT,
  propOf,
  recipientKind,
  STREAM_CHUNK_BYTES,
} from '@nodemapi/mapi';
import { dumpProps, timeText } from './dump-props.ts';
import { type MessageDiagnostic, wholeValue } from './dump-value.ts';

/** An address of a dumped message. */
export interface DumpAddress {
  readonly name: string;
  readonly addrType: string;
  readonly address: string;
}

/** An attachment of a dumped message. */
export interface DumpAttachment {
  readonly name: string;
  readonly method: number;
  readonly mimeType: string | null;
  readonly contentId: string | null;
  readonly size: number;
  readonly sha256: string | null;
  readonly message?: DumpMessage;
}

/** The RTF is decompressed, a character per byte: RTF is ASCII but for stray bytes. */
export interface DumpBody {
  readonly text?: string;
  readonly html?: string;
  readonly rtf?: string;
}

/** A message as plain values, for people and for programs. */
export interface DumpMessage {
  readonly entryId?: string;
  readonly messageClass: string;
  readonly subject: string;
  readonly from: DumpAddress | null;
  readonly sender: DumpAddress | null;
  readonly recipients: readonly (DumpAddress & { readonly type: 'to' | 'cc' | 'bcc' | 'orig' })[];
  readonly submitTime: string | null;
  readonly deliveryTime: string | null;
  readonly internetMessageId: string | null;
  readonly body?: DumpBody;
  readonly props?: Readonly<Record<string, unknown>>;
  readonly attachments: readonly DumpAttachment[];
  readonly diagnostics: readonly MessageDiagnostic[];
}

/** What of a message is dumped. */
export interface DumpOptions {
  readonly body?: boolean;
  readonly props?: boolean;
}

/** Messages inside messages inside … at most. */
export const dumpDepthMax = 50;

const CODE_PAGE_UTF8 = 65001;
const RECIPIENT_TYPES = new Map([
  [MAPI_ORIG, 'orig'],
  [MAPI_TO, 'to'],
  [MAPI_CC, 'cc'],
  [MAPI_BCC, 'bcc'],
] as const);

/** Reads a message, its recipients and attachments into the MESSAGE form. */
export async function dumpMessage(message: IMessage, options: DumpOptions = {}, depth = 0): Promise<DumpMessage> {
  if (depth > dumpDepthMax) throw new MapiError('MAPI_E_TOO_COMPLEX', `messages nest deeper than ${dumpDepthMax}`);
  const { values } = await message.getProps([
    PR_ENTRYID,
    PR_MESSAGE_CLASS,
    PR_SUBJECT,
    PR_CLIENT_SUBMIT_TIME,
    PR_MESSAGE_DELIVERY_TIME,
    PR_INTERNET_MESSAGE_ID,
    PR_SENT_REPRESENTING_NAME,
    PR_SENT_REPRESENTING_ADDRTYPE,
    PR_SENT_REPRESENTING_EMAIL_ADDRESS,
    PR_SENDER_NAME,
    PR_SENDER_ADDRTYPE,
    PR_SENDER_EMAIL_ADDRESS,
  ]);
  const [entryId, messageClass, subject, submitTime, deliveryTime, internetMessageId, ...addresses] = values;
  const diagnostics: MessageDiagnostic[] = [];
  return {
    ...(entryId === undefined ? {} : { entryId: toHex(entryId) }),
    messageClass: messageClass ?? '',
    subject: subject ?? '',
    from: address(addresses[0], addresses[1], addresses[2]),
    sender: address(addresses[3], addresses[4], addresses[5]),
    recipients: await dumpRecipients(message),
    submitTime: submitTime === undefined ? null : timeText(submitTime),
    deliveryTime: deliveryTime === undefined ? null : timeText(deliveryTime),
    internetMessageId: internetMessageId ?? null,
    ...(options.body === false ? {} : { body: await dumpBody(message, diagnostics) }),
    ...(options.props === false ? {} : { props: await dumpProps(message, diagnostics) }),
    attachments: await dumpAttachments(message, options, depth, diagnostics),
    diagnostics,
  };
}

function address(
  name: string | undefined,
  addrType: string | undefined,
  email: string | undefined,
): DumpAddress | null {
  if (name === undefined && email === undefined) return null;
  return { name: name ?? '', addrType: addrType ?? '', address: email ?? '' };
}

async function dumpRecipients(message: IMessage): Promise<DumpMessage['recipients']> {
  await using table = await message.getRecipientTable();
  const rows = await queryAllRows(table, { tags: [PR_RECIPIENT_TYPE, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS] });
  return rows.map((row) => ({
    type: RECIPIENT_TYPES.get(recipientKind(propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO) as 0 | 1 | 2 | 3) ?? 'to',
    name: propOf(row, PR_DISPLAY_NAME) ?? '',
    addrType: propOf(row, PR_ADDRTYPE) ?? '',
    address: propOf(row, PR_EMAIL_ADDRESS) ?? '',
  }));
}

/** Whether something of a dumped message, or of one within it, is missing. */
export function isDumpIncomplete({ diagnostics, attachments }: DumpMessage): boolean {
  return (
    diagnostics.some(({ loss }) => loss) ||
    attachments.some(({ message }) => message !== undefined && isDumpIncomplete(message))
  );
}

/** The bodies of a message alone, as a dump has them, and what was wrong with them. */
export async function readBodies(
  message: IMessage,
): Promise<{ readonly body: DumpBody; readonly diagnostics: DumpMessage['diagnostics'] }> {
  const diagnostics: MessageDiagnostic[] = [];
  return { body: await dumpBody(message, diagnostics), diagnostics };
}

/** Where a message has its body as RTF alone, the text and the HTML that are in the RTF are given too. */
async function dumpBody(message: IMessage, diagnostics: MessageDiagnostic[]): Promise<DumpBody> {
  const text = await wholeValue(message, PR_BODY, diagnostics);
  const html = await wholeValue(message, PR_HTML, diagnostics);
  const compressed = await wholeValue(message, PR_RTF_COMPRESSED, diagnostics);
  const rtf = compressed === undefined ? undefined : decompressed(compressed, diagnostics);
  return {
    ...(rtf === undefined ? {} : bodyInRtf(rtf)),
    ...(text === undefined ? {} : { text: decodeCodePage(text, 1200).text }),
    ...(html === undefined ? {} : { html: htmlText(html, await getProp(message, PR_INTERNET_CPID), diagnostics) }),
  };
}

function bodyInRtf(rtf: Uint8Array): DumpBody {
  const read = readRtf(rtf);
  const source = Buffer.from(rtf.buffer, rtf.byteOffset, rtf.byteLength).toString('latin1');
  return read.kind === 'html'
    ? { html: read.html, text: rtfToText(rtf), rtf: source }
    : { text: read.text, rtf: source };
}

function htmlText(html: Uint8Array, codePage: number | undefined, diagnostics: MessageDiagnostic[]): string {
  try {
    return decodeCodePage(html, codePage ?? CODE_PAGE_UTF8).text;
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_UNKNOWN_CPID')) throw error;
    diagnostics.push({ code: error.code, message: `the HTML is taken for UTF-8: ${error.detail}`, loss: false });
    return decodeCodePage(html, CODE_PAGE_UTF8).text;
  }
}

/** The sizes in the header of compressed RTF are hints; a wrong checksum alone costs nothing. [MS-OXRTFCP] 2.1.3.1 */
const RTF_HARMLESS: ReadonlySet<string> = new Set(['badCrc', 'badSize', 'trailingBytes']);

function decompressed(compressed: Uint8Array, diagnostics: MessageDiagnostic[]): Uint8Array | undefined {
  try {
    const { rtf, diagnostics: found } = decompressRtf(compressed);
    for (const { code, detail } of found)
      diagnostics.push({ code, message: `PR_RTF_COMPRESSED: ${detail}`, loss: !RTF_HARMLESS.has(code) });
    return rtf;
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    diagnostics.push({ code: error.code, message: `PR_RTF_COMPRESSED: ${error.detail}`, loss: true });
    return undefined;
  }
}

async function dumpAttachments(
  message: IMessage,
  options: DumpOptions,
  depth: number,
  diagnostics: MessageDiagnostic[],
): Promise<readonly DumpAttachment[]> {
  await using table = await message.getAttachmentTable();
  const rows = await queryAllRows(table, { tags: [PR_ATTACH_NUM] });
  const result: DumpAttachment[] = [];
  for (const row of rows) {
    const attachNum = propOf(row, PR_ATTACH_NUM);
    if (attachNum === undefined) continue;
    await using attach = await message.openAttach(attachNum);
    result.push(await dumpAttachment(attach, options, depth, diagnostics));
  }
  return result;
}

async function dumpAttachment(
  attach: IAttach,
  options: DumpOptions,
  depth: number,
  diagnostics: MessageDiagnostic[],
): Promise<DumpAttachment> {
  const { values } = await attach.getProps([
    PR_ATTACH_LONG_FILENAME,
    PR_ATTACH_FILENAME,
    PR_DISPLAY_NAME,
    PR_ATTACH_METHOD,
    PR_ATTACH_MIME_TAG,
    PR_ATTACH_CONTENT_ID,
  ]);
  const [longName, shortName, displayName, method, mimeType, contentId] = values;
  const base = {
    name: longName ?? shortName ?? displayName ?? '',
    method: method ?? 0,
    mimeType: mimeType ?? null,
    contentId: contentId ?? null,
  };
  if (method !== ATTACH_EMBEDDED_MSG) {
    const content = await hashOrProblem(attach, base.name, diagnostics);
    // A storage has entries, and bytes only once it is written as a file; the hash would be of our way of writing.
    const isStorage = method === ATTACH_OLE && (await hasObject(attach));
    return { ...base, ...content, ...(isStorage ? { sha256: null } : {}) };
  }
  const empty = { ...base, size: 0, sha256: null };
  try {
    await using embedded = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
    return { ...empty, message: await dumpMessage(embedded, options, depth + 1) };
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    diagnostics.push({
      code: error.code,
      message: `the message in attachment "${base.name}": ${error.detail}`,
      loss: true,
    });
    return empty;
  }
}

/** Content that is damaged has no hash; the message around it has everything else. */
async function hashOrProblem(
  attach: IAttach,
  name: string,
  diagnostics: MessageDiagnostic[],
): Promise<{ readonly size: number; readonly sha256: string | null }> {
  try {
    return await hashOf(attach);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
    diagnostics.push({ code: error.code, message: `the content of attachment "${name}": ${error.detail}`, loss: true });
    return { size: 0, sha256: null };
  }
}

async function hasObject(attach: IAttach): Promise<boolean> {
  return (await attach.getPropList()).some((tag) => tag === PR_ATTACH_DATA_OBJ);
}

async function hashOf(attach: IAttach): Promise<{ readonly size: number; readonly sha256: string | null }> {
  let stream: IStream;
  try {
    stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return { size: 0, sha256: null };
    throw error;
  }
  await using opened = stream;
  const hash = createHash('sha256');
  let size = 0;
  for (
    let chunk = await opened.read(STREAM_CHUNK_BYTES);
    chunk.length > 0;
    chunk = await opened.read(STREAM_CHUNK_BYTES)
  ) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, sha256: hash.digest('hex') };
}
