import assert from 'node:assert/strict';
import { MAPI_TOP_LEVEL, type UserInterface } from '@nodemapi/mapi';
import { test } from 'vitest';
import { Progress } from './progress.ts';
import { ProgressSteps } from './progress-steps.ts';

test('UTIL-039: progress begins at top level between 1 and 1000, counts items there, and reaches its ends at the ends', () => {
  const shown: number[] = [];
  const ui = { progress: (_: string, done: number, total: number) => void shown.push(done / total) };
  const progress = new Progress('copying', ui as Partial<UserInterface> as UserInterface);
  assert.deepEqual([progress.getFlags(), progress.getMin(), progress.getMax()], [MAPI_TOP_LEVEL, 1, 1000]);
  const steps = new ProgressSteps(progress, 3);
  for (let index = 0; index < 3; index++) {
    steps.begin(index);
    steps.done(index + 1);
  }
  assert.equal(shown.at(-1), 1);
  assert.ok(shown.slice(0, -1).every((part) => part > 0 && part < 1));
  assert.equal(progress.getFlags(), MAPI_TOP_LEVEL);
});
