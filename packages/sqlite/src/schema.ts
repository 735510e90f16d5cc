import { MapiError } from '@nodemapi/base';
import type { Connection } from './driver.ts';
import { RowStatement } from './row-statement.ts';

interface SchemaOptions {
  readonly applicationId: number;
  readonly migrations: readonly string[];
  readonly readOnly?: boolean;
}

/** Pages that the log may have before a commit brings them into the file; pages written again and again go there once. */
const logPagesMax = 4000;

/** Of pages in memory; a transaction that changes more has to write some before its end, and perhaps again at its end. */
const cacheKilobytes = 16_000;

/**
 * Sets up a connection and brings the schema to the version that `migrations` lead to. Answers whether SQLite syncs every
 * commit by itself; else the log is to be synced after each, which is as safe and need not be waited for idly.
 */
export function migrate(connection: Connection, path: string, options: SchemaOptions): { readonly isSynced: boolean } {
  const { kind, version } = read(connection);
  if (kind !== options.applicationId) checkNew(connection, path, kind, options);
  const mode = options.readOnly
    ? undefined
    : new RowStatement(connection, 'PRAGMA journal_mode = WAL').get([])?.journal_mode;
  connection.exec(`PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = ${logPagesMax};
    PRAGMA cache_size = -${cacheKilobytes}`);
  bringUpToDate(connection, path, version, options);
  const isSynced = mode !== 'wal'; // in memory, for reading only, or where the file system can do no better
  if (!isSynced) connection.exec('PRAGMA synchronous = NORMAL');
  return { isSynced };
}

function bringUpToDate(connection: Connection, path: string, version: number, options: SchemaOptions): void {
  if (version === options.migrations.length) return;
  if (version > options.migrations.length) {
    throw new MapiError(
      'MAPI_E_VERSION',
      `${path} has schema ${version}, this program knows up to ${options.migrations.length}`,
    );
  }
  if (options.readOnly) {
    throw new MapiError('MAPI_E_VERSION', `${path} has schema ${version} and is open for reading only`);
  }
  upgrade(connection, options);
}

/** An empty file is one of ours to be. */
function checkNew(connection: Connection, path: string, kind: number, { readOnly }: SchemaOptions): void {
  const used = connection.prepare('SELECT 1 AS used FROM sqlite_schema LIMIT 1').get() !== undefined;
  if (kind === 0 && !used && !readOnly) return;
  throw new MapiError('MAPI_E_CORRUPT_STORE', `${path} is a database of another kind (application id ${kind})`);
}

/** All steps in one transaction; another process may have done them while the lock was waited for. */
function upgrade(connection: Connection, { applicationId, migrations }: SchemaOptions): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    for (const step of migrations.slice(read(connection).version)) connection.exec(step);
    connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

/** What the head of the file says of it. */
function read(connection: Connection): { readonly kind: number; readonly version: number } {
  const head = 'SELECT application_id AS kind, user_version AS version FROM pragma_application_id, pragma_user_version';
  const row = new RowStatement(connection, head).get([]);
  return { kind: Number(row?.kind), version: Number(row?.version) };
}
