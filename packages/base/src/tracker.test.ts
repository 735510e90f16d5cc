import { deepStrictEqual } from 'node:assert';
import { test } from 'vitest';
import { Tracker } from './tracker.ts';

test('what is tracked is open until it is released, oldest first', () => {
  const tracker = new Tracker();
  const store = tracker.track('IMsgStore', 'a.ts:1:2');
  tracker.track('IMAPITable', 'b.ts:3:4');
  tracker.track('IMAPITable', 'b.ts:3:4');
  tracker.release(store);
  tracker.release(store);
  deepStrictEqual(tracker.open(), [
    { kind: 'IMAPITable', openedAt: 'b.ts:3:4' },
    { kind: 'IMAPITable', openedAt: 'b.ts:3:4' },
  ]);
});
