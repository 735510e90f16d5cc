import assert from 'node:assert/strict';
import { PR_LTP_ROW_ID, PR_LTP_ROW_VER } from '@nodemapi/mapi';
import { describe, it } from 'vitest';
import { LAYOUTS } from './layout.ts';
import { TableWriter } from './table-writer.ts';

describe('TableWriter', () => {
  it('gives every block of rows but the last its full length, by which other readers count', () => {
    const table = new TableWriter(LAYOUTS.unicode, [PR_LTP_ROW_ID, PR_LTP_ROW_VER], 0x100);
    const rowBytes = 9;
    for (let row = 1; row <= 2000; row++) table.addRow(row, []);
    const lengths = table.finish().rows.map((block) => block.length);
    const rest = 2000 - 2 * Math.floor(8176 / rowBytes);
    assert.deepEqual(lengths, [8176, 8176, rest * rowBytes]);
  });
});
