/** Builds the heap of a node, block by block. [MS-PST] 2.3.1 */
import { assert, concatBytes, MapiError } from '@nodemapi/base';
import { HEAP_BITMAP, HEAP_SIGNATURE, HNHDR, HNPAGEMAP, heapHeaderBytes } from './heap.ts';
import type { PstLayout } from './layout.ts';

/** Items larger than this stand in a subnode. [MS-PST] 2.3.3.3 */
export const heapItemBytesMax = 3580;

const { first: BITMAP_FIRST, every: BITMAP_EVERY } = HEAP_BITMAP;

/** A block of the heap that will not change any more. */
export interface FinishedBlock {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** An item whose content is still to be set. */
export interface ReservedItem {
  readonly hid: number;
  readonly bytes: Uint8Array;
}

interface OpenBlock {
  readonly index: number;
  readonly items: Uint8Array[];
  used: number;
}

/**
 * Gives each item its HID at once and each block away as soon as it is full.
 *
 * The blocks that say how full others are (0, 8, 136, …) are held until those are full too.
 */
export class HeapWriter {
  readonly #layout: PstLayout;
  readonly #client: number;
  readonly #bytesMax: number;
  readonly #itemsMax: number;
  readonly #fillLevels: number[] = [];
  readonly #held: OpenBlock[] = [];
  #finished: FinishedBlock[] = [];
  #open: OpenBlock;

  constructor(layout: PstLayout, client: number) {
    this.#layout = layout;
    this.#client = client;
    this.#bytesMax = layout.blockBytesMax - layout.blockTrailer.size;
    this.#itemsMax = 2 ** layout.hidIndexBits - 1;
    this.#open = { index: 0, items: [], used: HNHDR.size };
  }

  /** Puts an item of at most `heapItemBytesMax` bytes into the heap and answers its HID; an empty one is HID 0. */
  add(item: Uint8Array): number {
    assert(item.length <= heapItemBytesMax, `a heap item of ${item.length} bytes`);
    if (item.length === 0) return 0;
    if (this.#sizeWith(item) > this.#bytesMax || this.#open.items.length === this.#itemsMax) this.#close();
    this.#open.items.push(item);
    this.#open.used += item.length;
    const { hidIndexBits } = this.#layout;
    return ((this.#open.index << (hidIndexBits + 5)) | (this.#open.items.length << 5)) >>> 0;
  }

  /**
   * Takes the place of an item whose content is known later: it is set in `bytes`, before the heap is finished.
   *
   * For the first item alone, whose block is held until then.
   */
  reserve(length: number): ReservedItem {
    assert(this.#open.index === 0 && this.#open.items.length === 0, 'the first item of a heap');
    const bytes = new Uint8Array(length);
    return { hid: this.add(bytes), bytes };
  }

  /** Blocks finished since the last call. */
  take(): readonly FinishedBlock[] {
    const finished = this.#finished;
    this.#finished = [];
    return finished;
  }

  /** Ends the heap. @param userRoot the item that its user begins with */
  finish(userRoot: number): readonly FinishedBlock[] {
    this.#fillLevels.push(fillLevel(this.#bytesMax - this.#sizeWith(undefined)));
    for (const block of [...this.#held, this.#open]) this.#give(block, userRoot);
    this.#held.length = 0;
    return this.take();
  }

  #close(): void {
    const block = this.#open;
    this.#fillLevels.push(fillLevel(this.#bytesMax - this.#sizeWith(undefined)));
    if (isBitmap(block.index) || block.index === 0) this.#held.push(block);
    else this.#give(block, 0);
    const index = block.index + 1;
    if (index >= 2 ** (27 - this.#layout.hidIndexBits))
      throw new MapiError('MAPI_E_TOO_BIG', `a heap of more than ${index} blocks cannot be addressed`);
    if (isBitmap(index) && index > BITMAP_FIRST) {
      const done = this.#held.pop();
      assert(
        done !== undefined && done.index === index - BITMAP_EVERY,
        'the map of fill levels before this one is held',
      );
      this.#give(done, 0);
    }
    this.#open = { index, items: [], used: heapHeaderBytes(index) };
  }

  #sizeWith(item: Uint8Array | undefined): number {
    const { items, used } = this.#open;
    const count = items.length + (item === undefined ? 0 : 1);
    const end = used + (item?.length ?? 0);
    return end + (end % 2) + HNPAGEMAP.size + 2 * (count + 1);
  }

  #give({ index, items, used }: OpenBlock, userRoot: number): void {
    const mapAt = used + (used % 2);
    const header = this.#header(index, mapAt, userRoot);
    const map = new Uint8Array(HNPAGEMAP.size + 2 * (items.length + 1));
    map.set(HNPAGEMAP.encode({ cAlloc: items.length, cFree: 0 }));
    const view = new DataView(map.buffer);
    let at = header.length;
    items.forEach((item, place) => {
      view.setUint16(HNPAGEMAP.size + 2 * place, at, true);
      at += item.length;
    });
    view.setUint16(HNPAGEMAP.size + 2 * items.length, at, true);
    this.#finished.push({ index, bytes: concatBytes([header, ...items, new Uint8Array(mapAt - used), map]) });
  }

  #header(index: number, ibHnpm: number, hidUserRoot: number): Uint8Array {
    if (index === 0) {
      const rgbFillLevel = nibbles(this.#fillLevels, 0, BITMAP_FIRST);
      return HNHDR.encode({ ibHnpm, bSig: HEAP_SIGNATURE, bClientSig: this.#client, hidUserRoot, rgbFillLevel });
    }
    const place = new Uint8Array([ibHnpm & 0xff, ibHnpm >>> 8]);
    return isBitmap(index) ? concatBytes([place, nibbles(this.#fillLevels, index, BITMAP_EVERY)]) : place;
  }
}

function isBitmap(index: number): boolean {
  return index >= BITMAP_FIRST && (index - BITMAP_FIRST) % BITMAP_EVERY === 0;
}

/** Two levels a byte, the first in the lower half. */
function nibbles(levels: readonly number[], from: number, count: number): Uint8Array {
  const result = new Uint8Array(count / 2);
  for (let at = 0; at < count; at++) {
    const level = levels[from + at] ?? 0;
    result[at >>> 1] = (result[at >>> 1] as number) | (level << ((at & 1) * 4));
  }
  return result;
}

/** Least free bytes of each level. [MS-PST] 2.3.1.2 */
const FILL_LEVELS = [3584, 2560, 2048, 1792, 1536, 1280, 1024, 768, 512, 256, 128, 64, 32, 16, 8, 0] as const;

export function fillLevel(freeBytes: number): number {
  return FILL_LEVELS.findIndex((least) => freeBytes >= least);
}
