import { deepStrictEqual, throws } from 'node:assert';
import { test } from 'vitest';
import { AssertionError, assert, unreachable } from './assert.ts';

test('assert throws an AssertionError with the message when the condition is falsy', () => {
  throws(() => assert(0, 'zero is falsy'), new AssertionError('zero is falsy'));
});

test('assert narrows the type and lets truth pass', () => {
  const value = 'text' as string | undefined;
  assert(value !== undefined, 'present');
  deepStrictEqual(value.length, 4);
});

test('unreachable names the value that should not be', () => {
  throws(() => unreachable('odd' as never), /unreachable value: odd/);
});
