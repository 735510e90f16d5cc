import assert from 'node:assert/strict';
import { VirtualClock } from '@nodemapi/base';
import fc from 'fast-check';
import { test } from 'vitest';
import { RateLimit } from './rate-limit.ts';

const { signal } = new AbortController();

test('no minute has more than the limit, whenever they come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 25 }),
      async (limit, pausesMs) => {
        const clock = new VirtualClock();
        const rate = new RateLimit(limit, clock);
        const momentsMs: number[] = [];
        const turns = pausesMs.map(async (_, index) => {
          await clock.delay(pausesMs.slice(0, index).reduce((sum, ms) => sum + ms, 0));
          await rate.turn(signal);
          momentsMs.push(clock.monotonicMs());
        });
        await clock.advance(pausesMs.length * 100_000);
        await Promise.all(turns);
        for (const [index, ms] of momentsMs.entries()) {
          const before = momentsMs[index - limit];
          assert.ok(before === undefined || ms - before >= 60_000, `${ms} comes too soon after ${before}`);
        }
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});

test('who waits can give up, and without a limit nobody waits', async () => {
  const clock = new VirtualClock();
  const rate = new RateLimit(1, clock);
  await rate.turn(signal);
  const abort = new AbortController();
  const waiting = rate.turn(abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/u);
  assert.equal(clock.pendingTimers, 0);
  const free = new RateLimit(undefined, clock);
  for (let count = 0; count < 1000; count++) await free.turn(signal);
});
