import assert from 'node:assert/strict';
import {
  PR_BODY,
  PR_ENTRYID,
  PR_IMPORTANCE,
  PR_SUBJECT,
  PS_PUBLIC_STRINGS,
  PSETID_Task,
  PT_CLSID,
  prop,
  tag,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { fEqualNames, fPropCompareProp, fPropContainsProp, lPropCompareProp } from './prop-compare.ts';

const one = prop(PR_IMPORTANCE, 1);
const two = prop(PR_IMPORTANCE, 2);

test('UTIL-011: FPropCompareProp compares values of one type; others are in no relation', () => {
  for (const [relop, expected] of [
    ['LT', true],
    ['LE', true],
    ['GT', false],
    ['GE', false],
    ['EQ', false],
    ['NE', true],
  ] as const)
    assert.equal(fPropCompareProp(one, relop, two), expected, relop);
  for (const relop of ['EQ', 'NE', 'LT'] as const)
    assert.equal(fPropCompareProp(one, relop, prop(PR_BODY, '1')), false);
});

test('UTIL-012: FPropContainsProp looks into strings and binaries; without a level it wants the whole', () => {
  const text = prop(PR_SUBJECT, 'One Two');
  assert.equal(fPropContainsProp(text, prop(PR_BODY, 'Two'), { match: 'substring' }), true);
  assert.equal(fPropContainsProp(text, prop(PR_BODY, 'one'), { match: 'prefix', ignoreCase: true }), true);
  assert.equal(fPropContainsProp(text, prop(PR_BODY, 'Two')), false);
  assert.equal(
    fPropContainsProp(text, prop(PR_BODY, 'Two'), { match: 'soundsLike' as never, ignoreCase: true }),
    false,
  );
  assert.equal(fPropContainsProp(text, prop(PR_BODY, 'One Two')), true);
  assert.equal(
    fPropContainsProp(text, prop(PR_BODY, 'one two'), { match: 'soundsLike' as never, ignoreCase: true }),
    false,
  );
  const bytes = prop(PR_ENTRYID, Uint8Array.of(1, 2, 3));
  assert.equal(fPropContainsProp(bytes, prop(PR_ENTRYID, Uint8Array.of(2)), { match: 'substring' }), true);
  assert.equal(fPropContainsProp(one, one), false);
  assert.equal(fPropContainsProp(text, bytes, { match: 'substring' }), false);
});

test('UTIL-013: LPropCompareProp orders values of one type, and tells others apart in the same way each time', () => {
  assert.ok(lPropCompareProp(one, two) < 0 && lPropCompareProp(two, one) > 0);
  assert.equal(lPropCompareProp(one, one), 0);
  const guids = ['00020329-0000-0000-c000-000000000046', '00020328-0000-0000-c000-000000000046'].map((guid) =>
    prop(tag(0x6004, PT_CLSID), guid as never),
  );
  const [a, b] = guids as [(typeof guids)[0], (typeof guids)[0]];
  assert.notEqual(lPropCompareProp(a, b), 0);
  assert.equal(lPropCompareProp(a, b), lPropCompareProp(a, b));
  assert.throws(() => lPropCompareProp(one, prop(PR_BODY, 'x')), { code: 'MAPI_E_INVALID_PARAMETER' });
});

test('UTIL-014: FEqualNames wants the set, and the number or the string with its case', () => {
  const guid = PS_PUBLIC_STRINGS;
  assert.equal(fEqualNames({ guid, name: 'Colour' }, { guid, name: 'Colour' }), true);
  assert.equal(fEqualNames({ guid, name: 'Colour' }, { guid, name: 'colour' }), false);
  assert.equal(fEqualNames({ guid, id: 5 }, { guid, id: 5 }), true);
  assert.equal(fEqualNames({ guid, id: 5 }, { guid, name: '5' }), false);
  assert.equal(fEqualNames({ guid, id: 5 }, { guid: PSETID_Task, id: 5 }), false);
});
