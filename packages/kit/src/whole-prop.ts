/** Reads a property of any size. spec: imapiprop-getprops, imapiprop-openproperty */
import { HRESULTS, MapiError } from '@nodemapi/base';
import { type IMAPIProp, isPropError, type PropTag, STREAM_CHUNK_BYTES } from '@nodemapi/mapi';
import { streamValue } from './prop-stream.ts';

/** What is read whole is held in memory. */
export const wholePropBytesMax = 256 * 1024 * 1024;

/**
 * A string or binary of any size: by `getProps` where that answers it, else through a stream; undefined if it is absent.
 *
 * A store need not open every property as a stream (it may refuse those of the subject), so what `getProps` answers is
 * never asked for that way.
 *
 * @throws MAPI_E_TOO_BIG past `wholePropBytesMax`
 */
export async function wholeProp<T extends string | Uint8Array>(
  object: Pick<IMAPIProp, 'getProps' | 'openProperty'>,
  propTag: PropTag<T>,
): Promise<T | undefined> {
  const { values, props } = await object.getProps([propTag]);
  const [entry] = props;
  if (entry === undefined || !isPropError(entry)) return values[0] as T | undefined;
  if (entry.value !== HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY) return undefined;
  await using stream = await object.openProperty(propTag, 'IStream');
  const parts: Uint8Array[] = [];
  let size = 0;
  for (
    let part = await stream.read(STREAM_CHUNK_BYTES);
    part.length > 0;
    part = await stream.read(STREAM_CHUNK_BYTES)
  ) {
    size += part.length;
    if (size > wholePropBytesMax) throw new MapiError('MAPI_E_TOO_BIG', `0x${propTag.toString(16)} is read whole`);
    parts.push(part);
  }
  return streamValue(propTag, new Uint8Array(Buffer.concat(parts))) as T;
}
