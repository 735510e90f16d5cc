import assert from 'node:assert/strict';
import { utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type FileSystem, nodeFileSystem, processFates } from '@nodemapi/base';
import { test } from 'vitest';
import { Place } from './maildrop.testing.ts';
import { lockMbox } from './mbox-lock.ts';

test('of two who see that a lock is over one breaks it, and the lock that is taken then stays', async () => {
  await using place = await Place.make();
  const path = `${place.mbox}.lock`;
  const stale = `nodemapi ${hostname()} 4194305\n`;
  await writeFile(path, stale);
  let isSeen = (): void => {};
  const seen = new Promise<void>((resolve) => {
    isSeen = resolve;
  });
  let goOn = (): void => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow: FileSystem = {
    ...nodeFileSystem,
    readFile: async (name) => {
      const bytes = await nodeFileSystem.readFile(name);
      isSeen();
      await gate;
      return bytes;
    },
  };
  const second = lockMbox(slow, place.mbox, Date.now);
  await seen;
  const first = await lockMbox(nodeFileSystem, place.mbox, Date.now);
  assert.notEqual(first, undefined);
  goOn();
  assert.equal(await second, undefined);
  assert.equal(await nodeFileSystem.exists(path), true);
  await first?.[Symbol.asyncDispose]();
  assert.deepEqual(await nodeFileSystem.list(place.folder), []);
});

test('a lock whose breaker was killed is broken by the next but one', async () => {
  await using place = await Place.make();
  const stale = `nodemapi ${hostname()} 4194305\n`;
  await writeFile(`${place.mbox}.lock`, stale);
  await writeFile(`${place.mbox}.lock.break`, stale);
  assert.equal(await lockMbox(nodeFileSystem, place.mbox, Date.now), undefined);
  await using lock = await lockMbox(nodeFileSystem, place.mbox, Date.now);
  assert.notEqual(lock, undefined);
});

test('a lock of a process that is gone, or of an earlier start of the computer, is broken; one that cannot be seen is not', async () => {
  await using place = await Place.make();
  const [boot = '', spaces = ''] = processFates().place.split('.');
  const cases = [
    [`${boot}.${spaces}.1`, true],
    [`another.${spaces}.1`, true],
    [`${boot}.elsewhere.1`, false],
    [`${boot}.elsewhere.1`, false, process.pid], // each container has its process 1
    [processFates().mark, false, process.pid], // the clock was set back since we began
  ] as const;
  const beforeUs = new Date(performance.timeOrigin - 60_000);
  for (const [mark, isBroken, pid = 4194305] of cases) {
    await writeFile(`${place.mbox}.lock`, `nodemapi ${hostname()} ${pid} ${mark}\n`);
    await utimes(`${place.mbox}.lock`, beforeUs, beforeUs);
    const nowMs = (): number => beforeUs.getTime() + 1000;
    await using lock = await lockMbox(nodeFileSystem, place.mbox, nowMs);
    assert.equal(lock !== undefined, isBroken, `${pid} ${mark}`);
  }
});
