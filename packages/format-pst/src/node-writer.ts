/** Writes the parts of nodes: data of any length, subnodes, and objects with properties. */
import { assert, concatBytes, MapiError } from '@nodemapi/base';
import { XBLOCK } from './data-tree.ts';
import { blockContentMax, type FileWriter } from './file-writer.ts';
import { LAYOUTS, type Rows, type SlEntry } from './layout.ts';
import { SUBNODE_HEADER } from './subnode-tree.ts';

const { bidBytes, sl, si, subnodeHeaderBytes } = LAYOUTS.unicode;
const bidsPerBlock = Math.floor((blockContentMax - XBLOCK.size) / bidBytes);
const entriesPerBlock = Math.floor((blockContentMax - subnodeHeaderBytes) / sl.size);
const blocksPerIndex = Math.floor((blockContentMax - subnodeHeaderBytes) / si.size);

/** Lengths have 32 bits, and readers take them for signed. */
const valueBytesLimit = 2 ** 31 - 1;

/** Data of one node that comes in pieces; nothing but the identifiers of the last blocks is in memory. */
export class DataWriter {
  readonly #file: FileWriter;
  readonly #inner: { readonly bid: number; readonly bytes: number }[] = [];
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #bids: number[] = [];
  #bytes = 0;
  #total = 0;

  constructor(file: FileWriter) {
    this.#file = file;
  }

  /** Bytes added so far. */
  get size(): number {
    return this.#total;
  }

  async add(chunk: Uint8Array): Promise<void> {
    this.#total += chunk.length;
    if (this.#total > valueBytesLimit)
      throw new MapiError('MAPI_E_TOO_BIG', `a value of more than ${valueBytesLimit} bytes does not fit into a PST`);
    let rest = chunk;
    while (this.#pendingBytes + rest.length >= blockContentMax) {
      const part = rest.subarray(0, blockContentMax - this.#pendingBytes);
      rest = rest.subarray(part.length);
      this.addBlock(this.#pendingBytes === 0 ? part : concatBytes([...this.#pending, part]));
      this.#pending = [];
      this.#pendingBytes = 0;
      await this.#file.flush();
    }
    if (rest.length === 0) return;
    this.#pending.push(rest.slice()); // the caller may use its memory again
    this.#pendingBytes += rest.length;
  }

  /** Adds a block as it is; all but the last of bytes that came by `add` are full. */
  addBlock(content: Uint8Array): void {
    this.addBid(this.#file.block(content), content.length);
  }

  /** Adds a block that is in the file already. */
  addBid(bid: number, bytes: number): void {
    if (this.#bids.length === bidsPerBlock) this.#closeInner();
    this.#bids.push(bid);
    this.#bytes += bytes;
  }

  /** Ends the data and answers its identifier, 0 if there are none. */
  finish(): number {
    if (this.#pendingBytes > 0) this.addBlock(concatBytes(this.#pending));
    const [only] = this.#bids;
    if (this.#inner.length === 0 && this.#bids.length <= 1) return only ?? 0;
    this.#closeInner();
    const [first] = this.#inner;
    if (this.#inner.length === 1 && first !== undefined) return first.bid;
    assert(this.#inner.length <= bidsPerBlock, 'a value of more than 8 GB');
    const total = this.#inner.reduce((sum, { bytes }) => sum + bytes, 0);
    return this.#file.block(
      blockOfBids(
        2,
        this.#inner.map(({ bid }) => bid),
        total,
      ),
      true,
    );
  }

  #closeInner(): void {
    const bid = this.#file.block(blockOfBids(1, this.#bids, this.#bytes), true);
    this.#inner.push({ bid, bytes: this.#bytes });
    this.#bids = [];
    this.#bytes = 0;
  }
}

function blockOfBids(cLevel: number, bids: readonly number[], total: number): Uint8Array {
  const list = new Uint8Array(bids.length * bidBytes);
  const view = new DataView(list.buffer);
  bids.forEach((bid, index) => {
    view.setUint32(index * bidBytes, bid % 2 ** 32, true);
    view.setUint32(index * bidBytes + 4, Math.floor(bid / 2 ** 32), true);
  });
  return concatBytes([XBLOCK.encode({ btype: 1, cLevel, cEnt: bids.length, lcbTotal: total }), list]);
}

/** Writes a tree of subnodes and answers its identifier, 0 if there are none. */
export function writeSubnodes(file: FileWriter, entries: readonly SlEntry[]): number {
  if (entries.length === 0) return 0;
  const sorted = [...entries].sort((a, b) => a.nid - b.nid);
  const leaves: { readonly nid: number; readonly bid: number }[] = [];
  for (let at = 0; at < sorted.length; at += entriesPerBlock) {
    const some = sorted.slice(at, at + entriesPerBlock);
    leaves.push({ nid: (some[0] as SlEntry).nid, bid: subnodeBlock(file, 0, sl, some) });
  }
  const [only] = leaves;
  if (leaves.length === 1 && only !== undefined) return only.bid;
  assert(leaves.length <= blocksPerIndex, 'an object with more than 170000 parts');
  return subnodeBlock(file, 1, si, leaves);
}

function subnodeBlock<E>(file: FileWriter, cLevel: number, table: Rows<E>, rows: readonly E[]): number {
  const head = new Uint8Array(subnodeHeaderBytes);
  head.set(SUBNODE_HEADER.encode({ btype: 2, cLevel, cEnt: rows.length }));
  return file.block(concatBytes([head, ...rows.map((row) => table.encodeRow(row))]), true);
}
