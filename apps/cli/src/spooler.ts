/** The spooler of a session as commands use it. */
import {
  type IMAPISession,
  listStores,
  MAPI_TRANSPORT_PROVIDER,
  MapiError,
  PR_DISPLAY_NAME,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  propOf,
  queryAllRows,
  type Spooler,
  STATUS_FAILURE,
} from 'nodemapi';
import type { SessionInUse } from './context.ts';

/** @throws MAPI_E_NO_SUPPORT in a session without mail */
export function spoolerOf(use: SessionInUse): Spooler {
  if (use.spooler === undefined) throw new MapiError('MAPI_E_NO_SUPPORT', 'this session has no spooler');
  return use.spooler;
}

/** The queue of a store that does not open looks empty; this fails with the reason instead. */
export async function checkStores(session: IMAPISession): Promise<void> {
  for (const row of await listStores(session)) await (await session.openMsgStore(row.entryId, {})).release();
}

/** Transports that say in the status table that they do not work, and why. */
export async function brokenTransports(
  session: IMAPISession,
): Promise<readonly { readonly name: string; readonly problem: string }[]> {
  await using table = await session.getStatusTable();
  return (await queryAllRows(table))
    .filter((row) => propOf(row, PR_RESOURCE_TYPE) === MAPI_TRANSPORT_PROVIDER)
    .filter((row) => ((propOf(row, PR_STATUS_CODE) ?? 0) & STATUS_FAILURE) !== 0)
    .map((row) => ({ name: propOf(row, PR_DISPLAY_NAME) ?? '', problem: propOf(row, PR_STATUS_STRING) ?? '' }));
}
