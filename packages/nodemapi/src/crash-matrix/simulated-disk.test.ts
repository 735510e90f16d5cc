import assert from 'node:assert/strict';
import { seededRandom, utf8Encode } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { parseDiskLog } from './disk-log.testing.ts';
import { type DiskImage, LOSSES, type Loss, SimulatedDisk } from './simulated-disk.testing.ts';

const EMPTY: DiskImage = { files: new Map(), directories: new Set(['.']) };

/** What is there after a cut, as text. */
function after(log: string, loss: Loss, seed = 1, base = EMPTY): Record<string, string> {
  const disk = new SimulatedDisk(base);
  for (const change of parseDiskLog(utf8Encode(log), '/h')) disk.apply(change);
  const { files } = disk.after(loss, seededRandom(seed));
  return Object.fromEntries([...files].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]));
}

const written = 'O 3 1 1 /h/a\nW 3 0 5\nhello\n';
const synced = `${written}S 3\nX 3\nO 4 0 0 /h\nS 4\nX 4\n`;

describe('a power cut', () => {
  test('leaves what was synced, file and directory', () => {
    for (const loss of LOSSES) assert.deepEqual(after(synced, loss), { a: 'hello' });
  });

  test('leaves nothing of a file whose directory was not synced, or that was not synced itself', () => {
    assert.deepEqual(after(`${written}S 3\n`, LOSSES[0]), {});
    assert.deepEqual(after(`${written}O 4 0 0 /h\nS 4\n`, LOSSES[0]), { a: '' });
    assert.deepEqual(after(`${written}S 3\n`, 'the content without the names'), {});
    assert.deepEqual(after(written, 'the names without the content'), { a: '' });
    assert.deepEqual(after(written, 'lengths with zeros for content'), { a: '\0'.repeat(5) });
    assert.deepEqual(after(written, 'everything, as after kill -9'), { a: 'hello' });
  });

  test('leaves nothing below a directory that is lost', () => {
    const below = 'M /h/d\nO 3 1 0 /h/d/a\nW 3 0 1\nx\nS 3\nO 4 0 0 /h/d\nS 4\n';
    assert.deepEqual(after(below, LOSSES[0]), {});
    assert.deepEqual(after(`${below}O 5 0 0 /h\nS 5\n`, LOSSES[0]), { 'd/a': 'x' });
  });

  test('leaves the old name or the new one of a file that is renamed over another', () => {
    const renamed = `${synced}O 5 1 1 /h/b\nW 5 0 3\nnew\nS 5\nX 5\nR /h/b\t/h/a\n`;
    assert.deepEqual(after(renamed, LOSSES[0]), { a: 'hello' });
    assert.deepEqual(after(renamed, 'the names without the content'), { a: 'new' });
    assert.deepEqual(after(`${renamed}O 4 0 0 /h\nS 4\n`, LOSSES[0]), { a: 'new' });
  });

  test('tears a write at a sector, and keeps some sectors without others', () => {
    const block = `${'a'.repeat(512)}${'b'.repeat(512)}${'c'.repeat(512)}`;
    const log = `${synced}O 3 0 0 /h/a\nW 3 0 1536\n${block}\n`;
    const seen = (loss: Loss): Set<string> => {
      const found = Array.from({ length: 60 }, (_, seed) => after(log, loss, seed).a ?? '');
      return new Set(found.map((text) => text.replaceAll(/(.)\1*/gu, '$1')));
    };
    assert.ok(seen('some of the sectors').size >= 6);
    assert.deepEqual(
      seen('a part of each file from the beginning on, the last write torn'),
      new Set(['helo', 'a', 'ab']),
    );
  });
});

test('a log that breaks off ends where it is whole', () => {
  assert.equal(parseDiskLog(utf8Encode('O 3 1 1 /h/a\nW 3 0 5\nhel'), '/h').length, 1);
  assert.throws(() => parseDiskLog(utf8Encode('Z 1\n'), '/h'), /no shim writes/u);
});
