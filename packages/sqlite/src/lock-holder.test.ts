import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import { child, notes, temporaryDirectory } from './database.testing.ts';
import { Database } from './database.ts';
import { holderText, type LockSource, lockHolder } from './lock-holder.ts';

const LOCKS = [
  '1: POSIX  ADVISORY  READ 7 fe:00:9 123 123',
  '2: POSIX  ADVISORY  WRITE 8 fe:00:10 120 120',
  '2: -> POSIX  ADVISORY  WRITE 7 fe:00:9 120 120',
  '3: POSIX  ADVISORY  WRITE 5 fe:01:9 120 120',
  '4: POSIX  ADVISORY  WRITE 6 fe:00:9 124 127',
];

/** A system in which process 1 asks for the file `a`, whose log is number 9. */
function system(lines: readonly string[], stat = '4711 (a) b) S 1'): LockSource {
  return {
    pid: 1,
    text: (path) => (path === '/proc/locks' ? lines.join('\n') : path === '/proc/4711/stat' ? stat : undefined),
    inode: (path) => ({ 'a-shm': 9, a: 3 })[path],
    realPath: (path) => path,
    openFiles: (pid) => (pid === 5 ? ['other-shm'] : ['a', 'a-shm']),
  };
}

describe('the process that holds a file', () => {
  test('is told from readers, from those who wait, from other locks, files and devices, and from ourselves', () => {
    assert.equal(lockHolder('a', system(LOCKS)), undefined);
    assert.equal(lockHolder('a', system([...LOCKS, '5: POSIX  ADVISORY  WRITE 1 fe:00:9 120 120'])), undefined);
    const held = [...LOCKS, '5: POSIX  ADVISORY  WRITE 4711 fe:00:9 120 120'];
    assert.deepEqual(lockHolder('a', system(held)), { pid: 4711, isStopped: false });
    assert.equal(holderText('a', system(held)), '; process 4711 is writing to it');
  });

  test('may hold the file itself', () => {
    const held = ['5: POSIX  ADVISORY  WRITE 4711 fe:00:3 1073741824 EOF'];
    assert.deepEqual(lockHolder('a', system(held, '4711 (x) T 1')), { pid: 4711, isStopped: true });
  });

  test('is not known where the system does not say', () => {
    assert.equal(holderText('a', { ...system([]), text: () => undefined }), '');
    assert.equal(holderText('a', { ...system(LOCKS), inode: () => undefined }), '');
  });

  test.skipIf(process.platform !== 'linux')('is named by an error, with what to do where it is stopped', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    await Database.open(path, notes).close();
    const holder = child(`import { Database } from '@nodemapi/sqlite';
      const database = Database.open(${JSON.stringify(path)}, { applicationId: ${notes.applicationId}, migrations: ${JSON.stringify(notes.migrations)} });
      database.exec('BEGIN IMMEDIATE');
      console.log('held');
      setInterval(() => {}, 60_000);`);
    try {
      if (holder.stdout !== null) await once(holder.stdout, 'data');
      await using database = Database.open(path, { ...notes, busyTimeoutMs: 20 });
      const write = (): unknown => database.withImmediate(() => undefined);
      assert.throws(write, {
        code: 'MAPI_E_BUSY',
        message: new RegExp(`process ${holder.pid} is writing to it$`, 'u'),
      });
      holder.kill('SIGSTOP');
      while (!/\) T /u.test(readFileSync(`/proc/${holder.pid}/stat`, 'utf8'))) await new Promise(setImmediate);
      assert.throws(write, { message: new RegExp(`is stopped: kill -CONT ${holder.pid} lets it go on`, 'u') });
    } finally {
      holder.kill('SIGKILL');
    }
  });
});
