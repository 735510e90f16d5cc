/** Builds a table row by row; what is finished of it can be taken away at any time. [MS-PST] 2.3.4 */
import { concatBytes } from '@nodemapi/base';
import { MV_FLAG, type PropTag, propId, propType } from '@nodemapi/mapi';
import { HEAP_CLIENTS } from './heap.ts';
import { reserveHeapTree, writeHeapTree } from './heap-tree-writer.ts';
import { type FinishedBlock, HeapWriter, heapItemBytesMax, type ReservedItem } from './heap-writer.ts';
import type { PstLayout } from './layout.ts';
import { type TableColumn, TCINFO, TCOLDESC } from './table-context.ts';
import { fixedSize } from './value.ts';

/** PR_LTP_ROW_ID and PR_LTP_ROW_VER, which every row begins with. */
const ROW_ID = 0x67f2;
const ROW_VER = 0x67f3;

/** Where the values of a row stand. */
export interface RowShape {
  readonly columns: readonly TableColumn[];
  readonly ib4: number;
  readonly ib2: number;
  readonly ib1: number;
  readonly ibBits: number;
}

/** Lays out rows of these columns: values of 8 and 4 bytes, of 2, of 1, then a bit for each. */
export function rowShape(tags: readonly PropTag[]): RowShape {
  const placed: TableColumn[] = [];
  let at = 0;
  const place = (wanted: (size: number, id: number) => boolean): number => {
    for (const tag of tags) {
      const cbData = cellBytes(propType(tag));
      if (!wanted(cbData, propId(tag))) continue;
      placed.push({ id: propId(tag), type: propType(tag), ibData: at, cbData, iBit: placed.length });
      at += cbData;
    }
    return at;
  };
  const isFirst = (id: number): boolean => id === ROW_ID || id === ROW_VER;
  place((_, id) => id === ROW_ID);
  place((_, id) => id === ROW_VER);
  place((size, id) => size === 4 && !isFirst(id));
  const ib4 = place((size) => size === 8);
  const ib2 = place((size) => size === 2);
  const ib1 = place((size) => size === 1);
  const columns = placed.sort((a, b) => a.id - b.id || a.type - b.type);
  return { columns, ib4, ib2, ib1, ibBits: ib1 + Math.ceil(columns.length / 8) };
}

/** Values of more than eight bytes, or of varying size, stand in the heap; the row has their HID. */
function cellBytes(type: number): number {
  const size = (type & MV_FLAG) === 0 ? fixedSize(type) : undefined;
  return size === undefined || size > 8 ? 4 : size;
}

/** One value of a row, by its tag. */
export interface Cell {
  readonly tag: number;
  /** At most `heapItemBytesMax`. */
  readonly bytes: Uint8Array;
}

export interface FinishedTable {
  readonly heap: readonly FinishedBlock[];
  /** Blocks of rows; where there are any, `rowsNid` names their subnode. */
  readonly rows: readonly Uint8Array[];
}

export class TableWriter {
  readonly #layout: PstLayout;
  readonly #shape: RowShape;
  readonly #rowsNid: number;
  readonly #heap: HeapWriter;
  readonly #rowIndex: ReservedItem;
  readonly #blockBytes: number;
  readonly #rowsPerBlock: number;
  readonly #rowIds: number[] = [];
  #pending: Uint8Array[] = [];
  #isInSubnode = false;

  /** @param rowsNid the subnode that the rows get when they are too many for the heap */
  constructor(layout: PstLayout, tags: readonly PropTag[], rowsNid: number) {
    this.#layout = layout;
    this.#shape = rowShape(tags);
    this.#rowsNid = rowsNid;
    this.#heap = new HeapWriter(layout, HEAP_CLIENTS.table);
    this.#rowIndex = reserveHeapTree(this.#heap);
    this.#blockBytes = layout.blockBytesMax - layout.blockTrailer.size;
    this.#rowsPerBlock = Math.floor(this.#blockBytes / this.#shape.ibBits);
  }

  get rowCount(): number {
    return this.#rowIds.length;
  }

  /** Whether the rows stand in the subnode `rowsNid`. */
  get isInSubnode(): boolean {
    return this.#isInSubnode;
  }

  /** Adds a row; values of other columns are left out. */
  addRow(rowId: number, cells: readonly Cell[]): void {
    const { columns, ib1, ibBits } = this.#shape;
    const row = new Uint8Array(ibBits);
    const view = new DataView(row.buffer);
    const byTag = new Map(cells.map((cell) => [cell.tag >>> 0, cell.bytes]));
    for (const { id, type, ibData, iBit } of columns) {
      const bytes = byTag.get((id * 0x1_0000 + type) >>> 0);
      const isRowId = id === ROW_ID;
      if (bytes === undefined && !isRowId) continue;
      if (isRowId) view.setUint32(ibData, rowId, true);
      else if (bytes !== undefined && isInRow(type)) row.set(bytes, ibData);
      else if (bytes !== undefined) view.setUint32(ibData, this.#heap.add(bytes), true);
      row[ib1 + (iBit >>> 3)] = (row[ib1 + (iBit >>> 3)] as number) | (0x80 >>> (iBit & 7));
    }
    this.#rowIds.push(rowId);
    this.#pending.push(row);
    if (this.#pending.length * ibBits > heapItemBytesMax) this.#isInSubnode = true;
  }

  /** What is finished so far and will not change. Every block of rows but the last has the full length. */
  take(): FinishedTable {
    const rows: Uint8Array[] = [];
    while (this.#isInSubnode && this.#pending.length > this.#rowsPerBlock) {
      const whole = new Uint8Array(this.#blockBytes);
      whole.set(concatBytes(this.#pending.splice(0, this.#rowsPerBlock)));
      rows.push(whole);
    }
    return { heap: this.#heap.take(), rows };
  }

  /** Ends the table. */
  finish(): FinishedTable {
    const { rows } = this.take();
    const rest = concatBytes(this.#pending);
    this.#pending = [];
    const hnidRows = this.#isInSubnode ? this.#rowsNid : this.#heap.add(rest);
    this.#writeRowIndex();
    const { columns, ib4, ib2, ib1, ibBits } = this.#shape;
    const info = TCINFO.encode({
      bType: HEAP_CLIENTS.table,
      cCols: columns.length,
      ib4,
      ib2,
      ib1,
      ibBits,
      hidRowIndex: this.#rowIndex.hid,
      hnidRows,
      hidIndex: 0,
    });
    const descriptions = columns.map(({ id, type, ...rest }) => TCOLDESC.encode({ wId: id, wType: type, ...rest }));
    const heap = this.#heap.finish(this.#heap.add(concatBytes([info, ...descriptions])));
    return { heap, rows: this.#isInSubnode && rest.length > 0 ? [...rows, rest] : rows };
  }

  #writeRowIndex(): void {
    const cbEnt = this.#layout.rowIndexBytes;
    const size = 4 + cbEnt;
    const records = new Uint8Array(this.#rowIds.length * size);
    const view = new DataView(records.buffer);
    const order = this.#rowIds.map((rowId, index) => ({ rowId, index })).sort((a, b) => a.rowId - b.rowId);
    order.forEach(({ rowId, index }, place) => {
      view.setUint32(place * size, rowId, true);
      if (cbEnt === 2) view.setUint16(place * size + 4, index, true);
      else view.setUint32(place * size + 4, index, true);
    });
    writeHeapTree(this.#heap, this.#rowIndex, { cbKey: 4, cbEnt }, records);
  }
}

function isInRow(type: number): boolean {
  return (type & MV_FLAG) === 0 && (fixedSize(type) ?? 9) <= 8;
}
