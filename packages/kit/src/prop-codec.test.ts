import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import {
  isValueOfType,
  MV_FLAG,
  PR_SEND_RICH_INFO,
  PR_SUBJECT,
  type PropValue,
  PT_APPTIME,
  PT_BINARY,
  PT_BOOLEAN,
  PT_CLSID,
  PT_CURRENCY,
  PT_DOUBLE,
  PT_I2,
  PT_I8,
  PT_LONG,
  PT_R4,
  PT_STRING8,
  PT_SYSTIME,
  PT_UNICODE,
  prop,
  tagFromNumber,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { decodeProps, encodeProps, isKeptByType } from './prop-codec.ts';

const seed = 20_261_122;
const text = fc.string({ unit: 'grapheme' });
const bytes = fc.uint8Array({ maxLength: 200 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const VALUES: readonly (readonly [number, fc.Arbitrary<unknown>])[] = [
  [PT_I2, fc.integer({ min: -0x8000, max: 0x7fff })],
  [PT_LONG, fc.oneof(fc.integer(), fc.integer({ min: 0x8000_0000, max: 0xffff_ffff }))],
  [PT_R4, fc.float({ noNaN: true })],
  [PT_DOUBLE, fc.double({ noNaN: true })],
  [PT_CURRENCY, int64],
  [PT_APPTIME, fc.double({ noNaN: true })],
  [PT_BOOLEAN, fc.boolean()],
  [PT_I8, int64],
  [PT_STRING8, text],
  [PT_UNICODE, text],
  [PT_SYSTIME, int64],
  [PT_CLSID, fc.uuid()],
  [PT_BINARY, bytes],
];

const anyProp: fc.Arbitrary<PropValue> = fc.constantFrom(...VALUES).chain(([type, value]) =>
  fc.boolean().chain((multiple) =>
    fc.record(
      {
        tag: fc
          .integer({ min: 1, max: 0xfffe })
          .map((id) => tagFromNumber(id * 0x10000 + (multiple && type !== PT_BOOLEAN ? type | MV_FLAG : type))),
        value: multiple && type !== PT_BOOLEAN ? fc.array(value, { minLength: 1, maxLength: 5 }) : value,
      },
      { noNullPrototype: true },
    ),
  ),
);

const reference = fc.record(
  {
    tag: fc.integer({ min: 1, max: 0xfffe }).map((id) => tagFromNumber(id * 0x10000 + PT_BINARY)),
    value: fc.integer({ min: 1, max: 2 ** 40 }),
    size: fc.integer({ min: 0, max: 2 ** 50 }),
  },
  { noNullPrototype: true },
);

describe('lists of property values', () => {
  test('come back as they were written', () => {
    fc.assert(
      fc.property(fc.array(anyProp), fc.array(reference), (props, references) => {
        for (const { tag, value } of props) assert.ok(isValueOfType(tag & 0xffff, value) && isKeptByType(tag));
        assert.deepEqual(decodeProps(encodeProps(props, references)), { props, references });
      }),
      { seed, numRuns: 300 },
    );
  });

  test('hostile bytes give a list or MAPI_E_CORRUPT_DATA', () => {
    const run = (hostile: Uint8Array): void => {
      try {
        decodeProps(hostile);
      } catch (error) {
        assert.ok(MapiError.is(error, 'MAPI_E_CORRUPT_DATA'), String(error));
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), run), { seed, numRuns: 1000 });
    const good = encodeProps([prop(PR_SUBJECT, 'a subject'), prop(tagFromNumber(0x6700_1102), [Uint8Array.of(1, 2)])]);
    for (let length = 0; length < good.length; length++) run(good.subarray(0, length));
  });

  test('the bytes are those of the drawing', () => {
    const elsewhere = { tag: tagFromNumber(0x6700_0102), value: 5, size: 6 };
    const props = [prop(PR_SUBJECT, 'ä'), prop(PR_SEND_RICH_INFO, true), prop(tagFromNumber(0x6701_0003), -2)];
    const expected = [
      [1],
      [0x1f, 0, 0x37, 0, 2, 0xc3, 0xa4],
      [0x0b, 0, 0x40, 0x3a, 1],
      [0x03, 0, 0x01, 0x67, 3],
      [0, 0, 0xff, 0xff, 0x02, 0x01, 0, 0x67, 5, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0],
    ];
    assert.deepEqual([...encodeProps(props, [elsewhere])], expected.flat());
  });

  test('a count larger than what is there allocates nothing', () => {
    const huge = Uint8Array.from([1, 0x1f, 0x10, 0x37, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert.throws(
      () => decodeProps(huge),
      (error) => MapiError.is(error, 'MAPI_E_CORRUPT_DATA'),
    );
  });

  test('a value that its type cannot hold is refused', () => {
    assert.throws(() => encodeProps([{ tag: tagFromNumber(0x0039_0040), value: 2n ** 64n }]), MapiError);
  });
});
