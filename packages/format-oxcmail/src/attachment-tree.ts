/** Attachments as parts of a MIME tree; their data are read when they are written. spec: attached-files-and-messages */
import { concatBytes, utf8Encode } from '@nodemapi/base';
import { foldedHeader, type MimeTree, parameterHeader, typeOfFileName } from '@nodemapi/format-mime';
import { type IMessage, PR_ATTACH_DATA_BIN, PR_ATTACH_DATA_OBJ } from '@nodemapi/mapi';
import { type AttachmentFacts, isReportPart, type TellOfAttachment } from './attachment-facts.ts';
import type { FtpPlace } from './scan-file.ts';
import { streamChunks } from './stream-chunks.ts';
import { vCardTree } from './vcard-part.ts';

/** Bytes of a calendar that are searched for its METHOD. */
const CALENDAR_HEAD_BYTES = 4096;
const EMPTY_LINE = '\r\n';

type Parameters = readonly (readonly [string, string])[];

/** @param write gives an embedded message as MIME */
export function attachmentTree(
  message: IMessage,
  facts: AttachmentFacts,
  parameters: Parameters,
  write: (inner: IMessage) => AsyncIterable<Uint8Array>,
  tell?: TellOfAttachment,
): MimeTree {
  if (facts.kind === 'entity') return { kind: 'entity', headers: [], bytes: attachmentBytes(message, facts.attachNum) };
  if (facts.ftp !== undefined) return ftpTree(facts.ftp);
  if (facts.kind === 'file') return fileTree(message, facts, parameters);
  if (facts.kind === 'contact') return contactTree(message, facts, tell);
  const headers = [
    parameterHeader('Content-Type', 'message/rfc822', named(facts, 'name')),
    parameterHeader('Content-Disposition', 'attachment', named(facts, 'filename')),
    EMPTY_LINE,
  ];
  return { kind: 'entity', headers, bytes: messageBytes(message, facts.attachNum, write) };
}

/** The data of a by-value attachment. */
export async function* attachmentBytes(message: IMessage, attachNum: number): AsyncIterable<Uint8Array> {
  await using attach = await message.openAttach(attachNum);
  await using stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
  yield* streamChunks(stream);
}

/** METHOD of a calendar, in upper case; undefined if it has none. */
export async function calendarMethod(message: IMessage, attachNum: number): Promise<string | undefined> {
  const head: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of attachmentBytes(message, attachNum)) {
    head.push(bytes);
    size += bytes.length;
    if (size >= CALENDAR_HEAD_BYTES) break;
  }
  const text = Buffer.from(concatBytes(head).subarray(0, CALENDAR_HEAD_BYTES)).toString('latin1');
  return /^METHOD:([A-Za-z-]{1,30})\s*$/im.exec(text)?.[1]?.toUpperCase();
}

/** The header of the file that is elsewhere, with its address; there is no body. RFC 2046 5.2.3 */
function ftpTree({ site, directory, name, mode, url }: FtpPlace): MimeTree {
  const place: Parameters = [
    ['access-type', 'anon-ftp'],
    ['site', site],
    ...(directory === '' ? [] : [['directory', directory] as const]),
    ['name', name],
    ...(mode === undefined ? [] : [['mode', mode] as const]),
  ];
  const lines = [
    parameterHeader('Content-Type', typeOfFileName(name), []),
    foldedHeader('Content-ID', `<${asciiOf(url)}>`),
    foldedHeader('Content-Location', asciiOf(url)),
    EMPTY_LINE,
  ];
  const body = async function* (): AsyncIterable<Uint8Array> {
    yield utf8Encode(lines.join(''));
  };
  return {
    kind: 'leaf',
    headers: [parameterHeader('Content-Type', 'message/external-body', place)],
    encoding: '7bit',
    body: body(),
  };
}

/** An attached contact travels as its vCard, named as it is. */
function contactTree(
  message: IMessage,
  { attachNum, name }: AttachmentFacts,
  tell: TellOfAttachment | undefined,
): MimeTree {
  const withContact = async (written: (inner: IMessage) => Promise<Uint8Array>): Promise<Uint8Array> => {
    // the attachment is held as long: a store may release with it what was opened in it
    await using attach = await message.openAttach(attachNum);
    await using inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
    return await written(inner);
  };
  return vCardTree(name, withContact, tell && ((code, detail, more) => tell(attachNum, code, detail, more)));
}

function fileTree(message: IMessage, facts: AttachmentFacts, parameters: Parameters): MimeTree {
  const charset: Parameters = facts.charset === undefined ? [] : [['charset', facts.charset]];
  const type = facts.contentType === 'message/rfc822' ? 'application/octet-stream' : facts.contentType;
  const headers = [parameterHeader('Content-Type', type, [...charset, ...parameters, ...named(facts, 'name')])];
  const disposition = facts.inline || facts.inlineText ? 'inline' : 'attachment';
  const bare = isReportPart(type) && facts.name === '';
  if (!bare) headers.push(parameterHeader('Content-Disposition', disposition, named(facts, 'filename')));
  if (facts.contentId !== undefined) headers.push(foldedHeader('Content-ID', `<${asciiOf(facts.contentId)}>`));
  if (facts.contentLocation !== undefined) {
    headers.push(foldedHeader('Content-Location', asciiOf(facts.contentLocation)));
  }
  return { kind: 'leaf', headers, encoding: facts.encoding, body: attachmentBytes(message, facts.attachNum) };
}

async function* messageBytes(
  message: IMessage,
  attachNum: number,
  write: (inner: IMessage) => AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  await using attach = await message.openAttach(attachNum);
  await using inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
  yield* write(inner);
}

function named(facts: AttachmentFacts, parameter: string): Parameters {
  return facts.name === '' ? [] : [[parameter, facts.name]];
}

/** Identifiers and addresses of parts are ASCII; anything else is percent-encoded. */
export function asciiOf(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]+/g, (other) => encodeURIComponent(Buffer.from(other, 'utf8').toString('utf8')));
}
