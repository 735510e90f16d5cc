/** The rows of the outgoing queue, and who may touch a message that is in it. */
import { hostname } from 'node:os';
import type { FileTime } from '@nodemapi/base';
import { isLocked, type QueueLock } from '@nodemapi/kit';
import { MapiError } from '@nodemapi/mapi';
import { type Database, sql } from '@nodemapi/sqlite';
import { isOwnerDead } from './process-owner.ts';
import type { StoreContext } from './store-context.ts';

/** One row of the table `outgoing`; order is by `seq`. */
export interface QueueEntry {
  readonly seq: number;
  readonly message: number;
  readonly submit_flags: number;
  readonly lock: QueueLock | undefined;
}

interface QueueRow {
  readonly seq: bigint;
  readonly submit_flags: bigint;
  readonly lock_owner: string | null;
  readonly lock_until: FileTime | null;
}

/** The queue's row of a message; undefined if it is not queued. */
export function queueEntry(db: Database, message: number): QueueEntry | undefined {
  const row = db.get<QueueRow>(
    sql`SELECT seq, submit_flags, lock_owner, lock_until FROM outgoing WHERE message = ${message}`,
    { bigints: true },
  );
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
    sql`SELECT m.folder, m.revision, m.flags, o.seq, o.submit_flags, o.lock_owner, o.lock_until
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
  const { lock_owner: owner, lock_until: until } = row;
  const lock = owner === null || until === null ? undefined : { owner, until };
  return { seq: Number(row.seq), message, submit_flags: Number(row.submit_flags), lock };
}

/** The lock that counts: one whose process is gone, or whose time is over, does not. */
export function liveLock(entry: QueueEntry, now: FileTime): QueueLock | undefined {
  if (!isLocked(entry.lock, now)) return undefined;
  return isOwnerDead(entry.lock.owner, hostname()) ? undefined : entry.lock;
}

/**
 * Refuses to change a queued message to everybody but the spooler that has it; passes what is not queued.
 *
 * @throws MAPI_E_SUBMITTED for clients; MAPI_E_NO_ACCESS for a spooler while another one has it
 */
export function checkQueueAccess(context: StoreContext, entry: QueueEntry | undefined): void {
  if (entry === undefined) return;
  const { message } = entry;
  if (!context.spooler) throw new MapiError('MAPI_E_SUBMITTED', `message ${message} is in the outgoing queue`);
  const lock = liveLock(entry, context.file.host.clock.now());
  if (lock !== undefined && lock.owner !== context.owner) {
    throw new MapiError('MAPI_E_NO_ACCESS', `message ${message} is locked by ${lock.owner}`);
  }
}
