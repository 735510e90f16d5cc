import assert from 'node:assert/strict';
import { fromHex, toHex } from 'nodemapi';
import { describe, it } from 'vitest';
import { wholeIdsOf } from './whole-ids.ts';

const COMMON = `${'ab'.repeat(18)}c0de05`;
const SAMPLE = fromHex(`${COMMON}0200000000000000`);
const whole = (text: string): readonly string[] => wholeIdsOf(text, SAMPLE).map(toHex);

describe('whole identifiers of a short one', () => {
  it('are those that agree with what all identifiers have in common', () => {
    assert.deepEqual(whole('c0de05a18601'), [`${COMMON}a186010000000000`]);
    assert.deepEqual(whole(`${COMMON}07`), [`${COMMON}0700000000000000`]);
    assert.deepEqual(whole('0de05a18601'), [`${COMMON}a186010000000000`]);
  });

  it('are unknown where the digits may be in the middle of a number, or are of another store', () => {
    for (const text of ['a18601', '05a18601', 'c0de06a18601', '77'.repeat(6), '01', ''])
      assert.deepEqual(whole(text), [], text);
  });
});
