/** One page of a page B-tree. [MS-PST] 2.2.2.7.7.1 */
import { u16, u32 } from '@nodemapi/base';
import { plainBid } from './bid.ts';
import { pstCrc, pstSignature } from './checksum.ts';
import { PstDamage } from './diagnostic.ts';
import type { BbtEntry, BtEntry, NbtEntry, PstLayout } from './layout.ts';
import { pageTreeDepthMax } from './limits.ts';

/** What a tree is of: its page type, its leaves, and their keys. */
export interface PageTreeKind<E> {
  readonly name: 'BBT' | 'NBT';
  readonly ptype: number;
  /** Bytes of a leaf. */
  readonly leafBytes: number;
  key(leaf: E): number;
  /** The leaf whose bytes lie at `at`. */
  leafAt(bytes: Uint8Array, at: number): E;
  /** The key of the leaf whose bytes lie at `at`. */
  keyAt(bytes: Uint8Array, at: number): number;
}

/** ptypeBBT and ptypeNBT. */
export const PAGE_TYPES = { bbt: 0x80, nbt: 0x81 } as const;

/** The tree of blocks; its keys are without the bit that means nothing. */
export function bbtKind({ bbt, id }: PstLayout): PageTreeKind<BbtEntry> {
  const { bid, ib, cb, cRef, cbInflated } = bbt.offsets;
  const leafAt = (bytes: Uint8Array, at: number): BbtEntry => ({
    bid: id.read(bytes, at + bid),
    ib: id.read(bytes, at + ib),
    cb: u16.read(bytes, at + cb),
    cRef: u16.read(bytes, at + cRef),
    cbInflated: u16.read(bytes, at + (cbInflated ?? cb)),
  });
  const keyAt = (bytes: Uint8Array, at: number): number => plainBid(id.read(bytes, at + bid));
  return {
    name: 'BBT',
    ptype: PAGE_TYPES.bbt,
    leafBytes: bbt.size,
    key: (leaf) => plainBid(leaf.bid),
    leafAt,
    keyAt,
  };
}

/** The tree of nodes. */
export function nbtKind({ nbt, id }: PstLayout): PageTreeKind<NbtEntry> {
  const { nid, bidData, bidSub, nidParent } = nbt.offsets;
  const leafAt = (bytes: Uint8Array, at: number): NbtEntry => ({
    nid: u32.read(bytes, at + nid),
    bidData: id.read(bytes, at + bidData),
    bidSub: id.read(bytes, at + bidSub),
    nidParent: u32.read(bytes, at + nidParent),
  });
  const keyAt = (bytes: Uint8Array, at: number): number => u32.read(bytes, at + nid);
  return { name: 'NBT', ptype: PAGE_TYPES.nbt, leafBytes: nbt.size, key: (leaf) => leaf.nid, leafAt, keyAt };
}

/** A page whose entries stay bytes until they are asked for: of most pages one or two ever are. */
export class TreePage<E> {
  /** 0 for a page of leaves. */
  readonly level: number;
  /** Entries of the page. */
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #entryBytes: number;
  readonly #layout: PstLayout;
  readonly #kind: PageTreeKind<E>;

  /**
   * @param bytes not changed while the page is used
   * @param ib where the page lies, for what is told
   * @throws MAPI_E_CORRUPT_DATA if its counts contradict its size
   */
  constructor(bytes: Uint8Array, layout: PstLayout, kind: PageTreeKind<E>, ib: number) {
    const { cEnt, cbEnt, cLevel } = layout.btTail.decode(bytes, layout.btEntriesBytes);
    if (cLevel >= pageTreeDepthMax)
      throw new PstDamage(`${kind.name} page of level ${cLevel}, at most ${pageTreeDepthMax - 1} are known`, ib);
    if (cbEnt < (cLevel === 0 ? kind.leafBytes : layout.bt.size) || cEnt * cbEnt > layout.btEntriesBytes)
      throw new PstDamage(`${kind.name} page: ${cEnt} entries of ${cbEnt} bytes`, ib);
    this.level = cLevel;
    this.count = cEnt;
    this.#bytes = bytes;
    this.#entryBytes = cbEnt;
    this.#layout = layout;
    this.#kind = kind;
  }

  /** All keys in the order of the page. */
  keys(): readonly number[] {
    return this.#each((index) => this.#key(index));
  }

  /** All entries of a page above leaves. */
  children(): readonly BtEntry[] {
    return this.level === 0 ? [] : this.#each((index) => this.#child(index));
  }

  /** All entries of a page of leaves. */
  leaves(): readonly E[] {
    return this.level > 0 ? [] : this.#each((index) => this.#leaf(index));
  }

  /** The entry below which `key` has to be; undefined if all begin above it. */
  childFor(key: number): BtEntry | undefined {
    const index = this.#lastNotAbove(key);
    return index < 0 ? undefined : this.#child(index);
  }

  /** The leaf with the key; undefined if there is none. */
  leafOf(key: number): E | undefined {
    const index = this.#lastNotAbove(key);
    return index >= 0 && this.#key(index) === key ? this.#leaf(index) : undefined;
  }

  #each<T>(entry: (index: number) => T): readonly T[] {
    return Array.from({ length: this.count }, (_, index) => entry(index));
  }

  #key(index: number): number {
    const at = index * this.#entryBytes;
    return this.level === 0 ? this.#kind.keyAt(this.#bytes, at) : this.#layout.id.read(this.#bytes, at);
  }

  #child(index: number): BtEntry {
    const { bt, id } = this.#layout;
    const at = index * this.#entryBytes;
    return {
      btkey: id.read(this.#bytes, at + bt.offsets.btkey),
      bid: id.read(this.#bytes, at + bt.offsets.bid),
      ib: id.read(this.#bytes, at + bt.offsets.ib),
    };
  }

  #leaf(index: number): E {
    return this.#kind.leafAt(this.#bytes, index * this.#entryBytes);
  }

  /** Index of the last key that is not above `key`; -1 if all are. */
  #lastNotAbove(key: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#key(middle) <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** What the trailer of a page says against it; undefined if nothing. */
export function pageProblem(
  bytes: Uint8Array,
  layout: PstLayout,
  ptype: number,
  ib: number,
  bid: number,
): string | undefined {
  const trailerAt = layout.pageBytes - layout.pageTrailer.size;
  const trailer = layout.pageTrailer.decode(bytes, trailerAt);
  if (trailer.ptype !== ptype || trailer.ptypeRepeat !== ptype)
    return `its type is ${trailer.ptype} and ${trailer.ptypeRepeat}, not ${ptype}`;
  if (trailer.bid !== bid) return `it says that it is ${trailer.bid}, not ${bid}`;
  if (trailer.dwCRC !== pstCrc(bytes.subarray(0, trailerAt))) return 'its checksum is wrong';
  if (trailer.wSig !== pstSignature(ib, bid)) return 'its signature is wrong';
  return undefined;
}
