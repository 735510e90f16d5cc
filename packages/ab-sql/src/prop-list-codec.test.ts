import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import {
  PR_DISPLAY_NAME,
  PR_SEND_RICH_INFO,
  type PropType,
  type PropValue,
  PT_BINARY,
  PT_BOOLEAN,
  PT_CLSID,
  PT_DOUBLE,
  PT_I8,
  PT_LONG,
  PT_MV_BINARY,
  PT_MV_UNICODE,
  PT_OBJECT,
  PT_SYSTIME,
  PT_UNICODE,
  prop,
  tag,
  tagFromNumber,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { decodePropList, encodePropList, propListBytesMax } from './prop-list-codec.ts';

const text = fc.string({ unit: 'grapheme' });
const bytes = fc.uint8Array({ maxLength: 40 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const VALUES: readonly (readonly [PropType, fc.Arbitrary<unknown>])[] = [
  [PT_UNICODE, text],
  [PT_BINARY, bytes],
  [PT_LONG, fc.integer()],
  [PT_BOOLEAN, fc.boolean()],
  [PT_DOUBLE, fc.double({ noNaN: true })],
  [PT_I8, int64],
  [PT_SYSTIME, int64],
  [PT_CLSID, fc.uuid()],
  [PT_MV_UNICODE, fc.array(text, { minLength: 1, maxLength: 4 })],
  [PT_MV_BINARY, fc.array(bytes, { minLength: 1, maxLength: 4 })],
];

const anyProp: fc.Arbitrary<PropValue> = fc
  .tuple(fc.integer({ min: 1, max: 0x7fff }), fc.constantFrom(...VALUES))
  .chain(([id, [type, value]]) => value.map((made) => ({ tag: tagFromNumber(tag(id, type)), value: made })));

describe('property lists as bytes', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(anyProp, { maxLength: 12 }), (values) => {
        assert.deepEqual(decodePropList(encodePropList(values)), values);
      }),
      { seed: 5 },
    );
  });

  test('hostile bytes give a list or MAPI_E_CORRUPT_DATA', () => {
    const damaged = fc
      .tuple(fc.array(anyProp, { maxLength: 5 }), fc.nat(), fc.nat(255), fc.boolean())
      .map(([values, at, byte, cut]) => {
        const whole = encodePropList(values).slice();
        if (cut) return whole.subarray(0, at % whole.length);
        whole[at % whole.length] = byte;
        return whole;
      });
    fc.assert(
      fc.property(fc.oneof(damaged, bytes), (input) => {
        try {
          decodePropList(input);
        } catch (error) {
          assert.ok(MapiError.is(error, 'MAPI_E_CORRUPT_DATA'), String(error));
        }
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  test('the bytes are those of the drawing', () => {
    const list = encodePropList([prop(PR_DISPLAY_NAME, 'ä'), prop(PR_SEND_RICH_INFO, true)]);
    const expected = [1, 2, 0, 0, 0, 0x1f, 0, 1, 0x30, 2, 0, 0, 0, 0xc3, 0xa4, 0x0b, 0, 0x40, 0x3a, 1];
    assert.deepEqual([...list], expected);
  });

  test('a count larger than what is there allocates nothing', () => {
    const huge = Uint8Array.from([1, 0xff, 0xff, 0xff, 0xff]);
    assert.throws(
      () => decodePropList(huge),
      (error) => MapiError.is(error, 'MAPI_E_CORRUPT_DATA'),
    );
  });

  test('objects and lists past the limit are refused', () => {
    const object = [{ tag: tagFromNumber(tag(0x3001, PT_OBJECT)), value: null }];
    assert.throws(
      () => encodePropList(object),
      (error) => MapiError.is(error, 'MAPI_E_INVALID_TYPE'),
    );
    const large = [prop(tag(0x6700, PT_BINARY), new Uint8Array(propListBytesMax))];
    assert.throws(
      () => encodePropList(large),
      (error) => MapiError.is(error, 'MAPI_E_TOO_BIG'),
    );
  });
});
