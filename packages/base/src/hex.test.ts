import { deepStrictEqual, throws } from 'node:assert';
import fc from 'fast-check';
import { test } from 'vitest';
import { fromHex, toHex } from './hex.ts';

test('digits are lower case, both cases are read', () => {
  deepStrictEqual(toHex(Uint8Array.of(0, 0xab, 0xff)), '00abff');
  deepStrictEqual(fromHex('00ABfF'), Uint8Array.of(0, 0xab, 0xff));
});

test('decode after encode is identity', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => deepStrictEqual(fromHex(toHex(bytes)), bytes)));
});

test('a view in the middle of a buffer is written without its neighbours', () => {
  deepStrictEqual(toHex(Uint8Array.of(1, 2, 3, 4).subarray(1, 3)), '0203');
});

test.each(['0', '0g', ' 00', '0x', '00\n0'])('%j is refused', (digits) => {
  throws(() => fromHex(digits), { code: 'MAPI_E_INVALID_PARAMETER' });
});
