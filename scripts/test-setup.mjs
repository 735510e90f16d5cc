// What is done before the tests and after them (vitest.config.ts): the programs that tests start run from bundles that
// are up to date, and what tests leave in temporary directories goes when they have run.
import { accessSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.mjs';

/** A file system in memory, where databases are written and synced without waiting for a disk. */
const MEMORY = '/dev/shm';
/** Less room than this is left alone; in a container it may be a few megabytes. */
const roomBytesMin = 2 ** 31;

/** @returns what is to be done at the end */
export async function setup() {
  await bundle();
  const folder = mkdtempSync(join(hasRoom() ? MEMORY : tmpdir(), 'tests-'));
  process.env.TMPDIR = folder; // Windows, which does not read it, has its own temporary directory
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Whether tests may write there; who has set TMPDIR wants them elsewhere. */
function hasRoom() {
  if (process.env.TMPDIR !== undefined || process.platform !== 'linux') return false;
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= roomBytesMin;
  } catch {
    return false; // it is not there, or is not for us
  }
}
