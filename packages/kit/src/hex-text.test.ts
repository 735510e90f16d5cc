import assert from 'node:assert/strict';
import { test } from 'vitest';
import * as hex from './hex-text.ts';

const bytes = Uint8Array.of(10, 0xff);

test('UTIL-021: HexFromBin writes two capitals a byte', () => assert.equal(hex.hexFromBin(bytes), '0AFF'));

test('UTIL-022: FBinFromHex takes digits of either case alone, ScBinFromHexBounded so many bytes', () => {
  assert.deepEqual(hex.fBinFromHex('0aFF'), bytes);
  for (const wrong of ['0g', '0', ' 0a', '0x0a']) {
    assert.equal(hex.fBinFromHex(wrong), null);
    assert.throws(() => hex.scBinFromHexBounded(wrong, 9), { code: 'MAPI_E_CALL_FAILED', hresult: 0x80004005 });
  }
  assert.deepEqual(hex.scBinFromHexBounded('0AFF', 1), Uint8Array.of(10));
});

test('UTIL-023: UFromSz and UlFromSzHex read the digits at the beginning', () => {
  assert.deepEqual(['5a5b', 'a5', '', '42'].map(hex.uFromSz), [5, 0, 0, 42]);
  assert.deepEqual(['5a', '5g', 'g5', 'FFFFFFFF'].map(hex.ulFromSzHex), [90, 5, 0, 0xffff_ffff]);
});

test('UTIL-024: SzFindCh, SzFindLastCh and SzFindSz find by case, or nothing', () => {
  assert.equal(hex.szFindCh('banana', 'a'), 'anana');
  assert.equal(hex.szFindLastCh('banana', 'a'), 'a');
  assert.equal(hex.szFindSz('banana', 'nan'), 'nana');
  assert.deepEqual(
    [hex.szFindCh('banana', 'A'), hex.szFindLastCh('banana', 'x'), hex.szFindSz('banana', 'NAN')],
    [null, null, null],
  );
  assert.deepEqual(
    [hex.szFindCh(null, 'a'), hex.szFindLastCh(null, 'a'), hex.szFindSz(null, 'a'), hex.szFindSz('a', null)],
    Array(4).fill(null),
  );
});

test('UTIL-025: an entry identifier as text comes back; other text is MAPI_E_INVALID_ENTRYID', () => {
  assert.deepEqual(hex.hrEntryIDFromSz(hex.hrSzFromEntryID(bytes)), bytes);
  for (const wrong of ['', '0', 'xyz'])
    assert.throws(() => hex.hrEntryIDFromSz(wrong), { code: 'MAPI_E_INVALID_ENTRYID' });
});
