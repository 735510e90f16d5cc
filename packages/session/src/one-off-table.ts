/** The table of templates for one-off recipients: MAPI's own and those of all address books. spec: imapisupport-getoneofftable */
import { concatBytes, type Log, MapiError, toHex, utf8Encode } from '@nodemapi/base';
import { type AdviseHub, queryAllRows, TableData } from '@nodemapi/kit';
import {
  type AdviseConnection,
  DT_MAILUSER,
  type EntryId,
  fnevTableModified,
  type IABLogon,
  type IMAPITable,
  MUID_SUBSYSTEM,
  makeEntryId,
  PR_ADDRTYPE,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_SELECTABLE,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  type Row,
} from '@nodemapi/mapi';

const COLUMNS: readonly PropTag[] = [
  PR_ADDRTYPE,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_SELECTABLE,
];

/** MAPI's own template: an address of any type. */
export const ONE_OFF_TEMPLATE: EntryId = makeEntryId(MUID_SUBSYSTEM, utf8Encode('template one-off'));

const OWN_ROW: Row = [
  prop(PR_ADDRTYPE, ''),
  prop(PR_DEPTH, 0),
  prop(PR_DISPLAY_NAME, 'Other address'),
  prop(PR_DISPLAY_TYPE, DT_MAILUSER),
  prop(PR_ENTRYID, ONE_OFF_TEMPLATE),
  prop(PR_INSTANCE_KEY, ONE_OFF_TEMPLATE),
  prop(PR_SELECTABLE, true),
];

export interface OneOffSource {
  readonly logon: IABLogon;
  readonly name: string;
}

interface Followed {
  readonly table: IMAPITable;
  readonly connection: AdviseConnection | undefined;
}

/** Opens the table; it follows the tables of the providers, those that notify, until its last release. */
export async function openOneOffTable(sources: readonly OneOffSource[], hub: AdviseHub, log: Log): Promise<IMAPITable> {
  const followed: Followed[] = [];
  const data = new TableData(PR_INSTANCE_KEY, { columns: COLUMNS, hub });
  let shown: ReadonlyMap<string, Row> = new Map();
  const refresh = async (): Promise<void> => {
    const rows = [OWN_ROW];
    for (const [index, { table }] of followed.entries()) rows.push(...(await rowsOf(table, index)));
    shown = await replaceRows(data, shown, rows);
  };
  const onNotify = (): Promise<void> => refresh();
  for (const { logon, name } of sources) {
    try {
      const table = await logon.getOneOffTable();
      followed.push({ table, connection: await adviseIfItCan(table, { onNotify }) });
    } catch (error) {
      log.debug('no templates', { addressBook: name, error }); // the others still have theirs
    }
  }
  await refresh();
  return data.hrGetView(undefined, async () => {
    for (const { table, connection } of followed) {
      await connection?.[Symbol.asyncDispose]();
      await table.release();
    }
    await data.release();
  });
}

/** Brings the table from one set of rows to another; only what differs is told. */
async function replaceRows(
  data: TableData,
  before: ReadonlyMap<string, Row>,
  rows: readonly Row[],
): Promise<ReadonlyMap<string, Row>> {
  const after = new Map(rows.map((row) => [keyOf(row), row]));
  for (const [key, row] of before) if (!after.has(key)) await data.hrDeleteRow(keyProp(row));
  const changed = rows.filter((row) => textOf(before.get(keyOf(row)) ?? []) !== textOf(row));
  await data.hrModifyRows(changed);
  return after;
}

function keyProp(row: Row): PropValue<Uint8Array> {
  return prop(PR_INSTANCE_KEY, propOf(row, PR_INSTANCE_KEY) ?? new Uint8Array());
}

function keyOf(row: Row): string {
  return toHex(keyProp(row).value);
}

function textOf(row: Row): string {
  return row.map(({ tag, value }) => `${tag} ${value instanceof Uint8Array ? toHex(value) : String(value)}`).join('|');
}

async function rowsOf(table: IMAPITable, provider: number): Promise<readonly Row[]> {
  const rows = await queryAllRows(table, { tags: COLUMNS });
  return rows.map((row) => {
    const key = concatBytes([Uint8Array.of(provider), propOf(row, PR_INSTANCE_KEY) ?? new Uint8Array()]);
    return [...row.filter(({ tag }) => tag !== PR_INSTANCE_KEY), prop(PR_INSTANCE_KEY, key)];
  });
}

async function adviseIfItCan(
  table: IMAPITable,
  sink: { onNotify(): Promise<void> },
): Promise<AdviseConnection | undefined> {
  try {
    return await table.advise(fnevTableModified, sink);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_NO_SUPPORT')) throw error;
    return undefined; // it never changes
  }
}
