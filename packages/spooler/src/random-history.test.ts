import { deepStrictEqual } from 'node:assert/strict';
import { test } from 'vitest';
import { runHistories } from './random-histories.testing.ts';

const seed = 20261122;

test('SPOOL-001, SPOOL-035, SPOOL-043: whatever happens to a queue, every message that is not final is looked at again', async () => {
  deepStrictEqual(await runHistories({ count: 40, seed }), [], `seed ${seed}`);
});

test('the same with a store that has the documented methods only', async () => {
  deepStrictEqual(await runHistories({ count: 15, seed, records: false }), [], `seed ${seed}`);
});
