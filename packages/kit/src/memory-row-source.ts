import { toHex } from '@nodemapi/base';
import { PR_INSTANCE_KEY, type PropTag, type Restriction, type TableStatus } from '@nodemapi/mapi';
import { CategoryList } from './category-list.ts';
import { compareSources } from './compare.ts';
import type { MemoryChange, MemoryRow, MemoryRows } from './memory-rows.ts';
import { noSupport } from './no-support.ts';
import { projectRow } from './prop-select.ts';
import { evaluateRestriction, type SubRows } from './restriction.ts';
import type { RowCategories, RowChange, RowSource, SourceRow, TableSetup } from './row-source.ts';
import { ROW_NOTIFICATIONS_MAX } from './table-notifications.ts';

export interface MemoryRowSourceOptions {
  /** Columns before `setColumns`; those known when the view is opened if omitted. */
  readonly columns?: readonly PropTag[];
  readonly type?: TableStatus['type'];
  /** The subobject tables of a row, for SUBRESTRICTION; without it these are MAPI_E_TOO_COMPLEX. */
  readonly subRows?: (row: MemoryRow) => SubRows;
}

const NO_SETUP: TableSetup = { columns: undefined, restriction: null, sort: { sorts: [] } };

/**
 * A view's rows, taken from `MemoryRows`: those that the restriction lets through, in order; equal keys keep the own
 * order of the table. A change of few rows costs one search and one insertion each, no sorting.
 */
export class MemoryRowSource implements RowSource {
  readonly type: TableStatus['type'];
  readonly #rows: MemoryRows;
  readonly #defaults: readonly PropTag[];
  readonly #subRows: ((row: MemoryRow) => SubRows) | undefined;
  readonly #listeners = new Set<(changes: readonly RowChange[]) => void>();
  readonly #stop: () => void;
  readonly categories: RowCategories;
  #setup = NO_SETUP;
  /** Rows that the restriction lets through, in order, without headings. */
  #leaves: MemoryRow[];
  /** What the view shows: the leaves, or headings with those leaves that are open. */
  #visible: MemoryRow[];
  /** The visible rows by `id`, as they are shown. */
  #byId = new Map<string, MemoryRow>();
  #groups: CategoryList | undefined;

  constructor(rows: MemoryRows, options: MemoryRowSourceOptions = {}) {
    this.#rows = rows;
    this.type = options.type ?? 'dynamic';
    this.#subRows = options.subRows;
    this.#defaults = options.columns ?? rows.columns();
    this.#leaves = [...rows.rows];
    this.#visible = this.#leaves;
    this.#byId = new Map(this.#visible.map((row) => [row.id, row]));
    this.categories = {
      expand: async (key) => this.#toggle(key, true),
      collapse: async (key) => Math.abs(this.#toggle(key, false)),
      getState: async () => this.#grouped().getState(),
      setState: async (state) => {
        this.#grouped().setState(state);
        this.#show();
      },
    };
    this.#stop = this.type === 'snapshot' ? () => {} : rows.onChange((change) => this.#follow(change));
  }

  defaultColumns(): readonly PropTag[] {
    return this.#defaults;
  }

  allColumns(): readonly PropTag[] {
    const columns = this.#rows.columns();
    return columns.includes(PR_INSTANCE_KEY) ? columns : [...columns, PR_INSTANCE_KEY];
  }

  async setup(setup: TableSetup): Promise<void> {
    const same = setup.restriction === this.#setup.restriction && setup.sort === this.#setup.sort;
    if (!same) {
      const groups = (setup.sort.categories ?? 0) > 0 ? new CategoryList(setup.sort) : undefined;
      this.#leaves = this.#select(setup);
      this.#groups = groups;
      this.#show();
    }
    this.#setup = setup;
  }

  async count(): Promise<number> {
    return this.#visible.length;
  }

  async fetch(offset: number, limit: number): Promise<readonly SourceRow[]> {
    return this.#visible.slice(offset, offset + limit).map((row) => this.#shown(row));
  }

  async positionOf(key: Uint8Array): Promise<number | undefined> {
    const row = this.#byId.get(toHex(key));
    if (row === undefined) return undefined;
    return this.#groups === undefined ? this.#placeFor(row, comparator(this.#setup)) : this.#visible.indexOf(row);
  }

  async find(restriction: Restriction, from: number, backward: boolean): Promise<number | undefined> {
    const matches = (index: number): boolean => {
      const row = this.#visible[index];
      return row !== undefined && this.#satisfies(row, restriction);
    };
    if (backward) {
      for (let index = from - 1; index >= 0; index--) if (matches(index)) return index;
      return undefined;
    }
    for (let index = from; index < this.#visible.length; index++) if (matches(index)) return index;
    return undefined;
  }

  onChange(listener: (changes: readonly RowChange[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    this.#listeners.clear();
  }

  #satisfies(row: MemoryRow, restriction: Restriction): boolean {
    return evaluateRestriction(restriction, row.source, this.#subRows?.(row));
  }

  #select(setup: TableSetup): MemoryRow[] {
    const { restriction } = setup;
    const compare = comparator(setup);
    const rows =
      restriction === null ? [...this.#rows.rows] : this.#rows.rows.filter((row) => this.#satisfies(row, restriction));
    return setup.sort.sorts.length === 0 ? rows : rows.sort(compare);
  }

  #shown({ key, source }: MemoryRow): SourceRow {
    return { key, row: projectRow(source, this.#setup.columns ?? this.#defaults) };
  }

  /** Makes the visible rows of the leaves. */
  #show(): void {
    this.#visible = this.#groups === undefined ? this.#leaves : this.#groups.build(this.#leaves);
    this.#byId = new Map(this.#visible.map((row) => [row.id, row]));
  }

  #grouped(): CategoryList {
    return this.#groups ?? noSupport('IMAPITable: the sort order has no categories');
  }

  /** How many rows more there are afterwards. */
  #toggle(key: Uint8Array, expanded: boolean): number {
    const before = this.#visible.length;
    if (this.#grouped().toggle(key, expanded)) this.#show();
    return this.#visible.length - before;
  }

  #follow(change: MemoryChange): void {
    if (this.#groups !== undefined) {
      this.#followInGroups(change.reload === true);
      return;
    }
    const touched = change.written.length + change.removed.length;
    if (change.reload === true || touched > ROW_NOTIFICATIONS_MAX) {
      const before = new Set(this.#visible);
      this.#leaves = this.#select(this.#setup);
      this.#show();
      const differs = before.size !== this.#visible.length || this.#visible.some((row) => !before.has(row));
      if (differs) this.#tell([{ kind: change.reload === true ? 'reload' : 'changed' }]);
      return;
    }
    const deletions = change.removed.flatMap((row) => this.#take(row) ?? []);
    this.#tell([...deletions, ...this.#followWritten(change.written)]);
  }

  /** Builds all anew, and tells the difference. */
  #followInGroups(reload: boolean): void {
    const before = this.#visible;
    this.#leaves = this.#select(this.#setup);
    this.#show();
    if (reload) this.#tell([{ kind: 'reload' }]);
    else this.#tell(differences(before, this.#visible, (row) => this.#shown(row)));
  }

  /** Takes the written rows out, puts them in where they belong now, and tells them in that order. */
  #followWritten(written: readonly MemoryRow[]): readonly RowChange[] {
    const { restriction } = this.#setup;
    const compare = comparator(this.#setup);
    const former = new Map(written.map((row) => [row.id, this.#take(row)]));
    const visible = written.filter((row) => restriction === null || this.#satisfies(row, restriction));
    // Put in from first to last, so what is known about a row when it is put in stays true.
    const here = visible.sort(compare).map((row): RowChange => {
      const position = this.#placeFor(row, compare);
      this.#visible.splice(position, 0, row);
      this.#byId.set(row.id, row);
      const prior = this.#visible[position - 1]?.key ?? null;
      const kind = former.get(row.id) === undefined ? 'added' : 'modified';
      return { kind, prior, position, ...this.#shown(row) };
    });
    const gone = written.filter((row) => !this.#byId.has(row.id)).flatMap((row) => former.get(row.id) ?? []);
    return [...gone, ...here];
  }

  #take({ id, key }: MemoryRow): RowChange | undefined {
    const shown = this.#byId.get(id);
    if (shown === undefined) return undefined;
    const position = this.#placeFor(shown, comparator(this.#setup));
    this.#visible.splice(position, 1);
    this.#byId.delete(id);
    return { kind: 'deleted', key, position };
  }

  #placeFor(row: MemoryRow, compare: (a: MemoryRow, b: MemoryRow) => number): number {
    let low = 0;
    let high = this.#visible.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.#visible[middle] as MemoryRow, row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #tell(changes: readonly RowChange[]): void {
    if (changes.length === 0) return;
    for (const listener of [...this.#listeners]) listener(changes);
  }
}

function comparator(setup: TableSetup): (a: MemoryRow, b: MemoryRow) => number {
  const compare = compareSources(setup.sort.sorts);
  return (a, b) => compare(a.source, b.source) || a.place.ordinal - b.place.ordinal;
}

/** What changed from one list of rows to another; rows are compared by identity. */
function differences(
  before: readonly MemoryRow[],
  after: readonly MemoryRow[],
  shown: (row: MemoryRow) => SourceRow,
): readonly RowChange[] {
  const former = new Map(before.map((row) => [row.id, row]));
  const present = new Set(after.map((row) => row.id));
  const changes: RowChange[] = [];
  for (let position = before.length - 1; position >= 0; position--) {
    const { id, key } = before[position] as MemoryRow;
    if (!present.has(id)) changes.push({ kind: 'deleted', key, position });
  }
  for (const [position, row] of after.entries()) {
    const known = former.get(row.id);
    if (known === row) continue;
    const prior = after[position - 1]?.key ?? null;
    changes.push({ kind: known === undefined ? 'added' : 'modified', prior, position, ...shown(row) });
  }
  return changes;
}
