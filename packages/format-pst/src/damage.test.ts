import assert from 'node:assert/strict';
import { concatBytes, MapiError, memoryRandomAccess, seededRandom } from '@nodemapi/base';
import { PR_SUBJECT } from '@nodemapi/mapi';
import { describe, it } from 'vitest';
import { pstCrc, pstSignature } from './checksum.ts';
import { sealHeader, tableNode } from './compose.testing.ts';
import { LAYOUTS, type PstVersion } from './layout.ts';
import { NID_TYPES, siblingNid } from './node.ts';
import { NodeSet } from './node-set.ts';
import { PstFile } from './pst-file.ts';
import { FILE_BYTES, INBOX, messageNid, sample, TOP } from './sample.testing.ts';
import { walk } from './walk.testing.ts';

const VERSIONS: readonly PstVersion[] = ['ansi', 'unicode', 'unicode4k'];

const codesOf = (file: PstFile): readonly string[] => [...new Set(file.diagnostics.map(({ code }) => code))].sort();

describe('a damaged file', () => {
  it('tells of a wrong checksum with its offset, and is read all the same', async () => {
    const { bytes, blocks } = sample();
    const text = blocks.find((block) => block.cb === 8176);
    assert(text);
    bytes[text.ib] = 0x42;
    const { file, counts } = await walk(memoryRandomAccess(bytes));
    assert.equal(counts.messages, 2); // and the one that is attached
    assert.deepEqual(
      file.diagnostics.map(({ code, offset }) => ({ code, offset })),
      [{ code: 'badBlock', offset: text.ib }],
    );
  });

  it('gives of an attachment what lies before a block that cannot be read', async () => {
    const { bytes, blocks } = sample({ body: 'short' });
    const data = blocks.filter((block) => block.cb === 8176);
    assert.equal(data.length, 6);
    const bbt = (data[4] as (typeof data)[0]).bid; // its entry in the BBT points beyond the file
    const view = new DataView(bytes.buffer);
    for (let at = 512; at + 24 <= bytes.length; at += 8)
      if (view.getUint32(at, true) === bbt && view.getUint16(at + 16, true) === 8176)
        view.setUint32(at + 8, 2 ** 30, true);
    const file = await PstFile.open(memoryRandomAccess(bytes));
    for await (const attachment of (await file.message(messageNid(0))).attachments()) {
      if (attachment.attachNum > 0) continue;
      const parts: Uint8Array[] = [];
      await assert.rejects(async () => {
        for await (const part of attachment.data()) parts.push(part);
      }, /MAPI_E_CORRUPT_DATA/);
      assert.deepEqual(Buffer.concat(parts), Buffer.from(FILE_BYTES.subarray(0, 4 * 8176)));
    }
  });

  it('loses one message of many with the block that held it, and says so', async () => {
    const { bytes, blocks, nodes } = sample({ messages: 5 });
    const lost = blocks.find((block) => block.bid === nodes.find((node) => node.nid === messageNid(2))?.bidData);
    assert(lost);
    bytes.fill(0, lost.ib, lost.ib + lost.cb);
    const { file, counts } = await walk(memoryRandomAccess(bytes));
    assert.equal(counts.messages, 8);
    assert.deepEqual(codesOf(file), ['badBlock', 'badMessage']);
    assert.match(JSON.stringify(file.diagnostics), /message 0x200064 of folder 0x8042/);
  });

  it('finds the messages of a folder whose table is lost, by the folder that their nodes name', async () => {
    const table = siblingNid(INBOX, NID_TYPES.contentsTable);
    const { source } = sample({ messages: 3, replace: [{ nid: table, blocks: [new Uint8Array(40)] }] });
    const { file, counts } = await walk(source);
    assert.equal(counts.messages, 6);
    assert.deepEqual(codesOf(file), ['badFolder']);
  });

  it('finds the subfolders of a folder whose table is lost', async () => {
    const { source } = sample({
      replace: [{ nid: siblingNid(TOP, NID_TYPES.hierarchyTable), blocks: [new Uint8Array(40)] }],
    });
    assert.equal((await walk(source)).counts.folders, 4);
  });

  it('is not walked for ever where folders stand within themselves', async () => {
    const rows = [{ rowId: TOP, values: [] }];
    const { source } = sample({
      replace: [tableNode('unicode', siblingNid(INBOX, NID_TYPES.hierarchyTable), [], rows)],
    });
    const { file, counts } = await walk(source);
    assert.equal(counts.folders, 4);
    assert.deepEqual(codesOf(file), ['cycle']);
  });

  it('that is cut off still gives what lies before the cut', async () => {
    const { bytes } = sample({ messages: 3 });
    const { file } = await walk(memoryRandomAccess(bytes.subarray(0, bytes.length - 1024)));
    assert(codesOf(file).includes('truncatedFile'));
  });

  for (const version of VERSIONS) {
    it(`gives a value or a MapiError, whatever is changed in it (${version}, seeded)`, async () => {
      const { bytes } = sample({ version, messages: 2, fanOut: 5 });
      const random = seededRandom(2026);
      const below = (max: number): number => random.uint32() % max;
      for (let round = 0; round < 60; round++) {
        const changed = bytes.slice();
        const changes = 1 + below(20);
        for (let index = 0; index < changes; index++) changed[below(changed.length)] = below(256);
        // the places that everything hangs on are hit too
        changed[below(600)] = below(256);
        try {
          const { counts } = await walk(memoryRandomAccess(changed));
          assert(counts.bytes < 50 * bytes.length, `round ${round} made ${counts.bytes} bytes of ${bytes.length}`);
        } catch (error) {
          if (!MapiError.is(error)) throw new Error(`round ${round} of seed 2026`, { cause: error });
        }
      }
    });
  }

  it('that leads to the same bytes again and again is left when the limit is reached', async () => {
    const file = await PstFile.open(sample().source);
    file.limitReading(1_000_000);
    const message = await file.message(messageNid(0));
    const read = async (): Promise<number> => (await message.values()).length;
    assert.equal(await read(), 4); // PR_BODY is larger than half of what may be read
    for (let round = 0; round < 10; round++) assert.equal(await read(), 3);
    assert.match(JSON.stringify(file.diagnostics), /again and again/);
  });
});

describe('recovery', () => {
  const recovered = async (bytes: Uint8Array) => {
    const file = await PstFile.open(memoryRandomAccess(bytes), { recover: true });
    const folders: string[] = [];
    const reached = new NodeSet();
    for await (const { folder, path } of file.folders()) {
      folders.push(path.join('/'));
      if (!folder.isSearch) for await (const { nid } of folder.contents()) reached.add(nid);
    }
    const orphans: number[] = [];
    for await (const nid of file.orphans(reached)) orphans.push(nid);
    return { folders, orphans };
  };

  it('finds everything in a file whose header points nowhere', async () => {
    for (const version of VERSIONS) {
      const { bytes } = sample({ version, messages: 2, fanOut: 5 });
      const view = new DataView(bytes.buffer);
      for (const at of version === 'ansi' ? [188, 196] : [224, 240]) view.setUint32(at, 512, true);
      sealHeader(bytes, version);
      await assert.rejects((await PstFile.open(memoryRandomAccess(bytes))).rootFolder(), /MAPI_E_CORRUPT_DATA/);
      assert.deepEqual(await recovered(bytes), { folders: ['', 'Top', 'Top/Inbox', 'Unread'], orphans: [] });
    }
  });

  it('names messages that no folder names', async () => {
    const table = siblingNid(INBOX, NID_TYPES.contentsTable);
    const rows = [{ rowId: messageNid(1), values: [] }];
    const { bytes } = sample({ messages: 3, replace: [tableNode('unicode', table, [], rows)] });
    assert.deepEqual((await recovered(bytes)).orphans, [messageNid(0), messageNid(2)]);
  });

  it('takes the entry that was written last where old pages are still there', async () => {
    const { bytes, nodes } = sample();
    const entry = nodes.find(({ nid }) => nid === messageNid(0));
    assert(entry);
    const old = new Uint8Array(512); // a page of the NBT that is older than all others
    old.set(LAYOUTS.unicode.nbt.encodeRow({ ...entry, bidData: 4 }));
    old.set(LAYOUTS.unicode.btTail.encodeRow({ cEnt: 1, cEntMax: 15, cbEnt: 32, cLevel: 0 }), 488);
    const ib = bytes.length;
    const trailer = { ptype: 0x81, ptypeRepeat: 0x81, wSig: pstSignature(ib, 4), bid: 4 };
    old.set(LAYOUTS.unicode.pageTrailer.encodeRow({ ...trailer, dwCRC: pstCrc(old.subarray(0, 496)) }), 496);
    const file = await PstFile.open(memoryRandomAccess(concatBytes([bytes, old])), { recover: true });
    assert.equal(await (await file.message(messageNid(0))).value(PR_SUBJECT), `RE: message ${messageNid(0)}`);
  });
});

describe('NodeSet', () => {
  it('holds what was put into it, by type and number', () => {
    const set = new NodeSet();
    for (const nid of [0x24, 0x200024, 0xffff_ffe4]) set.add(nid);
    assert.deepEqual(
      [0x24, 0x200024, 0xffff_ffe4, 0x25, 0x44].map((nid) => set.has(nid)),
      [true, true, true, false, false],
    );
  });
});
