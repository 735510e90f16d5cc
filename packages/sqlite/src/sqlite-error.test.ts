import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { test } from 'vitest';
import { sqliteError } from './sqlite-error.ts';

const failure = (errcode: number, systemErrno?: number) => Object.assign(new Error('x'), { errcode, systemErrno });
const codeOf = (error: unknown) => (MapiError.is(error) ? error.code : error);

test('extended result codes read like their family, and what SQLite alone knows is MAPI_E_CALL_FAILED', () => {
  assert.equal(codeOf(sqliteError(failure(5), 'f')), 'MAPI_E_BUSY');
  assert.equal(codeOf(sqliteError(failure(5 | (2 << 8)), 'f')), 'MAPI_E_BUSY');
  assert.equal(codeOf(sqliteError(failure(10 | (3 << 8)), 'f')), 'MAPI_E_DISK_ERROR');
  assert.equal(codeOf(sqliteError(failure(14, 13), 'f')), 'MAPI_E_NO_ACCESS');
  assert.equal(codeOf(sqliteError(failure(1), 'f')), 'MAPI_E_CALL_FAILED');
});

test('a bug stays what it is', () => {
  const bug = new TypeError('undefined is not a function');
  assert.equal(sqliteError(bug, 'f'), bug);
});

test('an error without its number is known by its text', () => {
  const unnumbered = (message: string) => Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR' });
  assert.equal(codeOf(sqliteError(unnumbered('database disk image is malformed'), 'f')), 'MAPI_E_CORRUPT_STORE');
  assert.equal(codeOf(sqliteError(unnumbered('database or disk is full'), 'f')), 'MAPI_E_NOT_ENOUGH_DISK');
  assert.equal(codeOf(sqliteError(unnumbered('no such table: x'), 'f')), 'MAPI_E_CALL_FAILED');
});
