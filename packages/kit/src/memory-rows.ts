import { ByteWriter, toHex } from '@nodemapi/base';
import { isPropError, PR_INSTANCE_KEY, type PropTag, type PropValue, propId, type Row } from '@nodemapi/mapi';
import type { PropSource } from './compare.ts';

/** A row in memory; a change makes a new object with the same key and place. */
export interface MemoryRow {
  readonly key: Uint8Array;
  /** `key` as text, for maps. */
  readonly id: string;
  readonly row: Row;
  readonly source: PropSource;
  /** Its place in the table's own order; grows along the rows. */
  readonly ordinal: number;
}

/** What one operation did: rows that are new, that replace one of the same key, and that are gone. */
export interface MemoryChange {
  readonly written: readonly MemoryRow[];
  readonly removed: readonly MemoryRow[];
  /** Everything was taken away. */
  readonly reload?: boolean;
}

/**
 * Rows in memory in their own order, shared by any number of views; tells about each change once, after it is made.
 *
 * PR_INSTANCE_KEY of a row is taken over if it is there and free; else the row gets one, which is never used again.
 */
export class MemoryRows {
  #rows: MemoryRow[] = [];
  readonly #byId = new Map<string, MemoryRow>();
  readonly #listeners = new Set<(change: MemoryChange) => void>();
  readonly #columns = new Map<number, PropTag>();
  #nextKey = 1;
  #nextOrdinal = 0;

  constructor(rows: readonly Row[] = [], columns: readonly PropTag[] = []) {
    this.addColumns(columns);
    this.write(rows.map((row) => ({ row })));
  }

  get rows(): readonly MemoryRow[] {
    return this.#rows;
  }

  /** The row with this `id` as it is now. */
  get(id: string): MemoryRow | undefined {
    return this.#byId.get(id);
  }

  /** Every column that some row had, and those that were declared. */
  columns(): readonly PropTag[] {
    return [...this.#columns.values()];
  }

  addColumns(columns: readonly PropTag[]): void {
    for (const column of columns) if (!this.#columns.has(propId(column))) this.#columns.set(propId(column), column);
  }

  /** Rows with `key` of an existing row replace it, others are appended. */
  write(entries: readonly { readonly row: Row; readonly key?: Uint8Array }[]): readonly MemoryRow[] {
    const written = entries.map(({ row, key }) => {
      const former = key === undefined ? undefined : this.#byId.get(toHex(key));
      return this.#put(row, former?.key ?? this.#keyOf(row), former?.ordinal ?? this.#nextOrdinal++);
    });
    this.#rebuild();
    this.tell({ written, removed: [] });
    return written;
  }

  /** Puts a new row before the one that is now at `position`. */
  insert(position: number, row: Row): MemoryRow {
    const key = this.#keyOf(row);
    this.#rows = this.#rows.map((later, index) => (index < position ? later : this.#moved(later, later.ordinal + 1)));
    this.#nextOrdinal++;
    const ordinal = position === 0 ? 0 : (this.#rows[position - 1] as MemoryRow).ordinal + 1;
    const inserted = this.#put(row, key, ordinal);
    this.#rebuild();
    this.tell({ written: [inserted], removed: [] });
    return inserted;
  }

  remove(rows: readonly MemoryRow[]): void {
    if (rows.length === 0) return;
    for (const { id } of rows) this.#byId.delete(id);
    this.#rows = this.#rows.filter(({ id }) => this.#byId.has(id));
    this.tell({ written: [], removed: rows });
  }

  clear(): void {
    const removed = this.#rows;
    this.#byId.clear();
    this.#rows = [];
    this.tell({ written: [], removed, reload: true });
  }

  tell(change: MemoryChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  onChange(listener: (change: MemoryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #put(row: Row, key: Uint8Array, ordinal: number): MemoryRow {
    const made = memoryRow(row, key, ordinal);
    if (!this.#byId.has(made.id)) this.#rows.push(made);
    this.#byId.set(made.id, made);
    this.addColumns(row.filter((entry) => !isPropError(entry)).map((entry) => entry.tag));
    return made;
  }

  #moved(row: MemoryRow, ordinal: number): MemoryRow {
    const moved = { ...row, ordinal };
    this.#byId.set(moved.id, moved);
    return moved;
  }

  #keyOf(row: Row): Uint8Array {
    const own = row.find((entry) => entry.tag === PR_INSTANCE_KEY)?.value;
    if (own instanceof Uint8Array && !this.#byId.has(toHex(own))) return own;
    for (;;) {
      const key = new ByteWriter()
        .u32(0x574f_5200)
        .u32(this.#nextKey++)
        .toBytes();
      if (!this.#byId.has(toHex(key))) return key;
    }
  }

  /** Takes the present objects of all rows, in their order. */
  #rebuild(): void {
    this.#rows = this.#rows.map((row) => this.#byId.get(row.id) ?? row);
    const sorted = this.#rows.every((row, index) => index === 0 || (this.#rows[index - 1]?.ordinal ?? 0) < row.ordinal);
    if (!sorted) this.#rows.sort((a, b) => a.ordinal - b.ordinal);
  }
}

function memoryRow(row: Row, key: Uint8Array, ordinal: number): MemoryRow {
  const byId = new Map<number, PropValue>(row.map((entry) => [propId(entry.tag), entry]));
  byId.set(propId(PR_INSTANCE_KEY), { tag: PR_INSTANCE_KEY, value: key });
  return { key, id: toHex(key), row, source: (tag) => byId.get(propId(tag)), ordinal };
}
