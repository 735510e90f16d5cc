/** What becomes of damaged files: what can be read is read, the rest is named, and nothing runs away. */
import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { bytesOf, pattern, storageOf, type Tree, treeOf } from './compound.testing.ts';
import { openCompoundBytes } from './compound-file.ts';
import { writeCompoundFile } from './compound-writer.ts';
import type { CompoundStorage } from './directory-tree.ts';

const TREE: Tree = {
  small: pattern(300, 3),
  large: pattern(9000, 4),
  also: pattern(100, 5),
  other: pattern(6000, 6),
  storage: { inner: pattern(70, 7), deeper: { innermost: pattern(5000, 8) } },
};

const FAT = 512;
/** Sectors of the file that `sample` writes: table, directory (2), mini table, mini stream (2), large streams. */
const DIRECTORY = 1024;

async function sample(): Promise<Uint8Array> {
  return bytesOf(writeCompoundFile(storageOf('', TREE), { sectorSize: 512 }));
}

/** Where the entry of `name` lies. */
function entryOf(bytes: Uint8Array, name: string): number {
  const at = Buffer.from(bytes).indexOf(Buffer.from(`${name}\0`, 'utf16le'), DIRECTORY);
  assert.ok(at > 0 && at % 128 === 0, name);
  return at;
}

function patched(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

async function read(bytes: Uint8Array) {
  const file = await openCompoundBytes(bytes);
  const tree = await treeOf(file.root);
  return { file, tree, codes: file.diagnostics.map(({ code, offset }) => [code, offset]) };
}

describe('a damaged compound file', () => {
  it('has all other streams when one chain leaves the file; the stream is cut there', async () => {
    const bytes = await sample();
    const first = new DataView(bytes.buffer).getUint32(entryOf(bytes, 'large') + 116, true);
    const entry = FAT + (first + 3) * 4;
    const { tree, file, codes } = await read(patched(bytes, entry, 5000));
    assert.deepEqual(tree.large, pattern(9000, 4).slice(0, 4 * 512));
    assert.deepEqual({ ...tree, large: TREE.large }, TREE);
    assert.deepEqual(
      codes,
      [
        ['badSector', entry],
        ['shortChain', entry],
      ].slice(0, 1),
    );
    assert.ok(file.diagnostics.every(({ loss }) => loss));
  });

  it('ends a chain that comes back to itself, and one that runs into another', async () => {
    const bytes = await sample();
    const view = new DataView(bytes.buffer);
    const large = view.getUint32(entryOf(bytes, 'large') + 116, true);
    const loop = await read(patched(bytes, FAT + (large + 2) * 4, large));
    assert.equal((loop.tree.large as Uint8Array).length, 3 * 512);
    assert.deepEqual(loop.codes, [['chainLoop', FAT + (large + 2) * 4]]);
    const other = view.getUint32(entryOf(bytes, 'other') + 116, true);
    const cross = await read(patched(bytes, FAT + (other + 1) * 4, large + 1));
    assert.deepEqual(
      cross.codes.map(([code]) => code),
      ['crossLink'],
    );
    const total = ['large', 'other'].reduce((sum, name) => sum + (cross.tree[name] as Uint8Array).length, 0);
    assert.ok(total < 15_000, 'no sector is read for two streams');
  });

  it('leaves out what is in the tree twice, and lists what is in no storage', async () => {
    const bytes = await sample();
    const root = await openCompoundBytes(bytes);
    const top = entryOf(bytes, root.root.entries[2]?.name ?? '');
    const back = await read(patched(bytes, top + 72, new DataView(bytes.buffer).getUint32(DIRECTORY + 76, true)));
    assert.deepEqual(back.codes[0], ['treeLoop', top + 72]);
    assert.ok(back.file.orphans.length > 0);
    assert.equal(back.file.root.entries.length + back.file.orphans.length, 5);
    const cut = await read(patched(bytes, entryOf(bytes, 'storage') + 76, 0xffff_ffff));
    assert.deepEqual(cut.tree.storage, {});
    assert.deepEqual(cut.file.orphans.map(({ name }) => name).sort(), ['deeper', 'inner']);
    assert.deepEqual(
      cut.codes.map(([code]) => code),
      ['orphan', 'orphan'],
    );
  });

  it('reads a tree in wrong order, and says so', async () => {
    const bytes = await sample();
    const copy = bytes.slice();
    copy.set(Buffer.from('zmall', 'utf16le'), entryOf(bytes, 'small'));
    copy.set(Buffer.from('aarge', 'utf16le'), entryOf(bytes, 'other'));
    const { file, codes } = await read(copy);
    assert.equal(file.root.entries.length, 5);
    assert.ok(codes.some(([code]) => code === 'treeOrder'));
    assert.ok(file.diagnostics.every(({ loss }) => !loss));
    assert.equal(file.root.stream('zmall')?.size, 300);
  });

  it('reads a file that is cut off up to where it ends', async () => {
    const bytes = await sample();
    const whole = await openCompoundBytes(bytes);
    for (const length of [bytes.length - 1, bytes.length - 600, bytes.length - 5000]) {
      const { tree, file } = await read(bytes.slice(0, length));
      assert.deepEqual({ ...(tree.storage as Tree), deeper: {} }, { ...(TREE.storage as Tree), deeper: {} });
      assert.equal(file.root.entries.length, whole.root.entries.length);
    }
    const { codes } = await read(bytes.slice(0, bytes.length - 600));
    assert.deepEqual(
      codes.map(([code]) => code),
      ['badSector', 'cutOff'],
    );
  });

  it('reads a mini stream in pieces, of which one is cut off', async () => {
    const tree = { a: pattern(600, 2), b: pattern(600, 3), c: pattern(9000, 4) };
    const bytes = await bytesOf(writeCompoundFile(storageOf('', tree), { sectorSize: 512 }));
    const first = new DataView(bytes.buffer).getUint32(DIRECTORY + 116, true);
    const last = bytes.length / 512 - 2;
    const pieces = patched(patched(bytes, FAT + first * 4, last), FAT + last * 4, first + 1);
    const { file, codes } = await read(pieces.slice(0, bytes.length - 500));
    assert.equal(codes[0]?.[0], 'cutOff');
    assert.equal(file.root.stream('a')?.size, 512 + 12);
  });

  it('gives a value with diagnostics or a MapiError for any bytes, and no sector twice', async () => {
    const bytes = await sample();
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }));
    const word = fc.tuple(
      fc.nat(bytes.length / 4 - 1),
      fc.constantFrom(0, 1, 2, 3, 9, 0xffff_fffe, 0xffff_ffff, 0x7fff_ffff),
    );
    const damage = fc.record({
      bytes: fc.array(change, { maxLength: 12 }),
      words: fc.array(word, { maxLength: 6 }),
      length: fc.option(fc.nat(bytes.length), { nil: bytes.length, freq: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async (plan) => {
        const copy = bytes.slice(0, plan.length);
        for (const [at, value] of plan.bytes) if (at < copy.length) copy[at] = value;
        for (const [at, value] of plan.words)
          if (at * 4 + 4 <= copy.length) new DataView(copy.buffer).setUint32(at * 4, value, true);
        try {
          const file = await openCompoundBytes(copy);
          const total = await totalOf(file.root);
          assert.ok(total <= copy.length * 2, `${total} bytes of ${copy.length}`);
        } catch (error) {
          if (!MapiError.is(error, 'MAPI_E_CORRUPT_DATA')) throw error;
        }
      }),
      { numRuns: 3000, seed: 11 },
    );
  });
});

async function totalOf(storage: CompoundStorage): Promise<number> {
  let total = 0;
  for (const entry of storage.entries) {
    total += entry.kind === 'storage' ? await totalOf(entry) : (await entry.open().read(0, entry.size)).length;
  }
  return total;
}
