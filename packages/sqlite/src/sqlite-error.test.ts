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
