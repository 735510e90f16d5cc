/**
 * Messages by the end of their identifiers, zero bytes at the end left aside: in the queue of a store, among what has left it,
 * and drafts in its Outbox. A store that finds them by keys is asked for them; of others everything is read.
 */
import { toHex } from '@nodemapi/base';
import { finishedKeptMax, getProp } from '@nodemapi/kit';
import {
  type EntryId,
  type FinishedOutgoing,
  type IMsgStore,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNSENT,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_MESSAGE_FLAGS,
  propOf,
  type Restriction,
} from '@nodemapi/mapi';
import { TABLE_PAGE_ROWS } from './record.ts';
import type { AttachedStore } from './stores.ts';

/** Neither sent nor submitted. */
const DRAFTS: Restriction = {
  kind: 'and',
  of: [
    { kind: 'bitmask', relop: 'NEZ', tag: PR_MESSAGE_FLAGS, mask: MSGFLAG_UNSENT },
    { kind: 'bitmask', relop: 'EQZ', tag: PR_MESSAGE_FLAGS, mask: MSGFLAG_SUBMIT },
  ],
};

/** Queued messages, `countMax` at most. */
export async function queuedEndingIn(
  { reader, records }: AttachedStore,
  ending: string,
  countMax: number,
): Promise<readonly EntryId[]> {
  if (reader === undefined || countMax <= 0) return [];
  if (records.findOutgoing !== undefined) return records.findOutgoing(ending, countMax);
  const found: EntryId[] = [];
  for await (const { entryId } of reader.each()) {
    if (endsIn(entryId, ending)) found.push(entryId);
    if (found.length === countMax) break;
  }
  return found;
}

/** What has left the queue and is remembered, `countMax` at most. */
export async function finishedEndingIn(
  { reader, records }: AttachedStore,
  ending: string,
  countMax: number,
): Promise<readonly FinishedOutgoing[]> {
  if (reader === undefined || countMax <= 0) return [];
  if (records.findFinished !== undefined) return records.findFinished(ending, countMax);
  const all = await records.finishedOutgoing(finishedKeptMax);
  return all.filter(({ entryId }) => endsIn(entryId, ending)).slice(0, countMax);
}

/** Messages of the Outbox that are not queued: they were taken out of it, or never submitted. `countMax` at most. */
export async function draftsEndingIn(
  { reader, records, store }: AttachedStore,
  ending: string,
  countMax: number,
): Promise<readonly EntryId[]> {
  if (reader === undefined || countMax <= 0) return [];
  if (records.findDrafts !== undefined) return records.findDrafts(ending, countMax);
  const found: EntryId[] = [];
  for await (const entryId of draftsIn(store)) {
    if (endsIn(entryId, ending)) found.push(entryId);
    if (found.length === countMax) break;
  }
  return found;
}

async function* draftsIn(store: IMsgStore): AsyncGenerator<EntryId> {
  const outboxId = await getProp(store, PR_IPM_OUTBOX_ENTRYID);
  if (outboxId === undefined) return;
  await using outbox = await store.openEntry(outboxId, { iid: 'IMAPIFolder' });
  await using table = await outbox.getContentsTable();
  await table.setColumns([PR_ENTRYID]);
  await table.restrict(DRAFTS);
  for (let rows = await table.queryRows(TABLE_PAGE_ROWS); rows.length > 0; ) {
    for (const row of rows) {
      const entryId = propOf(row, PR_ENTRYID);
      if (entryId !== undefined) yield entryId;
    }
    rows = await table.queryRows(TABLE_PAGE_ROWS);
  }
}

function endsIn(entryId: EntryId, ending: string): boolean {
  return significant(toHex(entryId)).endsWith(significant(ending.toLowerCase()));
}

/** The digits of an identifier without the zero bytes at its end. */
function significant(digits: string): string {
  return digits.replace(/(?:00)+$/u, '');
}
