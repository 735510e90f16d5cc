import { MapiError } from '@nodemapi/base';
import { type Connection, connect, connectionClosed, type SqlRow } from './driver.ts';
import { RowStatement } from './row-statement.ts';
import { migrate } from './schema.ts';
import type { Query } from './sql.ts';
import { sqliteError } from './sqlite-error.ts';
import { NO_SYNC, type WalSync, walSync } from './wal-sync.ts';
import { type CommitHooks, WriteQueue } from './write-queue.ts';

export interface DatabaseOptions {
  /** Marks files of one kind, so that no other database is taken for one. SQLite: PRAGMA application_id */
  readonly applicationId: number;
  /** Step i takes the schema from version i to i + 1; their number is the version that this program knows. */
  readonly migrations: readonly string[];
  readonly readOnly?: boolean;
  /** How long another process's transaction is waited for; 5000 by default. The event loop stands still meanwhile. */
  readonly busyTimeoutMs?: number;
  /** How the log of a path comes to the disk; for tests of disks that fail. */
  readonly sync?: (path: string) => WalSync;
}

export interface RunResult {
  readonly changes: number;
  /** Row id of the last insert of this connection. */
  readonly lastId: number;
}

const BUSY_TIMEOUT_MS = 5000;
const statementsMax = 500;

/**
 * One SQLite file in WAL mode: what was acknowledged survives the death of the machine.
 *
 * - Reads see what is committed, never half of a write: operations run without giving up the event loop.
 * - A promise of `write` resolves only after the COMMIT that its operation belongs to has reached the disk.
 * - Operations that are waiting together share one transaction; where one fails each runs again in one of its own.
 * - Integers come back as numbers; read a column that can pass 2^53 (a FILETIME) with `{ bigints: true }`.
 * - Several connections, in this process or in others, may use one file.
 */
export class Database implements AsyncDisposable {
  readonly path: string;
  readonly #connection: Connection;
  readonly #readOnly: boolean;
  readonly #statements = new Map<string, RowStatement>();
  /** Those that answer integers as bigints. */
  readonly #bigintStatements = new Map<string, RowStatement>();
  readonly #writes: WriteQueue;
  readonly #sync: WalSync;
  #closed = false;
  #refusal: MapiError | undefined;

  private constructor(path: string, connection: Connection, readOnly: boolean, sync: WalSync) {
    this.path = path;
    this.#connection = connection;
    this.#readOnly = readOnly;
    this.#sync = sync;
    this.#writes = new WriteQueue(connection, path, sync);
  }

  /**
   * Opens the database at `path`, which is created unless `readOnly`, and brings its schema up to date. `:memory:` is one
   * that lives as long as the object.
   *
   * @throws MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS; MAPI_E_CORRUPT_STORE if the file is no database or one of another kind;
   * MAPI_E_VERSION if a newer program wrote it; MAPI_E_BUSY if another process holds it for too long
   */
  static open(path: string, options: DatabaseOptions): Database {
    const readOnly = options.readOnly ?? false;
    try {
      const connection = connect(path, { readOnly, timeout: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS });
      try {
        const { isSynced } = migrate(connection, path, options);
        return new Database(path, connection, readOnly, isSynced ? NO_SYNC : (options.sync ?? walSync)(path));
      } catch (error) {
        connection.close();
        throw error;
      }
    } catch (error) {
      throw sqliteError(error, path);
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** All rows of `query`. `R` says what the caller knows of its columns. */
  all<R = SqlRow>(query: Query, options: { readonly bigints?: boolean } = {}): R[] {
    return this.#guard(() => this.#statement(query, options).all(query.parameters) as R[]);
  }

  /** The first row of `query`; undefined if there is none. */
  get<R = SqlRow>(query: Query, options: { readonly bigints?: boolean } = {}): R | undefined {
    return this.#guard(() => this.#statement(query, options).get(query.parameters) as R | undefined);
  }

  /** Rows one by one, for scans. Finish or leave the loop before the next write: no statement may stay open. */
  *iterate<R = SqlRow>(query: Query, options: { readonly bigints?: boolean } = {}): Generator<R, void, undefined> {
    this.#check();
    const statement = new RowStatement(this.#connection, query.text, options); // a cached one could be stepped by others
    try {
      yield* statement.iterate(query.parameters) as Generator<R, void, undefined>;
    } catch (error) {
      throw sqliteError(error, this.path);
    }
  }

  /** Runs a statement that changes rows. Outside of `write` and `transaction` it is a transaction by itself. */
  run(query: Query): RunResult {
    return this.#guard(() => {
      const result = this.#statement(query, {}).run(query.parameters);
      this.#syncOutside();
      return { changes: Number(result.changes), lastId: Number(result.lastInsertRowid) };
    });
  }

  /** Runs statements without parameters, such as a schema. */
  exec(text: string): void {
    this.#guard(() => {
      this.#connection.exec(text);
      this.#syncOutside();
    });
  }

  /**
   * Runs `operation` in a transaction that it may share with others, in the order of the calls; resolves with its result
   * when that is on the disk.
   *
   * An operation that throws is rolled back alone. It changes nothing but the database: where one of its neighbours fails,
   * it runs again.
   *
   * @throws what `operation` throws; MAPI_E_NOT_ENOUGH_DISK, MAPI_E_BUSY, MAPI_E_DISK_ERROR, with nothing changed
   */
  write<T>(operation: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(this.#closedError());
    return this.#writes.add(operation);
  }

  /** Has `hooks` called for every transaction of `write` from now on. */
  hook<T>(hooks: CommitHooks<T>): void {
    this.#writes.hook(hooks);
  }

  /** Runs `operation` at once in a transaction of its own that has the write lock from its start (BEGIN IMMEDIATE). */
  withImmediate<T>(operation: () => T): T {
    return this.#guard(() => this.#writes.alone(operation));
  }

  /** A number that changes when another connection has committed. SQLite: PRAGMA data_version */
  dataVersion(): number {
    return this.#guard(() => Number(this.#statement(DATA_VERSION, {}).get([])?.data_version));
  }

  /**
   * Commits what was asked for, brings it into the file, and refuses reads and writes with MAPI_E_NO_ACCESS until
   * `proceed`. It waits for nothing. In the middle of an operation nothing is committed: false. spec: mapicrashrecovery
   */
  recover(): boolean {
    if (this.#closed) return true;
    const reason = new MapiError('MAPI_E_NO_ACCESS', `${this.path} was locked by MAPICrashRecovery`);
    const isConsistent = this.#writes.stop(reason); // what it commits still reads and writes
    this.#refusal ??= reason;
    if (isConsistent && !this.#readOnly) this.#connection.exec('PRAGMA wal_checkpoint(PASSIVE)');
    return isConsistent;
  }

  /** Takes the refusal of `recover` back. */
  proceed(): void {
    this.#refusal = undefined;
    this.#writes.resume();
  }

  /** Resolves when the writes that were asked for until now are on the disk, or have failed. */
  settled(): Promise<void> {
    return this.#writes.drained();
  }

  /** Finishes the writes that were asked for, then closes. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writes.drained();
    this.#statements.clear();
    this.#bigintStatements.clear();
    this.#disconnect();
  }

  /** Closes at once; writes that are still waiting are rejected. For short work that waits for nothing. */
  closeNow(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#writes.abandon(this.#closedError());
    this.#statements.clear();
    this.#bigintStatements.clear();
    this.#disconnect();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Brings what is in the log into the file, so that a copy of the file alone is complete: SQLite does so at the last
   * close only if no statement is left, and the binding cannot finish its statements.
   */
  #disconnect(): void {
    try {
      if (!this.#readOnly) this.#connection.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      throw sqliteError(error, this.path);
    } finally {
      this.#connection.close();
      this.#sync.close();
      connectionClosed();
    }
  }

  /** What runs outside of a transaction was one by itself. */
  #syncOutside(): void {
    if (!this.#writes.running && !this.#readOnly && !this.#connection.isTransaction) this.#writes.syncNow();
  }

  #statement(query: Query, options: { readonly bigints?: boolean }): RowStatement {
    const statements = options.bigints ? this.#bigintStatements : this.#statements;
    let statement = statements.get(query.text);
    if (statement === undefined) {
      if (statements.size >= statementsMax) statements.clear();
      statement = new RowStatement(this.#connection, query.text, options);
      statements.set(query.text, statement);
    }
    return statement;
  }

  #guard<T>(action: () => T): T {
    this.#check();
    try {
      return action();
    } catch (error) {
      throw sqliteError(error, this.path);
    }
  }

  /** Writes that were queued before the close still run during it. */
  #check(): void {
    if (this.#closed && !this.#writes.running) throw this.#closedError();
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  #closedError(): MapiError {
    return new MapiError('MAPI_E_INVALID_OBJECT', `${this.path} is closed`);
  }
}

const DATA_VERSION: Query = { text: 'PRAGMA data_version', parameters: [] };
