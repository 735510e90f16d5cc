/** The data of a node: one block, or a tree of blocks (XBLOCK, XXBLOCK). [MS-PST] 2.2.2.8.3.2 */
import { MapiError, struct, u8, u16, u32 } from '@nodemapi/base';
import { isInternal, plainBid } from './bid.ts';
import { type BlockStore, contentBytes } from './block-store.ts';
import { PstDamage } from './diagnostic.ts';
import type { BbtEntry } from './layout.ts';
import { runBytesMax } from './limits.ts';

/** Header of XBLOCK and XXBLOCK. */
export const XBLOCK = struct('XBLOCK', 8, { btype: u8, cLevel: u8, cEnt: u16, lcbTotal: u32 });

const XBLOCK_TYPE = 1;

/** The blocks of one node, in order; nothing but their identifiers is in memory. */
export class DataTree {
  /** Total length in bytes. */
  readonly size: number;
  /** Identifiers of the data blocks, in order. */
  readonly bids: readonly number[];
  readonly #blocks: BlockStore;

  /** Where the block of a tree of one lies, which was looked up for its size. */
  readonly #only: BbtEntry | undefined;

  private constructor(blocks: BlockStore, size: number, bids: readonly number[], only?: BbtEntry) {
    this.#blocks = blocks;
    this.size = size;
    this.bids = bids;
    this.#only = only;
  }

  /** @param bid 0 is an empty tree @throws MAPI_E_CORRUPT_DATA */
  static async open(blocks: BlockStore, bid: number): Promise<DataTree> {
    if (bid === 0) return new DataTree(blocks, 0, []);
    if (!isInternal(bid)) return DataTree.#ofOne(blocks, bid, await blocks.locate(bid));
    const bids: number[] = [];
    const size = await collect(blocks, bid, 3, bids, new Set());
    return new DataTree(blocks, size, bids);
  }

  /** What `open` would answer, if there is one block whose place is in memory. */
  static openNow(blocks: BlockStore, bid: number): DataTree | undefined {
    const entry = bid === 0 || isInternal(bid) ? undefined : blocks.locateNow(bid);
    return entry === undefined ? undefined : DataTree.#ofOne(blocks, bid, entry);
  }

  static #ofOne(blocks: BlockStore, bid: number, entry: BbtEntry): DataTree {
    return new DataTree(blocks, contentBytes(entry), [bid], entry);
  }

  /** One data block. @throws MAPI_E_CORRUPT_DATA */
  async block(index: number): Promise<Uint8Array> {
    const now = this.blockNow(index);
    if (now !== undefined) return now;
    const bid = this.bids[index];
    if (bid === undefined) throw new PstDamage(`block ${index} of ${this.bids.length} of a node`);
    return this.#blocks.read(bid);
  }

  /** What `block` would answer, if it is in memory. */
  blockNow(index: number): Uint8Array | undefined {
    const bid = this.bids[index];
    return bid === undefined ? undefined : this.#blocks.readNow(bid, this.#only);
  }

  /** All bytes, a block at a time. */
  async *blocks(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < this.bids.length; index++) yield this.blockNow(index) ?? (await this.block(index));
  }

  /** All bytes in pieces of several blocks: of `runBytesMax`, or one block if that is longer. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    if (this.bids.length === 1) yield* this.blocks();
    else {
      const run = new BlockRun(this.#blocks, this.bids);
      for (let chunk = await run.next(); chunk !== undefined; chunk = await run.next()) yield chunk;
    }
  }

  /** All bytes. @throws MAPI_E_TOO_BIG if there are more than `bytesMax` */
  async whole(bytesMax: number): Promise<Uint8Array> {
    const [first] = this.bids;
    if (first === undefined) return new Uint8Array(0);
    if (this.bids.length === 1) return this.block(0);
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of this.chunks()) {
      parts.push(part);
      length += part.length;
      if (length > bytesMax) throw new MapiError('MAPI_E_TOO_BIG', `a value has more than ${bytesMax} bytes`);
    }
    if (parts.length === 1) return parts[0] as Uint8Array;
    const result = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      result.set(part, at);
      at += part.length;
    }
    return result;
  }
}

/** Reads blocks one after another, several into one piece: one step of everything above for all of them. */
class BlockRun {
  readonly #blocks: BlockStore;
  readonly #bids: readonly number[];
  #index = 0;

  constructor(blocks: BlockStore, bids: readonly number[]) {
    this.#blocks = blocks;
    this.#bids = bids;
  }

  /** The next piece; undefined after the last. What lies before a block that fails is answered before it fails. */
  async next(): Promise<Uint8Array | undefined> {
    let run: Uint8Array | undefined;
    let filled = 0;
    while (this.#index < this.#bids.length) {
      const bid = this.#bids[this.#index] as number;
      try {
        const entry = this.#blocks.locateNow(bid) ?? (await this.#blocks.locate(bid));
        const size = contentBytes(entry);
        run ??= new Uint8Array(Math.max(size, Math.min(runBytesMax, size * (this.#bids.length - this.#index))));
        if (filled + size > run.length) break;
        filled += await this.#blocks.readInto(bid, entry, run.subarray(filled, filled + size));
      } catch (error) {
        if (filled > 0) break; // it is met again
        throw error;
      }
      this.#index += 1;
    }
    return run?.subarray(0, filled);
  }
}

/** Adds the data blocks below an XBLOCK or XXBLOCK to `into`, and answers its lcbTotal. */
async function collect(
  blocks: BlockStore,
  bid: number,
  below: number,
  into: number[],
  seen: Set<number>,
): Promise<number> {
  const plain = plainBid(bid);
  if (seen.has(plain)) throw new PstDamage(`block ${bid} of blocks stands twice in one tree`);
  seen.add(plain);
  const bytes = await blocks.read(bid);
  const { btype, cLevel, cEnt, lcbTotal } = XBLOCK.decode(bytes);
  if (btype !== XBLOCK_TYPE || cLevel === 0 || cLevel >= below)
    throw new PstDamage(`block ${bid} is of type ${btype}, level ${cLevel}; a block of blocks was expected`);
  const { bidBytes, fileBytes, blockAlign } = limitsOf(blocks);
  if (XBLOCK.size + cEnt * bidBytes > bytes.length)
    throw new PstDamage(`block ${bid} of ${bytes.length} bytes cannot name ${cEnt} blocks`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < cEnt; index++) {
    const at = XBLOCK.size + index * bidBytes;
    const child = view.getUint32(at, true) + (bidBytes === 8 ? view.getUint32(at + 4, true) * 0x1_0000_0000 : 0);
    if (cLevel > 1) await collect(blocks, child, cLevel, into, seen);
    else if (isInternal(child)) throw new PstDamage(`block ${bid} names the internal block ${child} as data`);
    else into.push(child);
    if (into.length * blockAlign > fileBytes)
      throw new PstDamage(`block ${bid} names more blocks than the file can hold`);
  }
  return lcbTotal;
}

function limitsOf({ layout, fileBytes }: BlockStore): {
  readonly bidBytes: number;
  readonly fileBytes: number;
  readonly blockAlign: number;
} {
  return { bidBytes: layout.bidBytes, fileBytes, blockAlign: layout.blockAlign };
}
