import { deepStrictEqual, strictEqual } from 'node:assert';
import fc from 'fast-check';
import { test } from 'vitest';
import { HRESULTS, WARNINGS } from './hresults.generated.ts';
import {
  HR_FAILED,
  HR_SUCCEEDED,
  hresultHex,
  hresultName,
  MapiError,
  type MapiErrorCode,
  mapiErrorCode,
} from './mapi-error.ts';

test('an error says code and detail and has the number of the code', () => {
  const error = new MapiError('MAPI_E_NOT_FOUND', 'folder 7');
  deepStrictEqual(
    [error.name, error.message, error.code, error.detail, error.hresult],
    ['MapiError', 'MAPI_E_NOT_FOUND: folder 7', 'MAPI_E_NOT_FOUND', 'folder 7', 0x8004010f],
  );
});

test('ERR-4, PROP-077: warnings are successes, and every error is a failure, signed or unsigned', () => {
  deepStrictEqual(
    [
      WARNINGS.MAPI_W_NO_SERVICE,
      WARNINGS.MAPI_W_ERRORS_RETURNED,
      WARNINGS.MAPI_W_POSITION_CHANGED,
      WARNINGS.MAPI_W_APPROX_COUNT,
      WARNINGS.MAPI_W_CANCEL_MESSAGE,
      WARNINGS.MAPI_W_PARTIAL_COMPLETION,
    ],
    [0x0004_0203, 0x0004_0380, 0x0004_0481, 0x0004_0482, 0x0004_0580, 0x0004_0680],
  );
  for (const code of [0, ...Object.values(WARNINGS)]) {
    deepStrictEqual([HR_FAILED(code), HR_SUCCEEDED(code)], [false, true]);
  }
  for (const code of Object.values(HRESULTS)) {
    deepStrictEqual([HR_FAILED(code), HR_FAILED(code | 0), HR_SUCCEEDED(code | 0)], [true, true, false]);
  }
});

test('component, context and cause are there only if given', () => {
  const bare = new MapiError('MAPI_E_BUSY', 'x');
  deepStrictEqual(['component' in bare, 'context' in bare, 'cause' in bare], [false, false, false]);
  const full = new MapiError('MAPI_E_BUSY', 'x', { component: 'store', context: 'openEntry', cause: 1 });
  deepStrictEqual([full.component, full.context, full.cause], ['store', 'openEntry', 1]);
});

test('is tells MapiErrors from others, and codes apart', () => {
  const error = new MapiError('MAPI_E_BUSY', 'x');
  deepStrictEqual(
    [MapiError.is(error), MapiError.is(error, 'MAPI_E_BUSY'), MapiError.is(error, 'MAPI_E_NOT_FOUND')],
    [true, true, false],
  );
  deepStrictEqual(
    [MapiError.is(new Error('x')), MapiError.is(null), MapiError.is({ code: 'MAPI_E_BUSY' })],
    [false, false, false],
  );
});

test('is knows the MapiError of another copy of this package', () => {
  const brand = { [Symbol.for('mapi.MapiError')]: true, code: 'MAPI_E_BUSY' };
  strictEqual(MapiError.is(Object.assign(new Error('x'), brand), 'MAPI_E_BUSY'), true);
});

test('from leaves a MapiError as it is', () => {
  const error = new MapiError('MAPI_E_BUSY', 'x');
  strictEqual(MapiError.from(error, 'store'), error);
  strictEqual('component' in error, false);
});

const FOREIGN: readonly (readonly [string | undefined, MapiErrorCode])[] = [
  ['ENOSPC', 'MAPI_E_NOT_ENOUGH_DISK'],
  ['ENOENT', 'MAPI_E_NOT_FOUND'],
  ['EACCES', 'MAPI_E_NO_ACCESS'],
  ['EPERM', 'MAPI_E_NO_ACCESS'],
  ['ENOMEM', 'MAPI_E_NOT_ENOUGH_MEMORY'],
  ['ETIMEDOUT', 'MAPI_E_TIMEOUT'],
  ['ECONNREFUSED', 'MAPI_E_NETWORK_ERROR'],
  ['ECONNRESET', 'MAPI_E_NETWORK_ERROR'],
  ['EPIPE', 'MAPI_E_NETWORK_ERROR'],
  ['EUNHEARDOF', 'MAPI_E_CALL_FAILED'],
  ['toString', 'MAPI_E_CALL_FAILED'],
  [undefined, 'MAPI_E_CALL_FAILED'],
];

test.each(FOREIGN)('from turns a system error %s into %s', (system, code) => {
  const foreign = Object.assign(new Error('it broke'), system === undefined ? {} : { code: system });
  const error = MapiError.from(foreign, 'smtp');
  deepStrictEqual(
    [error.code, error.detail, error.cause === foreign, error.component],
    [code, 'it broke', true, 'smtp'],
  );
});

test('from makes a MapiError of anything that can be thrown', () => {
  deepStrictEqual(MapiError.from(Object.create(null), 'x').code, 'MAPI_E_CALL_FAILED');
  fc.assert(fc.property(fc.anything(), (thrown) => MapiError.is(MapiError.from(thrown, 'x'))));
});

test('hresults are named and printed whatever their sign', () => {
  deepStrictEqual(hresultName(0x8004010f), 'MAPI_E_NOT_FOUND');
  deepStrictEqual(hresultName(0x8004010f | 0), 'MAPI_E_NOT_FOUND');
  deepStrictEqual(hresultName(0), 'S_OK');
  deepStrictEqual(hresultName(0x1234), '0x00001234');
  deepStrictEqual(hresultHex(-1), '0xffffffff');
});

test('every error code is found by its number, warnings and strangers are not', () => {
  for (const code of Object.keys(HRESULTS) as MapiErrorCode[]) {
    const found = mapiErrorCode(HRESULTS[code]);
    deepStrictEqual(found === undefined ? undefined : HRESULTS[found], HRESULTS[code]);
  }
  deepStrictEqual([mapiErrorCode(0), mapiErrorCode(0x00040203), mapiErrorCode(5)], [undefined, undefined, undefined]);
});
