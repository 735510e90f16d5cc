/** The subnodes of a node: blocks of entries (SLBLOCK), or a block of those (SIBLOCK). [MS-PST] 2.2.2.8.3.3 */
import { struct, u8, u16 } from '@nodemapi/base';
import type { BlockStore } from './block-store.ts';
import { PstDamage } from './diagnostic.ts';
import type { Rows, SlEntry } from './layout.ts';

/** What SLBLOCK and SIBLOCK begin with; Unicode files have four bytes of padding after it. */
export const SUBNODE_HEADER = struct('SLBLOCK', 4, { btype: u8, cLevel: u8, cEnt: u16 });

const SUBNODE_TYPE = 2;

export class SubnodeTree {
  readonly #blocks: BlockStore;
  readonly #bid: number;
  #last: { readonly bid: number; readonly entries: ReadonlyMap<number, SlEntry> } | undefined;

  /** @param bid bidSub of a node; 0 is a node without subnodes */
  constructor(blocks: BlockStore, bid: number) {
    this.#blocks = blocks;
    this.#bid = bid;
  }

  /** The subnode `nid`; undefined if there is none. @throws MAPI_E_CORRUPT_DATA */
  async find(nid: number): Promise<SlEntry | undefined> {
    if (this.#bid === 0) return undefined;
    if (this.#last?.bid === this.#bid) return this.#last.entries.get(nid); // one block, and it is here
    const { level, rows } = await this.#block(this.#bid);
    if (level === 0) return this.#leaf(this.#bid, rows).get(nid);
    let child = 0;
    for (const { nid: from, bid } of decodeAll(this.#blocks.layout.si, rows)) if (from <= nid) child = bid;
    return child === 0 ? undefined : (await this.#leafOf(child)).get(nid);
  }

  /** All subnodes in order. */
  async *entries(): AsyncGenerator<SlEntry> {
    if (this.#bid === 0) return;
    const { level, rows } = await this.#block(this.#bid);
    if (level === 0) {
      yield* this.#leaf(this.#bid, rows).values();
      return;
    }
    const seen = new Set<number>();
    for (const { bid } of decodeAll(this.#blocks.layout.si, rows)) {
      if (seen.has(bid)) throw new PstDamage(`block ${this.#bid} of subnodes names block ${bid} twice`);
      seen.add(bid);
      yield* (await this.#leafOf(bid)).values();
    }
  }

  async #leafOf(bid: number): Promise<ReadonlyMap<number, SlEntry>> {
    if (this.#last?.bid === bid) return this.#last.entries;
    const { level, rows } = await this.#block(bid);
    if (level !== 0) throw new PstDamage(`block ${bid} of subnodes has the level ${level}, 0 was expected`);
    return this.#leaf(bid, rows);
  }

  #leaf(bid: number, rows: RowBytes): ReadonlyMap<number, SlEntry> {
    const entries = new Map(decodeAll(this.#blocks.layout.sl, rows).map((entry) => [entry.nid, entry]));
    this.#last = { bid, entries };
    return entries;
  }

  async #block(bid: number): Promise<{ readonly level: number; readonly rows: RowBytes }> {
    const bytes = await this.#blocks.read(bid);
    const { btype, cLevel, cEnt } = SUBNODE_HEADER.decode(bytes);
    if (btype !== SUBNODE_TYPE || cLevel > 1)
      throw new PstDamage(`block ${bid} is of type ${btype}, level ${cLevel}; a block of subnodes was expected`);
    const { sl, si, subnodeHeaderBytes } = this.#blocks.layout;
    if (subnodeHeaderBytes + cEnt * (cLevel === 0 ? sl : si).size > bytes.length)
      throw new PstDamage(`block ${bid} of ${bytes.length} bytes cannot have ${cEnt} subnode entries`);
    return { level: cLevel, rows: { bytes, count: cEnt, start: subnodeHeaderBytes } };
  }
}

interface RowBytes {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly start: number;
}

function decodeAll<E>(table: Rows<E>, { bytes, count, start }: RowBytes): readonly E[] {
  return Array.from({ length: count }, (_, index) => table.decode(bytes, start + index * table.size));
}
