/** One value of any size for a dump, and what was wrong with a message. */
import { MapiError } from '@nodemapi/base';
import { type IMAPIProp, type IStream, type PropTag, STREAM_CHUNK_BYTES } from '@nodemapi/mapi';
import { tagName } from './prop-names.ts';

/** What was wrong with one message. */
export interface MessageDiagnostic {
  readonly code: string;
  readonly message: string;
  /** Whether something of the content is missing. */
  readonly loss: boolean;
}

/** A longer value is cut, with a diagnostic. */
export const dumpBodyBytesMax = 64 * 1024 * 1024;

/** A string (as UTF-16LE) or binary value of any size, read as a stream; undefined if it is absent. */
export async function wholeValue(
  object: IMAPIProp,
  tag: PropTag,
  diagnostics: MessageDiagnostic[],
): Promise<Uint8Array | undefined> {
  let stream: IStream;
  try {
    stream = await object.openProperty(tag, 'IStream');
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return undefined;
    if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
    diagnostics.push({ code: error.code, message: `${tagName(tag)}: ${error.detail}`, loss: true });
    return undefined;
  }
  await using opened = stream;
  const { size } = await opened.stat();
  const bytes = new Uint8Array(Math.min(size, dumpBodyBytesMax));
  if (size > bytes.length)
    diagnostics.push({
      code: 'MAPI_E_TOO_BIG',
      message: `${tagName(tag)} of ${size} bytes is cut at ${bytes.length}`,
      loss: true,
    });
  let length = 0;
  try {
    while (length < bytes.length) {
      const chunk = await opened.read(Math.min(STREAM_CHUNK_BYTES, bytes.length - length));
      if (chunk.length === 0) break;
      bytes.set(chunk, length);
      length += chunk.length;
    }
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    diagnostics.push({
      code: error.code,
      message: `${tagName(tag)} ends after ${length} bytes: ${error.detail}`,
      loss: true,
    });
  }
  return bytes.subarray(0, length);
}
