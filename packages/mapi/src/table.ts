/** MAPI: IMAPITable. spec: imapitableiunknown */
import type { MapiWarningCode } from '@nodemapi/base';
import type { AdviseConnection, AdviseSource, IMAPIAdviseSink } from './notification.ts';
import type { PropTag } from './prop-tag.ts';
import type { RowSet } from './prop-value.ts';
import type { Restriction } from './restriction.ts';
import type { SortOrderSet } from './sort-order.ts';
import type { HasLastError, IUnknown } from './unknown.ts';

/** A predefined bookmark, or one that `createBookmark` gave. */
export type Bookmark = 'beginning' | 'current' | 'end' | number;

/** What a table is doing, and of which kind it is. spec: imapitable-getstatus */
export interface TableStatus {
  /** TBLSTAT_COMPLETE, TBLSTAT_QCHANGED, … */
  readonly status:
    | 'complete'
    | 'changed'
    | 'sorting'
    | 'sortError'
    | 'settingCols'
    | 'setColError'
    | 'restricting'
    | 'restrictError';
  /** TBLTYPE_SNAPSHOT, TBLTYPE_KEYSET, TBLTYPE_DYNAMIC */
  readonly type: 'snapshot' | 'keyset' | 'dynamic';
}

/** The numbers of MAPI for what a table is doing, TBLSTAT_COMPLETE …. spec: imapitable-getstatus, MAPIDefS.h */
export const TABLE_STATUSES: Readonly<Record<TableStatus['status'], number>> = {
  ...{ complete: 0, changed: 7, sorting: 9, sortError: 10 },
  ...{ settingCols: 11, setColError: 13, restricting: 14, restrictError: 15 },
};

/** The numbers of MAPI for kinds of tables, TBLTYPE_SNAPSHOT …. spec: imapitable-getstatus, MAPIDefS.h */
export const TABLE_TYPES: Readonly<Record<TableStatus['type'], number>> = { snapshot: 0, keyset: 1, dynamic: 2 };

/** PR_ROW_TYPE */
export const TBL_LEAF_ROW = 1;
export const TBL_EMPTY_CATEGORY = 2;
export const TBL_EXPANDED_CATEGORY = 3;
export const TBL_COLLAPSED_CATEGORY = 4;

/** TBL_ASYNC and TBL_BATCH; an implementation may work at once in spite of both. */
export interface TableSetupOptions {
  readonly async?: boolean;
  readonly batch?: boolean;
}

export interface IMAPITable extends IUnknown, HasLastError, AdviseSource {
  readonly iid: 'IMAPITable';
  /** Registers for changes of the table; only `fnevTableModified` is valid. @throws MAPI_E_NO_SUPPORT for other masks */
  advise(mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection>;
  getStatus(): Promise<TableStatus>;
  /** Chooses the columns and their order for all later rows. @throws MAPI_E_INVALID_PARAMETER for an empty list */
  setColumns(tags: readonly PropTag[], options?: TableSetupOptions): Promise<void>;
  /** The columns in force, or with `all` every column that can be had. */
  queryColumns(options?: { readonly all?: boolean }): Promise<readonly PropTag[]>;
  getRowCount(): Promise<number>;
  /**
   * Moves the cursor by `count` rows from `bookmark`, stopping at either end; answers the rows really moved.
   *
   * @throws MAPI_E_INVALID_BOOKMARK
   */
  seekRow(bookmark: Bookmark, count: number): Promise<{ readonly sought: number; readonly warning?: MapiWarningCode }>;
  /** Moves the cursor to the fraction numerator/denominator. @throws MAPI_E_INVALID_PARAMETER if the denominator is 0 */
  seekRowApprox(numerator: number, denominator: number): Promise<void>;
  queryPosition(): Promise<{ readonly row: number; readonly numerator: number; readonly denominator: number }>;
  /**
   * Moves the cursor to the next row, from `origin` on, that satisfies the restriction.
   *
   * @throws MAPI_E_NOT_FOUND if there is none; the cursor stays
   */
  findRow(
    restriction: Restriction,
    origin?: Bookmark,
    options?: { readonly backward?: boolean },
  ): Promise<{ readonly warning?: MapiWarningCode }>;
  /** Shows only rows that satisfy the restriction, all with null; drops bookmarks and goes to the beginning. @throws MAPI_E_TOO_COMPLEX */
  restrict(restriction: Restriction | null, options?: TableSetupOptions): Promise<void>;
  /** Marks the current row. @throws MAPI_E_UNABLE_TO_COMPLETE past the limit of bookmarks */
  createBookmark(): Promise<Bookmark>;
  /** @throws MAPI_E_INVALID_BOOKMARK if it is unknown */
  freeBookmark(bookmark: Bookmark): Promise<void>;
  /** Sorts; no keys restore the table's own order. @throws MAPI_E_TOO_COMPLEX; the former order stays */
  sortTable(order: SortOrderSet, options?: TableSetupOptions): Promise<void>;
  querySortOrder(): Promise<SortOrderSet>;
  /**
   * Reads rows from the cursor on; a negative `count` first steps back that many rows, then reads forward.
   *
   * Returns at most |count| rows, possibly fewer; none means the end. All rows have the columns of `setColumns`, in
   * order; a column that a row lacks holds a PT_ERROR value of MAPI_E_NOT_FOUND.
   *
   * @param count rows, not 0
   * @throws MAPI_E_INVALID_PARAMETER if `count` is 0; MAPI_E_BUSY while a sort or restriction is being built
   * @see spec: imapitable-queryrows
   */
  queryRows(count: number, options?: { readonly noAdvance?: boolean }): Promise<RowSet>;
  /** Stops what runs. @throws MAPI_E_UNABLE_TO_ABORT if nothing can be stopped */
  abort(): Promise<void>;
  expandRow(instanceKey: Uint8Array, count: number): Promise<{ readonly rows: RowSet; readonly moreRows: number }>;
  collapseRow(instanceKey: Uint8Array): Promise<{ readonly rows: number }>;
  /** Waits until what runs has finished. @throws MAPI_E_TIMEOUT after `timeoutMs` */
  waitForCompletion(timeoutMs: number): Promise<TableStatus>;
  getCollapseState(instanceKey: Uint8Array): Promise<Uint8Array>;
  setCollapseState(state: Uint8Array): Promise<Bookmark>;
}
