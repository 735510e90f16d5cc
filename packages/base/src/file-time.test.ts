import { deepStrictEqual, strictEqual, throws } from 'node:assert';
import fc from 'fast-check';
import { test } from 'vitest';
import {
  FILETIME_MAX,
  fileTimeFromDate,
  fileTimeFromIso,
  fileTimeFromMs,
  fileTimeToDate,
  fileTimeToIso,
  fileTimeToMs,
} from './file-time.ts';

const time = fc.bigInt({ min: 0n, max: FILETIME_MAX });
const invalid = { code: 'MAPI_E_INVALID_PARAMETER' };

test('1970 and 1601 have their known numbers', () => {
  deepStrictEqual(fileTimeFromMs(0), 116_444_736_000_000_000n);
  deepStrictEqual(fileTimeToIso(0n), '1601-01-01T00:00:00.000Z');
  deepStrictEqual(fileTimeFromDate(new Date('2024-02-29T12:34:56.789Z')), 133_536_836_967_890_000n);
});

test('a time and its ISO text are the same thing, to the tick', () => {
  fc.assert(fc.property(time, (ticks) => fileTimeFromIso(fileTimeToIso(ticks)) === ticks));
  deepStrictEqual(fileTimeToIso(FILETIME_MAX), '+030828-09-14T02:48:05.4775807Z');
});

test('whole milliseconds and dates survive', () => {
  const ms = fc.integer({ min: -11_644_473_600_000, max: 253_402_300_799_999 });
  fc.assert(fc.property(ms, (value) => fileTimeToMs(fileTimeFromMs(value)) === value));
  fc.assert(fc.property(ms, (value) => fileTimeToDate(fileTimeFromDate(new Date(value))).getTime() === value));
});

test('milliseconds are rounded down, also before 1970; fractions count when read', () => {
  strictEqual(fileTimeToMs(fileTimeFromMs(0) - 1n), -1);
  strictEqual(fileTimeToMs(fileTimeFromMs(0) + 9_999n), 0);
  strictEqual(fileTimeFromMs(0.5), fileTimeFromMs(0) + 5_000n);
});

test('ISO texts of every accepted form', () => {
  const noon = fileTimeFromIso('2024-02-29T12:00:00.000Z');
  for (const text of [
    '2024-02-29T12:00Z',
    '2024-02-29T14:00:00+02:00',
    '2024-02-29T06:30:00.0-0530',
    '2024-02-29T12:00:00.0000000Z',
  ]) {
    strictEqual(fileTimeFromIso(text), noon, text);
  }
  strictEqual(fileTimeFromIso('2024-02-29T12:00:00.0000001Z'), noon + 1n);
  strictEqual(fileTimeFromIso('2024-02-29'), noon - 432_000_000_000n);
});

test.each([
  '',
  'yesterday',
  '2024-02-30',
  '2023-02-29T00:00Z',
  '2024-13-01',
  '2024-01-01T24:00Z',
  '2024-01-01T00:60Z',
  '2024-01-01T00:00:60Z',
  '2024-01-01T00:00:00',
  '1600-12-31',
  '0001-01-01',
  '2024-01-01T00:00:00.12345678Z',
])('%j is refused', (text) => {
  throws(() => fileTimeFromIso(text), invalid);
});

test('what lies outside the range is refused', () => {
  throws(() => fileTimeFromMs(Number.NaN), invalid);
  throws(() => fileTimeFromMs(Number.POSITIVE_INFINITY), invalid);
  throws(() => fileTimeFromMs(-11_644_473_600_001), invalid);
  throws(() => fileTimeFromDate(new Date('no date')), invalid);
  throws(() => fileTimeToMs(-1n), invalid);
  throws(() => fileTimeToDate(FILETIME_MAX + 1n), invalid);
});
