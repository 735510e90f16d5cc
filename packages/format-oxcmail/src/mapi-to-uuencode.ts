/**
 * Writes a message as mail was before MIME: wrapped text, then files by uuencode. spec: message-text, attached-files-and-messages
 *
 * - Attached messages become text, and their files stand among those of the message.
 * - OLE objects and links are left out and told: this form has no place for them.
 * - The text says in a Content-Type in what charset it is, as any reader expects today.
 */
import { concatBytes, type FileTime, fileTimeFromDate, systemRandom, utf8Encode } from '@nodemapi/base';
import { encodeWords, foldedHeader, formatMailDate, formatParameters, uuencode, wrapText } from '@nodemapi/format-mime';
import { isPlainContact } from '@nodemapi/format-vcard';
import {
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  type IAttach,
  type IMessage,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_FILENAME,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_METHOD,
  PR_CLIENT_SUBMIT_TIME,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TO,
  PR_INTERNET_MESSAGE_ID,
  PR_LAST_MODIFICATION_TIME,
  PR_SENDER_NAME,
  PR_SUBJECT,
} from '@nodemapi/mapi';
import { attachNumbers } from './attachment-facts.ts';
import type { Tell, TellOfMessage } from './diagnostic.ts';
import { headerLines } from './header-lines.ts';
import { type MapiToMimeOptions, WRITE_DEPTH_MAX } from './mapi-to-mime.ts';
import { messageText } from './message-text.ts';
import { formatMsAttachment } from './ms-attachment.ts';
import { streamChunks } from './stream-chunks.ts';
import { TNEF_FILE_NAME, tnefTree } from './tnef-tree.ts';
import { vCardFileName, vCardOf } from './vcard-part.ts';

const USUAL_COLUMNS = 78;
/** The time of a file that has none. */
const NO_TIME: FileTime = fileTimeFromDate(new Date(0));

/** What comes by in a message and those within it: texts, and files while they are open. */
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly name: string; readonly time: FileTime; readonly content: IAttach | Uint8Array };

/** The message, read while it is written: it must stay open and unchanged until the end. @throws what the message throws */
export async function* mapiToUuencode(
  message: IMessage,
  options: MapiToMimeOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { form = {} } = options;
  const { lines } = await headerLines(message, { ...options, ...form });
  const own = form.noHeaders === true ? [] : lines.filter((line) => !/^MIME-Version:/i.test(line));
  const texts: string[] = [];
  const names: string[] = [];
  for await (const piece of pieces(message, options.date ?? NO_TIME, [], options.onDiagnostic)) {
    if (piece.kind === 'text') texts.push(piece.text);
    else if (form.plainTextOnly !== true) names.push(await msAttachment(piece));
  }
  const rich = form.plainTextOnly === true ? undefined : await winmail(message, options);
  if (rich !== undefined) {
    const told = { name: TNEF_FILE_NAME, size: rich.length, time: options.date ?? NO_TIME };
    names.push(foldedHeader('X-MS-Attachment', formatMsAttachment(told)));
  }
  const text = wrapText(texts.join('\r\n'), form.text?.wrapColumns ?? USUAL_COLUMNS);
  const isAscii = /^[\0-\x7f]*$/.test(text);
  yield utf8Encode(
    [
      ...own,
      foldedHeader('MIME-Version', '1.0'),
      foldedHeader('Content-Type', formatParameters('text/plain', [['charset', isAscii ? 'us-ascii' : 'utf-8']])),
      foldedHeader('Content-Transfer-Encoding', isAscii ? '7bit' : '8bit'),
      ...names,
      '\r\n',
      text.endsWith('\r\n') ? text : `${text}\r\n`,
    ].join(''),
  );
  if (form.plainTextOnly === true) return;
  for await (const piece of pieces(message, NO_TIME, [])) {
    if (piece.kind !== 'file') continue;
    yield utf8Encode('\r\n');
    yield* uuencode(piece.name, data(piece.content));
  }
  if (rich === undefined) return;
  yield utf8Encode('\r\n');
  yield* uuencode(TNEF_FILE_NAME, one(rich));
}

/** What this form has no place for, as the bytes of one more file; properties alone, so it is small. */
async function winmail(
  message: IMessage,
  { messageId: given, random = systemRandom, tnef }: MapiToMimeOptions,
): Promise<Uint8Array | undefined> {
  if (tnef === undefined) return undefined;
  const messageId = (await message.getProps([PR_INTERNET_MESSAGE_ID])).values[0] ?? given;
  const tree = await tnefTree(message, messageId, random, tnef);
  if (tree.kind !== 'leaf') return undefined;
  const parts: Uint8Array[] = [];
  for await (const bytes of tree.body) parts.push(bytes);
  return concatBytes(parts);
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** @param place the attachments that the message lies in */
async function* pieces(
  message: IMessage,
  date: FileTime,
  place: readonly number[],
  onDiagnostic?: Tell,
): AsyncGenerator<Piece> {
  if (place.length > 0) yield { kind: 'text', text: await heading(message) };
  yield { kind: 'text', text: await messageText(message) };
  for (const attachNum of await attachNumbers(message)) {
    await using attach = await message.openAttach(attachNum);
    const [method = ATTACH_BY_VALUE, longName, shortName, displayName, time] = (
      await attach.getProps([
        PR_ATTACH_METHOD,
        PR_ATTACH_LONG_FILENAME,
        PR_ATTACH_FILENAME,
        PR_DISPLAY_NAME,
        PR_LAST_MODIFICATION_TIME,
      ])
    ).values;
    const path = [...place, attachNum];
    const tell: TellOfMessage = (code, detail, more) => onDiagnostic?.({ code, detail, path: path.join('/'), ...more });
    if (method === ATTACH_EMBEDDED_MSG && path.length > WRITE_DEPTH_MAX) {
      tell('attachmentLeftOut', `messages are embedded ${path.length} deep`);
    } else if (method === ATTACH_EMBEDDED_MSG) {
      await using inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
      if (await isPlainContact(inner)) {
        const name = vCardFileName(longName || shortName || displayName || '').replaceAll(/[\p{Cc}/\\]/gu, '_');
        yield { kind: 'file', name, time: time ?? date, content: await vCardOf(inner, tell) };
      } else yield* pieces(inner, date, path, onDiagnostic);
    } else if (method === ATTACH_BY_VALUE) {
      const name = (longName || shortName || displayName || 'ATT.bin').replaceAll(/[\p{Cc}/\\]/gu, '_');
      yield { kind: 'file', name, time: time ?? date, content: attach };
    } else tell('attachmentLeftOut', `uuencode has no place for PR_ATTACH_METHOD ${method}`);
  }
}

/** What an attached message says of itself, as lines of text. */
async function heading(message: IMessage): Promise<string> {
  const [sender, to, subject, time] = (
    await message.getProps([PR_SENDER_NAME, PR_DISPLAY_TO, PR_SUBJECT, PR_CLIENT_SUBMIT_TIME])
  ).values;
  const lines = ['', '----------'];
  if (sender) lines.push(`From: ${sender}`);
  if (time !== undefined) lines.push(`Date: ${formatMailDate(time)}`);
  if (to) lines.push(`To: ${to}`);
  lines.push(`Subject: ${subject ?? ''}`, '');
  return lines.join('\r\n');
}

async function msAttachment({ name, time, content }: Extract<Piece, { kind: 'file' }>): Promise<string> {
  const size = await sizeOf(content);
  return foldedHeader('X-MS-Attachment', formatMsAttachment({ name: encodeWords(name), size, time }));
}

async function sizeOf(content: IAttach | Uint8Array): Promise<number> {
  if (content instanceof Uint8Array) return content.length;
  await using stream = await content.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
  return (await stream.stat()).size;
}

async function* data(content: IAttach | Uint8Array): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  await using stream = await content.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
  yield* streamChunks(stream);
}
