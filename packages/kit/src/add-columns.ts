/** All rows of a table, and more columns for one, as the utilities of MAPI give them. spec: hrqueryallrows, hraddcolumnsex */
import { type IMAPITable, isPropError, PR_NULL, type PropTag, propId, type Row } from '@nodemapi/mapi';
import { type QueryAllRowsOptions, queryAllRows } from './prop-access.ts';

/**
 * MAPI: HrQueryAllRows. All rows at once; what a row lacks is PT_NULL with identifier 0. What is null stays as the table has it.
 *
 * @param crowsMax rows at most, 0 for no limit
 * @throws MAPI_E_TABLE_TOO_BIG if there are more: then there are none
 * @see spec: hrqueryallrows
 */
export async function hrQueryAllRows(
  table: IMAPITable,
  tags: readonly PropTag[] | null = null,
  restriction: NonNullable<QueryAllRowsOptions['restriction']> | null = null,
  sort: NonNullable<QueryAllRowsOptions['sort']> | null = null,
  crowsMax = 0,
): Promise<readonly Row[]> {
  const rows = await queryAllRows(table, {
    crowsMax,
    ...(tags === null ? {} : { tags }),
    ...(restriction === null ? {} : { restriction }),
    ...(sort === null ? {} : { sort }),
  });
  return rows.map((row) => row.map((entry) => (isPropError(entry) ? { tag: PR_NULL, value: null } : entry)));
}

/**
 * MAPI: HrAddColumnsEx. Puts columns in front of those that a table has; one that it has already moves there.
 *
 * @param filter is given the columns of the table first and answers them changed, as many as they were or fewer
 * @see spec: hraddcolumnsex
 */
export async function hrAddColumnsEx(
  table: IMAPITable,
  added: readonly PropTag[],
  filter?: (tags: readonly PropTag[]) => readonly PropTag[],
): Promise<void> {
  const own = await table.queryColumns();
  const kept = filter === undefined ? own : filter(own).slice(0, own.length);
  const ids = new Set(added.map(propId));
  await table.setColumns([...added, ...kept.filter((tag) => !ids.has(propId(tag)))]);
}

/** MAPI: HrAddColumns. `hrAddColumnsEx` without a filter. spec: hraddcolumns */
export function hrAddColumns(table: IMAPITable, added: readonly PropTag[]): Promise<void> {
  return hrAddColumnsEx(table, added);
}
