import {
  type Clock,
  type FileSystem,
  fileTimeToMs,
  MapiError,
  removeStrays,
  utf8Decode,
  utf8Encode,
} from '@nodemapi/base';
import { type NamedProcess, namedProcess, type Processes, processText } from './processes.ts';

/** How long a change of a file waits for another process. */
const lockWaitMsMax = 5000;
const lockRetryMs = 20;
/** A lock file without a number is being written; one that stays so was left by a power cut or a kill. */
const unreadableMsMax = 1000;
/** Where marks do not tell: a lock of our number that is older than our process is of an earlier one. File times are as inexact as this. */
const startSlackMs = 2000;
/** So old is no lock that is held: where nobody can tell whether its process lives it is over then. */
const unseenMsMax = 10 * 60_000;

/**
 * Lock files that hold number and mark of the process which made them. Those of dead processes are taken over, also where
 * ours has got the number again, and those that a dead machine has left without content. Those of processes that cannot be
 * seen from here, as in another container, go by their age.
 */
export class FileLocks {
  readonly #files: FileSystem;
  readonly #clock: Clock;
  readonly #processes: Processes;
  /** Locks beside which nothing is left of others. */
  readonly #tidied = new Set<string>();

  constructor(files: FileSystem, clock: Clock, processes: Processes) {
    this.#files = files;
    this.#clock = clock;
    this.#processes = processes;
  }

  /** Waits for the lock file `path`. @throws MAPI_E_BUSY if a living process keeps it for longer than 5 seconds */
  async acquire(path: string): Promise<AsyncDisposable> {
    let unreadableMs = 0;
    for (let waitedMs = 0; ; waitedMs += lockRetryMs) {
      try {
        const lock = await this.#files.lock(path, this.#content);
        await this.#tidy(path);
        return lock;
      } catch (error) {
        if (!MapiError.is(error, 'MAPI_E_BUSY')) throw error;
        if (waitedMs >= lockWaitMsMax) throw await this.#kept(path, error);
      }
      const owner = await this.#owner(path);
      unreadableMs = owner === 'unreadable' ? unreadableMs + lockRetryMs : 0;
      if (owner === 'gone' || unreadableMs > unreadableMsMax) await this.#break(path);
      else if (owner !== 'none') await this.#clock.delay(lockRetryMs);
    }
  }

  /** Once in the life of a process: what earlier ones have left beside the file that is locked, when they were killed. */
  async #tidy(path: string): Promise<void> {
    if (this.#tidied.has(path)) return;
    this.#tidied.add(path);
    try {
      await removeStrays(this.#files, path.replace(/\.lock$/u, ''), this.#clock.nowMs());
    } catch (error) {
      if (!MapiError.is(error)) throw error; // it takes room, and hinders nobody
    }
  }

  /** Why nobody else gets the lock. */
  async #kept(path: string, cause: MapiError): Promise<MapiError> {
    const holder = await this.#holder(path).catch(() => undefined); // it was just given back: too late for us
    const who = holder === undefined ? 'a process' : `process ${holder.pid}`;
    const text = `${who} keeps the lock ${path}; it was waited for ${lockWaitMsMax / 1000} s`;
    return new MapiError('MAPI_E_BUSY', text, { cause });
  }

  get #content(): Uint8Array {
    return utf8Encode(processText(this.#processes));
  }

  /**
   * Removes a lock that is over, under a lock of its own: a second process that has seen the same would remove the lock of
   * who came after it.
   */
  async #break(path: string): Promise<void> {
    const breakPath = `${path}.break`;
    try {
      await using _breaking = await this.#files.lock(breakPath, this.#content);
      const owner = await this.#owner(path);
      if (owner === 'gone' || owner === 'unreadable') await this.#remove(path);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_BUSY')) throw error;
      if ((await this.#owner(breakPath)) === 'alive') await this.#clock.delay(lockRetryMs);
      else await this.#remove(breakPath);
    }
  }

  /** Who holds the lock; 'none' if it was given back meanwhile. */
  async #owner(path: string): Promise<'alive' | 'gone' | 'unreadable' | 'none'> {
    try {
      const holder = await this.#holder(path);
      if (holder === undefined) return 'unreadable';
      const fate = this.#processes.fateOf(holder.pid, holder.mark);
      if (fate === 'gone' || fate === 'restarted') return 'gone';
      const writtenMs = fileTimeToMs((await this.#files.stat(path)).modified);
      if (fate === 'unknown') return this.#clock.nowMs() - writtenMs > unseenMsMax ? 'gone' : 'alive';
      const { pid, tellsStarts = false, startedMs = Number.NEGATIVE_INFINITY } = this.#processes;
      if (tellsStarts && holder.mark !== undefined) return 'alive'; // the clock may have been set since we began
      return holder.pid === pid && writtenMs < startedMs - startSlackMs ? 'gone' : 'alive';
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return 'none';
      throw error;
    }
  }

  /** The process that a lock names. @throws MAPI_E_NOT_FOUND if there is none */
  async #holder(path: string): Promise<NamedProcess | undefined> {
    return namedProcess(utf8Decode(await this.#files.readFile(path)));
  }

  /** Whoever else waits may have been quicker. */
  async #remove(path: string): Promise<void> {
    try {
      await this.#files.remove(path);
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
    }
  }
}
