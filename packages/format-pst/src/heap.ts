/**
 * The heap on a node: small items in the blocks of one node. [MS-PST] 2.3.1
 *
 * ```
 * block 0      | HNHDR        | items … | HNPAGEMAP |
 * block 8+128n | HNBITMAPHDR  | items … | HNPAGEMAP |
 * other blocks | HNPAGEHDR    | items … | HNPAGEMAP |
 * ```
 */
import { bytes, struct, u8, u16, u32 } from '@nodemapi/base';
import type { DataTree } from './data-tree.ts';
import { PstDamage } from './diagnostic.ts';
import type { PstLayout } from './layout.ts';
import { heapCacheBlocksMax } from './limits.ts';
import type { PstNode } from './node.ts';

export const HNHDR = struct('HNHDR', 12, {
  ibHnpm: u16,
  bSig: u8,
  bClientSig: u8,
  hidUserRoot: u32,
  rgbFillLevel: bytes(4),
});
/** The map at the end of a block: how many items, and where each begins. */
export const HNPAGEMAP = struct('HNPAGEMAP', 4, { cAlloc: u16, cFree: u16 });

export const HEAP_SIGNATURE = 0xec;
/** bClientSig: what the heap holds. */
export const HEAP_CLIENTS = { table: 0x7c, tree: 0xb5, properties: 0xbc } as const;

/** HNBITMAPHDR: the first block with a map of fill levels, and how many blocks lie between two of them. */
export const HEAP_BITMAP = { first: 8, every: 128 } as const;

/** Bytes before the first item of a block. */
export function heapHeaderBytes(index: number): number {
  if (index === 0) return HNHDR.size;
  const hasBitmap = index % HEAP_BITMAP.every === HEAP_BITMAP.first;
  return hasBitmap ? 2 + HEAP_BITMAP.every / 2 : 2;
}

/** Whether a HNID names an item of the heap; else it is the identifier of a subnode. */
export function isHeapItem(hnid: number): boolean {
  return (hnid & 0x1f) === 0;
}

interface HeapBlock {
  readonly bytes: Uint8Array;
  /** Where the offsets of the items begin; item n lies from offset n-1 to offset n. */
  readonly mapAt: number;
  readonly count: number;
}

const EMPTY = new Uint8Array(0);

export class Heap {
  /** What the heap holds. */
  readonly client: number;
  readonly userRoot: number;
  readonly #data: DataTree;
  readonly #indexMask: number;
  readonly #blockShift: number;
  readonly #blocks = new Map<number, HeapBlock>();

  private constructor(data: DataTree, layout: PstLayout, first: Uint8Array) {
    if (first.length < HNHDR.size) throw new PstDamage(`a heap of ${first.length} bytes has no header`);
    const bSig = first[HNHDR.offsets.bSig];
    if (bSig !== HEAP_SIGNATURE) throw new PstDamage(`a heap begins with ${bSig}, not ${HEAP_SIGNATURE}`);
    this.client = first[HNHDR.offsets.bClientSig] as number;
    this.userRoot = u32.read(first, HNHDR.offsets.hidUserRoot);
    this.#data = data;
    this.#indexMask = 2 ** layout.hidIndexBits - 1;
    this.#blockShift = layout.hidIndexBits + 5;
    this.#blocks.set(0, heapBlock(first, 0));
  }

  /** @throws MAPI_E_CORRUPT_DATA if the node holds no heap */
  static async open(node: PstNode): Promise<Heap> {
    const now = Heap.#openNow(node);
    if (now !== undefined) return now;
    const data = await node.data();
    return new Heap(data, node.blocks.layout, await data.block(0));
  }

  static #openNow(node: PstNode): Heap | undefined {
    const data = node.dataNow();
    const first = data?.blockNow(0);
    return data === undefined || first === undefined ? undefined : new Heap(data, node.blocks.layout, first);
  }

  /**
   * The bytes of item `hid`, which must not be written to; HID 0 is an empty item.
   *
   * @throws MAPI_E_CORRUPT_DATA if there is no such item
   */
  async item(hid: number): Promise<Uint8Array> {
    const now = this.itemNow(hid);
    if (now !== undefined) return now;
    const index = hid >>> this.#blockShift;
    const block = heapBlock(await this.#data.block(index), index);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size < heapCacheBlocksMax) break;
      this.#blocks.delete(oldest);
    }
    this.#blocks.set(index, block);
    return this.#slice(block, hid);
  }

  /** What `item` would answer, if its block is in memory. */
  itemNow(hid: number): Uint8Array | undefined {
    if (hid === 0) return EMPTY;
    const block = this.#blocks.get(hid >>> this.#blockShift);
    return block === undefined ? undefined : this.#slice(block, hid);
  }

  /** What other readers may stumble over and this one does without: blocks that do not begin as their place demands. */
  async *problems(): AsyncGenerator<string> {
    for (let index = 0; index < this.#data.bids.length; index++) {
      const { bytes, mapAt, count } = heapBlock(await this.#data.block(index), index);
      const expected = heapHeaderBytes(index);
      const first = count === 0 ? expected : word(bytes, mapAt);
      if (first !== expected)
        yield `heap block ${index} has a header of ${first} bytes, in its place ${expected} are due`;
    }
  }

  #slice({ bytes, mapAt, count }: HeapBlock, hid: number): Uint8Array {
    const index = (hid >>> 5) & this.#indexMask;
    if (!isHeapItem(hid) || index === 0 || index > count)
      throw new PstDamage(`heap item 0x${hid.toString(16)} is not one of the ${count} of its block`);
    const at = mapAt + (index - 1) * 2;
    const from = word(bytes, at);
    const to = word(bytes, at + 2);
    if (from > to || to > mapAt)
      throw new PstDamage(`heap item 0x${hid.toString(16)} lies from ${from} to ${to} of ${mapAt} bytes`);
    return bytes.subarray(from, to);
  }
}

function heapBlock(block: Uint8Array, index: number): HeapBlock {
  const ibHnpm = block.length < 2 ? 0 : word(block, 0);
  if (ibHnpm + HNPAGEMAP.size > block.length)
    throw new PstDamage(`the map of heap block ${index} stands at ${ibHnpm} of ${block.length} bytes`);
  const count = word(block, ibHnpm);
  const mapAt = ibHnpm + HNPAGEMAP.size;
  if (mapAt + (count + 1) * 2 > block.length)
    throw new PstDamage(`heap block ${index} of ${block.length} bytes cannot have ${count} items`);
  return { bytes: block, mapAt, count };
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}
