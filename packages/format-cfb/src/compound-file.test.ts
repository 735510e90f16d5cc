import assert from 'node:assert/strict';
import { MapiError, memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { bytesOf, pattern, storageOf, type Tree, treeOf } from './compound.testing.ts';
import { structureProblems } from './compound-check.testing.ts';
import { openCompoundBytes, openCompoundFile } from './compound-file.ts';
import { writeCompoundFile } from './compound-writer.ts';
import type { StorageSource } from './source-tree.ts';

const SIZES = [512, 4096] as const;

async function roundTrip(tree: Tree, sectorSize: 512 | 4096): Promise<Uint8Array> {
  const bytes = await bytesOf(writeCompoundFile(storageOf('', tree), { sectorSize }));
  assert.deepEqual(structureProblems(bytes), []);
  const file = await openCompoundBytes(bytes);
  assert.deepEqual(await treeOf(file.root), tree);
  assert.deepEqual(file.diagnostics, []);
  return bytes;
}

describe.each(SIZES)('compound files with sectors of %d bytes', (sectorSize) => {
  it('has what was written: no entries, streams of every size around the limits, storages in storages', async () => {
    await roundTrip({}, sectorSize);
    const sizes = [0, 1, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097, 8192, 100_000];
    const streams = Object.fromEntries(sizes.map((size) => [`s${size}`, pattern(size, size + 1)]));
    await roundTrip(streams, sectorSize);
    await roundTrip(
      { outer: { inner: { ...streams, empty: {} }, '\u0005SummaryInformation': pattern(10) } },
      sectorSize,
    );
  });

  it('keeps any tree', async () => {
    const name = fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 31 })
      .filter((text) => !/[/\\:!]/u.test(text) && text !== '__proto__');
    const stream = fc.integer({ min: 0, max: 9000 }).map((size) => pattern(size, size + 7));
    const { tree } = fc.letrec<{ tree: Tree; entry: Uint8Array | Tree }>((tie) => ({
      entry: fc.oneof({ weight: 3, arbitrary: stream }, { weight: 1, arbitrary: tie('tree') }),
      tree: fc
        .uniqueArray(fc.tuple(name, tie('entry')), { maxLength: 12, selector: ([key]) => key.toUpperCase() })
        .map((entries) => Object.fromEntries(entries)),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (each) => void (await roundTrip(each, sectorSize))),
      { numRuns: 60, seed: 7 },
    );
  });

  it('writes balanced trees: 5,000 streams in one storage', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [`__substg1.0_${index}`, pattern(index % 70, index)]),
    );
    await roundTrip(many, sectorSize);
  });

  it('needs a table of the allocation table for a large file, and reads through it', async () => {
    const size = sectorSize === 512 ? 16_000_000 : 480_000_000;
    const root: StorageSource = {
      kind: 'storage',
      name: '',
      entries: [{ kind: 'stream', name: 'large', size, content: () => filled(size) }],
    };
    const { access, written, size: fileSize } = await sparse(writeCompoundFile(root, { sectorSize }));
    assert.equal(written, fileSize);
    const file = await openCompoundFile(access);
    assert.deepEqual(file.diagnostics, []);
    const large = file.root.stream('LARGE');
    assert.equal(large?.size, size);
    assert.deepEqual(Uint8Array.from((await large?.open().read(size - 3, 3)) ?? []), Uint8Array.of(7, 7, 7));
  });
});

const BLOCK = new Uint8Array(1024 * 1024).fill(7);

function* filled(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= BLOCK.length) yield BLOCK.subarray(0, Math.min(left, BLOCK.length));
}

/** A file of which only what is not BLOCK is kept. */
async function sparse(
  output: ReturnType<typeof writeCompoundFile>,
): Promise<{ readonly access: RandomAccess; readonly written: number; readonly size: number }> {
  const kept: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  let at = 0;
  for await (const bytes of output.chunks) {
    if (bytes.buffer !== BLOCK.buffer) kept.push({ at, bytes });
    at += bytes.length;
  }
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(length).fill(7);
    for (const part of kept) {
      const from = Math.max(offset, part.at);
      const to = Math.min(offset + length, part.at + part.bytes.length);
      if (from < to) bytes.set(part.bytes.subarray(from - part.at, to - part.at), from - offset);
    }
    return bytes;
  };
  return { access: { size: async () => output.size, read }, written: at, size: output.size };
}

describe('compound files', () => {
  it('leaves the locked sector of a file over 2 GB alone, and says a stream of 2 GB needs version 4', async () => {
    const size = 0x8000_0000 + 5_000_000;
    const large = (name: string, bytes: number): StorageSource['entries'][number] => ({
      kind: 'stream',
      name,
      size: bytes,
      content: () => filled(bytes),
    });
    const root: StorageSource = {
      kind: 'storage',
      name: '',
      entries: [large('a', 6_000_000), large('b', size), large('c', 5000)],
    };
    assert.throws(() => writeCompoundFile(root, { sectorSize: 512 }), { code: 'MAPI_E_TOO_BIG' });
    const { access, written, size: fileSize } = await sparse(writeCompoundFile(root));
    assert.equal(written, fileSize);
    const file = await openCompoundFile(access);
    assert.equal(file.version, 4);
    assert.deepEqual(
      file.root.entries.map(({ name, kind }) => [name, kind, file.root.stream(name)?.size]),
      [
        ['a', 'stream', 6_000_000],
        ['b', 'stream', size],
        ['c', 'stream', 5000],
      ],
    );
    assert.deepEqual(file.diagnostics, []);
    assert.deepEqual(await access.read(0x7fff_f000, 4096), new Uint8Array(4096));
    const across = await file.root
      .stream('b')
      ?.open()
      .read(0x7fff_ff00 - 10_000_000, 12_000_000);
    assert.ok(
      across?.every((byte) => byte === 7),
      'the stream steps over the sector',
    );
  });

  it('finds names in any case, and orders them by length first', async () => {
    const tree = { bb: pattern(1), A: pattern(2), ccc: pattern(3), Z: pattern(4), ß: pattern(5) };
    const file = await openCompoundBytes(await bytesOf(writeCompoundFile(storageOf('', tree))));
    assert.deepEqual(
      file.root.entries.map(({ name }) => name),
      ['A', 'Z', 'ß', 'bb', 'ccc'],
    );
    assert.equal(file.root.stream('CCC')?.size, 3);
    assert.equal(file.root.find('SS'), undefined);
    assert.equal(file.root.find('__proto__'), undefined);
  });

  it('refuses names that cannot be, and two that differ only in case', () => {
    const write = (tree: Tree) => (): unknown => writeCompoundFile(storageOf('', tree));
    for (const name of ['', 'a/b', 'a\\b', 'a:b', 'a!b', 'x'.repeat(32)]) {
      assert.throws(write({ [name]: pattern(1) }), { code: 'MAPI_E_INVALID_PARAMETER' });
    }
    assert.throws(write({ name: pattern(1), NAME: pattern(1) }), { code: 'MAPI_E_COLLISION' });
  });

  it('keeps class, state bits and times of storages', async () => {
    const clsid = '00020d0b-0000-0000-c000-000000000046';
    const inner: StorageSource = {
      kind: 'storage',
      name: 'in',
      clsid,
      stateBits: 5,
      created: 7n,
      modified: 9n,
      entries: [],
    };
    const bytes = await bytesOf(
      writeCompoundFile({ kind: 'storage', name: '', clsid, created: 3n, modified: 4n, entries: [inner] }),
    );
    const { root } = await openCompoundBytes(bytes);
    const found = root.storage('in');
    assert.deepEqual([root.clsid, root.created, root.modified], [clsid, 0n, 4n]);
    assert.deepEqual([found?.clsid, found?.stateBits, found?.created, found?.modified], [clsid, 5, 7n, 9n]);
  });

  it('fails when a stream gives other bytes than it said', async () => {
    for (const given of [5, 7]) {
      const entry = { kind: 'stream', name: 's', size: 6, content: () => [new Uint8Array(given)] } as const;
      const output = writeCompoundFile({ kind: 'storage', name: '', entries: [entry] });
      await assert.rejects(bytesOf(output), { code: 'MAPI_E_CALL_FAILED' });
    }
  });

  it('is no compound file without signature, without header, with sectors of other sizes, without root', async () => {
    const good = await bytesOf(writeCompoundFile(storageOf('', { a: pattern(5000) })));
    const changed = (at: number, ...values: number[]): Uint8Array => {
      const copy = good.slice();
      copy.set(values, at);
      return copy;
    };
    for (const bytes of [
      new Uint8Array(0),
      good.slice(0, 511),
      changed(0, 0),
      changed(30, 10),
      changed(32, 7),
      changed(48, 200),
    ]) {
      await assert.rejects(openCompoundFile(memoryRandomAccess(bytes)), (error) =>
        MapiError.is(error, 'MAPI_E_CORRUPT_DATA'),
      );
    }
  });
});
