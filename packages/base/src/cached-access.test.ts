import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { cachedAccess } from './cached-access.ts';
import { MapiError } from './mapi-error.ts';
import { memoryRandomAccess, type RandomAccess } from './random-access.ts';

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

function counting(): { readonly source: RandomAccess; readonly reads: (readonly [number, number])[] } {
  const reads: (readonly [number, number])[] = [];
  const memory = memoryRandomAccess(bytes);
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    reads.push([offset, length]);
    return memory.read(offset, length);
  };
  return { source: { size: memory.size, read }, reads };
}

describe('cachedAccess', () => {
  it('answers every range as the source does', async () => {
    const cached = await cachedAccess(memoryRandomAccess(bytes), { pageBytes: 64, pagesMax: 3 });
    assert.equal(await cached.size(), 1000);
    for (let offset = 0; offset < 1000; offset += 17) {
      for (const length of [0, 1, 63, 64, 65, 200]) {
        if (offset + length > 1000) continue;
        assert.deepEqual(Uint8Array.from(await cached.read(offset, length)), bytes.slice(offset, offset + length));
      }
    }
  });

  it('reads a page once, keeps the pages used last, and lets large reads pass', async () => {
    const { source, reads } = counting();
    const cached = await cachedAccess(source, { pageBytes: 100, pagesMax: 2 });
    for (const offset of [0, 50, 100, 10, 200, 20, 110]) await cached.read(offset, 10);
    await cached.read(0, 500);
    assert.deepEqual(reads, [
      [0, 100],
      [100, 100],
      [200, 100],
      [100, 100],
      [0, 500],
    ]);
  });

  it('fails for bytes that are not there, and asks again after a failure', async () => {
    let fails = true;
    const memory = memoryRandomAccess(bytes);
    const cached = await cachedAccess({
      size: memory.size,
      read: async (offset, length) => {
        if (fails) throw new MapiError('MAPI_E_DISK_ERROR', 'once');
        return memory.read(offset, length);
      },
    });
    await assert.rejects(cached.read(0, 10), { code: 'MAPI_E_DISK_ERROR' });
    fails = false;
    assert.equal((await cached.read(0, 10)).length, 10);
    await assert.rejects(cached.read(995, 10), { code: 'MAPI_E_CORRUPT_DATA' });
  });
});
