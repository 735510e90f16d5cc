/** Locks of the outgoing queue: leases that a spooler renews. spec: imsgstore-setlockstate */
import type { FileTime } from '@nodemapi/base';
import { MapiError } from '@nodemapi/mapi';

/** Ten minutes, longer than any attempt should take without renewing its lock. */
export const lockLeaseMsDefault = 600_000;

const TICKS_PER_MS = 10_000n;

export interface QueueLock {
  /** Who holds it: one string per spooler logon. */
  readonly owner: string;
  readonly until: FileTime;
}

/** Whether anybody holds the lock at `now`. */
export function isLocked(lock: QueueLock | undefined, now: FileTime): lock is QueueLock {
  return lock !== undefined && lock.until > now;
}

/** Takes or renews a lock. @throws MAPI_E_BUSY while another owner holds it */
export function takenLock(
  lock: QueueLock | undefined,
  owner: string,
  now: FileTime,
  leaseMs: number = lockLeaseMsDefault,
): QueueLock {
  checkForeignLock(lock, owner, now);
  if (!Number.isFinite(leaseMs) || leaseMs <= 0) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `a lease of ${leaseMs} ms`);
  }
  return { owner, until: now + BigInt(Math.ceil(leaseMs)) * TICKS_PER_MS };
}

/** @throws MAPI_E_BUSY while another owner holds the lock */
export function checkForeignLock(lock: QueueLock | undefined, owner: string, now: FileTime): void {
  if (isLocked(lock, now) && lock.owner !== owner) {
    throw new MapiError('MAPI_E_BUSY', `locked by ${lock.owner}`);
  }
}

/** @throws MAPI_E_NO_ACCESS unless `owner` took the lock last; a lease that ran out and that nobody took still counts */
export function checkOwnLock(lock: QueueLock | undefined, owner: string): void {
  if (lock === undefined) throw new MapiError('MAPI_E_NO_ACCESS', 'the message is not locked');
  if (lock.owner !== owner) throw new MapiError('MAPI_E_NO_ACCESS', `the lock has been taken over by ${lock.owner}`);
}
