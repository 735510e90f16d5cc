import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { MapiError } from '@nodemapi/base';
import { test } from 'vitest';
import { notes, temporaryDirectory } from './database.testing.ts';
import { Database } from './database.ts';
import { sql } from './sql.ts';

const refused = (error: unknown) => MapiError.is(error, 'MAPI_E_NO_ACCESS');
const bodies = (db: Database): readonly string[] =>
  db.all<{ body: string }>(sql`SELECT body FROM note ORDER BY id`).map(({ body }) => body);
const insert = (db: Database, body: string) => db.run(sql`INSERT INTO note (body) VALUES (${body})`);

test('SHUT-17: what waits is on the disk when recover returns, in the file alone; then reads and writes are refused', async () => {
  using directory = temporaryDirectory();
  const path = directory.file('a.db');
  const db = Database.open(path, notes);
  const waiting = [db.write(() => insert(db, 'one')), db.write(() => insert(db, 'two'))];
  assert.equal(db.recover(), true);
  copyFileSync(path, directory.file('copy.db')); // the process may die here
  assert.throws(() => bodies(db), refused);
  assert.throws(() => insert(db, 'three'), refused);
  assert.throws(() => db.withImmediate(() => 1), refused);
  await assert.rejects(
    db.write(() => insert(db, 'four')),
    refused,
  );
  await Promise.all(waiting);
  await using copy = Database.open(directory.file('copy.db'), notes);
  assert.deepEqual(bodies(copy), ['one', 'two']);
  await db.close();
});

test('SHUT-18: after proceed everything works as before', async () => {
  using directory = temporaryDirectory();
  await using db = Database.open(directory.file('a.db'), notes);
  db.recover();
  assert.equal(db.recover(), true);
  db.proceed();
  await db.write(() => insert(db, 'one'));
  insert(db, 'two');
  assert.deepEqual(bodies(db), ['one', 'two']);
});

test('SHUT-17: in the middle of a change nothing of it is written, nor of what waits behind it', async () => {
  for (const neighbours of [0, 2]) {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    const db = Database.open(path, notes);
    await db.write(() => insert(db, 'before'));
    let told: boolean | undefined;
    const writes = [
      db.write(() => {
        insert(db, 'half');
        told = db.recover();
        return 'done';
      }),
      ...Array.from({ length: neighbours }, (_, index) => db.write(() => insert(db, `neighbour ${index}`))),
    ];
    for (const write of writes) await assert.rejects(write, refused);
    assert.equal(told, false);
    await db.close();
    await using again = Database.open(path, notes);
    assert.deepEqual(bodies(again), ['before']);
  }
});

test('SHUT-17: a transaction of its own is not committed either', () => {
  using directory = temporaryDirectory();
  const path = directory.file('a.db');
  const db = Database.open(path, notes);
  assert.throws(
    () =>
      db.withImmediate(() => {
        insert(db, 'half');
        db.recover();
      }),
    refused,
  );
  db.proceed();
  assert.deepEqual(bodies(db), []);
  db.closeNow();
});

test('settled resolves when what was asked for is committed', async () => {
  using directory = temporaryDirectory();
  await using db = Database.open(directory.file('a.db'), notes);
  void db.write(() => insert(db, 'one'));
  await db.settled();
  assert.deepEqual(bodies(db), ['one']);
  await db.settled();
});
