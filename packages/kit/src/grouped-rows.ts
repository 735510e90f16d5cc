/**
 * Rows of a source that cannot group them, in groups: what a store needs to do no more about categories than to sort.
 *
 * - Of the rows, the sort keys alone are kept, so that headings can count them; what is shown is read when it is asked for.
 * - After a change the groups are made anew when somebody looks; it is told as 'changed'. Headings keep their keys.
 * - Without categories everything is the source's own affair.
 */
import { bytesEqual, MapiError, toHex } from '@nodemapi/base';
import {
  PR_DEPTH,
  PR_MESSAGE_FLAGS,
  PR_ROW_TYPE,
  type PropTag,
  propId,
  type Restriction,
  type Row,
  type SortOrderSet,
} from '@nodemapi/mapi';
import { CategoryList } from './category-list.ts';
import { rowSource } from './compare.ts';
import type { MemoryRow } from './memory-rows.ts';
import { noSupport } from './no-support.ts';
import { projectRow } from './prop-select.ts';
import { evaluateRestriction } from './restriction.ts';
import { restrictionTags } from './restriction-tags.ts';
import type { RowCategories, RowSource, SourceRow, TableSetup } from './row-source.ts';
import { WrappedRows } from './wrapped-rows.ts';

/** Rows of a view with categories. */
const groupedRowsMax = 200_000;
const ROWS_PER_FETCH = 256;
/** Of sort keys alone, which are small. */
const KEYS_PER_FETCH = 4096;
/** How often something is read anew because it has changed meanwhile. */
const readsMax = 4;
/** What a group adds to its rows. */
const OF_GROUPS: readonly number[] = [PR_DEPTH, PR_ROW_TYPE].map(propId);

export class GroupedRows extends WrappedRows implements RowSource {
  readonly categories: RowCategories;
  #setup: TableSetup = { columns: undefined, restriction: null, sort: { sorts: [] } };
  /** The order without its categories. */
  #sort: SortOrderSet = { sorts: [] };
  /** What the source was asked for last. */
  #asked = '';
  #groups: CategoryList | undefined;
  /** All rows in the order of the source; undefined: they have to be read. */
  #leaves: readonly MemoryRow[] | undefined;
  /** Headings, and those of the rows whose groups are open. */
  #visible: readonly MemoryRow[] = [];
  /** Where a row stands in the source, by its `id`; headings are not there. */
  #places: ReadonlyMap<string, number> = new Map();
  /** Of the source, when the groups were made. */
  #version: string | undefined;

  constructor(inner: RowSource) {
    super(inner);
    this.categories = {
      expand: (key) => this.#toggle(key, true),
      collapse: async (key) => Math.abs(await this.#toggle(key, false)),
      getState: async () => this.#grouped().getState(),
      setState: async (state) => {
        this.#grouped().setState(state);
        this.#leaves = undefined;
      },
    };
  }

  /** @throws MAPI_E_TOO_COMPLEX, MAPI_E_INVALID_PARAMETER; the former setup is kept then */
  async setup(setup: TableSetup): Promise<void> {
    const { sort, restriction } = setup;
    if ((sort.categories ?? 0) === 0) {
      await this.inner.setup(setup);
      this.#setup = setup;
      this.#asked = '';
      this.#groups = undefined;
      this.#leaves = undefined;
      return;
    }
    const same = this.#groups !== undefined && sort === this.#setup.sort && restriction === this.#setup.restriction;
    const groups = same ? this.#groups : new CategoryList(sort);
    const plain = same ? this.#sort : plainOrder(sort);
    const columns = keysOf(sort);
    await this.inner.setup({ columns, restriction, sort: plain });
    this.#setup = setup;
    this.#sort = plain;
    this.#asked = columns.join();
    this.#groups = groups;
    if (!same) this.#leaves = undefined;
  }

  async count(): Promise<number> {
    if (this.#groups === undefined) return this.inner.count();
    return (await this.#shown()).length;
  }

  async fetch(offset: number, limit: number): Promise<readonly SourceRow[]> {
    if (this.#groups === undefined) return this.inner.fetch(offset, limit);
    const columns = this.#setup.columns ?? this.inner.defaultColumns();
    for (let reads = 1; ; reads++) {
      const part = (await this.#shown()).slice(offset, offset + limit);
      const rows = await this.#read(part, columns);
      if (rows.length === part.length || reads === readsMax) return rows;
      this.#leaves = undefined; // it has changed since the groups were made
    }
  }

  async positionOf(key: Uint8Array): Promise<number | undefined> {
    if (this.#groups === undefined) return this.inner.positionOf(key);
    const id = toHex(key);
    const position = (await this.#shown()).findIndex((row) => row.id === id);
    return position < 0 ? undefined : position;
  }

  async find(restriction: Restriction, from: number, backward: boolean): Promise<number | undefined> {
    if (this.#groups === undefined) return this.inner.find(restriction, from, backward);
    const tags = restrictionTags(restriction);
    const visible = await this.#shown();
    const step = backward ? -ROWS_PER_FETCH : ROWS_PER_FETCH;
    for (let at = backward ? from - ROWS_PER_FETCH : from; at < visible.length && at > -ROWS_PER_FETCH; at += step) {
      const first = Math.max(0, at);
      const part = await this.#read(visible.slice(first, at + ROWS_PER_FETCH), tags);
      const matches = part.flatMap(({ row }, index) =>
        evaluateRestriction(restriction, rowSource(row)) ? [first + index] : [],
      );
      const found = backward ? matches.at(-1) : matches[0];
      if (found !== undefined) return found;
    }
    return undefined;
  }

  protected override get isOther(): boolean {
    return this.#groups !== undefined;
  }

  protected override forget(): void {
    this.#leaves = undefined;
  }

  #grouped(): CategoryList {
    return this.#groups ?? noSupport('IMAPITable: the sort order has no categories');
  }

  /** How many rows more there are afterwards. */
  async #toggle(key: Uint8Array, expanded: boolean): Promise<number> {
    const groups = this.#grouped();
    const before = (await this.#shown()).length;
    if (groups.toggle(key, expanded)) this.#visible = groups.build(this.#leaves ?? []);
    return this.#visible.length - before;
  }

  /** What the view shows. */
  async #shown(): Promise<readonly MemoryRow[]> {
    if (this.#leaves !== undefined && this.#version === this.version()) return this.#visible;
    for (let reads = 1; ; reads++) {
      const [changes, version] = [this.changes, this.version()];
      const leaves = await this.#readLeaves();
      if ((changes !== this.changes || version !== this.version()) && reads < readsMax) continue;
      this.#leaves = leaves;
      this.#version = version;
      this.#places = new Map(leaves.map(({ id }, place) => [id, place]));
      this.#visible = this.#grouped().build(leaves);
      return this.#visible;
    }
  }

  /** @throws MAPI_E_TABLE_TOO_BIG */
  async #readLeaves(): Promise<readonly MemoryRow[]> {
    const leaves: MemoryRow[] = [];
    await this.#ask(keysOf(this.#setup.sort));
    for (;;) {
      const part = await this.inner.fetch(leaves.length, KEYS_PER_FETCH);
      for (const { key, row } of part) {
        leaves.push({ key, id: toHex(key), row, source: rowSource(row), place: { ordinal: leaves.length } });
      }
      if (leaves.length > groupedRowsMax) {
        throw new MapiError('MAPI_E_TABLE_TOO_BIG', `more than ${groupedRowsMax} rows in a table with categories`);
      }
      if (part.length < KEYS_PER_FETCH) return leaves;
    }
  }

  /** The rows with these columns; fewer where one of them is not where it was. */
  async #read(part: readonly MemoryRow[], columns: readonly PropTag[]): Promise<readonly SourceRow[]> {
    const rows: SourceRow[] = [];
    for (let at = 0; at < part.length; ) {
      const first = part[at] as MemoryRow;
      const place = this.#places.get(first.id);
      if (place === undefined) {
        rows.push({ key: first.key, row: projectRow(first.source, columns) });
        at++;
        continue;
      }
      let end = at + 1; // rows that follow each other in the source, too
      while (end < part.length && this.#places.get((part[end] as MemoryRow).id) === place + end - at) end++;
      await this.#ask(columns);
      const found = await this.inner.fetch(place, end - at);
      const leaves = part.slice(at, end);
      if (found.length < leaves.length || !leaves.every(({ key }, i) => bytesEqual(key, found[i]?.key ?? key)))
        return rows;
      leaves.forEach((leaf, index) => {
        rows.push({ key: leaf.key, row: inGroup(leaf, found[index]?.row ?? [], columns) });
      });
      at = end;
    }
    return rows;
  }

  /** Has the source answer rows with these columns. */
  async #ask(columns: readonly PropTag[]): Promise<void> {
    if (this.#asked === columns.join()) return;
    const { restriction } = this.#setup;
    await this.inner.setup({ columns, restriction, sort: this.#sort });
    this.#asked = columns.join();
  }
}

/** What headings are made of: the sort keys, and whether a row is unread. */
function keysOf({ sorts }: SortOrderSet): readonly PropTag[] {
  return [...new Set<PropTag>([...sorts.map(({ tag }) => tag), PR_MESSAGE_FLAGS])];
}

/** The same order for a source without categories: a key that is joined to the one before it sorts from the smallest value on. */
function plainOrder({ sorts }: SortOrderSet): SortOrderSet {
  return { sorts: sorts.map(({ tag, order }) => ({ tag, order: order === 'descend' ? 'descend' : 'ascend' })) };
}

/** A row as its group shows it. */
function inGroup(leaf: MemoryRow, row: Row, columns: readonly PropTag[]): Row {
  return columns.map((tag, index) => {
    const shown = OF_GROUPS.includes(propId(tag)) ? projectRow(leaf.source, [tag])[0] : row[index];
    return shown ?? (projectRow(leaf.source, [tag])[0] as Row[number]);
  });
}
