import {
  type IMAPIProp,
  type IMAPITable,
  MapiError,
  type PropProblem,
  type PropTag,
  type PropValue,
  type Restriction,
  type Row,
  type SortOrderSet,
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

/** Which rows of a table are read, in which order and how many. */
export interface QueryAllRowsOptions {
  readonly tags?: readonly PropTag[];
  readonly restriction?: Restriction;
  readonly sort?: SortOrderSet;
  /** The first rows, no more than this. */
  readonly max?: number;
  /** crowsMax: a table of more rows is MAPI_E_TABLE_TOO_BIG; 0, or omitted, is no limit. */
  readonly crowsMax?: number;
}

/** Rows asked for at a time. */
const ROWS_PER_CALL = 500;

/**
 * HrQueryAllRows: sets the table up and reads it from the beginning.
 *
 * @throws MAPI_E_TABLE_TOO_BIG if there are more rows than `crowsMax`; MAPI_E_INVALID_PARAMETER for a negative one
 * @see spec: hrqueryallrows
 */
export async function queryAllRows(table: IMAPITable, options: QueryAllRowsOptions = {}): Promise<readonly Row[]> {
  const crowsMax = rowLimit(options.crowsMax ?? 0);
  if (options.tags !== undefined) await table.setColumns(options.tags);
  if (options.restriction !== undefined) await table.restrict(options.restriction);
  if (options.sort !== undefined) await table.sortTable(options.sort);
  await table.seekRow('beginning', 0);
  const { max = Number.POSITIVE_INFINITY } = options;
  const rows: Row[] = [];
  while (rows.length < max) {
    const asked = Math.min(ROWS_PER_CALL, max - rows.length, crowsMax + 1 - rows.length);
    const part = await table.queryRows(asked);
    checkPart(part, asked);
    if (part.length === 0) break;
    rows.push(...part);
    if (rows.length > crowsMax) throw new MapiError('MAPI_E_TABLE_TOO_BIG', `a table of more than ${crowsMax} rows`);
  }
  return rows;
}

/** A provider may answer anything; more rows than were asked for would never end. */
function checkPart(part: readonly Row[], asked: number): void {
  if (Array.isArray(part) && part.length <= asked && part.every(Array.isArray)) return;
  throw new MapiError('MAPI_E_CALL_FAILED', `a table answered queryRows of ${asked} rows with something else`);
}

function rowLimit(crowsMax: number): number {
  if (!Number.isInteger(crowsMax) || crowsMax < 0) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `a limit of ${crowsMax} rows`);
  }
  return crowsMax === 0 ? Number.POSITIVE_INFINITY : crowsMax;
}
