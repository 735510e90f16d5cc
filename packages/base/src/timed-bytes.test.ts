import { deepStrictEqual, ok, throws } from 'node:assert/strict';
import { test } from 'vitest';
import { toHex } from './hex.ts';
import { seededRandom } from './random.ts';
import { timedBytes } from './timed-bytes.ts';

const NOW = Date.UTC(2026, 10, 23);

test('what was made later sorts behind, and nothing is the same twice', () => {
  const random = seededRandom(1);
  const made = Array.from({ length: 200 }, (_, index) => toHex(timedBytes(NOW + index, random, 16)));
  deepStrictEqual([...made].sort(), made);
  const atOnce = Array.from({ length: 200 }, () => toHex(timedBytes(NOW, random, 16)));
  deepStrictEqual(new Set(atOnce).size, 200);
});

test('the time is in the first six bytes, also where the clock is wrong', () => {
  ok(toHex(timedBytes(NOW, seededRandom(1), 16)).startsWith(NOW.toString(16).padStart(12, '0')));
  ok(toHex(timedBytes(-5, seededRandom(1), 16)).startsWith('000000000000'));
});

test('too few bytes would not be unique', () => {
  throws(() => timedBytes(NOW, seededRandom(1), 13));
});
