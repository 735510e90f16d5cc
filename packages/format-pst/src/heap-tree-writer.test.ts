import assert from 'node:assert/strict';
import { PR_BODY, PR_LTP_ROW_ID, PR_LTP_ROW_VER, PR_SUBJECT } from '@nodemapi/mapi';
import { describe, it } from 'vitest';
import { HNHDR, HNPAGEMAP } from './heap.ts';
import { BTHHEADER } from './heap-tree.ts';
import { LAYOUTS } from './layout.ts';
import { writeProperties } from './property-writer.ts';
import { TableWriter } from './table-writer.ts';

const layout = LAYOUTS.unicode;
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'utf16le'));

/** The first item of a heap: HID 0x20. */
function firstItem(block: Uint8Array | undefined): Uint8Array {
  assert.ok(block);
  const { ibHnpm } = HNHDR.decode(block);
  const at = new DataView(block.buffer, block.byteOffset).getUint16(ibHnpm + HNPAGEMAP.size, true);
  return block.subarray(at, at + BTHHEADER.size);
}

describe('the B-tree of a heap', () => {
  it('has its header in the first item, where other readers look for it, however large the heap', () => {
    const long = Array.from({ length: 10 }, (_, index) => ({
      tag: PR_BODY + index * 0x1_0000,
      bytes: text('x'.repeat(1500)),
    }));
    const blocks = writeProperties(layout, [{ tag: PR_SUBJECT, bytes: text('one') }, ...long]);
    assert.ok(blocks.length > 1);
    assert.deepEqual(
      { ...BTHHEADER.decode(firstItem(blocks[0])), hidRoot: 0 },
      { bType: 0xb5, cbKey: 2, cbEnt: 6, bIdxLevels: 0, hidRoot: 0 },
    );

    const table = new TableWriter(layout, [PR_LTP_ROW_ID, PR_LTP_ROW_VER, PR_SUBJECT], 0x100);
    for (let row = 1; row <= 50; row++) table.addRow(row, [{ tag: PR_SUBJECT, bytes: text('y'.repeat(300)) }]);
    const { heap } = table.finish();
    assert.ok(heap.length > 1);
    const first = heap.find(({ index }) => index === 0)?.bytes;
    assert.deepEqual(
      { ...BTHHEADER.decode(firstItem(first)), hidRoot: 0 },
      { bType: 0xb5, cbKey: 4, cbEnt: 4, bIdxLevels: 0, hidRoot: 0 },
    );
  });
});
