import { basename, dirname, join } from 'node:path';
import type { FileSystem } from './file-system.ts';
import { fileTimeToMs } from './file-time.ts';
import { MapiError } from './mapi-error.ts';

/** Nobody takes so long to put a file beside another one in its place. */
const strayMsMin = 60_000;
const STRAY = /\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/u;

/**
 * Removes what processes have left beside `path`, and beside its locks, that were killed while they wrote it. What is younger
 * than a minute stays: somebody may be writing it.
 */
export async function removeStrays(files: FileSystem, path: string, nowMs: number): Promise<void> {
  const folder = dirname(path);
  const names = (await files.list(folder)).filter((name) => name.startsWith(`${basename(path)}.`) && STRAY.test(name));
  for (const name of names) {
    const stray = join(folder, name);
    try {
      if (nowMs - fileTimeToMs((await files.stat(stray)).modified) > strayMsMin) await files.remove(stray);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error; // somebody else was quicker
    }
  }
}
