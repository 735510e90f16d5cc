import assert from 'node:assert/strict';
import { utf8Encode, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { FileLocks, systemProcesses } from './file-locks.ts';
import { MemoryFiles } from './memory-files.testing.ts';

test('the lock of a dead process is taken over', async () => {
  const files = new MemoryFiles();
  await files.lock('/l', utf8Encode('4711'));
  const locks = new FileLocks(files, new VirtualClock(), { pid: 1, isAlive: () => false });
  await using _lock = await locks.acquire('/l');
  assert.equal(await files.exists('/l'), true);
});

test('the lock of a living process is waited for, but not for ever', async () => {
  const files = new MemoryFiles();
  const clock = new VirtualClock();
  const held = await files.lock('/l', utf8Encode('4711'));
  const locks = new FileLocks(files, clock, { pid: 1, isAlive: () => true });
  const waiting = assert.rejects(locks.acquire('/l'), { code: 'MAPI_E_BUSY' });
  await clock.advance(6000);
  await waiting;
  const second = locks.acquire('/l');
  await clock.advance(10);
  await held[Symbol.asyncDispose]();
  await clock.advance(100);
  await (await second)[Symbol.asyncDispose]();
  assert.equal(await files.exists('/l'), false);
});

test('this process lives', () => {
  assert.equal(systemProcesses.isAlive(process.pid), true);
  assert.equal(systemProcesses.isAlive(0x7fff_fff0), false);
});
