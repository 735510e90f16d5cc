import { deepStrictEqual, match, throws } from 'node:assert';
import fc from 'fast-check';
import { test } from 'vitest';
import { guidFromBytes, guidToBytes, newGuid, parseGuid } from './guid.ts';
import { fromHex, toHex } from './hex.ts';
import { seededRandom } from './random.ts';

test('the first three groups are little-endian in memory', () => {
  const bytes = guidToBytes('00062008-0000-0000-c000-000000000046'); // PSETID_Common
  deepStrictEqual(toHex(bytes), '0820060000000000c000000000000046');
  deepStrictEqual(toHex(guidToBytes('00112233-4455-6677-8899-aabbccddeeff')), '33221100554477668899aabbccddeeff');
  deepStrictEqual(guidFromBytes(fromHex('33221100554477668899aabbccddeeff')), '00112233-4455-6677-8899-aabbccddeeff');
});

test('bytes and text are the same thing both ways, at any offset', () => {
  const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(fc.property(sixteen, (bytes) => deepStrictEqual(guidToBytes(guidFromBytes(bytes)), bytes)));
  fc.assert(fc.property(fc.uuid(), (guid) => guidFromBytes(guidToBytes(guid)) === guid));
  fc.assert(
    fc.property(fc.uint8Array(), sixteen, (before, bytes) => {
      const whole = Uint8Array.from([...before, ...bytes]);
      return guidFromBytes(whole, before.length) === guidFromBytes(bytes);
    }),
  );
});

test('braces and capitals are read, and nothing else', () => {
  deepStrictEqual(parseGuid('{00062008-0000-0000-C000-000000000046}'), '00062008-0000-0000-c000-000000000046');
  const wrong = [
    '',
    '{00062008-0000-0000-c000-000000000046',
    '00062008000000000c000000000000046',
    '00062008-0000-0000-c000-00000000004g',
  ];
  for (const text of wrong) throws(() => parseGuid(text), { code: 'MAPI_E_INVALID_PARAMETER' });
});

test('too few bytes are corrupt data', () => {
  throws(() => guidFromBytes(new Uint8Array(20), 5), { code: 'MAPI_E_CORRUPT_DATA' });
  throws(() => guidFromBytes(new Uint8Array(20), -1), { code: 'MAPI_E_CORRUPT_DATA' });
});

test('new GUIDs are random ones of version 4, and differ', () => {
  const random = seededRandom(1);
  const guids = Array.from({ length: 200 }, () => newGuid(random));
  deepStrictEqual(new Set(guids).size, 200);
  for (const guid of guids) match(guid, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
