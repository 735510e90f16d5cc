import { toHex } from '@nodemapi/base';
import {
  type IMAPITable,
  type ITableData,
  MapiError,
  type PropTag,
  type PropValue,
  propId,
  type Row,
  type SortOrderSet,
} from '@nodemapi/mapi';
import type { AdviseHub } from './advise-hub.ts';
import { MemoryRowSource } from './memory-row-source.ts';
import { type MemoryRow, MemoryRows } from './memory-rows.ts';
import { RefCounted } from './ref-counted.ts';
import { TableView, type TableViewOptions } from './table-view.ts';

export interface TableDataOptions {
  /** Columns that views offer before a row has them. */
  readonly columns?: readonly PropTag[];
  /** Carries the notifications of the views; by default each has its own. */
  readonly hub?: AdviseHub;
}

/**
 * CreateTable: rows in memory, told apart by the value of one column, with any number of views.
 *
 * Every change reaches the open views at once, and their sinks as one notification per operation: up to eight rows
 * one by one, more as TABLE_CHANGED.
 *
 * spec: itabledataiunknown, createtable
 */
export class TableData extends RefCounted implements ITableData {
  readonly iid = 'ITableData';
  readonly #index: PropTag;
  readonly #rows: MemoryRows;
  /** From the index value to the row's `id`. */
  readonly #byIndex = new Map<string, string>();
  readonly #hub: AdviseHub | undefined;

  /** @param index the column whose values tell rows apart */
  constructor(index: PropTag, options: TableDataOptions = {}) {
    super();
    this.#index = index;
    this.#rows = new MemoryRows([], options.columns ?? []);
    this.#hub = options.hub;
  }

  async hrGetView(order?: SortOrderSet, onRelease?: (view: IMAPITable) => void): Promise<IMAPITable> {
    this.assertOpen();
    const options: TableViewOptions = {
      ...(order === undefined ? {} : { sort: order }),
      ...(onRelease === undefined ? {} : { onRelease }),
      ...(this.#hub === undefined ? {} : { hub: this.#hub }),
    };
    return TableView.open(new MemoryRowSource(this.#rows), options);
  }

  hrModifyRow(row: Row): Promise<void> {
    return this.hrModifyRows([row]);
  }

  /** All rows or, if one lacks the index column, none. @throws MAPI_E_INVALID_PARAMETER */
  async hrModifyRows(rows: readonly Row[]): Promise<void> {
    this.assertOpen();
    const last = new Map(rows.map((row) => [this.#idOf(row), row])); // of two rows with one index the later stays
    if (last.size === 0) return;
    const entries = [...last].map(([id, row]) => {
      const former = this.#rowOf(id);
      return former === undefined ? { row: [...row] } : { row: [...row], key: former.key };
    });
    const written = this.#rows.write(entries);
    this.#remember([...last.keys()], written);
  }

  async hrInsertRow(position: number, row: Row): Promise<void> {
    this.assertOpen();
    const id = this.#idOf(row);
    const count = this.#rows.rows.length;
    if (!Number.isInteger(position) || position < 0 || position > count) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', `position ${position} in a table of ${count} rows`);
    }
    if (this.#byIndex.has(id)) throw new MapiError('MAPI_E_INVALID_PARAMETER', 'there is a row with this index value');
    this.#remember([id], [this.#rows.insert(position, [...row])]);
  }

  async hrDeleteRow(index: PropValue): Promise<void> {
    this.assertOpen();
    const id = this.#idOf([index]);
    this.#rows.remove([this.#find(id)]);
    this.#byIndex.delete(id);
  }

  async hrDeleteRows(indexes: readonly PropValue[] | null): Promise<number> {
    this.assertOpen();
    if (indexes === null) return this.#deleteAll();
    const ids = new Set(indexes.map((index) => this.#idOf([index])));
    const found = [...ids].flatMap((id) => this.#rowOf(id) ?? []);
    for (const id of ids) this.#byIndex.delete(id);
    this.#rows.remove(found);
    return found.length;
  }

  async hrQueryRow(index: PropValue): Promise<{ readonly row: Row; readonly position: number }> {
    this.assertOpen();
    const { id, row } = this.#find(this.#idOf([index]));
    return { row, position: this.#rows.rows.findIndex((candidate) => candidate.id === id) };
  }

  async hrEnumRow(position: number): Promise<Row | undefined> {
    this.assertOpen();
    return this.#rows.rows[position]?.row;
  }

  async hrNotify(index: PropValue): Promise<void> {
    this.assertOpen();
    this.#rows.tell({ written: [this.#find(this.#idOf([index]))], removed: [] });
  }

  #deleteAll(): number {
    const count = this.#rows.rows.length;
    this.#byIndex.clear();
    this.#rows.clear();
    return count;
  }

  #rowOf(id: string): MemoryRow | undefined {
    const row = this.#byIndex.get(id);
    return row === undefined ? undefined : this.#rows.get(row);
  }

  #find(id: string): MemoryRow {
    const found = this.#rowOf(id);
    if (found === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'no row has this index value');
    return found;
  }

  #remember(ids: readonly string[], rows: readonly MemoryRow[]): void {
    for (const [at, { id }] of rows.entries()) this.#byIndex.set(ids[at] as string, id);
  }

  #idOf(row: Row): string {
    const found = row.find((entry) => entry.tag === this.#index);
    if (found !== undefined) return valueText(found.value);
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `a row lacks the index column ${propId(this.#index).toString(16)}`);
  }
}

/**
 * A table of rows that do not change. spec: imapitable-getstatus
 *
 * @param columns default columns, those of the rows if omitted
 */
export async function snapshotTable(
  rows: readonly Row[],
  columns?: readonly PropTag[],
  options: TableViewOptions = {},
): Promise<IMAPITable> {
  const shown = columns === undefined ? {} : { columns };
  const source = new MemoryRowSource(new MemoryRows(rows, columns ?? []), { ...shown, type: 'snapshot' });
  return TableView.open(source, options);
}

function valueText(value: unknown): string {
  return value instanceof Uint8Array ? `#${toHex(value)}` : `${typeof value}:${String(value)}`;
}
