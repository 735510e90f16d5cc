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
  /** Its place in the table's own order, shared by all objects of the row: what moves it, moves them all. */
  readonly place: { ordinal: number };
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
      return this.#put(row, former?.key ?? this.#keyOf(row), former?.place ?? { ordinal: this.#nextOrdinal++ });
    });
    this.tell({ written: [...new Map(written.map((row) => [row.id, row])).values()], removed: [] });
    return written;
  }

  /** Puts a new row before the one that is now at `position`. */
  insert(position: number, row: Row): MemoryRow {
    const key = this.#keyOf(row);
    const place = { ordinal: this.#rows[position]?.place.ordinal ?? this.#nextOrdinal };
    for (const later of this.#rows.slice(position)) later.place.ordinal++;
    this.#nextOrdinal++;
    const inserted = this.#put(row, key, place);
    this.tell({ written: [inserted], removed: [] });
    return inserted;
  }

  remove(rows: readonly MemoryRow[]): void {
    if (rows.length === 0) return;
    for (const { id } of rows) this.#byId.delete(id);
    if (rows.length === 1) this.#rows.splice(this.#indexOf((rows[0] as MemoryRow).place.ordinal), 1);
    else this.#rows = this.#rows.filter(({ id }) => this.#byId.has(id));
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

  /** Whether anybody is told of changes. */
  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  onChange(listener: (change: MemoryChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #put(row: Row, key: Uint8Array, place: { ordinal: number }): MemoryRow {
    const made = memoryRow(row, key, place);
    this.#rows.splice(this.#indexOf(place.ordinal), this.#byId.has(made.id) ? 1 : 0, made);
    this.#byId.set(made.id, made);
    this.addColumns(row.filter((entry) => !isPropError(entry)).map((entry) => entry.tag));
    return made;
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

  /** Where the row with this ordinal stands, or belongs. */
  #indexOf(ordinal: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#rows[middle] as MemoryRow).place.ordinal < ordinal) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function memoryRow(row: Row, key: Uint8Array, place: { ordinal: number }): MemoryRow {
  const byId = new Map<number, PropValue>(row.map((entry) => [propId(entry.tag), entry]));
  byId.set(propId(PR_INSTANCE_KEY), { tag: PR_INSTANCE_KEY, value: key });
  return { key, id: toHex(key), row, source: (tag) => byId.get(propId(tag)), place };
}
