/** MAPI: ITableData and IPropData, the in-memory helpers. spec: itabledataiunknown, ipropdataimapiprop */
import type { IMAPIProp } from './mapi-prop.ts';
import type { PropTag } from './prop-tag.ts';
import type { PropValue, Row } from './prop-value.ts';
import type { SortOrderSet } from './sort-order.ts';
import type { IMAPITable } from './table.ts';
import type { IUnknown } from './unknown.ts';

export interface ITableData extends IUnknown {
  readonly iid: 'ITableData';
  /** A view of its own cursor, columns, sort and restriction; `onRelease` is called when it is released. */
  hrGetView(order?: SortOrderSet, onRelease?: (view: IMAPITable) => void): Promise<IMAPITable>;
  /** Replaces the row with the same index value, or appends. @throws MAPI_E_INVALID_PARAMETER without the index column */
  hrModifyRow(row: Row): Promise<void>;
  /** @throws MAPI_E_NOT_FOUND */
  hrDeleteRow(index: PropValue): Promise<void>;
  hrQueryRow(index: PropValue): Promise<{ readonly row: Row; readonly position: number }>;
  /** undefined past the end. */
  hrEnumRow(position: number): Promise<Row | undefined>;
  hrNotify(index: PropValue): Promise<void>;
  hrInsertRow(position: number, row: Row): Promise<void>;
  hrModifyRows(rows: readonly Row[]): Promise<void>;
  /** Answers how many rows were deleted; all of them with null. */
  hrDeleteRows(indexes: readonly PropValue[] | null): Promise<number>;
}

/** Access of an object and of its properties, and whether they have changed. spec: ipropdata-hrsetobjaccess */
export const IPROP_READONLY = 0x1;
export const IPROP_READWRITE = 0x2;
export const IPROP_CLEAN = 0x1_0000;
export const IPROP_DIRTY = 0x2_0000;

export interface IPropData extends Omit<IMAPIProp, 'iid' | 'addRef'> {
  readonly iid: 'IPropData';
  addRef(): this;
  hrSetObjAccess(access: number): Promise<void>;
  hrSetPropAccess(tags: readonly PropTag[], access: readonly number[]): Promise<void>;
  hrGetPropAccess(tags?: readonly PropTag[]): Promise<readonly { readonly tag: PropTag; readonly access: number }[]>;
  hrAddObjProps(tags: readonly PropTag[]): Promise<void>;
}
