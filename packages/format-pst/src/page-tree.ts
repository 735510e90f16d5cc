/**
 * The two B-trees of pages: nodes by their identifier (NBT), blocks by theirs (BBT). [MS-PST] 2.2.2.7.7
 *
 * - A page whose checksum is wrong but whose structure holds is used and reported.
 * - A page that cannot be used costs its own entries, not the tree's.
 * - Levels fall on every way down, so no tree can be walked for ever.
 */
import { pstCrc, pstSignature } from './checksum.ts';
import { type Diagnostics, PstDamage } from './diagnostic.ts';
import type { FileCache } from './file-cache.ts';
import type { PageRef } from './header.ts';
import type { BtEntry, PstLayout, Rows } from './layout.ts';
import { pageCacheItemsMax, pageTreeDepthMax } from './limits.ts';

/** ptypeBBT and ptypeNBT. */
export const PAGE_TYPES = { bbt: 0x80, nbt: 0x81 } as const;

/** What a tree is of: its page type, its leaves, and their keys. */
export interface PageTreeKind<E> {
  readonly name: 'BBT' | 'NBT';
  readonly ptype: number;
  readonly leaf: Rows<E>;
  key(entry: E): number;
}

interface Page<E> {
  readonly level: number;
  readonly keys: readonly number[];
  readonly children: readonly BtEntry[];
  readonly leaves: readonly E[];
}

export class PageTree<E> {
  readonly #file: FileCache;
  readonly #layout: PstLayout;
  readonly #kind: PageTreeKind<E>;
  readonly #root: PageRef;
  readonly #diagnostics: Diagnostics;
  readonly #pages = new Map<number, Page<E>>();
  #recovered: ReadonlyMap<number, E> | undefined;

  constructor(file: FileCache, layout: PstLayout, kind: PageTreeKind<E>, root: PageRef, diagnostics: Diagnostics) {
    this.#file = file;
    this.#layout = layout;
    this.#kind = kind;
    this.#root = root;
    this.#diagnostics = diagnostics;
  }

  /** Entries that a search of the whole file found; they are used for keys that the tree lacks. */
  recover(entries: ReadonlyMap<number, E>): void {
    this.#recovered = entries;
  }

  /** The entry of `key`; undefined if there is none. @throws MAPI_E_CORRUPT_DATA if the page for it cannot be used */
  async find(key: number): Promise<E | undefined> {
    try {
      return (await this.#descend(key)) ?? this.#recovered?.get(key);
    } catch (error) {
      const found = this.#recovered?.get(key);
      if (found === undefined || !(error instanceof PstDamage)) throw error;
      return found;
    }
  }

  /** All entries in the order of their keys, then what was recovered; unusable pages are reported and left out. */
  async *entries(): AsyncGenerator<E> {
    const seen = this.#recovered === undefined ? undefined : new Set<number>();
    for await (const entry of this.#walk(this.#root, pageTreeDepthMax, new Set())) {
      seen?.add(this.#kind.key(entry));
      yield entry;
    }
    for (const [key, entry] of this.#recovered ?? []) if (seen?.has(key) === false) yield entry;
  }

  /** @param seen where pages above leaves were met: each has one place, and its repetitions would multiply */
  async *#walk(ref: PageRef, below: number, seen: Set<number>): AsyncGenerator<E> {
    let page: Page<E>;
    try {
      page = await this.#page(ref, below);
    } catch (error) {
      this.#diagnostics.caught('badPage', this.#kind.name, error);
      return;
    }
    yield* page.leaves;
    if (page.level === 0) return;
    if (seen.has(ref.ib)) {
      this.#diagnostics.add('cycle', `${this.#kind.name} page stands in more than one place`, ref.ib);
      return;
    }
    seen.add(ref.ib);
    for (const child of page.children) yield* this.#walk(child, page.level, seen);
  }

  async #descend(key: number): Promise<E | undefined> {
    let page = await this.#page(this.#root, pageTreeDepthMax);
    while (page.level > 0) {
      const child = page.children[lastNotAbove(page.keys, key)];
      if (child === undefined) return undefined;
      const known = this.#pages.get(child.ib);
      page = known !== undefined && known.level < page.level ? known : await this.#page(child, page.level);
    }
    const at = lastNotAbove(page.keys, key);
    return page.keys[at] === key ? page.leaves[at] : undefined;
  }

  async #page(ref: PageRef, below: number): Promise<Page<E>> {
    const known = this.#pages.get(ref.ib);
    const page = known ?? (await this.#read(ref));
    if (page.level >= below)
      throw new PstDamage(`${this.#kind.name} page of level ${page.level} stands under one of ${below}`, ref.ib);
    if (known === undefined) this.#keep(ref.ib, page);
    return page;
  }

  #keep(ib: number, page: Page<E>): void {
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size < pageCacheItemsMax) break;
      this.#pages.delete(oldest);
    }
    this.#pages.set(ib, page);
  }

  async #read({ bid, ib }: PageRef): Promise<Page<E>> {
    const bytes = await this.#file.read(ib, this.#layout.pageBytes, `${this.#kind.name} page`);
    const problem = pageProblem(bytes, this.#layout, this.#kind.ptype, ib, bid);
    if (problem !== undefined) this.#diagnostics.add('badPage', `${this.#kind.name} page: ${problem}`, ib);
    return decodePage(bytes, this.#layout, this.#kind, ib);
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

/** The entries of a page. @throws MAPI_E_CORRUPT_DATA if its counts contradict its size */
export function decodePage<E>(bytes: Uint8Array, layout: PstLayout, kind: PageTreeKind<E>, ib: number): Page<E> {
  const { cEnt, cbEnt, cLevel } = layout.btTail.decode(bytes, layout.btEntriesBytes);
  const table: Rows<BtEntry> | Rows<E> = cLevel === 0 ? kind.leaf : layout.bt;
  if (cLevel >= pageTreeDepthMax)
    throw new PstDamage(`${kind.name} page of level ${cLevel}, at most ${pageTreeDepthMax - 1} are known`, ib);
  if (cbEnt < table.size || cEnt * cbEnt > layout.btEntriesBytes)
    throw new PstDamage(`${kind.name} page: ${cEnt} entries of ${cbEnt} bytes`, ib);
  const keys: number[] = [];
  const children: BtEntry[] = [];
  const leaves: E[] = [];
  for (let at = 0; at < cEnt * cbEnt; at += cbEnt) {
    if (cLevel === 0) {
      const leaf = kind.leaf.decode(bytes, at);
      leaves.push(leaf);
      keys.push(kind.key(leaf));
    } else {
      const child = layout.bt.decode(bytes, at);
      children.push(child);
      keys.push(child.btkey);
    }
  }
  return { level: cLevel, keys, children, leaves };
}

/** Index of the last key that is not above `key`; -1 if all are. */
function lastNotAbove(keys: readonly number[], key: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as number) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
