import { type Clock, type FileSystem, MapiError, utf8Decode, utf8Encode } from '@nodemapi/base';

/** How long a change of a file waits for another process. */
const lockWaitMsMax = 5000;
const lockRetryMs = 20;

/** Who this process is, and whether another still lives. */
export interface Processes {
  readonly pid: number;
  isAlive(pid: number): boolean;
}

/** The processes of this computer. */
export const systemProcesses: Processes = {
  pid: process.pid,
  isAlive: (pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EPERM'; // it lives, under another user
    }
  },
};

/** Lock files that hold the number of the process which made them; those of dead processes are taken over. */
export class FileLocks {
  readonly #files: FileSystem;
  readonly #clock: Clock;
  readonly #processes: Processes;

  constructor(files: FileSystem, clock: Clock, processes: Processes) {
    this.#files = files;
    this.#clock = clock;
    this.#processes = processes;
  }

  /** Waits for the lock file `path`. @throws MAPI_E_BUSY if a living process keeps it for longer than 5 seconds */
  async acquire(path: string): Promise<AsyncDisposable> {
    for (let waitedMs = 0; ; waitedMs += lockRetryMs) {
      try {
        return await this.#files.lock(path, utf8Encode(String(this.#processes.pid)));
      } catch (error) {
        if (!MapiError.is(error, 'MAPI_E_BUSY') || waitedMs >= lockWaitMsMax) throw error;
      }
      if (!(await this.#removeStale(path))) await this.#clock.delay(lockRetryMs);
    }
  }

  async #removeStale(path: string): Promise<boolean> {
    try {
      const pid = Number(utf8Decode(await this.#files.readFile(path)));
      if (!Number.isInteger(pid) || pid <= 0 || this.#processes.isAlive(pid)) return false;
      await this.#files.remove(path);
      return true;
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return true; // its owner let go of it meanwhile
      throw error;
    }
  }
}
