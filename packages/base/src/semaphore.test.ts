import { deepStrictEqual, rejects, throws } from 'node:assert';
import { test } from 'vitest';
import { AssertionError } from './assert.ts';
import { Semaphore } from './semaphore.ts';
import { VirtualClock } from './virtual-clock.ts';

test('at most as many run as there are permits, in the order of asking', async () => {
  const semaphore = new Semaphore(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const work = (id: number): Promise<void> =>
    semaphore.run(async () => {
      started.push(id);
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    });
  await Promise.all([0, 1, 2, 3, 4].map(work));
  deepStrictEqual([started, most, semaphore.free, semaphore.waiting], [[0, 1, 2, 3, 4], 2, 2, 0]);
});

test('a permit is released once, however often release is called', async () => {
  const semaphore = new Semaphore(1);
  {
    using permit = await semaphore.acquire();
    permit.release();
    permit.release();
    deepStrictEqual(semaphore.free, 1);
  }
  deepStrictEqual(semaphore.free, 1);
});

test('a freed permit goes to the waiter, not to who asks at that moment', async () => {
  const semaphore = new Semaphore(1);
  const order: string[] = [];
  const held = await semaphore.acquire();
  const waiting = semaphore.run(() => void order.push('waiter'));
  held.release();
  const late = semaphore.run(() => void order.push('late'));
  await Promise.all([waiting, late]);
  deepStrictEqual(order, ['waiter', 'late']);
});

test('a wait ends at its timeout and takes no permit later', async () => {
  const clock = new VirtualClock();
  const semaphore = new Semaphore(1, clock);
  const held = await semaphore.acquire();
  const waiting = rejects(semaphore.acquire({ timeoutMs: 50 }), { code: 'MAPI_E_TIMEOUT' });
  await clock.advance(50);
  await waiting;
  held.release();
  deepStrictEqual([semaphore.free, semaphore.waiting, clock.pendingTimers], [1, 0, 0]);
});

test('a wait that succeeds leaves no timer and does not mind a later abort', async () => {
  const clock = new VirtualClock();
  const semaphore = new Semaphore(1, clock);
  const aborter = new AbortController();
  const held = await semaphore.acquire();
  const waiting = semaphore.acquire({ timeoutMs: 50, signal: aborter.signal });
  held.release();
  const permit = await waiting;
  aborter.abort();
  deepStrictEqual([semaphore.free, clock.pendingTimers], [0, 0]);
  permit.release();
  deepStrictEqual(semaphore.free, 1);
});

test('an aborted wait rejects with the reason; the next one moves up', async () => {
  const semaphore = new Semaphore(1);
  const aborter = new AbortController();
  const held = await semaphore.acquire();
  const first = rejects(semaphore.acquire({ signal: aborter.signal }), (reason) => reason === 'why');
  const second = semaphore.acquire();
  aborter.abort('why');
  await first;
  held.release();
  (await second).release();
  await rejects(semaphore.acquire({ signal: aborter.signal }), (reason) => reason === 'why');
  deepStrictEqual(semaphore.free, 1);
});

test('work that fails gives its permit back', async () => {
  const semaphore = new Semaphore(1);
  await rejects(
    semaphore.run(() => Promise.reject(new Error('work'))),
    /work/,
  );
  deepStrictEqual(semaphore.free, 1);
});

test('a semaphore without permits is a bug', () => {
  throws(() => new Semaphore(0), AssertionError);
});
