/** The rows of the outgoing queue, and who may touch a message that is in it. */
import type { FileTime } from '@nodemapi/base';
import { isLocked, lockText, type QueueLock } from '@nodemapi/kit';
import { type EntryId, MAPI_MESSAGE, MapiError } from '@nodemapi/mapi';
import { type Database, raw, sql } from '@nodemapi/sqlite';
import { isOwnerGone } from './process-owner.ts';
import type { StoreContext } from './store-context.ts';
import type { StoreFile } from './store-file.ts';

/** One row of the table `outgoing`; order is by `seq`. */
export interface QueueEntry {
  readonly seq: number;
  readonly message: number;
  readonly submit_flags: number;
  /** Of whoever took it last and has not given it back. */
  readonly lock: QueueLock | undefined;
  /** The number of the last taking, given back or not. */
  readonly last: number;
  /** Characters of its history. */
  readonly historyChars: number;
}

/** The columns of a lock, as a query with bigints answers them. */
export interface LockRow {
  readonly lock_owner: string | null;
  readonly lock_until: FileTime | null;
  readonly lock_from: number | null;
  readonly lock_ends: number | null;
  readonly lock_number: bigint;
}

interface QueueRow extends LockRow {
  readonly seq: bigint;
  readonly submit_flags: bigint;
  readonly history_chars: bigint;
}

const ENTRY_COLUMNS = raw(`o.seq, o.submit_flags, o.lock_owner, o.lock_until, o.lock_from, o.lock_ends, o.lock_number,
  length(o.history) AS history_chars`);

/** The queue's row of a message; undefined if it is not queued. */
export function queueEntry(db: Database, message: number): QueueEntry | undefined {
  const row = db.get<QueueRow>(sql`SELECT ${ENTRY_COLUMNS} FROM outgoing o WHERE o.message = ${message}`, {
    bigints: true,
  });
  return row === undefined ? undefined : entryOf(message, row);
}

/** What a write has to know of a message that is saved. */
export interface Standing {
  readonly folder: number;
  readonly revision: number;
  readonly flags: number;
  /** Undefined if it is not queued. */
  readonly entry: QueueEntry | undefined;
}

interface StandingRow extends QueueRow {
  readonly folder: bigint;
  readonly revision: bigint;
  readonly flags: bigint;
}

/** How a message in a folder stands; undefined if it is not there. */
export function standingOf(db: Database, message: number): Standing | undefined {
  const row = db.get<Omit<StandingRow, 'seq'> & { readonly seq: bigint | null }>(
    sql`SELECT m.folder, m.revision, m.flags, ${ENTRY_COLUMNS}
      FROM message m LEFT JOIN outgoing o ON o.message = m.id
      WHERE m.id = ${message} AND m.folder IS NOT NULL`,
    { bigints: true },
  );
  if (row === undefined) return undefined;
  const { folder, revision, flags, seq } = row;
  const entry = seq === null ? undefined : entryOf(message, { ...row, seq });
  return { folder: Number(folder), revision: Number(revision), flags: Number(flags), entry };
}

function entryOf(message: number, row: QueueRow): QueueEntry {
  return {
    seq: Number(row.seq),
    message,
    submit_flags: Number(row.submit_flags),
    lock: lockOf(row),
    last: Number(row.lock_number),
    historyChars: Number(row.history_chars),
  };
}

/** How a queued message stands. */
export type QueuedStanding = Standing & { readonly entry: QueueEntry };

/** @throws MAPI_E_NOT_IN_QUEUE */
export function queuedStanding(db: Database, message: number): QueuedStanding {
  const standing = standingOf(db, message);
  if (standing?.entry === undefined) throw notQueued(`message ${message}`);
  return { ...standing, entry: standing.entry };
}

/** @throws MAPI_E_NOT_IN_QUEUE */
export function queuedEntry(db: Database, message: number): QueueEntry {
  const entry = queueEntry(db, message);
  if (entry === undefined) throw notQueued(`message ${message}`);
  return entry;
}

export function notQueued(what: string): MapiError {
  return new MapiError('MAPI_E_NOT_IN_QUEUE', `${what} is not in the outgoing queue`);
}

/** The number of the message that an identifier names. @throws MAPI_E_INVALID_ENTRYID, MAPI_E_UNKNOWN_ENTRYID */
export function messageNumber(context: StoreContext, entryId: EntryId): number {
  const { type, number } = context.parse(entryId);
  if (type !== MAPI_MESSAGE) throw new MapiError('MAPI_E_INVALID_ENTRYID', 'the entry identifier is of no message');
  return number;
}

/** The lock in a row, whether it still lasts or not. */
export function lockOf(row: LockRow): QueueLock | undefined {
  const { lock_owner: owner, lock_until: until, lock_from: fromMs, lock_ends: endsMs, lock_number: number } = row;
  if (owner === null || until === null || fromMs === null || endsMs === null) return undefined;
  return { owner, until, fromMs, endsMs, number: Number(number) };
}

/** The lock that counts: one whose process is gone, or whose time is over, does not. */
export function liveLock(
  { lock }: Pick<QueueEntry, 'lock'>,
  { host, fates }: Pick<StoreFile, 'host' | 'fates'>,
): QueueLock | undefined {
  if (!isLocked(lock, host.clock)) return undefined;
  return isOwnerGone(lock.owner, fates) ? undefined : lock;
}

/**
 * Refuses to change a queued message to everybody but the spooler that has it; passes what is not queued.
 *
 * @throws MAPI_E_SUBMITTED for clients; MAPI_E_NO_ACCESS for a spooler while another one has it
 */
export function checkQueueAccess(context: StoreContext, entry: QueueEntry | undefined): void {
  if (entry === undefined) return;
  if (!context.spooler) throw new MapiError('MAPI_E_SUBMITTED', `message ${entry.message} is in the outgoing queue`);
  const lock = liveLock(entry, context.file);
  if (lock !== undefined && lock.owner !== context.owner) {
    throw new MapiError('MAPI_E_NO_ACCESS', lockText(lock));
  }
}
