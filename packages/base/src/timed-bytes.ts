import { assert } from './assert.ts';
import type { Random } from './random.ts';

const timeBytes = 6;

/**
 * `count` bytes that nobody else has: the time first, random ones after it, as in a UUID of version 7. They sort by the time
 * they were made at, so that an index gets each new one at its end, and not in a page of its own.
 *
 * @param nowMs milliseconds since 1970
 * @param count at least 14, of which 8 are random
 */
export function timedBytes(nowMs: number, random: Random, count: number): Uint8Array {
  assert(count >= timeBytes + 8, `${count} bytes are too few to be unique`);
  const bytes = new Uint8Array(count);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(Math.max(0, Math.trunc(nowMs))) << 16n);
  bytes.set(random.bytes(count - timeBytes), timeBytes);
  return bytes;
}
