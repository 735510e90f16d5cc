import { MapiError } from '@nodemapi/base';
import type { Connection } from './driver.ts';

interface SchemaOptions {
  readonly applicationId: number;
  readonly migrations: readonly string[];
  readonly readOnly?: boolean;
}

/** Pages that the log may have before a commit brings them into the file; pages written again and again go there once. */
const logPagesMax = 4000;

/** Sets up a connection and brings the schema to the version that `migrations` lead to. */
export function migrate(connection: Connection, path: string, options: SchemaOptions): void {
  checkKind(connection, path, options);
  if (!options.readOnly) connection.exec('PRAGMA journal_mode = WAL');
  connection.exec(`PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = ${logPagesMax}`);
  const version = pragma(connection, 'user_version');
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
function checkKind(connection: Connection, path: string, options: SchemaOptions): void {
  const id = pragma(connection, 'application_id');
  if (id === options.applicationId) return;
  const used = connection.prepare('SELECT 1 AS used FROM sqlite_schema LIMIT 1').get() !== undefined;
  if (id === 0 && !used && !options.readOnly) return;
  throw new MapiError('MAPI_E_CORRUPT_STORE', `${path} is a database of another kind (application id ${id})`);
}

/** All steps in one transaction; another process may have done them while the lock was waited for. */
function upgrade(connection: Connection, { applicationId, migrations }: SchemaOptions): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    for (const step of migrations.slice(pragma(connection, 'user_version'))) connection.exec(step);
    connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function pragma(connection: Connection, name: 'user_version' | 'application_id'): number {
  return Number(connection.prepare(`PRAGMA ${name}`).get()?.[name]);
}
