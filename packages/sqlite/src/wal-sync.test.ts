import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { MapiError } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { notes, temporaryDirectory } from './database.testing.ts';
import { Database } from './database.ts';
import { sql } from './sql.ts';
import { type WalSync, walSync } from './wal-sync.ts';

/** A disk whose syncs end when the test says so. */
class Disk implements WalSync {
  readonly calls: string[] = [];
  readonly #pending: { resolve: () => void; reject: (error: Error) => void }[] = [];
  fails = false;

  now(): void {
    this.calls.push('now');
    if (this.fails) throw new Error('EIO');
  }

  later(): Promise<void> {
    this.calls.push('later');
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }));
  }

  close(): void {
    this.calls.push('close');
  }

  end(): void {
    this.#pending.shift()?.resolve();
  }

  fail(): void {
    this.#pending.shift()?.reject(new Error('EIO'));
  }
}

function open(path: string, disk: Disk): Database {
  return Database.open(path, { ...notes, sync: () => disk });
}

const insert = (database: Database, body: string) => database.write(() => note(database, body));
const note = (database: Database, body: string) => database.run(sql`INSERT INTO note (body) VALUES (${body})`).lastId;
const count = (database: Database) => database.get<{ n: number }>(sql`SELECT count(*) AS n FROM note`)?.n;

/** Turns of the event loop, so that what can happen has happened. */
async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
}

describe('what was acknowledged is on the disk', () => {
  test('a write that is alone is synced before it resolves', async () => {
    using directory = temporaryDirectory();
    const disk = new Disk();
    await using database = open(directory.file('a.db'), disk);
    await insert(database, 'a');
    assert.deepEqual(disk.calls, ['now']);
    database.withImmediate(() => note(database, 'b'));
    note(database, 'c'); // a transaction by itself
    assert.deepEqual(disk.calls, ['now', 'now', 'now']);
    assert.equal(
      database.withImmediate(() => count(database)),
      3,
    ); // nothing to sync
    assert.equal(disk.calls.length, 3);
  });

  test('writes that come together resolve after one sync, and the next transaction waits for it', async () => {
    using directory = temporaryDirectory();
    const disk = new Disk();
    await using database = open(directory.file('a.db'), disk);
    const told: string[] = [];
    const first = ['a', 'b'].map((body) => insert(database, body).then(() => told.push(body)));
    await turns();
    const next = insert(database, 'c').then(() => told.push('c'));
    await turns();
    assert.deepEqual([disk.calls, told, count(database)], [['later'], [], 2]);
    disk.end();
    await Promise.all(first);
    assert.deepEqual(told, ['a', 'b']);
    await turns();
    disk.end();
    await next;
    assert.deepEqual(disk.calls, ['later', 'later']);
  });

  test('closing waits for what is on its way', async () => {
    using directory = temporaryDirectory();
    const disk = new Disk();
    const database = open(directory.file('a.db'), disk);
    const writes = Promise.all(['a', 'b'].map((body) => insert(database, body)));
    await turns();
    const closed = database.close().then(() => disk.calls.push('closed'));
    await turns();
    assert.deepEqual(disk.calls, ['later']);
    disk.end();
    await Promise.all([writes, closed]);
    assert.deepEqual(disk.calls, ['later', 'close', 'closed']);
  });
});

describe('a disk that fails', () => {
  const isDiskError = (error: unknown) => MapiError.is(error, 'MAPI_E_DISK_ERROR');

  test('fails every write of the transaction and those that wait; none is taken any more, reading goes on', async () => {
    using directory = temporaryDirectory();
    const disk = new Disk();
    await using database = open(directory.file('a.db'), disk);
    const writes = ['a', 'b'].map((body) => insert(database, body));
    await turns();
    const waiting = insert(database, 'c');
    disk.fail();
    for (const each of [...writes, waiting, insert(database, 'd')]) await assert.rejects(each, isDiskError);
    assert.throws(() => database.withImmediate(() => note(database, 'e')), isDiskError);
    assert.throws(() => note(database, 'f'), isDiskError);
    assert.equal(typeof count(database), 'number');
  });

  test('fails a write that is alone', async () => {
    using directory = temporaryDirectory();
    const disk = new Disk();
    await using database = open(directory.file('a.db'), disk);
    disk.fails = true;
    await assert.rejects(insert(database, 'a'), isDiskError);
    disk.fails = false;
    await assert.rejects(insert(database, 'b'), isDiskError);
  });
});

test('the log may be closed while it is being synced', async () => {
  using directory = temporaryDirectory();
  const path = directory.file('a.db');
  await using database = Database.open(path, notes);
  await insert(database, 'a');
  assert.ok(existsSync(`${path}-wal`));
  const sync = walSync(path);
  const syncs = [sync.later(), sync.later()];
  sync.close();
  await Promise.all(syncs);
});

test('a database in memory has nothing to sync', async () => {
  const disk = new Disk();
  await using database = open(':memory:', disk);
  await Promise.all(['a', 'b'].map((body) => insert(database, body)));
  assert.deepEqual(disk.calls, []);
});
