import assert from 'node:assert/strict';
import { VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { StepDeadline } from './step-deadline.ts';

function started(limits: { readonly stepMs: number; readonly wholeMs: number }): {
  readonly clock: VirtualClock;
  readonly deadline: StepDeadline;
  readonly late: (readonly [number, boolean])[];
} {
  const clock = new VirtualClock();
  const late: (readonly [number, boolean])[] = [];
  const deadline = new StepDeadline(clock, (limitMs, whole) => late.push([limitMs, whole]));
  deadline.begin(limits);
  return { clock, deadline, late };
}

test('a step that takes too long is late; each step begins anew', async () => {
  const { clock, deadline, late } = started({ stepMs: 100, wholeMs: 10_000 });
  await clock.advance(99);
  deadline.moved(100);
  await clock.advance(99);
  assert.deepEqual(late, []);
  await clock.advance(1);
  assert.deepEqual(late, [[100, false]]);
});

test('many steps that are each in time are late together', async () => {
  const { clock, deadline, late } = started({ stepMs: 100, wholeMs: 1000 });
  for (let count = 0; count < 20; count++) {
    await clock.advance(90);
    deadline.moved(100);
  }
  assert.deepEqual(late, [[1000, true]]);
});

test('the bytes of a message buy time, and a drip of them buys none', async () => {
  const { clock, deadline, late } = started({ stepMs: 100_000, wholeMs: 1000 });
  deadline.took(8192 * 10);
  await clock.advance(10_999);
  assert.deepEqual(late, []);
  await clock.advance(1);
  assert.deepEqual(late, [[11_000, true]]);
});

test('an end leaves no timer behind', async () => {
  const { clock, deadline, late } = started({ stepMs: 100, wholeMs: 1000 });
  deadline.end();
  assert.equal(clock.pendingTimers, 0);
  await clock.advance(5000);
  assert.deepEqual(late, []);
});

/** A clock whose process stands still for a while: then every timer that came due runs at once, late. */
class StandingClock extends VirtualClock {
  #stoodMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.#stoodMs;
  }

  stand(ms: number): void {
    this.#stoodMs += ms;
  }
}

function standing(limits: { readonly stepMs: number; readonly wholeMs: number }) {
  const clock = new StandingClock();
  const late: (readonly [number, boolean])[] = [];
  const deadline = new StepDeadline(clock, (limitMs, whole) => late.push([limitMs, whole]));
  deadline.begin(limits);
  return { clock, deadline, late };
}

test('after a standstill the answer may be read before it is judged; without one it is late soon', async () => {
  const { clock, deadline, late } = standing({ stepMs: 10_000, wholeMs: 30_000 });
  clock.stand(600_000);
  await clock.advance(10_000);
  assert.deepEqual(late, []);
  deadline.moved(10_000); // the answer lay in the socket
  await clock.advance(9_000);
  assert.deepEqual(late, [], 'the time of the standstill counts for the whole, too');
  deadline.moved(10_000);
  clock.stand(600_000);
  await clock.advance(1_900);
  assert.deepEqual(late, []);
  await clock.advance(200);
  assert.equal(late.length, 1);
});

test('a process that is always late is not excused for ever', async () => {
  const { clock, late } = standing({ stepMs: 1000, wholeMs: 3_600_000 });
  for (let turn = 0; turn < 10 && late.length === 0; turn++) {
    clock.stand(200);
    await clock.advance(1000);
  }
  assert.deepEqual(late, [[1000, false]]);
});
