/** Rows of the recipient and attachment tables of an open message. */
import { ByteWriter, bytesEqual, toHex } from '@nodemapi/base';
import { encodeProps, type MemoryRows, rowIdOf } from '@nodemapi/kit';
import {
  type AdrEntry,
  HRESULTS,
  isPropError,
  PR_ATTACH_NUM,
  PR_ATTACH_SIZE,
  PR_INSTANCE_KEY,
  prop,
  propError,
  propOf,
  type Row,
} from '@nodemapi/mapi';
import type { AttachmentDraft } from './message-draft.ts';
import { attachmentIdentity } from './message-props.ts';
import type { StoreContext } from './store-context.ts';

export function recipientTableRow(row: AdrEntry): Row {
  return [...row, prop(PR_INSTANCE_KEY, numberKey(rowIdOf(row)))];
}

export function attachmentRow(context: StoreContext, { number, size, props }: AttachmentDraft): Row {
  return [
    ...attachmentIdentity(context),
    prop(PR_ATTACH_NUM, number),
    prop(PR_ATTACH_SIZE, size),
    prop(PR_INSTANCE_KEY, numberKey(number)),
    ...props.values,
    ...props.references.map(({ tag }) => propError(tag, HRESULTS.MAPI_E_NOT_ENOUGH_MEMORY)),
  ];
}

/** Makes the rows of a table what they ought to be; rows that stay the same are not told of. */
export function showRows(table: MemoryRows, rows: readonly Row[]): void {
  const wanted = new Map(rows.map((row) => [keyOf(row), row]));
  const former = new Map(table.rows.map((row) => [row.id, row]));
  table.remove(table.rows.filter(({ id }) => !wanted.has(id)));
  const changed = [...wanted].filter(([id, row]) => !isSame(former.get(id)?.row, row));
  if (changed.length === 0) return;
  table.write(changed.map(([id, row]) => ({ row, ...keyPart(former.get(id)?.key) })));
}

/** Makes one row what it ought to be, or adds it; the others stay. */
export function showRow(table: MemoryRows, row: Row): void {
  const former = table.get(keyOf(row));
  if (!isSame(former?.row, row)) table.write([{ row, ...keyPart(former?.key) }]);
}

const keyPart = (key: Uint8Array | undefined): { readonly key?: Uint8Array } => (key === undefined ? {} : { key });

function keyOf(row: Row): string {
  return toHex(propOf(row, PR_INSTANCE_KEY) ?? new Uint8Array(0));
}

function isSame(a: Row | undefined, b: Row): boolean {
  if (a?.length === b.length && b.every((value, index) => value === a[index])) return true;
  const values = (row: Row): Row => row.filter((value) => !isPropError(value));
  return a !== undefined && bytesEqual(encodeProps(values(a)), encodeProps(values(b)));
}

function numberKey(number: number): Uint8Array {
  return new ByteWriter().u32(number).toBytes();
}
