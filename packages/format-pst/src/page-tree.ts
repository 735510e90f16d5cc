/**
 * The two B-trees of pages: nodes by their identifier (NBT), blocks by theirs (BBT). [MS-PST] 2.2.2.7.7
 *
 * - A page whose checksum is wrong but whose structure holds is used and reported.
 * - A page that cannot be used costs its own entries, not the tree's.
 * - Levels fall on every way down, so no tree can be walked for ever.
 * - What is in memory is found at once: `findNow` is `find` without a wait.
 */
import { type Diagnostics, PstDamage } from './diagnostic.ts';
import type { FileCache } from './file-cache.ts';
import type { PageRef } from './header.ts';
import type { PstLayout } from './layout.ts';
import { pageCacheItemsMax, pageTreeDepthMax } from './limits.ts';
import { type PageTreeKind, pageProblem, TreePage } from './tree-page.ts';

export class PageTree<E> {
  readonly #file: FileCache;
  readonly #layout: PstLayout;
  readonly #kind: PageTreeKind<E>;
  readonly #root: PageRef;
  readonly #diagnostics: Diagnostics;
  readonly #pages = new Map<number, TreePage<E>>();
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

  /** The entry of `key`, if it can be had from what is in memory; undefined says nothing, and `find` is to be asked. */
  findNow(key: number): E | undefined {
    try {
      return this.#descendNow(key);
    } catch (error) {
      if (!(error instanceof PstDamage)) throw error;
      return undefined; // `find` meets it again, and knows what was recovered
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
    let page: TreePage<E>;
    try {
      page = await this.#page(ref, below);
    } catch (error) {
      this.#diagnostics.caught('badPage', this.#kind.name, error);
      return;
    }
    yield* page.leaves();
    if (page.level === 0) return;
    if (seen.has(ref.ib)) {
      this.#diagnostics.add('cycle', `${this.#kind.name} page stands in more than one place`, ref.ib);
      return;
    }
    seen.add(ref.ib);
    for (const child of page.children()) yield* this.#walk(child, page.level, seen);
  }

  async #descend(key: number): Promise<E | undefined> {
    let page = await this.#page(this.#root, pageTreeDepthMax);
    while (page.level > 0) {
      const child = page.childFor(key);
      if (child === undefined) return undefined;
      page = await this.#page(child, page.level);
    }
    return page.leafOf(key);
  }

  #descendNow(key: number): E | undefined {
    let page = this.#pageNow(this.#root, pageTreeDepthMax);
    while (page !== undefined && page.level > 0) {
      const child = page.childFor(key);
      page = child === undefined ? undefined : this.#pageNow(child, page.level);
    }
    return page?.leafOf(key);
  }

  async #page(ref: PageRef, below: number): Promise<TreePage<E>> {
    const now = this.#pageNow(ref, below);
    if (now !== undefined) return now;
    const bytes = await this.#file.read(ref.ib, this.#layout.pageBytes, `${this.#kind.name} page`);
    return this.#checked(ref, this.#take(ref, bytes), below);
  }

  #pageNow(ref: PageRef, below: number): TreePage<E> | undefined {
    const known = this.#pages.get(ref.ib);
    if (known !== undefined) return this.#checked(ref, known, below);
    const bytes = this.#file.readNow(ref.ib, this.#layout.pageBytes);
    return bytes === undefined ? undefined : this.#checked(ref, this.#take(ref, bytes), below);
  }

  #checked({ ib }: PageRef, page: TreePage<E>, below: number): TreePage<E> {
    if (page.level < below) return page;
    throw new PstDamage(`${this.#kind.name} page of level ${page.level} stands under one of ${below}`, ib);
  }

  /** A page from its bytes, kept in memory from here on. */
  #take({ bid, ib }: PageRef, bytes: Uint8Array): TreePage<E> {
    const problem = pageProblem(bytes, this.#layout, this.#kind.ptype, ib, bid);
    if (problem !== undefined) this.#diagnostics.add('badPage', `${this.#kind.name} page: ${problem}`, ib);
    const page = new TreePage(bytes.slice(), this.#layout, this.#kind, ib); // a copy: it outlives the piece of the file
    this.#keep(ib, page);
    return page;
  }

  #keep(ib: number, page: TreePage<E>): void {
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size < pageCacheItemsMax) break;
      this.#pages.delete(oldest);
    }
    this.#pages.set(ib, page);
  }
}
