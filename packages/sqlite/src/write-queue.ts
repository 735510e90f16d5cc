import { assert, MapiError } from '@nodemapi/base';
import type { Connection, SqlRow, Statement } from './driver.ts';
import { sqliteError } from './sqlite-error.ts';
import type { WalSync } from './wal-sync.ts';

interface Job {
  readonly operation: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A transaction that is committed. */
interface Committed {
  readonly jobs: readonly Job[];
  readonly results: readonly unknown[];
  readonly sealed: unknown;
}

/** What the owner of a database adds to every transaction of `write`. */
export interface CommitHooks<T> {
  /** Runs at the end of the transaction and may write in it. @param results of its operations, in their order */
  readonly seal: (results: readonly unknown[]) => T;
  /** Told once when the transaction is on the disk, before a promise of it resolves; must not throw. */
  readonly kept: (sealed: T) => void;
}

/** More would keep the event loop, and other processes, waiting for too long. */
const operationsPerCommitMax = 256;

/** Turns of the event loop that a commit waits for more operations, while more keep coming. */
const waitTurnsMax = 4;
/** So many are worth a commit of their own. */
const operationsWorthACommit = 64;

/**
 * Group commit: the operations that are waiting when the event loop comes round run in one transaction.
 *
 * - A promise is kept when its transaction is on the disk: SQLite writes the log, and it is synced here, in another
 *   thread while others have something to do. Until then the next transaction waits, so that nothing is told early.
 * - While several come together it waits a few turns for more, as long as each turn brings some: a commit is dear.
 * - Order is kept. Where something fails, an operation or the COMMIT, everything is rolled back, and each operation runs
 *   again in a transaction of its own: who fails then fails alone. A savepoint for each would cost all who succeed.
 * - After a sync that failed nobody knows what is on the disk: from then on every write is refused.
 */
export class WriteQueue {
  readonly #connection: Connection;
  readonly #name: string;
  readonly #sync: WalSync;
  readonly #beginNow: Statement;
  readonly #commitNow: Statement;
  readonly #totalChanges: Statement;
  #jobs: Job[] = [];
  #hooks: CommitHooks<unknown> | undefined;
  #scheduled = false;
  #running = false;
  /** A transaction is committed and on its way to the disk. */
  #syncing = false;
  /** Why nothing can be written any more. */
  #broken: MapiError | undefined;
  /** No operation is taken or committed any more. */
  #stopped: MapiError | undefined;
  #idle: (() => void)[] = [];
  /** Operations in the last transaction. */
  #lastSize = 0;
  /** Turns that the next transaction has waited, and the operations that it had then. */
  #waited = 0;
  #waitedWith = 0;

  /** @param name of the database, for error texts */
  constructor(connection: Connection, name: string, sync: WalSync) {
    this.#connection = connection;
    this.#name = name;
    this.#sync = sync;
    this.#beginNow = connection.prepare('BEGIN IMMEDIATE');
    this.#commitNow = connection.prepare('COMMIT');
    this.#totalChanges = connection.prepare('SELECT total_changes() AS total');
  }

  /** Whether an operation is running just now. */
  get running(): boolean {
    return this.#running;
  }

  /** Has `hooks` called for every transaction from now on. */
  hook<T>(hooks: CommitHooks<T>): void {
    this.#hooks = hooks as CommitHooks<unknown>; // `kept` gets only what `seal` has answered
  }

  add<T>(operation: () => T): Promise<T> {
    const refusal = this.#broken ?? this.#stopped;
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ operation, resolve, reject });
      this.#schedule();
    });
  }

  /** Runs `operation` now, in a transaction of its own; one that has changed no row needs no sync. */
  alone<T>(operation: () => T): T {
    assert(!this.#running, 'an operation began a transaction of its own');
    const before = this.#rowsChanged();
    this.#begin();
    let result: T;
    try {
      result = operation();
      this.#commitOpen();
    } catch (error) {
      this.#rollback();
      throw error;
    } finally {
      this.#running = false;
    }
    if (this.#rowsChanged() !== before) this.syncNow();
    return result;
  }

  /** Brings to the disk what a statement has committed by itself. @throws MAPI_E_DISK_ERROR */
  syncNow(): void {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      this.#sync.now();
    } catch (error) {
      throw this.#break(error);
    }
  }

  /** Resolves when nothing is waiting any more. */
  drained(): Promise<void> {
    if (this.#jobs.length === 0 && !this.#syncing) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /**
   * Brings what is waiting, and what is on its way, to the disk before it returns, and takes nothing more until `resume`;
   * `reason` is what is said then. An operation that is just running, and all behind it, is not committed: false.
   */
  stop(reason: MapiError): boolean {
    if (this.#stopped !== undefined) return true;
    if (this.#running) {
      this.#stopped = reason;
      this.abandon(reason);
      return false;
    }
    const done: Committed[] = [];
    while (this.#jobs.length > 0) done.push(...this.#commit(this.#jobs.splice(0, operationsPerCommitMax)));
    this.#stopped = reason;
    if (done.length > 0 || this.#syncing) this.#keepNow(done);
    return true;
  }

  resume(): void {
    this.#stopped = undefined;
  }

  /** Rejects everything that is waiting. */
  abandon(error: unknown): void {
    for (const job of this.#jobs.splice(0)) job.reject(error);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#syncing) return; // its end comes back to what waits
    if (this.#waitsForMore()) {
      this.#schedule();
      return;
    }
    const batch = this.#jobs.slice(0, operationsPerCommitMax);
    this.#jobs = this.#jobs.slice(batch.length);
    if (batch.length === 0) return; // abandoned
    const isAlone = Math.max(batch.length, this.#lastSize) === 1;
    this.#lastSize = batch.length;
    const done = this.#commit(batch);
    if (done.length === 0) this.#next();
    else if (isAlone) this.#keepNow(done);
    else void this.#keep(done);
  }

  /** Whoever writes alone waits for nobody: the way to another thread and back would only cost time. */
  #keepNow(done: readonly Committed[]): void {
    try {
      this.#sync.now();
      this.#settle(done);
    } catch (error) {
      this.#lose(done, error);
    }
    this.#next();
  }

  async #keep(done: readonly Committed[]): Promise<void> {
    this.#syncing = true;
    try {
      await this.#sync.later();
      this.#syncing = false;
      this.#settle(done);
    } catch (error) {
      this.#syncing = false;
      this.#lose(done, error);
    }
    this.#next();
  }

  #settle(done: readonly Committed[]): void {
    for (const { jobs, results, sealed } of done) {
      this.#tell(sealed);
      for (const [index, job] of jobs.entries()) job.resolve(results[index] as never);
    }
  }

  #lose(done: readonly Committed[], cause: unknown): void {
    const error = this.#break(cause);
    for (const { jobs } of done) for (const job of jobs) job.reject(error);
    this.abandon(error);
  }

  #tell(sealed: unknown): void {
    try {
      this.#hooks?.kept(sealed);
    } catch (error) {
      queueMicrotask(() => {
        throw error; // a bug, and what was written is on the disk all the same
      });
    }
  }

  #break(cause: unknown): MapiError {
    const detail = `${this.#name}: what was written may not be on the disk; open it again`;
    this.#broken ??= new MapiError('MAPI_E_DISK_ERROR', detail, { cause });
    return this.#broken;
  }

  #next(): void {
    if (this.#jobs.length > 0) this.#schedule();
    else for (const resolve of this.#idle.splice(0)) resolve();
  }

  #waitsForMore(): boolean {
    const size = this.#jobs.length;
    const busy = size > 0 && size < operationsWorthACommit && Math.max(size, this.#lastSize) > 1;
    const waits = busy && this.#waited < waitTurnsMax && size > this.#waitedWith;
    this.#waited = waits ? this.#waited + 1 : 0;
    this.#waitedWith = waits ? size : 0;
    return waits;
  }

  /** What of `batch` is committed now; the rest has been rejected. */
  #commit(batch: readonly Job[]): readonly Committed[] {
    try {
      this.#begin();
    } catch (cause) {
      this.#reject(batch, cause); // nothing is tried again that would wait for the lock as long as this has
      return [];
    }
    try {
      return [this.#transact(batch)];
    } catch (cause) {
      if (batch.length > 1) return batch.flatMap((job) => this.#commit([job]));
      this.#reject(batch, cause);
      return [];
    }
  }

  #transact(jobs: readonly Job[]): Committed {
    try {
      const results = jobs.map((job) => job.operation());
      const sealed = this.#hooks?.seal(results);
      this.#commitOpen();
      return { jobs, results, sealed };
    } catch (error) {
      this.#rollback();
      throw error;
    } finally {
      this.#running = false;
    }
  }

  #reject(jobs: readonly Job[], cause: unknown): void {
    const error = sqliteError(cause, this.#name);
    for (const job of jobs) job.reject(error);
  }

  /** Rows that this connection has changed since it was opened. */
  #rowsChanged(): unknown {
    return (this.#totalChanges.get() as SqlRow | undefined)?.total;
  }

  #begin(): void {
    const refusal = this.#broken ?? this.#stopped;
    if (refusal !== undefined) throw refusal;
    this.#beginNow.run();
    this.#running = true;
  }

  #commitOpen(): void {
    if (this.#stopped !== undefined) throw this.#stopped;
    this.#commitNow.run();
  }

  #rollback(): void {
    if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
  }
}
