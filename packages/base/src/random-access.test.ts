import { deepStrictEqual, rejects } from 'node:assert';
import { test } from 'vitest';
import { memoryRandomAccess } from './random-access.ts';

test('memory is read exactly, as a copy', async () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const file = memoryRandomAccess(bytes);
  const read = await file.read(1, 2);
  bytes.fill(0);
  deepStrictEqual([await file.size(), read, await file.read(4, 0)], [4, Uint8Array.of(2, 3), new Uint8Array(0)]);
});

test.each([
  [3, 2],
  [5, 0],
  [-1, 1],
  [0, -1],
  [0.5, 1],
  [0, Number.NaN],
  [2 ** 60, 1],
])('offset %d length %d is corrupt data', async (offset, length) => {
  await rejects(memoryRandomAccess(new Uint8Array(4)).read(offset, length), { code: 'MAPI_E_CORRUPT_DATA' });
});
