import { getProp, queryAllRows } from '@nodemapi/kit';
import {
  type EntryId,
  type IMAPISession,
  type IMAPITable,
  type IMsgStore,
  type OpenMsgStoreOptions,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  type PropTag,
  propOf,
} from '@nodemapi/mapi';

/** PR_ENTRYID of a store in the message store table. */
export async function storeIdNamed(session: IMAPISession, name = 'Store'): Promise<EntryId> {
  await using table = await session.getMsgStoresTable();
  const row = (await queryAllRows(table)).find((one) => propOf(one, PR_DISPLAY_NAME) === name);
  const entryId = row === undefined ? undefined : propOf(row, PR_ENTRYID);
  if (entryId === undefined) throw new Error(`no store ${name}`);
  return entryId;
}

export async function openStore(
  session: IMAPISession,
  options: OpenMsgStoreOptions = { write: true },
  name = 'Store',
): Promise<IMsgStore> {
  return session.openMsgStore(await storeIdNamed(session, name), options);
}

/** One column of every row. */
export async function columnOf<T>(table: IMAPITable, tag: PropTag<T>): Promise<readonly (T | undefined)[]> {
  try {
    return (await queryAllRows(table)).map((row) => propOf(row, tag));
  } finally {
    await table.release();
  }
}

/** PR_DISPLAY_NAME of an object. */
export async function nameOf(object: IMsgStore): Promise<string | undefined> {
  return getProp(object, PR_DISPLAY_NAME);
}
