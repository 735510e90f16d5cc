import { deepStrictEqual, rejects } from 'node:assert';
import { test } from 'vitest';
import { withDeadline } from './deadline.ts';
import { VirtualClock } from './virtual-clock.ts';

test('what is ready in time comes through, values and errors, and no timer stays', async () => {
  const clock = new VirtualClock();
  deepStrictEqual(await withDeadline(Promise.resolve(5), 10, clock, 'flush'), 5);
  await rejects(withDeadline(Promise.reject(new Error('own')), 10, clock, 'flush'), /own/);
  deepStrictEqual(clock.pendingTimers, 0);
});

test('what is late times out, and its later failure disturbs nobody', async () => {
  const clock = new VirtualClock();
  const late = clock.delay(20).then(() => Promise.reject(new Error('too late')));
  const refused = rejects(withDeadline(late, 10, clock, 'flush'), {
    code: 'MAPI_E_TIMEOUT',
    detail: 'flush took over 10 ms',
  });
  await clock.advance(10);
  await refused;
  await clock.advance(10); // an unhandled rejection here would fail the run
  deepStrictEqual(clock.pendingTimers, 0);
});
