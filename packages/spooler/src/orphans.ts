/**
 * Messages whose attempt was begun by a process that is gone: they need not wait for the next attempt that it had noted.
 *
 * They stay marked as being sent, so that the next attempt says that they may have been sent already.
 */
import { fileTimeToMs, MapiError } from '@nodemapi/base';
import {
  type EntryId,
  type IMsgStore,
  outgoingStateNumber,
  PR_ENTRYID,
  PR_SPOOLER_LOCK_UNTIL,
  PR_SPOOLER_STATE,
  propOf,
  resProperty,
} from '@nodemapi/mapi';
import type { AttemptContext } from './attempt.ts';
import { clearNextAttempt } from './hold.ts';
import { TABLE_PAGE_ROWS } from './record.ts';

/** Makes the orphans of a store due; what cannot be changed keeps its time. Never rejects. */
export async function adoptOrphans(context: AttemptContext, store: IMsgStore): Promise<void> {
  try {
    for (const entryId of await orphansOf(store, context.host.clock.nowMs())) {
      await clearNextAttempt(context, store, entryId);
    }
  } catch (cause) {
    context.log.warn('interrupted attempts keep their times', { error: MapiError.from(cause, 'store') });
  }
}

async function orphansOf(store: IMsgStore, nowMs: number): Promise<readonly EntryId[]> {
  await using table = await store.getOutgoingQueue();
  await table.setColumns([PR_ENTRYID, PR_SPOOLER_LOCK_UNTIL]);
  await table.restrict(resProperty('EQ', PR_SPOOLER_STATE, outgoingStateNumber('sending')));
  const found: EntryId[] = [];
  for (
    let rows = await table.queryRows(TABLE_PAGE_ROWS);
    rows.length > 0;
    rows = await table.queryRows(TABLE_PAGE_ROWS)
  ) {
    for (const row of rows) {
      const until = propOf(row, PR_SPOOLER_LOCK_UNTIL);
      const entryId = propOf(row, PR_ENTRYID);
      const isFree = until === undefined || fileTimeToMs(until) <= nowMs;
      if (isFree && entryId !== undefined) found.push(entryId);
    }
  }
  return found;
}
