import { deepStrictEqual, rejects } from 'node:assert';
import { test } from 'vitest';
import { Mutex } from './mutex.ts';
import { VirtualClock } from './virtual-clock.ts';

test('one at a time, first come first served', async () => {
  const mutex = new Mutex();
  const log: string[] = [];
  const work = (name: string): Promise<string> =>
    mutex.run(async () => {
      log.push(`${name} in`);
      await new Promise(setImmediate);
      log.push(`${name} out`);
      return name;
    });
  deepStrictEqual(await Promise.all([work('a'), work('b'), work('c')]), ['a', 'b', 'c']);
  deepStrictEqual(log, ['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
});

test('using releases the lock at the end of the block', async () => {
  const mutex = new Mutex();
  {
    using _lock = await mutex.acquire();
    deepStrictEqual(mutex.locked, true);
  }
  deepStrictEqual(mutex.locked, false);
});

test('the wait has a timeout on the clock of the mutex', async () => {
  const clock = new VirtualClock();
  const mutex = new Mutex(clock);
  const lock = await mutex.acquire();
  const refused = rejects(
    mutex.run(() => 1, { timeoutMs: 10 }),
    { code: 'MAPI_E_TIMEOUT' },
  );
  deepStrictEqual(mutex.waiting, 1);
  await clock.advance(10);
  await refused;
  lock.release();
});
