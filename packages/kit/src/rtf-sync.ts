/**
 * RTFSync: keeps PR_BODY and PR_RTF_COMPRESSED alike.
 *
 * - RTF that cannot be read never replaces a text, and a text is never given up for it.
 * - PR_RTF_IN_SYNC and the marks beside it are all set or all absent.
 *
 * spec: rtfsync, supporting-formatted-text-message-store-responsibilities
 */
import { decodeCodePage, encodeCodePage, MapiError } from '@nodemapi/base';
import { compressRtf, decompressRtf, encapsulateText, rtfCrc, rtfToText } from '@nodemapi/format-rtf';
import {
  type IMessage,
  type IStream,
  PR_BODY,
  PR_RTF_COMPRESSED,
  PR_RTF_IN_SYNC,
  PR_RTF_SYNC_BODY_COUNT,
  PR_RTF_SYNC_BODY_CRC,
  PR_RTF_SYNC_BODY_TAG,
  PR_RTF_SYNC_PREFIX_COUNT,
  PR_RTF_SYNC_TRAILING_COUNT,
  type PropTag,
  type PropValue,
  prop,
  STREAM_CHUNK_BYTES,
} from '@nodemapi/mapi';
import { setPropList } from './prop-access.ts';

/** Which of the two bodies has changed, by flag. spec: rtfsync */
export interface RtfSyncOptions {
  /** RTF_SYNC_RTF_CHANGED */
  readonly rtfChanged?: boolean;
  /** RTF_SYNC_BODY_CHANGED */
  readonly bodyChanged?: boolean;
}

/** PR_RTF_IN_SYNC and what is said beside it. */
export const RTF_SYNC_TAGS = [
  PR_RTF_IN_SYNC,
  PR_RTF_SYNC_BODY_CRC,
  PR_RTF_SYNC_BODY_COUNT,
  PR_RTF_SYNC_BODY_TAG,
  PR_RTF_SYNC_PREFIX_COUNT,
  PR_RTF_SYNC_TRAILING_COUNT,
] as const;

/** A body is held in memory while it is compared. */
export const rtfBodyBytesMax = 256 * 1024 * 1024;
/** Values up to here are set without a stream. */
const inlineBytesMax = 32_768;
const tagCharactersMax = 64;
const UNICODE = 1200;

/**
 * Makes text and RTF of a message alike: the text follows the RTF if that has changed, else the RTF the text.
 *
 * @returns whether the message was changed, which the caller saves
 * @throws MAPI_E_INVALID_PARAMETER if nothing has changed; MAPI_E_CORRUPT_DATA for RTF that cannot be read: the text
 *   stays as it is then
 */
export async function rtfSync(message: IMessage, options: RtfSyncOptions): Promise<boolean> {
  const { rtfChanged = false, bodyChanged = false } = options;
  if (!rtfChanged && !bodyChanged) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'neither text nor RTF has changed');
  const compressed = await wholeValue(message, PR_RTF_COMPRESSED);
  const bytes = await wholeValue(message, PR_BODY);
  const text = bytes === undefined ? undefined : decodeCodePage(bytes, UNICODE).text;
  if (compressed === undefined) return text === undefined ? false : await followText(message, text);
  if (!rtfChanged && text !== undefined) {
    const shown = readableText(compressed);
    if (shown === undefined || !isAlike(shown, text)) return followText(message, text);
    return mark(message, text);
  }
  const shown = rtfToText(checkedRtf(compressed));
  if (text !== undefined && isAlike(shown, text)) return mark(message, text);
  await setText(message, shown);
  await mark(message, shown);
  return true;
}

/**
 * The RTF of a value of PR_RTF_COMPRESSED, if it is whole: whoever gives up a text for it has to look first.
 *
 * @throws MAPI_E_CORRUPT_DATA if it is cut off or damaged
 */
export function checkedRtf(compressed: Uint8Array): Uint8Array {
  const { rtf, diagnostics } = decompressRtf(compressed);
  const [damage] = diagnostics;
  if (damage !== undefined) throw new MapiError('MAPI_E_CORRUPT_DATA', `PR_RTF_COMPRESSED: ${damage.detail}`);
  return rtf;
}

/**
 * Gives up PR_BODY in favour of the RTF, as a gateway does with what comes in, unless the RTF is damaged.
 *
 * @returns whether the text is gone; the caller saves
 */
export async function dropBodyForRtf(message: IMessage): Promise<boolean> {
  const compressed = await wholeValue(message, PR_RTF_COMPRESSED);
  if (compressed === undefined || readableText(compressed) === undefined) return false;
  await message.deleteProps([PR_BODY]);
  return true;
}

async function followText(message: IMessage, text: string): Promise<boolean> {
  await setBytes(message, PR_RTF_COMPRESSED, compressRtf(encapsulateText(text)));
  await mark(message, text);
  return true;
}

function readableText(compressed: Uint8Array): string | undefined {
  try {
    return rtfToText(checkedRtf(compressed));
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) return undefined;
    throw error;
  }
}

/** White space makes no difference. spec: pidtagrtfinsync-canonical-property */
function isAlike(one: string, other: string): boolean {
  return one.replace(/\s+/gu, '') === other.replace(/\s+/gu, '');
}

/** Says that both are alike; false if the message says so already. */
async function mark(message: IMessage, text: string): Promise<boolean> {
  const marks = marksOf(text);
  const { values } = await message.getProps(marks.map(({ tag }) => tag));
  if (marks.every(({ value }, index) => value === values[index])) return false;
  await setPropList(message, marks);
  return true;
}

/** What lets a later reader find the text in a longer one: its characters that are no white space. */
function marksOf(text: string): readonly PropValue[] {
  const significant = text.replace(/\s+/gu, '');
  const ignorable = (pattern: RegExp): number => pattern.exec(text)?.[0].length ?? 0;
  return [
    prop(PR_RTF_IN_SYNC, true),
    prop(PR_RTF_SYNC_BODY_CRC, rtfCrc(encodeCodePage(significant, UNICODE).bytes) | 0),
    prop(PR_RTF_SYNC_BODY_COUNT, significant.length),
    prop(PR_RTF_SYNC_BODY_TAG, significant.slice(0, tagCharactersMax)),
    prop(PR_RTF_SYNC_PREFIX_COUNT, ignorable(/^\s*/u)),
    prop(PR_RTF_SYNC_TRAILING_COUNT, significant === '' ? 0 : text.length - text.trimEnd().length),
  ];
}

async function setText(message: IMessage, text: string): Promise<void> {
  if (text.length * 2 <= inlineBytesMax) await setPropList(message, [prop(PR_BODY, text)]);
  else await setBytes(message, PR_BODY, encodeCodePage(text, UNICODE).bytes);
}

async function setBytes(message: IMessage, tag: PropTag, bytes: Uint8Array): Promise<void> {
  await using stream = await message.openProperty(tag, 'IStream', { modify: true, create: true });
  await writeWhole(stream, bytes);
  await stream.commit();
}

/** Writes at the position of the stream. */
export async function writeWhole(stream: IStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += STREAM_CHUNK_BYTES) {
    await stream.write(bytes.subarray(at, at + STREAM_CHUNK_BYTES));
  }
}

/** All bytes of a stream from its beginning. @throws MAPI_E_TOO_BIG past `rtfBodyBytesMax` */
export async function readWhole(stream: IStream): Promise<Uint8Array> {
  const { size } = await stream.stat();
  if (size > rtfBodyBytesMax) throw new MapiError('MAPI_E_TOO_BIG', `a body of ${size} bytes`);
  await stream.seek(0);
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const piece = await stream.read(Math.min(STREAM_CHUNK_BYTES, size - length));
    if (piece.length === 0) break;
    bytes.set(piece, length);
    length += piece.length;
  }
  return bytes.subarray(0, length);
}

async function wholeValue(message: IMessage, tag: PropTag): Promise<Uint8Array | undefined> {
  try {
    await using stream = await message.openProperty(tag, 'IStream');
    return await readWhole(stream);
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return undefined;
    throw error;
  }
}
