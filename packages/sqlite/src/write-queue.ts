import { assert, MapiError } from '@nodemapi/base';
import type { Connection, SqlRow, Statement } from './driver.ts';
import { sqliteError } from './sqlite-error.ts';
import type { WalSync } from './wal-sync.ts';

interface Job {
  readonly operation: () => unknown;
  readonly afterCommit: ((result: never) => void) | undefined;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

interface Done {
  readonly job: Job;
  readonly result: unknown;
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
 * - Order is kept; an operation that throws is rolled back to its own savepoint, or with its transaction if it is alone.
 * - SQLite may end the whole transaction on a full disk: the others then run again without the one that met it.
 * - A COMMIT that fails rejects every operation of its transaction.
 * - After a sync that failed nobody knows what is on the disk: from then on every write is refused.
 */
export class WriteQueue {
  readonly #connection: Connection;
  readonly #name: string;
  readonly #sync: WalSync;
  readonly #beginNow: Statement;
  readonly #commitNow: Statement;
  readonly #savepoint: Statement;
  readonly #release: Statement;
  readonly #totalChanges: Statement;
  #jobs: Job[] = [];
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
    this.#savepoint = connection.prepare('SAVEPOINT operation');
    this.#release = connection.prepare('RELEASE operation');
    this.#totalChanges = connection.prepare('SELECT total_changes() AS total');
  }

  /** Whether an operation is running just now. */
  get running(): boolean {
    return this.#running;
  }

  add<T>(operation: () => T, afterCommit?: (result: T) => void): Promise<T> {
    const refusal = this.#broken ?? this.#stopped;
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ operation, afterCommit, resolve, reject });
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
    const done: Done[] = [];
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
  #keepNow(done: readonly Done[]): void {
    try {
      this.#sync.now();
      this.#settle(done);
    } catch (error) {
      this.#lose(done, error);
    }
    this.#next();
  }

  async #keep(done: readonly Done[]): Promise<void> {
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

  #settle(done: readonly Done[]): void {
    for (const { job, result } of done) settle(job, result);
  }

  #lose(done: readonly Done[], cause: unknown): void {
    const error = this.#break(cause);
    for (const { job } of done) job.reject(error);
    this.abandon(error);
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

  /** Those of `batch` that are on the disk now; the others have been rejected. */
  #commit(batch: readonly Job[]): readonly Done[] {
    let left = batch;
    while (left.length > 0) {
      const attempt = this.#attempt(left);
      if (attempt.done !== undefined) return attempt.done;
      left = attempt.again;
    }
    return [];
  }

  #attempt(jobs: readonly Job[]): { done: readonly Done[] } | { done: undefined; again: readonly Job[] } {
    const done: Done[] = [];
    const open = new Set(jobs);
    try {
      this.#begin();
      for (const job of jobs) {
        const outcome = jobs.length === 1 ? run(job) : this.#step(job);
        if ('error' in outcome) {
          open.delete(job);
          job.reject(sqliteError(outcome.error, this.#name));
          if (jobs.length === 1) this.#rollback();
          if (!this.#connection.isTransaction) return { done: undefined, again: [...open] };
        } else {
          done.push({ job, result: outcome.result });
        }
      }
      this.#commitOpen();
      return { done };
    } catch (error) {
      this.#rollback();
      const reason = sqliteError(error, this.#name);
      for (const job of open) job.reject(reason);
      return { done: [] };
    } finally {
      this.#running = false;
    }
  }

  #step(job: Job): { result: unknown } | { error: unknown } {
    this.#savepoint.run();
    try {
      const result = job.operation();
      this.#release.run();
      return { result };
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK TO operation; RELEASE operation');
      return { error };
    }
  }

  /** Rows that this connection has changed since it was opened. */
  #rowsChanged(): unknown {
    return (this.#totalChanges.get() as SqlRow | undefined)?.total;
  }

  #begin(): void {
    if (this.#broken !== undefined) throw this.#broken;
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

function run(job: Job): { result: unknown } | { error: unknown } {
  try {
    return { result: job.operation() };
  } catch (error) {
    return { error };
  }
}

function settle(job: Job, result: unknown): void {
  try {
    job.afterCommit?.(result as never);
  } catch (error) {
    queueMicrotask(() => {
      throw error; // a bug, and the neighbours are committed all the same
    });
  }
  job.resolve(result as never);
}
