import assert from 'node:assert/strict';
import { MapiError, memoryRandomAccess } from '@nodemapi/base';
import { describe, it } from 'vitest';
import { FileCache } from './file-cache.ts';

const BYTES = new Uint8Array(10_000).map((_, at) => (at * 7) & 0xff);

/** A source that says where it was read. */
function counted(): { source: ReturnType<typeof memoryRandomAccess>; offsets: number[] } {
  const inner = memoryRandomAccess(BYTES);
  const offsets: number[] = [];
  const read = (offset: number, length: number): Promise<Uint8Array> => {
    offsets.push(offset);
    return inner.read(offset, length);
  };
  return { source: { size: inner.size, read }, offsets };
}

describe('FileCache', () => {
  it('answers the bytes of any range, across pieces, in a memory of two', async () => {
    const cache = new FileCache(counted().source, BYTES.length, 2000, 1000);
    for (const [offset, length] of [
      [0, 10],
      [995, 10],
      [500, 4000],
      [9999, 1],
      [0, 10_000],
      [3, 0],
    ] as const)
      assert.deepEqual(
        Buffer.from(await cache.read(offset, length, 'x')),
        Buffer.from(BYTES.subarray(offset, offset + length)),
      );
  });

  it('reads the next piece before it is asked for, where one follows another, and each once', async () => {
    const { source, offsets } = counted();
    const cache = new FileCache(source, BYTES.length, 100_000, 1000);
    for (let at = 0; at < BYTES.length; at += 100) await cache.read(at, 100, 'x');
    assert.deepEqual(offsets, [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]);
    const jumping = counted();
    const other = new FileCache(jumping.source, BYTES.length, 100_000, 1000);
    for (const at of [5000, 0, 8000]) await other.read(at, 10, 'x');
    assert.deepEqual(jumping.offsets, [5000, 0, 8000]);
  });

  it('uses the memory of what has gone for what comes, while others wait for their turn', async () => {
    const memory = new Set<ArrayBufferLike>();
    const inner = counted().source;
    const readInto = async (offset: number, into: Uint8Array): Promise<void> => {
      memory.add(into.buffer);
      into.fill(0xee);
      into.set(await inner.read(offset, into.length));
    };
    const cache = new FileCache({ ...inner, readInto }, BYTES.length, 2000, 1000);
    for (let round = 0; round < 20; round++) {
      const starts = Array.from({ length: 9 }, (_, index) => (index * 1000 + round * 37 + 700) % 9500);
      const found = await Promise.all(starts.map((at) => cache.read(at, 500, 'x')));
      assert.deepEqual(
        found.map((bytes) => Buffer.from(bytes).toString('hex')),
        starts.map((at) => Buffer.from(BYTES.subarray(at, at + 500)).toString('hex')),
      );
    }
    memory.clear();
    for (let at = 0; at < BYTES.length; at += 100) await cache.read(at, 100, 'x');
    assert(memory.size <= 4, `${memory.size} pieces of memory were used for 2 and 2 that were on their way`);
  });

  it('refuses what lies outside of the file, and numbers that are none', async () => {
    const cache = new FileCache(counted().source, BYTES.length, 2000, 1000);
    for (const [offset, length] of [
      [9999, 2],
      [-1, 1],
      [Number.NaN, 1],
      [2 ** 60, 1],
    ] as const)
      await assert.rejects(cache.read(offset, length, 'x'), (error) => MapiError.is(error, 'MAPI_E_CORRUPT_DATA'));
  });

  it('fails a read that failed ahead of its time when it is asked for, not before', async () => {
    const { source } = counted();
    let failing = true;
    const read = (offset: number, length: number): Promise<Uint8Array> =>
      offset >= 2000 && failing ? Promise.reject(new MapiError('MAPI_E_DISK_ERROR', 'x')) : source.read(offset, length);
    const cache = new FileCache({ size: source.size, read }, BYTES.length, 100_000, 1000);
    await cache.read(0, 10, 'x');
    await cache.read(1000, 10, 'x');
    await assert.rejects(cache.read(2000, 10, 'x'), (error) => MapiError.is(error, 'MAPI_E_DISK_ERROR'));
    failing = false;
    assert.equal((await cache.read(2000, 10, 'x')).length, 10);
  });
});
