import { MapiError, type MapiErrorCode } from '@nodemapi/base';

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

const CANTOPEN = 14;
const EACCES = 13;
const EISDIR = 21;

/**
 * The MapiError that stands for an error of SQLite; everything else, bugs included, comes back as it is.
 *
 * @param what what was being done, for the detail
 */
export function sqliteError(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error;
  const result = error.errcode & 0xff; // the rest says more than MAPI has codes for
  const denied = result === CANTOPEN && 'systemErrno' in error && isDenial(error.systemErrno);
  const code = denied ? 'MAPI_E_NO_ACCESS' : (CODES[result] ?? 'MAPI_E_CALL_FAILED');
  return new MapiError(code, `${what}: ${error.message}`, { cause: error });
}

function isDenial(systemErrno: unknown): boolean {
  return systemErrno === EACCES || systemErrno === EISDIR;
}
