import assert from 'node:assert/strict';
import { fileTimeFromMs, utf8Decode, utf8Encode, VirtualClock } from '@nodemapi/base';
import { test } from 'vitest';
import { FileLocks } from './file-locks.ts';
import { MemoryFiles } from './memory-files.testing.ts';
import { systemProcesses } from './processes.ts';

const FILE = { kind: 'file', size: 1, mode: 0o600, uid: 0, gid: 0 } as const;

test('the lock of a dead process is taken over', async () => {
  const files = new MemoryFiles();
  await files.lock('/l', utf8Encode('4711'));
  const locks = new FileLocks(files, new VirtualClock(), { pid: 1, fateOf: () => 'gone' });
  await using _lock = await locks.acquire('/l');
  assert.equal(await files.exists('/l'), true);
});

test('the lock of a living process is waited for, but not for ever', async () => {
  const files = new MemoryFiles();
  const clock = new VirtualClock();
  const held = await files.lock('/l', utf8Encode('4711'));
  const locks = new FileLocks(files, clock, { pid: 1, fateOf: () => 'alive' });
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

test('a lock that a power cut or a kill has left without content is taken over after a second', async () => {
  for (const content of ['', '\0\0\0\0', 'x']) {
    const files = new MemoryFiles();
    const clock = new VirtualClock();
    await files.lock('/l', utf8Encode(content));
    const locks = new FileLocks(files, clock, { pid: 1, fateOf: () => 'alive' });
    let taken = false;
    const waiting = locks.acquire('/l').then(() => {
      taken = true;
    });
    await clock.advance(900);
    assert.equal(taken, false, 'it may be being written');
    await clock.advance(500);
    await waiting;
  }
});

test('a lock of our number that is older than our process is of an earlier one', async () => {
  const files = new MemoryFiles();
  const clock = new VirtualClock();
  await files.lock('/l', utf8Encode('7'));
  const written = (ms: number): void => {
    files.stat = () => Promise.resolve({ ...FILE, modified: fileTimeFromMs(ms) });
  };
  const locks = new FileLocks(files, clock, { pid: 7, fateOf: () => 'alive', startedMs: 100_000 });
  written(100_000);
  const waiting = assert.rejects(locks.acquire('/l'), { code: 'MAPI_E_BUSY' });
  await clock.advance(6000);
  await waiting;
  written(90_000);
  await using _lock = await locks.acquire('/l');
});

test('a lock of ours stays ours though the clock was set back since we began, where marks tell it from earlier ones', async () => {
  const files = new MemoryFiles();
  const clock = new VirtualClock();
  await files.lock('/l', utf8Encode('7 boot.here.1'));
  files.stat = () => Promise.resolve({ ...FILE, modified: fileTimeFromMs(90_000) });
  const own = { pid: 7, mark: 'boot.here.1', startedMs: 100_000, fateOf: () => 'alive' as const };
  const waiting = assert.rejects(new FileLocks(files, clock, { ...own, tellsStarts: true }).acquire('/l'), {
    code: 'MAPI_E_BUSY',
  });
  await clock.advance(6000);
  await waiting;
  await using _lock = await new FileLocks(files, clock, own).acquire('/l');
});

test('a lock of a process that cannot be seen, as in another container, is waited for, and goes by its age', async () => {
  const files = new MemoryFiles();
  const clock = new VirtualClock();
  await files.lock('/l', utf8Encode('4711 boot.elsewhere.1'));
  const writtenMs = clock.nowMs();
  files.stat = () => Promise.resolve({ ...FILE, modified: fileTimeFromMs(writtenMs) });
  const locks = new FileLocks(files, clock, {
    ...{ pid: 1, mark: 'boot.here.1' },
    fateOf: (_pid, mark) => (mark === 'boot.elsewhere.1' ? 'unknown' : 'gone'),
  });
  const waiting = assert.rejects(locks.acquire('/l'), { code: 'MAPI_E_BUSY' });
  await clock.advance(6000);
  await waiting;
  await clock.advance(10 * 60_000);
  await using _lock = await locks.acquire('/l');
  assert.equal(utf8Decode(await files.readFile('/l')), '1 boot.here.1');
});

test('this process lives', () => {
  assert.equal(systemProcesses.fateOf(process.pid, systemProcesses.mark), 'alive');
  assert.equal(systemProcesses.fateOf(0x7fff_fff0), 'gone');
});

test('of two who see that a lock is over one breaks it, and the lock that is taken then stays', async () => {
  const files = new MemoryFiles();
  await files.lock('/l', utf8Encode('4711'));
  const made = (pid: number, clock: VirtualClock) =>
    new FileLocks(files, clock, { pid, fateOf: (other) => (other === 4711 ? 'gone' : 'alive') });
  let goOn = (): void => {};
  const gate = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const { readFile } = files;
  files.readFile = async (path) => {
    files.readFile = readFile; // the first look takes long
    const bytes = await files.readFile(path);
    await gate;
    return bytes;
  };
  const clock = new VirtualClock();
  let isSecond = false;
  const second = made(2, clock)
    .acquire('/l')
    .then((lock) => {
      isSecond = true;
      return lock;
    });
  const first = await made(1, new VirtualClock()).acquire('/l');
  goOn();
  await clock.advance(100);
  assert.equal(isSecond, false, 'the lock of the first is held still');
  await first[Symbol.asyncDispose]();
  await clock.advance(100);
  await (await second)[Symbol.asyncDispose]();
  assert.deepEqual([...files.files.keys()], []);
});

test('a lock whose breaker died is broken all the same', async () => {
  for (const content of ['4711', '']) {
    const files = new MemoryFiles();
    await files.lock('/l', utf8Encode('4711'));
    await files.lock('/l.break', utf8Encode(content));
    const locks = new FileLocks(files, new VirtualClock(), { pid: 1, fateOf: () => 'gone' });
    await (await locks.acquire('/l'))[Symbol.asyncDispose]();
    assert.deepEqual([...files.files.keys()], []);
  }
});

test('who is refused a lock hears which process keeps it', async () => {
  const files = new MemoryFiles();
  const clock = new VirtualClock();
  await files.lock('/profiles.json.lock', utf8Encode('4711'));
  const locks = new FileLocks(files, clock, { pid: 1, fateOf: () => 'alive' });
  const waiting = assert.rejects(locks.acquire('/profiles.json.lock'), {
    detail: 'process 4711 keeps the lock /profiles.json.lock; it was waited for 5 s',
  });
  await clock.advance(6000);
  await waiting;
});

test('what a process left beside a file that was killed while it wrote goes with the first lock of the next one', async () => {
  const files = new MemoryFiles();
  const clock = new VirtualClock();
  const stray = '.0123abcd-0123-4567-89ab-0123456789ab.tmp';
  for (const left of ['/p/f', '/p/f.lock', '/p/f.lock.break'])
    await files.writeFileAtomic(`${left}${stray}`, new Uint8Array());
  await files.writeFileAtomic(`/p/g${stray}`, new Uint8Array());
  const locks = new FileLocks(files, clock, { pid: 1, fateOf: () => 'alive' });
  // files in memory are of the year 1970
  await (await locks.acquire('/p/f.lock'))[Symbol.asyncDispose]();
  assert.deepEqual([...files.files.keys()], [`/p/g${stray}`]);
});
