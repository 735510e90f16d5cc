/**
 * The dot lock of an mbox: `<file>.lock`, which mail systems and mail programs respect.
 *
 * fcntl and flock cannot be called from Node.js, so a program that takes only those is not kept away (decision 0323).
 * A lock is broken if its owner was a process of ours on this computer that is gone, or by its age.
 */
import { hostname } from 'node:os';
import {
  type FileSystem,
  fileTimeToMs,
  isProcessThere,
  MapiError,
  processFates,
  removeStrays,
  utf8Decode,
  utf8Encode,
} from '@nodemapi/base';

/** Nobody holds the lock of a mailbox that long; others break it at this age, too. */
const LOCK_AGE_MS_MAX = 600_000;
/** Nobody delivers for so long: whoever looks at the mailbox is told why nothing comes. */
const LOCK_AGE_MS_TOLD = 60_000;
/** Where nothing else tells: a lock of our number that is older than our process is of an earlier one. File times are as inexact as this. */
const START_SLACK_MS = 2_000;
const OWN_LOCK = /^nodemapi (\S+) (\d+)(?: (\S+))?\n$/u;

/**
 * @returns undefined if somebody has it
 * @throws MAPI_E_BUSY if somebody has had it for a minute; MAPI_E_NO_ACCESS where nobody may make one, and others of the disk
 */
export async function lockMbox(
  files: FileSystem,
  path: string,
  nowMs: () => number,
): Promise<AsyncDisposable | undefined> {
  const lockPath = `${path}.lock`;
  const { pid, mark } = processFates();
  const content = utf8Encode(`nodemapi ${hostname()} ${pid} ${mark}\n`);
  for (let tries = 0; tries < 2; tries++) {
    try {
      return await files.lock(lockPath, content);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_BUSY')) throw error;
    }
    const held = await heldMs(files, lockPath, nowMs());
    if (typeof held === 'number' && held > LOCK_AGE_MS_TOLD) {
      throw new MapiError('MAPI_E_BUSY', `${lockPath} has been held for ${Math.floor(held / 60_000)} min`);
    }
    if (typeof held === 'number') return undefined;
    if (held === 'over' && !(await broken(files, lockPath, content, nowMs))) return undefined;
  }
  return undefined;
}

/**
 * Removes what was left by those who were killed while they made the lock of an mbox, and the files `others` if they are
 * there; what cannot be removed stays. For who has the lock.
 */
export async function removeLockStrays(
  files: FileSystem,
  path: string,
  nowMs: number,
  others: readonly string[] = [],
): Promise<void> {
  try {
    await removeStrays(files, `${path}.lock`, nowMs);
    for (const other of others) if (await files.exists(other)) await files.remove(other);
  } catch (error) {
    if (!MapiError.is(error)) throw error; // they take room, and hinder nobody
  }
}

/**
 * Removes a lock that is over, under a lock of its own: a second process that has seen the same would remove the lock of
 * who came after it. Answers whether it is gone.
 */
async function broken(files: FileSystem, lockPath: string, content: Uint8Array, nowMs: () => number): Promise<boolean> {
  const breakPath = `${lockPath}.break`;
  try {
    await using _breaking = await files.lock(breakPath, content);
    const held = await heldMs(files, lockPath, nowMs());
    if (held === 'over') await removed(files, lockPath);
    return typeof held !== 'number';
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_BUSY')) throw error;
    if ((await heldMs(files, breakPath, nowMs())) === 'over') await removed(files, breakPath);
    return false;
  }
}

/** How long somebody who may still work has had the lock; 'over' if nobody does, 'none' if there is no lock. */
async function heldMs(files: FileSystem, lockPath: string, nowMs: number): Promise<number | 'over' | 'none'> {
  try {
    const writtenMs = fileTimeToMs((await files.stat(lockPath)).modified);
    const ageMs = nowMs - writtenMs;
    if (ageMs > LOCK_AGE_MS_MAX) return 'over';
    const [, host, pid, mark] = OWN_LOCK.exec(utf8Decode(await files.readFile(lockPath))) ?? [];
    if (host !== hostname()) return ageMs;
    return isGone(Number(pid), mark, writtenMs) ? 'over' : ageMs;
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return 'none'; // it was given back just now
    if (MapiError.is(error, 'MAPI_E_NO_ACCESS')) return 0; // another user's
    throw error;
  }
}

async function removed(files: FileSystem, lockPath: string): Promise<void> {
  try {
    await files.remove(lockPath);
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
  }
}

/** For certain: one in another container is not seen from here, whatever its number, and its lock goes by its age. */
function isGone(pid: number, mark: string | undefined, writtenMs: number): boolean {
  const fates = processFates();
  if (mark !== undefined) {
    const fate = fates.fateOf(pid, mark);
    if (fate !== 'alive') return fate !== 'unknown';
    if (fates.tellsStarts) return false;
  } else if (!isProcessThere(pid)) return true;
  // After a restart, above all in a container, an earlier process may have had our number.
  return pid === process.pid && writtenMs < performance.timeOrigin - START_SLACK_MS;
}
