import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { test } from 'vitest';
import {
  bytesCompare,
  bytesEqual,
  bytesHavePrefix,
  bytesHaveSuffix,
  concatBytes,
  utf8Decode,
  utf8Encode,
} from './bytes.ts';

const of = (...values: number[]): Uint8Array => Uint8Array.of(...values);

test('bytes are equal if length and all values are', () => {
  deepStrictEqual(
    [
      bytesEqual(of(1, 2), of(1, 2)),
      bytesEqual(of(1, 2), of(1, 3)),
      bytesEqual(of(1), of(1, 2)),
      bytesEqual(of(), of()),
    ],
    [true, false, false, true],
  );
});

test('the first byte that differs decides, unsigned; then the shorter is first', () => {
  deepStrictEqual(
    [
      bytesCompare(of(1), of(0xff)),
      bytesCompare(of(2), of(1, 9)),
      bytesCompare(of(1), of(1, 0)),
      bytesCompare(of(), of()),
    ],
    [-1, 1, -1, 0],
  );
});

test('parts are joined in order, into plain memory of their own', () => {
  const part = of(1);
  const whole = concatBytes([part, of(), of(2, 3)]);
  part[0] = 9;
  deepStrictEqual(whole, of(1, 2, 3));
});

test('what is joined has its parts as prefix and suffix', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      const whole = concatBytes([a, b]);
      return bytesHavePrefix(whole, a) && bytesHaveSuffix(whole, b) && whole.length === a.length + b.length;
    }),
  );
  deepStrictEqual(
    [bytesHavePrefix(of(1, 2), of(2)), bytesHaveSuffix(of(1, 2), of(1)), bytesHaveSuffix(of(1), of(0, 1))],
    [false, false, false],
  );
});

test('utf-8 keeps every well-formed text, a byte order mark too', () => {
  deepStrictEqual(utf8Decode(utf8Encode('\ufeffx')), '\ufeffx');
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => utf8Decode(utf8Encode(text)) === text));
});

test('what is no utf-8 becomes U+FFFD', () => {
  deepStrictEqual(utf8Decode(of(0x41, 0xff)), 'A\ufffd');
  deepStrictEqual(utf8Encode('\ud800'), of(0xef, 0xbf, 0xbd));
});
