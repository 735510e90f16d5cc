import assert from 'node:assert/strict';
import { test } from 'vitest';
import { ftAddFt, ftMulDw, ftMulDwDw, ftNegFt, ftSubFt } from './file-time-arithmetic.ts';

const MAX = 2n ** 64n - 1n;

test('UTIL-028: times are added, subtracted, multiplied and negated on 64 bits without a sign', () => {
  assert.deepEqual([ftAddFt(5n, 3n), ftAddFt(MAX, 2n)], [8n, 1n]);
  assert.deepEqual([ftSubFt(5n, 3n), ftSubFt(3n, 5n)], [2n, MAX - 1n]);
  assert.deepEqual([ftMulDw(3, 5n), ftMulDw(2, MAX), ftMulDw(0xffff_ffff, 1n)], [15n, MAX - 1n, 0xffff_ffffn]);
  assert.deepEqual([ftMulDwDw(0xffff_ffff, 0xffff_ffff), ftMulDwDw(-1, 1)], [0xffff_fffe_0000_0001n, 0xffff_ffffn]);
  assert.deepEqual([ftNegFt(1n), ftNegFt(0n), ftNegFt(ftNegFt(77n))], [MAX, 0n, 77n]);
});
