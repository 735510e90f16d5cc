/** Locks of the outgoing queue: leases that a spooler renews. spec: imsgstore-setlockstate */
import { type Clock, type FileTime, fileTimeToIso } from '@nodemapi/base';
import { MapiError } from '@nodemapi/mapi';

/** Ten minutes, longer than any attempt should take without renewing its lock. */
export const lockLeaseMsDefault = 600_000;

const TICKS_PER_MS = 10_000n;

/**
 * A lock lasts by the monotonic clock, which all processes of one machine share and nobody sets: a change of the time of day
 * ends no lease and prolongs none.
 */
export interface QueueLock {
  /** Who holds it: one string per spooler logon. */
  readonly owner: string;
  /** Grows with every taking of a lock in the store, and every giving back; a renewal keeps it. */
  readonly number: number;
  /** `Clock.monotonicMs` when it was taken or renewed, and when it ends. */
  readonly fromMs: number;
  readonly endsMs: number;
  /** When it ends by the time of day, as it was then: for people. */
  readonly until: FileTime;
}

/**
 * Whether anybody holds the lock now. One that was taken later than now is of a time before the machine was started anew:
 * then its monotonic clock began again.
 */
export function isLocked(lock: QueueLock | undefined, clock: Clock): lock is QueueLock {
  if (lock === undefined) return false;
  const now = clock.monotonicMs();
  return lock.fromMs <= now && now < lock.endsMs;
}

/**
 * Takes or renews a lock.
 *
 * @param number of a lock that is taken now; who has it already keeps his
 * @throws MAPI_E_BUSY while another owner holds it
 */
export function takenLock(
  lock: QueueLock | undefined,
  owner: string,
  clock: Clock,
  number: number,
  leaseMs: number = lockLeaseMsDefault,
): QueueLock {
  checkForeignLock(lock, owner, clock);
  const isMine = lock !== undefined && lock.owner === owner && isLocked(lock, clock);
  return newLock(owner, isMine ? lock.number : number, clock, leaseMs);
}

/** A lock from now on. @throws MAPI_E_INVALID_PARAMETER */
export function newLock(owner: string, number: number, clock: Clock, leaseMs: number): QueueLock {
  if (!Number.isFinite(leaseMs) || leaseMs <= 0) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `a lease of ${leaseMs} ms`);
  }
  const fromMs = clock.monotonicMs();
  const until = clock.now() + BigInt(Math.ceil(leaseMs)) * TICKS_PER_MS;
  return { owner, number, fromMs, endsMs: fromMs + leaseMs, until };
}

/** The owner of a lock for people: "process 4711 on host". One that is no process is named as it is. */
export function ownerText(owner: string): string {
  const [host = '', pid] = owner.split('/');
  return pid === undefined ? owner : `process ${pid} on ${host}`;
}

/** Who holds a lock, and how long it lasts at least, for people. */
export function lockText({ owner, until }: Pick<QueueLock, 'owner' | 'until'>): string {
  return `${ownerText(owner)} has the message; its lock lasts until ${fileTimeToIso(until)}, longer if it is renewed`;
}

/** @throws MAPI_E_BUSY while another owner holds the lock */
export function checkForeignLock(lock: QueueLock | undefined, owner: string, clock: Clock): void {
  if (isLocked(lock, clock) && lock.owner !== owner) throw new MapiError('MAPI_E_BUSY', lockText(lock));
}

/** @throws MAPI_E_NO_ACCESS unless `owner` took the lock last; a lease that ran out and that nobody took still counts */
export function checkOwnLock(lock: QueueLock | undefined, owner: string): void {
  if (lock === undefined) throw new MapiError('MAPI_E_NO_ACCESS', 'the message is not locked');
  if (lock.owner !== owner)
    throw new MapiError('MAPI_E_NO_ACCESS', `the message has been taken over: ${lockText(lock)}`);
}

/** How a write of the spooler stands to the lock. */
export interface LockDemand {
  /** The lock under which it is made; undefined: the lock is free, and taken. */
  readonly lock?: number;
  /** The number of the last taking or giving back that the writer knows of; undefined: it does not matter. */
  readonly after?: number;
}

/**
 * Whether a write may be made: under the lock that was taken last, whether its lease still runs or not, or while nobody
 * has the message.
 *
 * @param last the number of the last taking or giving back
 * @throws MAPI_E_OBJECT_CHANGED if somebody has taken the lock since; MAPI_E_BUSY while another owner holds it
 */
export function checkLockDemand(
  { lock, last }: { readonly lock: QueueLock | undefined; readonly last: number },
  demand: LockDemand,
  owner: string,
  clock: Clock,
): void {
  const known = demand.lock ?? demand.after;
  if (demand.lock === undefined) checkForeignLock(lock, owner, clock);
  if (known !== undefined && known !== last) {
    throw new MapiError('MAPI_E_OBJECT_CHANGED', `the message has been taken over since: lock ${last}, not ${known}`);
  }
}
