import { existsSync } from 'node:fs';
import { MapiError, type MapiErrorCode } from '@nodemapi/base';
import { holderText } from './lock-holder.ts';

/** Result codes of SQLite and how they read in MAPI; what is missing here is MAPI_E_CALL_FAILED. */
const CODES: Readonly<Record<number, MapiErrorCode>> = {
  3: 'MAPI_E_NO_ACCESS', // SQLITE_PERM
  5: 'MAPI_E_BUSY', // SQLITE_BUSY
  6: 'MAPI_E_BUSY', // SQLITE_LOCKED
  7: 'MAPI_E_NOT_ENOUGH_MEMORY', // SQLITE_NOMEM
  8: 'MAPI_E_NO_ACCESS', // SQLITE_READONLY
  10: 'MAPI_E_DISK_ERROR', // SQLITE_IOERR
  11: 'MAPI_E_CORRUPT_STORE', // SQLITE_CORRUPT
  13: 'MAPI_E_NOT_ENOUGH_DISK', // SQLITE_FULL
  14: 'MAPI_E_NOT_FOUND', // SQLITE_CANTOPEN
  18: 'MAPI_E_TOO_BIG', // SQLITE_TOOBIG
  26: 'MAPI_E_CORRUPT_STORE', // SQLITE_NOTADB
};

/** The texts of SQLite, for errors that the binding throws without their number: those of a statement that is stepped. */
const RESULT_OF_TEXT: Readonly<Record<string, number>> = {
  'access permission denied': 3,
  'database is locked': 5,
  'database table is locked': 6,
  'out of memory': 7,
  'attempt to write a readonly database': 8,
  'disk I/O error': 10,
  'database disk image is malformed': 11,
  'database or disk is full': 13,
  'unable to open database file': 14,
  'string or blob too big': 18,
  'file is not a database': 26,
};

const SQLITE_ERROR = 1;
const CANTOPEN = 14;
const EACCES = 13;
const EISDIR = 21;

/**
 * The MapiError that stands for an error of SQLite; everything else, bugs included, comes back as it is.
 *
 * @param path the file, for the detail
 */
export function sqliteError(error: unknown, path: string): unknown {
  const result = resultOf(error);
  if (!(error instanceof Error) || result === undefined) return error;
  // What is there and cannot be opened is denied; Node's own binding does not give the number of the system.
  const denied = result === CANTOPEN && (existsSync(path) || ('systemErrno' in error && isDenial(error.systemErrno)));
  const code = denied ? 'MAPI_E_NO_ACCESS' : (CODES[result] ?? 'MAPI_E_CALL_FAILED');
  const who = code === 'MAPI_E_BUSY' ? holderText(path) : '';
  return new MapiError(code, `${path}: ${error.message}${who}`, { cause: error });
}

/** Result code of an error of SQLite; undefined for any other. */
function resultOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff; // the rest MAPI has no codes for
  if (!('code' in error) || error.code !== 'ERR_SQLITE_ERROR') return undefined;
  return RESULT_OF_TEXT[error.message] ?? SQLITE_ERROR;
}

function isDenial(systemErrno: unknown): boolean {
  return systemErrno === EACCES || systemErrno === EISDIR;
}
