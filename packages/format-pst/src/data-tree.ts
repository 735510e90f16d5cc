/** The data of a node: one block, or a tree of blocks (XBLOCK, XXBLOCK). [MS-PST] 2.2.2.8.3.2 */
import { MapiError, struct, u8, u16, u32 } from '@nodemapi/base';
import { type BlockStore, isInternal, plainBid } from './block-store.ts';
import { PstDamage } from './diagnostic.ts';

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

  private constructor(blocks: BlockStore, size: number, bids: readonly number[]) {
    this.#blocks = blocks;
    this.size = size;
    this.bids = bids;
  }

  /** @param bid 0 is an empty tree @throws MAPI_E_CORRUPT_DATA */
  static async open(blocks: BlockStore, bid: number): Promise<DataTree> {
    if (bid === 0) return new DataTree(blocks, 0, []);
    if (!isInternal(bid)) {
      const { cb, cbInflated = cb } = await blocks.locate(bid);
      return new DataTree(blocks, cbInflated, [bid]);
    }
    const bids: number[] = [];
    const size = await collect(blocks, bid, 3, bids, new Set());
    return new DataTree(blocks, size, bids);
  }

  /** One data block. @throws MAPI_E_CORRUPT_DATA */
  async block(index: number): Promise<Uint8Array> {
    const bid = this.bids[index];
    if (bid === undefined) throw new PstDamage(`block ${index} of ${this.bids.length} of a node`);
    return this.#blocks.read(bid);
  }

  /** All bytes, a block at a time. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    for (const bid of this.bids) yield await this.#blocks.read(bid);
  }

  /** All bytes. @throws MAPI_E_TOO_BIG if there are more than `bytesMax` */
  async whole(bytesMax: number): Promise<Uint8Array> {
    const [first] = this.bids;
    if (first === undefined) return new Uint8Array(0);
    if (this.bids.length === 1) return this.#blocks.read(first);
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of this.chunks()) {
      parts.push(part);
      length += part.length;
      if (length > bytesMax) throw new MapiError('MAPI_E_TOO_BIG', `a value has more than ${bytesMax} bytes`);
    }
    const result = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      result.set(part, at);
      at += part.length;
    }
    return result;
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
