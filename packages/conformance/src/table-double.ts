/** A table of fixed rows, for doubles: columns, cursor and reading; no restriction, order or categories. */
import { MapiError } from '@nodemapi/base';
import {
  type Bookmark,
  HRESULTS,
  type IMAPITable,
  type PropTag,
  type PropValue,
  propError,
  propId,
  type RowSet,
  type SortOrderSet,
  type TableStatus,
} from '@nodemapi/mapi';
import { UnknownDouble } from './prop-double.ts';

export class TableDouble extends UnknownDouble implements IMAPITable {
  readonly iid = 'IMAPITable';
  readonly #rows: readonly (readonly PropValue[])[];
  #columns: readonly PropTag[];
  #position = 0;

  constructor(rows: readonly (readonly PropValue[])[]) {
    super();
    this.#rows = rows;
    this.#columns = [...new Set(rows.flatMap((row) => row.map((value) => value.tag)))];
  }

  async setColumns(tags: readonly PropTag[]): Promise<void> {
    this.#columns = tags;
  }

  async queryColumns(): Promise<readonly PropTag[]> {
    return this.#columns;
  }

  async getRowCount(): Promise<number> {
    return this.#rows.length;
  }

  async seekRow(bookmark: Bookmark, count: number): Promise<{ readonly sought: number }> {
    const base = bookmark === 'beginning' ? 0 : bookmark === 'end' ? this.#rows.length : this.#position;
    this.#position = Math.max(0, Math.min(this.#rows.length, base + count));
    return { sought: this.#position - base };
  }

  async queryPosition(): Promise<{ readonly row: number; readonly numerator: number; readonly denominator: number }> {
    return { row: this.#position, numerator: this.#position, denominator: this.#rows.length };
  }

  async queryRows(count: number): Promise<RowSet> {
    const rows = this.#rows.slice(this.#position, this.#position + count);
    this.#position += rows.length;
    return rows.map((row) => this.#columns.map((column) => cellOf(row, column)));
  }

  async getStatus(): Promise<TableStatus> {
    return { status: 'complete', type: 'snapshot' };
  }

  async querySortOrder(): Promise<SortOrderSet> {
    return { sorts: [] };
  }

  async abort(): Promise<void> {}

  async waitForCompletion(): Promise<TableStatus> {
    return this.getStatus();
  }

  advise(): Promise<never> {
    return refuse('advise');
  }

  unadvise(): Promise<never> {
    return refuse('unadvise');
  }

  seekRowApprox(): Promise<never> {
    return refuse('seekRowApprox');
  }

  findRow(): Promise<never> {
    return refuse('findRow');
  }

  restrict(): Promise<never> {
    return refuse('restrict');
  }

  createBookmark(): Promise<never> {
    return refuse('createBookmark');
  }

  freeBookmark(): Promise<never> {
    return refuse('freeBookmark');
  }

  sortTable(): Promise<never> {
    return refuse('sortTable');
  }

  expandRow(): Promise<never> {
    return refuse('expandRow');
  }

  collapseRow(): Promise<never> {
    return refuse('collapseRow');
  }

  getCollapseState(): Promise<never> {
    return refuse('getCollapseState');
  }

  setCollapseState(): Promise<never> {
    return refuse('setCollapseState');
  }
}

function cellOf(row: readonly PropValue[], column: PropTag): PropValue {
  return row.find((value) => propId(value.tag) === propId(column)) ?? propError(column, HRESULTS.MAPI_E_NOT_FOUND);
}

async function refuse(method: string): Promise<never> {
  throw new MapiError('MAPI_E_NO_SUPPORT', `IMAPITable.${method} of a double`);
}
