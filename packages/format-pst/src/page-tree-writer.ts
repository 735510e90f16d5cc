/** Builds a B-tree of pages from entries in ascending order; only one page of each level is in memory. */
import { assert } from '@nodemapi/base';
import type { PageRef } from './header.ts';
import { type BtEntry, LAYOUTS, type Rows } from './layout.ts';

const { btEntriesBytes, btTail, pageBytes, pageTrailer } = LAYOUTS.unicode;

interface Level {
  readonly bytes: Uint8Array;
  count: number;
  firstKey: number;
}

export class PageTreeWriter<E> {
  readonly #leaf: Rows<E>;
  readonly #branch: Rows<BtEntry>;
  readonly #key: (entry: E) => number;
  readonly #put: (content: Uint8Array) => PageRef;
  readonly #levels: Level[] = [];
  #lastKey = -1;

  /** @param put puts a page without its trailer into the file */
  constructor(leaf: Rows<E>, branch: Rows<BtEntry>, key: (entry: E) => number, put: (content: Uint8Array) => PageRef) {
    this.#leaf = leaf;
    this.#branch = branch;
    this.#key = key;
    this.#put = put;
  }

  add(entry: E): void {
    const key = this.#key(entry);
    assert(key > this.#lastKey, `entry ${key} after ${this.#lastKey}`);
    this.#lastKey = key;
    this.#insert(0, key, this.#leaf.encodeRow(entry));
  }

  /** Ends the tree and answers its root; one without entries is an empty page. */
  finish(): PageRef {
    if (this.#levels.length === 0) return this.#put(this.#content(0, newLevel(0)));
    for (let at = 0; ; at++) {
      const level = this.#levels[at] as Level;
      const ref = this.#put(this.#content(at, level));
      if (at + 1 === this.#levels.length) return ref;
      this.#insert(at + 1, level.firstKey, this.#branch.encodeRow({ btkey: level.firstKey, ...ref }));
    }
  }

  #insert(at: number, key: number, row: Uint8Array): void {
    let level = this.#levels[at];
    if (level !== undefined && (level.count + 1) * row.length > btEntriesBytes) {
      const ref = this.#put(this.#content(at, level));
      this.#insert(at + 1, level.firstKey, this.#branch.encodeRow({ btkey: level.firstKey, ...ref }));
      level = undefined;
    }
    level ??= newLevel(key);
    this.#levels[at] = level;
    level.bytes.set(row, level.count * row.length);
    level.count += 1;
  }

  #content(cLevel: number, { bytes, count }: Level): Uint8Array {
    const cbEnt = cLevel === 0 ? this.#leaf.size : this.#branch.size;
    const cEntMax = Math.floor(btEntriesBytes / cbEnt);
    bytes.set(btTail.encodeRow({ cEnt: count, cEntMax, cbEnt, cLevel }), btEntriesBytes);
    return bytes;
  }
}

function newLevel(firstKey: number): Level {
  return { bytes: new Uint8Array(pageBytes - pageTrailer.size), count: 0, firstKey };
}
