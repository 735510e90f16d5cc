import { deepStrictEqual, rejects, strictEqual } from 'node:assert';
import { test } from 'vitest';
import { fileTimeToIso } from './file-time.ts';
import { VirtualClock } from './virtual-clock.ts';

test('time stands still until it is moved', async () => {
  const clock = new VirtualClock(Date.UTC(2020, 0, 1));
  deepStrictEqual([fileTimeToIso(clock.now()), clock.monotonicMs()], ['2020-01-01T00:00:00.000Z', 0]);
  await clock.advance(1500);
  deepStrictEqual([fileTimeToIso(clock.now()), clock.monotonicMs()], ['2020-01-01T00:00:01.500Z', 1500]);
});

test('timers run in order of time, equal ones in order of making, each at its own moment', async () => {
  const clock = new VirtualClock();
  const ran: [string, number][] = [];
  const note = (name: string) => () => void ran.push([name, clock.monotonicMs()]);
  clock.setTimer(20, note('late'));
  clock.setTimer(10, note('first'));
  clock.setTimer(10, note('second'));
  clock.setTimer(31, note('beyond'));
  clock.setTimer(-5, note('overdue'));
  await clock.advance(30);
  deepStrictEqual(ran, [
    ['overdue', 0],
    ['first', 10],
    ['second', 10],
    ['late', 20],
  ]);
  strictEqual(clock.pendingTimers, 1);
});

test('promises settle between timers, and timers they set run within the same advance', async () => {
  const clock = new VirtualClock();
  const ran: string[] = [];
  const loop = async (): Promise<void> => {
    for (let turn = 1; turn <= 3; turn++) {
      await clock.delay(10);
      await Promise.resolve();
      ran.push(`turn ${turn} at ${clock.monotonicMs()}`);
    }
  };
  const done = loop();
  clock.setTimer(15, () => ran.push('between'));
  await clock.advance(30);
  await done;
  deepStrictEqual(ran, ['turn 1 at 10', 'between', 'turn 2 at 20', 'turn 3 at 30']);
});

test('a cancelled timer does not run, not even from a timer of the same moment', async () => {
  const clock = new VirtualClock();
  let calls = 0;
  clock.setTimer(10, () => second.cancel());
  const second = clock.setTimer(10, () => calls++);
  await clock.advance(10);
  deepStrictEqual([calls, clock.pendingTimers], [0, 0]);
});

test('an aborted delay rejects with the reason and leaves no timer', async () => {
  const clock = new VirtualClock();
  const aborter = new AbortController();
  const waiting = clock.delay(10, aborter.signal);
  aborter.abort('stop');
  await rejects(waiting, (reason) => reason === 'stop');
  strictEqual(clock.pendingTimers, 0);
});

test('what a timer throws rejects the advance', async () => {
  const clock = new VirtualClock();
  clock.setTimer(1, () => {
    throw new Error('in a timer');
  });
  await rejects(clock.advance(1), /in a timer/);
});

test('a process that stood still finds all its timers due, later than they were for', () => {
  const clock = new VirtualClock();
  const calls: string[] = [];
  const note = (name: string): void => void calls.push(`${name} at ${clock.monotonicMs()}`);
  clock.setTimer(30, () => note('second'));
  clock.setTimer(10, () => {
    note('first');
    cancelled.cancel();
    clock.setTimer(0, () => note('set by the first'));
  });
  const cancelled = clock.setTimer(40, () => note('cancelled'));
  clock.setTimer(60, () => note('not due'));
  clock.standStill(50);
  deepStrictEqual(calls, ['first at 50', 'second at 50']);
  strictEqual(clock.pendingTimers, 2);
});
