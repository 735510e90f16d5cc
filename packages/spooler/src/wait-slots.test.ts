import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { WaitSlots } from './wait-slots.ts';

const settings = { transportRetryMs: 30_000, retryMaxMs: 600_000 };

/** Milliseconds from now, of so many messages. */
function waits(slots: WaitSlots, clock: VirtualClock, count: number): readonly number[] {
  return Array.from({ length: count }, () => slots.next() - clock.nowMs());
}

test('few wait as long as a transport rests, many by fifties a second, none longer than between two attempts', async () => {
  const clock = new VirtualClock();
  const slots = new WaitSlots(clock, settings);
  const given = waits(slots, clock, 200);
  deepStrictEqual([...new Set(given)], [30_000, 31_000, 32_000, 33_000]);
  strictEqual(given.filter((wait) => wait === 31_000).length, 50);
  strictEqual(waits(slots, clock, 100_000).at(-1), 600_000);
});

test('they are spread as well when the time goes on between two messages', async () => {
  const clock = new VirtualClock();
  const slots = new WaitSlots(clock, settings);
  const given: number[] = [];
  for (let message = 0; message < 1000; message++) {
    await clock.advance(2);
    given.push(slots.next());
  }
  strictEqual((given.at(-1) ?? 0) - (given[0] ?? 0), 19_000);
});

test('when the time of a slot comes near, and after the clock was set, they begin anew', async () => {
  const clock = new VirtualClock();
  const slots = new WaitSlots(clock, settings);
  waits(slots, clock, 60);
  await clock.advance(5_000);
  deepStrictEqual(waits(slots, clock, 1), [30_000]);
  waits(slots, clock, 5_000);
  slots.reset();
  deepStrictEqual(waits(slots, clock, 1), [30_000]);
});
