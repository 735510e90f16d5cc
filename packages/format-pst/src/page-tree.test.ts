import assert from 'node:assert/strict';
import { MapiError, memoryRandomAccess } from '@nodemapi/base';
import { it } from 'vitest';
import { pstCrc, pstSignature } from './checksum.ts';
import { Diagnostics } from './diagnostic.ts';
import { FileCache } from './file-cache.ts';
import { LAYOUTS } from './layout.ts';
import { PageTree } from './page-tree.ts';
import { nbtKind, PAGE_TYPES } from './tree-page.ts';

const layout = LAYOUTS.unicode;
const LEVELS = 7;

/** Pages of levels 7 to 0, each of which names the next one, or another, in every one of its 20 entries. */
function pages(next: (place: number) => number = (place) => place + 1): Uint8Array {
  const bytes = new Uint8Array((LEVELS + 1) * layout.pageBytes);
  for (let place = 0; place <= LEVELS; place++) {
    const page = bytes.subarray(place * layout.pageBytes, (place + 1) * layout.pageBytes);
    const cLevel = LEVELS - place;
    const row =
      cLevel === 0
        ? layout.nbt.encodeRow({ nid: 0x21, bidData: 4, bidSub: 0, nidParent: 0 })
        : layout.bt.encodeRow({ btkey: 1, bid: next(place) + 1, ib: next(place) * layout.pageBytes });
    const cEnt = cLevel === 0 ? 1 : 20;
    for (let entry = 0; entry < cEnt; entry++) page.set(row, entry * row.length);
    page.set(layout.btTail.encodeRow({ cEnt, cEntMax: cEnt, cbEnt: row.length, cLevel }), layout.btEntriesBytes);
    const at = layout.pageBytes - layout.pageTrailer.size;
    const [ptype, bid] = [PAGE_TYPES.nbt, place + 1];
    const wSig = pstSignature(place * layout.pageBytes, bid);
    const trailer = { ptype, ptypeRepeat: ptype, wSig, bid, dwCRC: pstCrc(page.subarray(0, at)) };
    page.set(layout.pageTrailer.encodeRow(trailer), at);
  }
  return bytes;
}

function open(bytes: Uint8Array) {
  const diagnostics = new Diagnostics();
  const file = new FileCache(memoryRandomAccess(bytes), bytes.length, 1 << 20);
  return { tree: new PageTree(file, layout, nbtKind(layout), { bid: 1, ib: 0 }, diagnostics), diagnostics };
}

it('a tree whose pages name the same page again and again is walked once', async () => {
  const { tree, diagnostics } = open(pages());
  let count = 0;
  for await (const { nid } of tree.entries()) count += nid === 0x21 ? 1 : 0;
  assert.equal(count, 20); // the leaves of the one page above them
  assert.equal(diagnostics.list().filter(({ code }) => code === 'cycle').length, LEVELS - 1);
});

it('a page that names itself or one above it leads to an error, also when it is in memory', async () => {
  for (const above of [0, 1]) {
    const { tree } = open(pages((place) => (place === 1 ? above : place + 1)));
    for (const _ of ['first', 'again'])
      await assert.rejects(tree.find(0x21), (error) => MapiError.is(error, 'MAPI_E_CORRUPT_DATA'));
  }
});
