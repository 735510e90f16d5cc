import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';

/** Brings what a connection has committed to its log onto the disk. */
export interface WalSync {
  /** At once, while the caller waits. @throws what the system says */
  now(): void;
  /** In another thread. @throws what the system says */
  later(): Promise<void>;
  /** Lets the file go, after the last `later`. */
  close(): void;
}

/**
 * The log of the database at `path`, opened when it is first needed: SQLite makes it with the first transaction and keeps
 * it as long as a connection is open.
 *
 * SQLite keeps its locks on the other two files; on this one a second descriptor may be opened and closed freely.
 */
export function walSync(path: string): WalSync {
  const log = `${path}-wal`;
  let descriptor: number | undefined;
  let pending = 0;
  let closed = false;
  const opened = (): number => {
    descriptor ??= openSync(log, 'r+'); // Windows syncs only what may be written to
    return descriptor;
  };
  const closeIfUnused = (): void => {
    if (!closed || pending > 0 || descriptor === undefined) return;
    closeSync(descriptor);
    descriptor = undefined;
  };
  return {
    now: () => fdatasyncSync(opened()),
    later: () =>
      new Promise((resolve, reject) => {
        const file = opened();
        pending++;
        fdatasync(file, (error) => {
          pending--;
          closeIfUnused();
          if (error === null) resolve();
          else reject(error);
        });
      }),
    close: () => {
      closed = true;
      closeIfUnused();
    },
  };
}

/** For a database in memory, and for one that SQLite syncs by itself. */
export const NO_SYNC: WalSync = { now: () => {}, later: () => Promise.resolve(), close: () => {} };
