import assert from 'node:assert/strict';
import {
  isValueOfType,
  PT_BINARY,
  PT_BOOLEAN,
  PT_I8,
  PT_LONG,
  PT_MV_BINARY,
  PT_MV_UNICODE,
  PT_SYSTIME,
  PT_UNICODE,
  tagFromNumber,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { test } from 'vitest';
import { propsFromJson, propsToJson, tagFromText } from './prop-json.ts';

const VALUES = new Map<number, fc.Arbitrary<unknown>>([
  [PT_LONG, fc.integer()],
  [PT_BOOLEAN, fc.boolean()],
  [PT_UNICODE, fc.string()],
  [PT_BINARY, fc.uint8Array()],
  [PT_I8, fc.bigInt()],
  [PT_SYSTIME, fc.bigInt()],
  [PT_MV_UNICODE, fc.array(fc.string())],
  [PT_MV_BINARY, fc.array(fc.uint8Array())],
]);

test('what is written is read again, through JSON text', () => {
  const prop = fc.constantFrom(...VALUES.keys()).chain((type) =>
    fc.tuple(fc.integer({ min: 1, max: 0xfffe }), VALUES.get(type) ?? fc.constant(null)).map(([id, value]) => ({
      tag: tagFromNumber(id * 0x10000 + type),
      value,
    })),
  );
  fc.assert(
    fc.property(prop, (one) => {
      assert.ok(isValueOfType(one.tag & 0xffff, one.value));
      assert.deepEqual(propsFromJson(JSON.parse(JSON.stringify(propsToJson([one])))), [one]);
    }),
    { seed: 1 },
  );
});

test('a tag or a value that cannot be is corrupt data, and named', () => {
  assert.throws(() => propsFromJson({ '0x30': 1 }), { code: 'MAPI_E_CORRUPT_DATA', message: /0x30/ });
  assert.throws(() => propsFromJson({ '0x30010003': 'x' }), { code: 'MAPI_E_CORRUPT_DATA' });
  assert.throws(() => propsFromJson({ '0x30010102': 'xyz' }), { code: 'MAPI_E_CORRUPT_DATA' });
  assert.throws(() => tagFromText('PR_SUBJECT'), { code: 'MAPI_E_INVALID_PARAMETER' });
});
