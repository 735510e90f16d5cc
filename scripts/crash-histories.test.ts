import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { Progress, pieceSize, piecesOf } from './crash-histories.mjs';

test('random histories come in pieces, each of which has its own numbers, whoever runs it', () => {
  assert.deepEqual(piecesOf(2 * pieceSize + 50, 3), [
    { piece: 0, seed: 3_000_000, count: pieceSize },
    { piece: 1, seed: 3_000_000 + pieceSize, count: pieceSize },
    { piece: 2, seed: 3_000_000 + 2 * pieceSize, count: 50 },
  ]);
  assert.deepEqual(piecesOf(0, 3), []);
});

test('who starts them again finds what is done and what was wrong; a damaged file counts as none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nodemapi-histories-'));
  try {
    const first = new Progress(folder, 3, 1000);
    first.add(4, []);
    first.add(2, ['history 3000201: lost']);
    const again = new Progress(folder, 3, 1000);
    assert.deepEqual([[...again.done], again.failures], [[4, 2], ['history 3000201: lost']]);
    assert.deepEqual([new Progress(folder, 4, 1000).done.size, new Progress(folder, 3, 999).done.size], [0, 0]);
    for (const name of await readdir(folder)) await writeFile(join(folder, name), '{"done":[');
    assert.equal(new Progress(folder, 3, 1000).done.size, 0);
    again.remove();
    assert.deepEqual(await readdir(folder), []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
