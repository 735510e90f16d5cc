import type {
  IMAPIProp,
  IMAPITable,
  PropProblem,
  PropTag,
  PropValue,
  Restriction,
  Row,
  SortOrderSet,
} from '@nodemapi/mapi';

type HasProps = Pick<IMAPIProp, 'getProps' | 'setProps'>;

/** HrGetOneProp: one property, undefined if it could not be had. */
export async function getProp<T>(object: Pick<IMAPIProp, 'getProps'>, tag: PropTag<T>): Promise<T | undefined> {
  const { values } = await object.getProps([tag]);
  return values[0] as T | undefined;
}

/** HrSetOneProp: sets one property; the problem if it could not be set. */
export async function setProp<T>(
  object: HasProps,
  tag: PropTag<T>,
  value: NoInfer<T>,
): Promise<PropProblem | undefined> {
  const [problem] = await setPropList(object, [{ tag, value }]);
  return problem;
}

/** `setProps` with a list that was made at run time, whose types the compiler cannot see. */
export function setPropList(object: HasProps, values: readonly PropValue[]): Promise<readonly PropProblem[]> {
  return object.setProps(values);
}

export interface QueryAllRowsOptions {
  readonly tags?: readonly PropTag[];
  readonly restriction?: Restriction;
  readonly sort?: SortOrderSet;
  /** No more rows than this. */
  readonly max?: number;
}

/** Rows asked for at a time. */
const ROWS_PER_CALL = 500;

/** HrQueryAllRows: sets the table up and reads it from the beginning. spec: hrqueryallrows */
export async function queryAllRows(table: IMAPITable, options: QueryAllRowsOptions = {}): Promise<readonly Row[]> {
  if (options.tags !== undefined) await table.setColumns(options.tags);
  if (options.restriction !== undefined) await table.restrict(options.restriction);
  if (options.sort !== undefined) await table.sortTable(options.sort);
  await table.seekRow('beginning', 0);
  const max = options.max ?? Number.POSITIVE_INFINITY;
  const rows: Row[] = [];
  while (rows.length < max) {
    const part = await table.queryRows(Math.min(ROWS_PER_CALL, max - rows.length));
    if (part.length === 0) break;
    rows.push(...part);
  }
  return rows;
}
