import assert from 'node:assert/strict';
import {
  PR_BODY,
  PR_ENTRYID,
  PR_IMPORTANCE,
  type PropValue,
  PT_BOOLEAN,
  PT_MV_BINARY,
  PT_STRING8,
  prop,
  tag,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { propCopyMore, scCopyProps, scCountProps, scDupPropset, ulPropSize } from './prop-copies.ts';

const MANY = tag(0x6001, PT_MV_BINARY);
const odd = { tag: 0x6001_00ff, value: 1 } as unknown as PropValue; // of a type that no tag can have

test('UTIL-005: PropCopyMore shares nothing with the original; a type that is not known is MAPI_E_NO_SUPPORT', () => {
  const bytes = Uint8Array.of(1, 2);
  const original = prop(MANY, [bytes]);
  const copy = propCopyMore(original);
  bytes[0] = 9;
  assert.deepEqual(copy, prop(MANY, [Uint8Array.of(1, 2)]));
  assert.throws(() => propCopyMore(odd), { code: 'MAPI_E_NO_SUPPORT' });
});

test('UTIL-006: ScCopyProps keeps the order and tells the bytes; a type that is not known is MAPI_E_INVALID_PARAMETER', () => {
  const values = [prop(PR_BODY, 'text'), prop(PR_ENTRYID, Uint8Array.of(1))];
  const { values: copies, bytes } = scCopyProps(values);
  assert.deepEqual(copies, values);
  assert.notEqual(copies[1]?.value, values[1]?.value);
  assert.equal(bytes, scCountProps(values));
  assert.throws(() => scCopyProps([...values, odd]), { code: 'MAPI_E_INVALID_PARAMETER' });
});

test('UTIL-007: ScCountProps refuses identifiers 0 and 0xFFFF, and multivalues without values', () => {
  assert.equal(scCountProps([]), 0);
  assert.equal(scCountProps([prop(PR_BODY, 'ab'), prop(PR_IMPORTANCE, 1)]), 16 + 6 + 16 + 4);
  for (const wrong of [prop(tag(0, PT_BOOLEAN), true), prop(tag(0xffff, PT_BOOLEAN), true), prop(MANY, [])])
    assert.throws(() => scCountProps([prop(PR_BODY, 'x'), wrong]), { code: 'MAPI_E_INVALID_PARAMETER' });
});

test('UTIL-008: ScDupPropset counts and copies', () => {
  const values = [prop(PR_ENTRYID, Uint8Array.of(1))];
  const copies = scDupPropset(values);
  assert.deepEqual(copies, values);
  assert.notEqual(copies[0]?.value, values[0]?.value);
  assert.throws(() => scDupPropset([prop(MANY, [])]), { code: 'MAPI_E_INVALID_PARAMETER' });
});

test('UTIL-010: UlPropSize counts the value alone', () => {
  for (const [value, bytes] of [
    [prop(PR_IMPORTANCE, 1), 4],
    [prop(tag(0x6002, PT_BOOLEAN), true), 2],
    [prop(PR_ENTRYID, new Uint8Array(7)), 7],
    [prop(PR_BODY, 'abc'), 8],
    [prop(tag(0x6003, PT_STRING8), 'abc'), 4],
    [prop(MANY, [new Uint8Array(2), new Uint8Array(3)]), 5],
  ] as const)
    assert.equal(ulPropSize(value), bytes);
});
