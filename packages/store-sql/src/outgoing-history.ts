/** The histories of outgoing messages: of those in the queue in its rows, of those that have left it for some time. */
import type { FileTime } from '@nodemapi/base';
import { finishedKeptMax, finishedKeptMs, historyEvents, shortenedHistory } from '@nodemapi/kit';
import { type FinishedOutgoing, MAPI_MESSAGE, type OutgoingEvent } from '@nodemapi/mapi';
import { type Database, type Query, raw, sql, values } from '@nodemapi/sqlite';
import type { StoreContext } from './store-context.ts';

/** Messages that leave the queue from one pruning to the next. */
const rowsPerPrune = 500;
const TICKS_PER_MS = 10_000n;

/** What a message leaves behind when it leaves the queue; runs before it does. */
export function keepHistory(
  db: Database,
  message: number,
  left: { readonly now: FileTime; readonly state: string; readonly attempts?: number; readonly line: string },
): void {
  const { now, state, attempts, line } = left;
  const { lastId } = db.run(sql`INSERT INTO outgoing_past
      (message, finished, state, attempts, submitted, subject, internet_id, history)
    SELECT m.id, ${now}, ${state}, coalesce(${attempts ?? null}, o.attempts), m.submitted, m.subject, m.internet_id,
      o.history || ${line} FROM outgoing o JOIN message m ON m.id = o.message WHERE o.message = ${message}`);
  if (lastId % rowsPerPrune === 0) pruneHistories(db, now);
}

/** Forgets what left the queue long ago, or too long ago to be among the last. */
export function pruneHistories(db: Database, now: FileTime): void {
  db.run(sql`DELETE FROM outgoing_past WHERE finished < ${now - BigInt(finishedKeptMs) * TICKS_PER_MS}`);
  db.run(sql`DELETE FROM outgoing_past WHERE id <= (SELECT max(id) FROM outgoing_past) - ${finishedKeptMax}`);
}

/** The history that a message brings along that was in the queue before; it is part of its new one from now on. */
export function takeHistory(db: Database, message: number): string {
  const found = db.get<{ history: string }>(sql`SELECT history FROM outgoing_past WHERE message = ${message}`);
  if (found === undefined) return '';
  db.run(sql`DELETE FROM outgoing_past WHERE message = ${message}`);
  return shortenedHistory(found.history);
}

/** Leaves out events of the middle. */
export function shortenHistory(db: Database, message: number): void {
  const found = db.get<{ history: string }>(sql`SELECT history FROM outgoing WHERE message = ${message}`);
  if (found === undefined) return;
  db.run(sql`UPDATE outgoing SET history = ${shortenedHistory(found.history)} WHERE message = ${message}`);
}

export function readHistory(db: Database, message: number): readonly OutgoingEvent[] {
  const found = db.get<{ history: string }>(sql`SELECT history FROM outgoing WHERE message = ${message}
    UNION ALL SELECT history FROM outgoing_past WHERE message = ${message}`);
  return found === undefined ? [] : historyEvents(found.history);
}

interface PastRow {
  readonly message: bigint;
  readonly finished: FileTime;
  readonly state: OutgoingEvent['state'];
  readonly attempts: bigint;
  readonly submitted: FileTime | null;
  readonly subject: string | null;
  readonly internet_id: string | null;
}

const PAST = raw('SELECT message, finished, state, attempts, submitted, subject, internet_id FROM outgoing_past');

/** What has left the queue, the latest first. */
export function finishedOf(context: StoreContext, countMax: number): readonly FinishedOutgoing[] {
  return pastRows(context, sql`${PAST} ORDER BY id DESC LIMIT ${countMax}`);
}

/** Of these messages those that have left the queue and are remembered, in the order of their numbers. */
export function finishedAmong(context: StoreContext, numbers: readonly number[]): readonly FinishedOutgoing[] {
  if (numbers.length === 0) return [];
  return pastRows(context, sql`${PAST} WHERE message IN (${values(numbers)}) ORDER BY message`);
}

function pastRows(context: StoreContext, query: Query): readonly FinishedOutgoing[] {
  return context.file.db.all<PastRow>(query, { bigints: true }).map((row) => ({
    entryId: context.entryId({ type: MAPI_MESSAGE, number: Number(row.message) }),
    subject: row.subject ?? '',
    internetMessageId: row.internet_id,
    submitTime: row.submitted,
    finishedTime: row.finished,
    state: row.state,
    attempts: Number(row.attempts),
  }));
}
