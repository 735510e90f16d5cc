import { concatBytes } from '@nodemapi/base';

/** The bytes of a message, made anew each time they are asked for. */
export type AsyncIterableFactory = () => AsyncIterable<Uint8Array>;

/** Reads everything and keeps nothing. */
export async function countBytes(source: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0;
  for await (const part of source) count += part.length;
  return count;
}

/** The same bytes in pieces of at least `size`, the last one excepted. */
export async function* chunksOf(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    parts.push(part);
    length += part.length;
    if (length < size) continue;
    yield joined(parts);
    parts = [];
    length = 0;
  }
  if (length > 0) yield joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [only, ...others] = parts;
  return only !== undefined && others.length === 0 ? only : concatBytes(parts);
}
