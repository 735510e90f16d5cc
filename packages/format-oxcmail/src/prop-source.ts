/** Reads a property of any size, as often as needed: small values as they are, large ones through a stream. */
import { charsetDecoder, hresultName, MapiError, utf8Encode } from '@nodemapi/base';
import { type IMAPIProp, isPropError, type PropTag } from '@nodemapi/mapi';
import { streamChunks } from './stream-chunks.ts';

/** Opens the bytes anew on every call: of a string as UTF-8, of a binary as they are. */
export type PropSource = () => AsyncIterable<Uint8Array>;

/** @returns undefined if the property is absent */
export async function propSource(
  object: IMAPIProp,
  propTag: PropTag<string> | PropTag<Uint8Array>,
): Promise<PropSource | undefined> {
  const entry = (await object.getProps([propTag])).props[0];
  if (entry === undefined) return undefined;
  if (!isPropError(entry)) {
    const value: unknown = entry.value;
    if (value instanceof Uint8Array) return () => once(value);
    return typeof value === 'string' ? () => once(utf8Encode(value)) : undefined;
  }
  const code = hresultName(entry.value);
  if (code === 'MAPI_E_NOT_FOUND') return undefined;
  if (code !== 'MAPI_E_NOT_ENOUGH_MEMORY') {
    throw new MapiError('MAPI_E_CALL_FAILED', `property 0x${propTag.toString(16).padStart(8, '0')}: ${code}`);
  }
  const text = (propTag & 0xffff) === 0x001f;
  return () => (text ? utf8Of(streamed(object, propTag)) : streamed(object, propTag));
}

/** The whole of a source that is known to be small. @throws MAPI_E_TOO_BIG past `bytesMax` */
export async function readSource(source: PropSource, bytesMax: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of source()) {
    size += piece.length;
    if (size > bytesMax) throw new MapiError('MAPI_E_TOO_BIG', `a property has more than ${bytesMax} bytes`);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function* streamed(object: IMAPIProp, propTag: PropTag): AsyncIterable<Uint8Array> {
  const stream = await object.openProperty(propTag, 'IStream');
  try {
    yield* streamChunks(stream);
  } finally {
    await stream.release();
  }
}

/** A stream of a Unicode property holds UTF-16LE. */
async function* utf8Of(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const decoder = charsetDecoder('utf-16le');
  for await (const piece of bytes) yield utf8Encode(decoder.write(piece));
  yield utf8Encode(decoder.end());
}
