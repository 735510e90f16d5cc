import assert from 'node:assert/strict';
import { MapiError, toHex, utf8Encode } from '@nodemapi/base';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import {
  decodeOneOff,
  encodeOneOff,
  entryIdUid,
  isInternetShaped,
  isLongTerm,
  MAPI_ONE_OFF_UID,
  makeEntryId,
  parseOneOffText,
  searchKeyOf,
} from './index.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((value) => value.replaceAll('\0', ''));

describe('one-off entry identifiers', () => {
  test('AB-063, AB-064, C-17: the layout, to the byte', () => {
    const id = encodeOneOff({ displayName: 'A', addrType: 'SMTP', emailAddress: 'a@b', sendRichInfo: false });
    const parts = [
      '00000000',
      '812b1fa4bea310199d6e00dd010f5402',
      '0000',
      '0180',
      '41000000',
      '53004d0054005000',
      '0000',
    ];
    assert.equal(toHex(id), [...parts, '610040006200', '0000'].join(''));
  });

  test('reads what it writes', () => {
    fc.assert(
      fc.property(text, text, text, fc.boolean(), (displayName, addrType, emailAddress, sendRichInfo) => {
        const oneOff = { displayName, addrType, emailAddress, sendRichInfo };
        assert.deepEqual(decodeOneOff(encodeOneOff(oneOff)), oneOff);
      }),
      { seed: 1 },
    );
  });

  test('AB-064: without the Unicode flag the strings are 8-bit', () => {
    const data = Uint8Array.from([
      0,
      0,
      1,
      0,
      ...utf8Encode('Bo'),
      0xe9,
      0,
      ...utf8Encode('FAX'),
      0,
      ...utf8Encode('1'),
      0,
    ]);
    const expected = { displayName: 'Boé', addrType: 'FAX', emailAddress: '1', sendRichInfo: false };
    assert.deepEqual(decodeOneOff(makeEntryId(MAPI_ONE_OFF_UID, data)), expected);
  });

  test('a cut-off identifier is refused, another provider’s is not ours', () => {
    const id = encodeOneOff({ displayName: 'A', addrType: 'SMTP', emailAddress: 'a@b', sendRichInfo: true });
    assert.throws(
      () => decodeOneOff(id.subarray(0, id.length - 2)),
      (error) => MapiError.is(error, 'MAPI_E_INVALID_ENTRYID'),
    );
    assert.equal(decodeOneOff(makeEntryId(new Uint8Array(16), new Uint8Array(8))), undefined);
    assert.equal(decodeOneOff(new Uint8Array(3)), undefined);
  });

  test('hostile bytes give a value or a MapiError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        try {
          decodeOneOff(makeEntryId(MAPI_ONE_OFF_UID, data));
        } catch (error) {
          assert.ok(MapiError.is(error));
        }
      }),
      { seed: 2 },
    );
  });

  test('STORE-033, AB-069: flags first, then the MAPIUID; one-offs are long-term', () => {
    const id = encodeOneOff({ displayName: '', addrType: 'SMTP', emailAddress: 'a@b', sendRichInfo: true });
    assert.deepEqual(entryIdUid(id), MAPI_ONE_OFF_UID);
    assert.equal(isLongTerm(id), true);
    assert.equal(isLongTerm(makeEntryId(MAPI_ONE_OFF_UID, new Uint8Array(1), 0x80)), false);
  });

  test('AB-066, XP-058: a search key is TYPE:ADDRESS in upper case with a zero', () => {
    assert.deepEqual(searchKeyOf('smtp', 'a@b.example'), utf8Encode('SMTP:A@B.EXAMPLE\0'));
  });

  test('AB-055: what looks like an Internet address', () => {
    const shaped = ['a@b.c', 'a.b@c.d.e'];
    const not = ['a@b', '@b.c', 'a@.c', 'a@b.', 'a b@c.d', 'a@b@c.d', 'ab.c'];
    assert.deepEqual(
      shaped.map(isInternetShaped),
      shaped.map(() => true),
    );
    assert.deepEqual(
      not.map(isInternetShaped),
      not.map(() => false),
    );
  });

  test('AB-067: the text form of a one-off', () => {
    assert.deepEqual(parseOneOffText('Ada L[SMTP:ada@x.y]  '), {
      displayName: 'Ada L',
      addrType: 'SMTP',
      emailAddress: 'ada@x.y',
    });
    assert.deepEqual(parseOneOffText('[fax:123]'), { displayName: '123', addrType: 'FAX', emailAddress: '123' });
    assert.equal(parseOneOffText('Ada[SMTP:a@b] more'), undefined);
    assert.equal(parseOneOffText('Ada'), undefined);
  });

  test('AB-068: a backslash quotes', () => {
    assert.deepEqual(parseOneOffText('A \\[x\\] \\\\ \\x41[T:b\\]c]'), {
      displayName: 'A [x] \\ A',
      addrType: 'T',
      emailAddress: 'b]c',
    });
  });
});
