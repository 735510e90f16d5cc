/** What an error of a store says about the lock: whether the message has left the queue. */
import type { Log } from '@nodemapi/base';
import { type EntryId, type IMsgStore, MapiError, type MapiErrorCode, PR_ENTRYID, resProperty } from '@nodemapi/mapi';

/** The message is not there, or not in the queue. */
const GONE: ReadonlySet<MapiErrorCode> = new Set<MapiErrorCode>([
  'MAPI_E_NOT_IN_QUEUE',
  'MAPI_E_NOT_FOUND',
  'MAPI_E_OBJECT_DELETED',
]);

/** Whether an error says that the message has gone: aborted, finished, or deleted. */
export function isGone(error: MapiError): boolean {
  return GONE.has(error.code);
}

/**
 * Whether the message has left the queue, after something has failed with `error`. A store says MAPI_E_NOT_FOUND also where
 * its file cannot be used for a while; then its queue is asked, and what that does not say is no reason to give up a
 * result. Never rejects.
 */
export async function hasLeft(store: IMsgStore, entryId: EntryId, error: MapiError, log: Log): Promise<boolean> {
  if (error.code !== 'MAPI_E_NOT_FOUND') return isGone(error);
  try {
    await using queue = await store.getOutgoingQueue();
    await queue.setColumns([PR_ENTRYID]);
    await queue.restrict(resProperty('EQ', PR_ENTRYID, entryId));
    return (await queue.queryRows(1)).length === 0;
  } catch (cause) {
    log.warn('queue not readable', { error: MapiError.from(cause, 'store') });
    return false;
  }
}
