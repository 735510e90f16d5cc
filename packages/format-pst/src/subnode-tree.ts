/** The subnodes of a node: blocks of entries (SLBLOCK), or a block of those (SIBLOCK). [MS-PST] 2.2.2.8.3.3 */
import { struct, u8, u16, u32 } from '@nodemapi/base';
import type { BlockStore } from './block-store.ts';
import { PstDamage } from './diagnostic.ts';
import type { SiEntry, SlEntry } from './layout.ts';

/** What SLBLOCK and SIBLOCK begin with; Unicode files have four bytes of padding after it. */
export const SUBNODE_HEADER = struct('SLBLOCK', 4, { btype: u8, cLevel: u8, cEnt: u16 });

const SUBNODE_TYPE = 2;

/** A block of entries, which stay bytes until they are asked for. */
interface Leaf {
  readonly bytes: Uint8Array;
  /** Where the entry of each node begins. */
  readonly places: ReadonlyMap<number, number>;
}

/** The two levels of a tree: names of blocks of entries, or entries. */
interface Block {
  readonly level: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

export class SubnodeTree {
  readonly #blocks: BlockStore;
  readonly #bid: number;
  /** The block that all begins with. */
  #root: Block | undefined;
  /** The block of entries that was used last; of a tree of one level, the only one. */
  #last: { readonly bid: number; readonly leaf: Leaf } | undefined;

  /** @param bid bidSub of a node; 0 is a node without subnodes */
  constructor(blocks: BlockStore, bid: number) {
    this.#blocks = blocks;
    this.#bid = bid;
  }

  /** The subnode `nid`; undefined if there is none. @throws MAPI_E_CORRUPT_DATA */
  async find(nid: number): Promise<SlEntry | undefined> {
    if (this.#bid === 0) return undefined;
    const root = await this.#rootBlock();
    if (root.level === 0) return this.#entry(this.#leaf(this.#bid, root), nid);
    let child = 0;
    for (const { nid: from, bid } of this.#children(root)) if (from <= nid) child = bid;
    return child === 0 ? undefined : this.#entry(await this.#leafOf(child), nid);
  }

  /** What `find` would answer, if the entries are in one block that is in memory; undefined says nothing. */
  findNow(nid: number): SlEntry | undefined {
    const root = this.#bid === 0 ? undefined : this.#rootNow();
    return root?.level === 0 ? this.#entry(this.#leaf(this.#bid, root), nid) : undefined;
  }

  /** All subnodes in order. */
  async *entries(): AsyncGenerator<SlEntry> {
    if (this.#bid === 0) return;
    const root = await this.#rootBlock();
    if (root.level === 0) {
      yield* this.#entries(this.#leaf(this.#bid, root));
      return;
    }
    const seen = new Set<number>();
    for (const { bid } of this.#children(root)) {
      if (seen.has(bid)) throw new PstDamage(`block ${this.#bid} of subnodes names block ${bid} twice`);
      seen.add(bid);
      yield* this.#entries(await this.#leafOf(bid));
    }
  }

  async #rootBlock(): Promise<Block> {
    this.#root ??= this.#rootNow() ?? this.#parsed(this.#bid, await this.#blocks.read(this.#bid));
    return this.#root;
  }

  #rootNow(): Block | undefined {
    if (this.#root !== undefined) return this.#root;
    const bytes = this.#blocks.readNow(this.#bid);
    this.#root = bytes === undefined ? undefined : this.#parsed(this.#bid, bytes);
    return this.#root;
  }

  async #leafOf(bid: number): Promise<Leaf> {
    const known = this.#last;
    if (known?.bid === bid) return known.leaf;
    const block = this.#parsed(bid, await this.#blocks.read(bid));
    if (block.level !== 0) throw new PstDamage(`block ${bid} of subnodes has the level ${block.level}, 0 was expected`);
    return this.#leaf(bid, block);
  }

  #leaf(bid: number, { bytes, count }: Block): Leaf {
    if (this.#last?.bid === bid) return this.#last.leaf;
    const { sl, subnodeHeaderBytes } = this.#blocks.layout;
    const places = new Map<number, number>();
    for (let index = 0, at = subnodeHeaderBytes; index < count; index++, at += sl.size)
      places.set(u32.read(bytes, at + sl.offsets.nid), at);
    const leaf = { bytes, places };
    this.#last = { bid, leaf };
    return leaf;
  }

  #entry({ bytes, places }: Leaf, nid: number): SlEntry | undefined {
    const at = places.get(nid);
    if (at === undefined) return undefined;
    const { sl, id } = this.#blocks.layout;
    const { bidData, bidSub } = sl.offsets;
    return { nid, bidData: id.read(bytes, at + bidData), bidSub: id.read(bytes, at + bidSub) };
  }

  *#entries(leaf: Leaf): Generator<SlEntry> {
    for (const nid of leaf.places.keys()) yield this.#entry(leaf, nid) as SlEntry;
  }

  #children({ bytes, count }: Block): readonly SiEntry[] {
    const { si, subnodeHeaderBytes } = this.#blocks.layout;
    return Array.from({ length: count }, (_, index) => si.decode(bytes, subnodeHeaderBytes + index * si.size));
  }

  #parsed(bid: number, bytes: Uint8Array): Block {
    const { btype, cLevel, cEnt } = SUBNODE_HEADER.decode(bytes);
    if (btype !== SUBNODE_TYPE || cLevel > 1)
      throw new PstDamage(`block ${bid} is of type ${btype}, level ${cLevel}; a block of subnodes was expected`);
    const { sl, si, subnodeHeaderBytes } = this.#blocks.layout;
    if (subnodeHeaderBytes + cEnt * (cLevel === 0 ? sl : si).size > bytes.length)
      throw new PstDamage(`block ${bid} of ${bytes.length} bytes cannot have ${cEnt} subnode entries`);
    return { level: cLevel, count: cEnt, bytes };
  }
}
