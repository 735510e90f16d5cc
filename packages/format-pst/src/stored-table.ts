/** A table that goes into the file while rows are added to it. */
import type { PropTag } from '@nodemapi/mapi';
import type { FileWriter } from './file-writer.ts';
import { LAYOUTS } from './layout.ts';
import { NID_TYPES } from './node.ts';
import { DataWriter, writeSubnodes } from './node-writer.ts';
import { type Cell, type FinishedTable, TableWriter } from './table-writer.ts';

const rowsNid = (0x401 << 5) | NID_TYPES.ltp;

export class StoredTable {
  readonly #file: FileWriter;
  readonly #table: TableWriter;
  readonly #rows: DataWriter;
  readonly #heap: { readonly bid: number; readonly bytes: number }[] = [];

  constructor(file: FileWriter, columns: readonly PropTag[]) {
    this.#file = file;
    this.#table = new TableWriter(LAYOUTS.unicode, columns, rowsNid);
    this.#rows = new DataWriter(file);
  }

  get rowCount(): number {
    return this.#table.rowCount;
  }

  addRow(rowId: number, cells: readonly Cell[]): void {
    this.#table.addRow(rowId, cells);
    this.#put(this.#table.take());
  }

  finish(): { readonly bidData: number; readonly bidSub: number } {
    this.#put(this.#table.finish());
    const data = new DataWriter(this.#file);
    for (const { bid, bytes } of this.#heap) data.addBid(bid, bytes);
    const bidData = data.finish();
    if (!this.#table.isInSubnode) return { bidData, bidSub: 0 };
    const rows = { nid: rowsNid, bidData: this.#rows.finish(), bidSub: 0 };
    return { bidData, bidSub: writeSubnodes(this.#file, [rows]) };
  }

  #put({ heap, rows }: FinishedTable): void {
    for (const { index, bytes } of heap) this.#heap[index] = { bid: this.#file.block(bytes), bytes: bytes.length };
    for (const row of rows) this.#rows.addBlock(row);
  }
}
