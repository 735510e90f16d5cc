/** The spooler of a session as commands use it. */
import { type IMAPISession, listStores, MapiError, type Spooler } from 'nodemapi';
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
