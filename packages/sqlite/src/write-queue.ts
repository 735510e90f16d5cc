import { assert } from '@nodemapi/base';
import type { Connection, Statement } from './driver.ts';
import { sqliteError } from './sqlite-error.ts';

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
 * - While several come together it waits a few turns for more, as long as each turn brings some: a sync is dear.
 * - Order is kept; an operation that throws is rolled back to its own savepoint, or with its transaction if it is alone.
 * - SQLite may end the whole transaction on a full disk: the others then run again without the one that met it.
 * - A COMMIT that fails rejects every operation of its transaction.
 */
export class WriteQueue {
  readonly #connection: Connection;
  readonly #name: string;
  readonly #beginNow: Statement;
  readonly #commitNow: Statement;
  readonly #savepoint: Statement;
  readonly #release: Statement;
  #jobs: Job[] = [];
  #scheduled = false;
  #running = false;
  /** No operation is taken or committed any more. */
  #stopped: Error | undefined;
  #idle: (() => void)[] = [];
  /** Operations in the last transaction. */
  #lastSize = 0;
  /** Turns that the next transaction has waited, and the operations that it had then. */
  #waited = 0;
  #waitedWith = 0;

  /** @param name of the database, for error texts */
  constructor(connection: Connection, name: string) {
    this.#connection = connection;
    this.#name = name;
    this.#beginNow = connection.prepare('BEGIN IMMEDIATE');
    this.#commitNow = connection.prepare('COMMIT');
    this.#savepoint = connection.prepare('SAVEPOINT operation');
    this.#release = connection.prepare('RELEASE operation');
  }

  /** Whether an operation is running just now. */
  get running(): boolean {
    return this.#running;
  }

  add<T>(operation: () => T, afterCommit?: (result: T) => void): Promise<T> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ operation, afterCommit, resolve, reject });
      this.#schedule();
    });
  }

  /** Runs `operation` now, in a transaction of its own. */
  alone<T>(operation: () => T): T {
    assert(!this.#running, 'an operation began a transaction of its own');
    this.#begin();
    try {
      const result = operation();
      this.#commitOpen();
      return result;
    } catch (error) {
      this.#rollback();
      throw error;
    } finally {
      this.#running = false;
    }
  }

  /** Resolves when nothing is waiting any more. */
  drained(): Promise<void> {
    if (this.#jobs.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /**
   * Commits at once what is waiting, and takes nothing more until `resume`; `reason` is what is said then. An operation
   * that is just running, and everything behind it, is not committed: false.
   */
  stop(reason: Error): boolean {
    if (this.#stopped !== undefined) return true;
    if (this.#running) {
      this.#stopped = reason;
      this.abandon(reason);
      return false;
    }
    while (this.#jobs.length > 0) this.#commitNext();
    this.#stopped = reason;
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
    if (this.#waitsForMore()) {
      this.#schedule();
      return;
    }
    this.#commitNext();
    if (this.#jobs.length > 0) this.#schedule();
  }

  #commitNext(): void {
    const batch = this.#jobs.slice(0, operationsPerCommitMax);
    this.#jobs = this.#jobs.slice(batch.length);
    if (batch.length === 0) return; // abandoned
    this.#lastSize = batch.length;
    const done = this.#commit(batch);
    for (const { job, result } of done) {
      settle(job, result);
    }
    if (this.#jobs.length === 0) for (const resolve of this.#idle.splice(0)) resolve();
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

  #begin(): void {
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
