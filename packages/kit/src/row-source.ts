import type { PropTag, Restriction, Row, SortOrderSet, TableStatus } from '@nodemapi/mapi';

/** What a view asks of its source. */
export interface TableSetup {
  /** The columns of all rows; undefined stands for the default columns. */
  readonly columns: readonly PropTag[] | undefined;
  readonly restriction: Restriction | null;
  readonly sort: SortOrderSet;
}

/** A row of a view with its PR_INSTANCE_KEY. */
export interface SourceRow {
  readonly key: Uint8Array;
  readonly row: Row;
}

/**
 * What happened to the rows of a view. `prior` is the key of the row before it, null for the first; positions, where
 * the source knows them, count the view's rows: after the change for rows that are there, before it for deleted ones.
 *
 * 'changed' keeps keys valid; 'reload' does not, and after 'error' (the change could not be followed) nothing is certain.
 */
export type RowChange =
  | (SourceRow & { readonly kind: 'added' | 'modified'; readonly prior: Uint8Array | null; readonly position?: number })
  | { readonly kind: 'deleted'; readonly key: Uint8Array; readonly position?: number }
  | { readonly kind: 'changed' | 'reload' }
  | { readonly kind: 'error'; readonly hresult: number };

/**
 * Where a `TableView` gets its rows: the port behind every table. One source serves one view, and keeps the view's
 * columns, restriction and order between calls. Calls do not overlap.
 *
 * - Rows have exactly the columns of the setup, in order, with PT_ERROR for what a row lacks (`projectRow`).
 * - Keys are unique in the view, and stay with their row while the source is open.
 * - The order is total and stable: with equal sort keys it is always the same.
 */
export interface RowSource extends AsyncDisposable {
  readonly type: TableStatus['type'];
  /** Its rows are fixed, and it tells of changes all the same. */
  readonly announces?: boolean;
  /**
   * Present if rows may come and go before the source tells of it: another value whenever that may have happened. A place in the
   * table is looked up anew then, so that a read leaves out no row.
   */
  version?(): string | undefined;
  defaultColumns(): readonly PropTag[];
  allColumns(): readonly PropTag[];
  /**
   * Takes a new setup as a whole, or throws and keeps the former one.
   *
   * @throws MAPI_E_TOO_COMPLEX for restrictions, sort orders, categories or columns that it cannot do
   */
  setup(setup: TableSetup): Promise<void>;
  count(): Promise<number>;
  /** At most `limit` rows from position `offset` on, fewer only at the end. */
  fetch(offset: number, limit: number): Promise<readonly SourceRow[]>;
  /** Where the row with this key stands; undefined if it is not in the view. */
  positionOf(key: Uint8Array): Promise<number | undefined>;
  /** First match at or after `from`, or, backward, the last match before `from`. @throws MAPI_E_TOO_COMPLEX */
  find(restriction: Restriction, from: number, backward: boolean): Promise<number | undefined>;
  /** Tells about committed changes; the listener may be called at any time, also during another call. Returns a canceller. */
  onChange(listener: (changes: readonly RowChange[]) => void): () => void;
  /** From now on somebody wants to hear of each row; until then 'changed' is enough for any change. */
  tellEach?(): void;
  /** Present if the source can group its rows. */
  readonly categories?: RowCategories | undefined;
}

/** Expanding and collapsing of headings. spec: sorting-and-categorization */
export interface RowCategories {
  /** Shows the rows below a heading; answers how many. @throws MAPI_E_NOT_FOUND for an unknown heading */
  expand(key: Uint8Array): Promise<number>;
  /** Hides the rows below a heading; answers how many. @throws MAPI_E_NOT_FOUND for an unknown heading */
  collapse(key: Uint8Array): Promise<number>;
  /** What is expanded, as bytes that `setState` understands. */
  getState(): Promise<Uint8Array>;
  /** @throws MAPI_E_UNABLE_TO_COMPLETE if the state is of another sort order */
  setState(state: Uint8Array): Promise<void>;
}
