/**
 * What of the queue is due. Each page costs the same, however many messages wait: every query reads a range of an index.
 *
 * - What has never been tried comes in submit order; `next_attempt` is 0 and the index orders it by `seq`.
 * - What has been tried comes by the time for which it was noted.
 * - What was being sent under a lock that has ended was cut off; it is due at once, whatever was noted.
 */
import { type FileTime, fileTimeToMs } from '@nodemapi/base';
import { isLocked, type QueueCount } from '@nodemapi/kit';
import { type DuePage, type DueQuery, MAPI_MESSAGE, outgoingState, type QueuedRow } from '@nodemapi/mapi';
import { type Database, type Query, raw, sql } from '@nodemapi/sqlite';
import { isOwnerGone } from './process-owner.ts';
import { type LockRow, lockOf } from './queue-rows.ts';
import type { StoreContext } from './store-context.ts';

/** Messages of each kind on a page. */
const pageRows = 100;
const TICKS_PER_MS = 10_000;

/** Where a page begins. */
interface Place {
  /** Of the messages that have not been tried, the last one of the page before; undefined: there are no more. */
  readonly fresh: number | undefined;
  /** Of those that have, its time and number. */
  readonly tried: readonly [next: FileTime, seq: number] | undefined;
}

/** A row of the queue, with what its message says of the time. */
export interface DueRow extends LockRow {
  readonly seq: bigint;
  readonly message: bigint;
  readonly state: bigint;
  readonly next_attempt: bigint;
  readonly submitted: FileTime | null;
  readonly deferred_send: FileTime | null;
  readonly reason: string | null;
}

/** Every queued message. */
export const QUEUED =
  raw(`SELECT o.seq, o.message, o.state, o.next_attempt, o.lock_owner, o.lock_until, o.lock_from, o.lock_ends,
  o.lock_number, o.reason, m.submitted, m.deferred_send FROM outgoing o JOIN message m ON m.id = o.message`);
const OPEN = raw('o.state NOT IN (2, 3)');

const FIRST: Place = { fresh: 0, tried: [0n, 0] };

export function duePage(context: StoreContext, { now, beyond, page = FIRST }: DueQuery): DuePage {
  const { fresh, tried } = page as Place;
  const read = (where: Query): DueRow[] =>
    context.file.db.all<DueRow>(sql`${QUEUED} WHERE ${where}`, { bigints: true });
  const untried =
    fresh === undefined
      ? []
      : read(sql`${OPEN} AND o.next_attempt = 0 AND o.seq > ${fresh} ORDER BY o.seq LIMIT ${pageRows}`);
  const again =
    tried === undefined
      ? []
      : read(sql`${OPEN} AND (o.next_attempt, o.seq) > (${tried[0]}, ${tried[1]}) AND o.next_attempt > 0
          AND o.next_attempt <= ${now} ORDER BY o.next_attempt, o.seq LIMIT ${pageRows}`);
  const others =
    page === FIRST
      ? [
          ...read(sql`o.state = 2`),
          ...read(sql`${OPEN} AND o.next_attempt > ${beyond} AND o.next_attempt <> o.not_before
            ORDER BY o.next_attempt LIMIT ${pageRows}`),
        ]
      : [];
  const rows = [...others, ...untried, ...again].sort((a, b) => Number(a.seq - b.seq));
  const next: Place = { fresh: lastSeqOf(untried), tried: lastPlaceOf(again) };
  const isLast = next.fresh === undefined && next.tried === undefined;
  return {
    rows: rows.filter((row) => isFree(context, row)).map((row) => dueRow(context, row, now)),
    next: isLast ? undefined : next,
  };
}

/** Milliseconds until the next message may be due: one that waits, or one that another spooler has locked. */
export function nextDueMs(context: StoreContext, now: FileTime): number | undefined {
  const { db, host } = context.file;
  const next = db.get<{ next: FileTime | null }>(
    sql`SELECT min(o.next_attempt) AS next FROM outgoing o WHERE ${OPEN} AND o.next_attempt > ${now}`,
    { bigints: true },
  )?.next;
  const waits: number[] = [];
  if (next !== null && next !== undefined) waits.push(Number(next - now) / TICKS_PER_MS);
  const locked = db.all<LockRow>(
    sql`SELECT lock_owner, lock_until, lock_from, lock_ends, lock_number FROM outgoing
      WHERE lock_owner IS NOT NULL AND lock_owner <> ${context.owner}`,
    { bigints: true },
  );
  for (const row of locked) {
    const lock = lockOf(row);
    if (isLocked(lock, host.clock)) waits.push(lock.endsMs - host.clock.monotonicMs());
  }
  return waits.length === 0 ? undefined : Math.max(Math.min(...waits), 0);
}

/** How many messages of each state are queued, and when the first of them was submitted. */
export function queueCounts(db: Database): readonly QueueCount[] {
  const found = db.all<{ state: bigint; messages: bigint; oldest: FileTime | null }>(
    sql`SELECT c.state, c.messages, (SELECT m.submitted FROM message m WHERE m.id =
        (SELECT o.message FROM outgoing o WHERE o.state = c.state ORDER BY o.seq LIMIT 1)) AS oldest
      FROM outgoing_count c WHERE c.messages > 0`,
    { bigints: true },
  );
  return found.map(({ state, messages, oldest }) => ({
    ...{ state: outgoingState(Number(state)), messages: Number(messages), oldest },
  }));
}

function isFree({ file, owner }: StoreContext, row: DueRow): boolean {
  const lock = lockOf(row);
  return !isLocked(lock, file.host.clock) || lock.owner === owner || isOwnerGone(lock.owner, file.fates);
}

/** Whoever has it, has it no more. */
function dueRow(context: StoreContext, row: DueRow, now: FileTime): QueuedRow {
  const isDue = row.state === 2n || row.next_attempt === 0n || row.next_attempt > now;
  const nextMs = isDue ? undefined : fileTimeToMs(row.next_attempt);
  return { ...queuedRow(context, row), nextMs, lockOwner: undefined, lockUntilMs: undefined };
}

/** A row as it is stored. */
export function queuedRow(context: StoreContext, row: DueRow): QueuedRow {
  return {
    entryId: context.entryId({ type: MAPI_MESSAGE, number: Number(row.message) }),
    submitTime: row.submitted ?? undefined,
    deferredTime: row.deferred_send ?? undefined,
    state: outgoingState(Number(row.state)),
    nextMs: row.next_attempt === 0n ? undefined : fileTimeToMs(row.next_attempt),
    lockOwner: row.lock_owner ?? undefined,
    lockUntilMs: row.lock_until === null ? undefined : fileTimeToMs(row.lock_until),
    reason: row.reason ?? undefined,
  };
}

function lastSeqOf(rows: readonly DueRow[]): number | undefined {
  const last = rows[pageRows - 1];
  return last === undefined ? undefined : Number(last.seq);
}

function lastPlaceOf(rows: readonly DueRow[]): Place['tried'] {
  const last = rows[pageRows - 1];
  return last === undefined ? undefined : [last.next_attempt, Number(last.seq)];
}
