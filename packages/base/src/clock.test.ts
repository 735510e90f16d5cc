import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import { test } from 'vitest';
import { systemClock } from './clock.ts';
import { fileTimeToMs } from './file-time.ts';

test('the three readings of the system clock agree with the computer', () => {
  const before = Date.now();
  const read = [systemClock.nowMs(), fileTimeToMs(systemClock.now())];
  const after = Date.now();
  for (const ms of read) ok(ms >= before && ms <= after, `${ms} lies in ${before}..${after}`);
  const first = systemClock.monotonicMs();
  ok(systemClock.monotonicMs() >= first);
});

test('a delay resolves after its time, or rejects with the reason of its signal', async () => {
  await systemClock.delay(1);
  const reason = new Error('enough');
  const aborter = new AbortController();
  const waiting = systemClock.delay(1_000_000, aborter.signal);
  aborter.abort(reason);
  await rejects(waiting, reason);
  await rejects(systemClock.delay(1, aborter.signal), reason);
});

test('a timer runs once, and not at all after cancel', async () => {
  let calls = 0;
  systemClock.setTimer(1, () => calls++);
  const cancelled = systemClock.setTimer(1, () => (calls += 100));
  cancelled.cancel();
  cancelled.cancel();
  await systemClock.delay(20);
  strictEqual(calls, 1);
});

test('a timer longer than Node can wait does not fire early', () => {
  const parts: { readonly fn: () => void; readonly ms: number }[] = [];
  const real = globalThis.setTimeout;
  const setTimeout = (fn: () => void, ms: number): object => {
    parts.push({ fn, ms });
    return { unref: () => {} };
  };
  const days40 = 40 * 86_400_000;
  let calls = 0;
  try {
    Object.assign(globalThis, { setTimeout });
    systemClock.setTimer(days40, () => calls++).unref();
    let elapsedMs = 0;
    for (let next = parts.shift(); next !== undefined; next = parts.shift()) {
      ok(next.ms <= 2 ** 31 - 1); // Node fires longer ones at once
      deepStrictEqual(calls, 0);
      elapsedMs += next.ms;
      next.fn();
    }
    deepStrictEqual([calls, elapsedMs], [1, days40]);
  } finally {
    Object.assign(globalThis, { setTimeout: real });
  }
});
