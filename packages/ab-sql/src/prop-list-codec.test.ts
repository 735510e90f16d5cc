import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { encodeProps } from '@nodemapi/kit';
import {
  type MapiErrorCode,
  PR_DISPLAY_NAME,
  PR_SEND_RICH_INFO,
  type PropValue,
  PT_BINARY,
  PT_OBJECT,
  prop,
  tag,
  tagFromNumber,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { decodePropList, encodePropList, propListBytesMax } from './prop-list-codec.ts';

const LIST = [prop(PR_DISPLAY_NAME, 'ä'), prop(PR_SEND_RICH_INFO, true)];
const OBJECT: PropValue = { tag: tagFromNumber(tag(0x3001, PT_OBJECT)), value: new Uint8Array(1) };

const failsWith = (code: MapiErrorCode) => (error: unknown) => MapiError.is(error, code);

describe('property lists of entries as bytes', () => {
  test('come back as they were', () => {
    assert.deepEqual(decodePropList(encodePropList(LIST)), LIST);
  });

  test('damaged bytes give a list or MAPI_E_CORRUPT_DATA', () => {
    const damaged = fc.tuple(fc.nat(), fc.nat(255), fc.boolean()).map(([at, byte, cut]) => {
      const whole = encodePropList(LIST).slice();
      if (cut) return whole.subarray(0, at % whole.length);
      whole[at % whole.length] = byte;
      return whole;
    });
    fc.assert(
      fc.property(damaged, (input) => {
        try {
          decodePropList(input);
        } catch (error) {
          assert.ok(MapiError.is(error, 'MAPI_E_CORRUPT_DATA'), String(error));
        }
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  test('objects and lists past the limit are refused', () => {
    assert.throws(() => encodePropList([OBJECT]), failsWith('MAPI_E_INVALID_TYPE'));
    const large = [prop(tag(0x6700, PT_BINARY), new Uint8Array(propListBytesMax))];
    assert.throws(() => encodePropList(large), failsWith('MAPI_E_TOO_BIG'));
  });

  test('a list with what no entry has is damaged: other types, and values that lie elsewhere', () => {
    const elsewhere = encodeProps(LIST, [{ tag: tag(0x6700, PT_BINARY), value: 1, size: 1 }]);
    for (const bytes of [encodeProps([OBJECT]), elsewhere]) {
      assert.throws(() => decodePropList(bytes), failsWith('MAPI_E_CORRUPT_DATA'));
    }
  });
});
