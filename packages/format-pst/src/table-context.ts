/**
 * A table: columns, rows, and an index of row identifiers. [MS-PST] 2.3.4
 *
 * Rows stand in the blocks of one item or subnode and never cross a block.
 */
import { struct, u8, u16, u32 } from '@nodemapi/base';
import { MV_FLAG, type PropValue } from '@nodemapi/mapi';
import { DataTree } from './data-tree.ts';
import { isDamage, PstDamage } from './diagnostic.ts';
import { HEAP_CLIENTS, Heap, isHeapItem } from './heap.ts';
import { heapTreeLeaves } from './heap-tree.ts';
import { valueBytesMax } from './limits.ts';
import type { PstNode } from './node.ts';
import type { LostProperty } from './property-context.ts';
import { typed } from './property-context.ts';
import { fixedSize, type TextDecoder8 } from './value.ts';

export const TCINFO = struct('TCINFO', 22, {
  bType: u8,
  cCols: u8,
  /** Where in a row the values of 4 and 8 bytes end. */
  ib4: u16,
  /** … of 2 bytes */
  ib2: u16,
  /** … of 1 byte */
  ib1: u16,
  /** … the bits that say which values are there; the length of a row. */
  ibBits: u16,
  hidRowIndex: u32,
  hnidRows: u32,
  hidIndex: u32,
});

export const TCOLDESC = struct('TCOLDESC', 8, { wType: u16, wId: u16, ibData: u16, cbData: u8, iBit: u8 });

export interface TableColumn {
  readonly id: number;
  readonly type: number;
  readonly ibData: number;
  readonly cbData: number;
  readonly iBit: number;
}

interface ReadColumn extends TableColumn {
  /** Whether values stand in the row itself: those of at most eight bytes. [MS-PST] 2.3.4.4.2 */
  readonly isInRow: boolean;
}

/** The HID of the first item of a heap. */
const FIRST_HID = 0x20;

export class TableContext {
  readonly columns: readonly ReadColumn[];
  readonly #node: PstNode;
  readonly #heap: Heap;
  readonly #info: typeof TCINFO extends { decode(bytes: Uint8Array): infer T } ? T : never;

  private constructor(node: PstNode, heap: Heap, header: Uint8Array) {
    const info = TCINFO.decode(header);
    if (info.bType !== HEAP_CLIENTS.table) throw new PstDamage(`a table begins with ${info.bType}`);
    this.#info = info;
    this.#node = node;
    this.#heap = heap;
    this.columns = Array.from({ length: info.cCols }, (_, index) => columnAt(header, index, info));
  }

  /** @throws MAPI_E_CORRUPT_DATA if the node holds no table */
  static async open(node: PstNode): Promise<TableContext> {
    const heap = await Heap.open(node);
    if (heap.client !== HEAP_CLIENTS.table)
      throw new PstDamage(`node 0x${node.nid.toString(16)} holds ${heap.client}, not a table`);
    return new TableContext(node, heap, await heap.item(heap.userRoot));
  }

  /** Bytes of one row. */
  get rowBytes(): number {
    return this.#info.ibBits;
  }

  /**
   * The rows that the row index names, in the order in which they stand.
   *
   * Where the index cannot be read, `onDamage` is told, and every row that stands in the table is yielded.
   *
   * @throws MAPI_E_CORRUPT_DATA if the rows themselves cannot be read
   */
  async *rows(onDamage: (error: unknown) => void): AsyncGenerator<TableRow> {
    if (this.#info.hnidRows === 0) return;
    const wanted = await this.#rowNumbers(onDamage);
    if (wanted !== undefined && wanted.length === 0) return;
    let next = 0;
    let base = 0;
    for await (const block of this.#rowBlocks()) {
      const count = Math.floor(block.length / this.rowBytes);
      const end = wanted === undefined ? base + count : next;
      for (let index = base; wanted === undefined && index < end; index++) yield this.#row(block, index - base);
      while (wanted !== undefined && next < wanted.length && (wanted[next] as number) < base + count) {
        yield this.#row(block, (wanted[next] as number) - base);
        next += 1;
      }
      base += count;
      if (wanted !== undefined && next >= wanted.length) return;
    }
    if (wanted !== undefined && next < wanted.length)
      onDamage(new PstDamage(`the index names ${wanted.length} rows, ${next} are there`));
  }

  /** What other readers may stumble over and this one does without. [MS-PST] 2.3.4.4 */
  async *problems(): AsyncGenerator<string> {
    yield* this.#heap.problems();
    const { hidRowIndex, hnidRows } = this.#info;
    if (hidRowIndex !== FIRST_HID) yield `the index of rows is item 0x${hidRowIndex.toString(16)}, not the first`;
    if (hnidRows === 0 || isHeapItem(hnidRows)) return;
    const { blockBytesMax, blockTrailer } = this.#node.blocks.layout;
    const whole = blockBytesMax - blockTrailer.size;
    let short: number | undefined;
    for await (const { length } of this.#rowBlocks()) {
      if (short !== undefined) yield `a block of rows that is not the last has ${short} bytes of ${whole}`;
      short = length < whole ? length : undefined;
    }
  }

  #row(block: Uint8Array, index: number): TableRow {
    const start = index * this.rowBytes;
    return new TableRow(
      this.#node,
      this.#heap,
      this.columns,
      this.#info.ib1,
      block.subarray(start, start + this.rowBytes),
    );
  }

  /** Numbers of the rows that exist, in ascending order; undefined if the index cannot be read. */
  async #rowNumbers(onDamage: (error: unknown) => void): Promise<Uint32Array | undefined> {
    const shape = { cbKey: 4, cbEnt: this.#node.blocks.layout.rowIndexBytes };
    const number = shape.cbEnt === 2 ? u16 : u32;
    const numbers: number[] = [];
    try {
      for (const leaf of heapTreeLeaves(this.#heap, this.#info.hidRowIndex, shape)) {
        if (typeof leaf === 'number') await this.#heap.item(leaf);
        else for (let at = 4; at < leaf.length; at += 4 + shape.cbEnt) numbers.push(number.read(leaf, at));
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      onDamage(error);
      return undefined;
    }
    return new Uint32Array(numbers).sort();
  }

  async *#rowBlocks(): AsyncGenerator<Uint8Array> {
    const { hnidRows } = this.#info;
    if (isHeapItem(hnidRows)) {
      yield await this.#heap.item(hnidRows);
      return;
    }
    const entry = await this.#node.subnodes.find(hnidRows);
    if (entry === undefined) throw new PstDamage(`the rows of a table name the missing subnode ${hnidRows}`);
    yield* (await DataTree.open(this.#node.blocks, entry.bidData)).blocks();
  }
}

/** One row; its values are decoded when they are asked for. */
export class TableRow {
  /** dwRowID: for tables of folders and messages, the node identifier of what the row is about. */
  readonly rowId: number;
  readonly #node: PstNode;
  readonly #heap: Heap;
  readonly #columns: readonly ReadColumn[];
  readonly #bitsAt: number;
  readonly #bytes: Uint8Array;

  constructor(node: PstNode, heap: Heap, columns: readonly ReadColumn[], bitsAt: number, bytes: Uint8Array) {
    this.#node = node;
    this.#heap = heap;
    this.#columns = columns;
    this.#bitsAt = bitsAt;
    this.#bytes = bytes;
    if (bytes.length < 4) throw new PstDamage(`a row of ${bytes.length} bytes`);
    this.rowId = u32.read(bytes, 0);
  }

  /** Every value of the row that is there and can be read; `lost` is told of the others. */
  async values(text: TextDecoder8, lost: (lost: LostProperty) => void): Promise<PropValue[]> {
    const result: PropValue[] = [];
    for (const column of this.#columns) {
      if (!this.#has(column)) continue;
      try {
        const { type, id } = column;
        result.push(typed(type, id, this.#cellNow(column) ?? (await this.#cell(column)), text));
      } catch (error) {
        if (!isDamage(error)) throw error;
        lost({ id: column.id, error });
      }
    }
    return result;
  }

  #has({ iBit }: TableColumn): boolean {
    return ((this.#bytes[this.#bitsAt + (iBit >>> 3)] ?? 0) & (0x80 >>> (iBit & 7))) !== 0;
  }

  /** What needs no further block. */
  #cellNow(column: ReadColumn): Uint8Array | undefined {
    const { ibData, cbData } = column;
    if (column.isInRow) return this.#bytes.subarray(ibData, ibData + cbData);
    const hnid = u32.read(this.#bytes, ibData);
    return isHeapItem(hnid) ? this.#heap.itemNow(hnid) : undefined;
  }

  async #cell({ id, ibData }: TableColumn): Promise<Uint8Array> {
    const hnid = u32.read(this.#bytes, ibData);
    if (isHeapItem(hnid)) return this.#heap.item(hnid);
    const entry = await this.#node.subnodes.find(hnid);
    if (entry === undefined)
      throw new PstDamage(`column 0x${id.toString(16)} names the missing subnode 0x${hnid.toString(16)}`);
    return (await DataTree.open(this.#node.blocks, entry.bidData)).whole(valueBytesMax);
  }
}

function columnAt(
  header: Uint8Array,
  index: number,
  { ib1, ibBits }: { readonly ib1: number; readonly ibBits: number },
): ReadColumn {
  const at = TCINFO.size + index * TCOLDESC.size;
  if (at + TCOLDESC.size > header.length)
    throw new PstDamage(`column ${index} of a table lies beyond its header of ${header.length} bytes`);
  const { wType, wId, ibData: ibDataAt, cbData: cbDataAt, iBit: iBitAt } = TCOLDESC.offsets;
  const type = u16.read(header, at + wType);
  const id = u16.read(header, at + wId);
  const ibData = u16.read(header, at + ibDataAt);
  const cbData = u8.read(header, at + cbDataAt);
  const iBit = u8.read(header, at + iBitAt);
  const isInRow = (type & MV_FLAG) === 0 && (fixedSize(type) ?? 9) <= 8;
  if (ibData + (isInRow ? cbData : 4) > ib1 || ib1 + (iBit >>> 3) >= ibBits)
    throw new PstDamage(`column 0x${id.toString(16)} lies at ${ibData}, bit ${iBit}, in rows of ${ibBits} bytes`);
  return { id, type, ibData, cbData, iBit, isInRow };
}
