import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { MapiError } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { child, notes, temporaryDirectory } from './database.testing.ts';
import { Database } from './database.ts';
import { raw, sql } from './sql.ts';

const code = (name: string) => (error: unknown) => MapiError.is(error) && error.code === name;

const writer = (path: string, count: number) => `
  import { Database, sql } from '@nodemapi/sqlite';
  const db = Database.open(${JSON.stringify(path)}, ${JSON.stringify(notes)});
  for (let i = 0; i < ${count}; i++) {
    const id = await db.write(() => db.run(sql\`INSERT INTO note (body) VALUES (\${process.pid})\`).lastId);
    process.stdout.write(id + '\\n');
  }
  await db.close();`;

/** Descriptors of a database and of what lies beside it; the process has others, of tests in other threads. */
function descriptorsOf(path: string): number {
  return readdirSync('/proc/self/fd').filter((number) => {
    try {
      return readlinkSync(`/proc/self/fd/${number}`).startsWith(path);
    } catch {
      return false; // it has been closed meanwhile
    }
  }).length;
}

describe('opening', () => {
  test('creates the file, and finds what an earlier connection wrote', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    const first = Database.open(path, notes);
    await first.write(() => first.run(sql`INSERT INTO note (body) VALUES (${'hello'})`));
    await first.close();
    await using second = Database.open(path, notes);
    assert.deepEqual({ ...second.get<object>(sql`SELECT * FROM note`) }, { id: 1, body: 'hello' });
    assert.equal(second.get<{ journal_mode: string }>(raw('PRAGMA journal_mode'))?.journal_mode, 'wal');
  });

  test.runIf(existsSync('/proc/self/fd'))('closed connections give their file descriptors back', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    let most = 0;
    for (let count = 0; count < 150; count++) {
      await using database = Database.open(path, notes);
      await database.write(() => database.run(sql`INSERT INTO note (body) VALUES (${'x'})`));
      assert.equal(database.get<{ id: number }>(sql`SELECT max(id) AS id FROM note`)?.id, count + 1);
      most = Math.max(most, descriptorsOf(path));
      await new Promise((resolve) => setImmediate(resolve)); // the collector's work ends in a turn of its own
    }
    assert.ok(most < 250, `${most} descriptors at a time`);
  });

  test('a copy of the closed file alone is complete', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    const database = Database.open(path, notes);
    await database.write(() => database.run(sql`INSERT INTO note (body) VALUES (${'hello'})`));
    assert.equal(database.all(sql`SELECT * FROM note`).length, 1);
    await database.close();
    copyFileSync(path, directory.file('copy.db'));
    await using copy = Database.open(directory.file('copy.db'), notes);
    assert.equal(copy.all(sql`SELECT * FROM note`).length, 1);
  });

  test('takes only the steps that the file has not seen', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    await Database.open(path, notes).close();
    const migrations = [...notes.migrations, "ALTER TABLE note ADD COLUMN title TEXT DEFAULT 'none'"];
    await using newer = Database.open(path, { ...notes, migrations });
    newer.run(sql`INSERT INTO note (body) VALUES (1)`);
    assert.equal(newer.get<{ title: string }>(sql`SELECT title FROM note`)?.title, 'none');
  });

  test('refuses what a newer program wrote, and leaves it alone', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    await Database.open(path, { ...notes, migrations: [...notes.migrations, 'CREATE TABLE later (id)'] }).close();
    assert.throws(() => Database.open(path, notes), code('MAPI_E_VERSION'));
  });

  test('a step that fails leaves the file as it was', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    await Database.open(path, notes).close();
    const migrations = [...notes.migrations, 'CREATE TABLE extra (id)', 'CREATE TABLE extra (id)'];
    assert.throws(() => Database.open(path, { ...notes, migrations }));
    await using old = Database.open(path, notes);
    assert.equal(old.get(sql`SELECT 1 FROM sqlite_schema WHERE name = 'extra'`), undefined);
  });

  test('refuses a file that is no database, and a database of another kind', async () => {
    using directory = temporaryDirectory();
    const text = directory.file('text.db');
    writeFileSync(text, 'This is a letter. '.repeat(500));
    assert.throws(() => Database.open(text, notes), code('MAPI_E_CORRUPT_STORE'));
    const other = directory.file('other.db');
    await Database.open(other, { ...notes, applicationId: 7 }).close();
    assert.throws(() => Database.open(other, notes), code('MAPI_E_CORRUPT_STORE'));
  });

  test('tells a missing file from one that may not be opened', () => {
    using directory = temporaryDirectory();
    assert.throws(() => Database.open(directory.file('no/a.db'), notes), code('MAPI_E_NOT_FOUND'));
    assert.throws(() => Database.open(directory.file('a.db'), { ...notes, readOnly: true }), code('MAPI_E_NOT_FOUND'));
    mkdirSync(directory.file('folder'));
    assert.throws(() => Database.open(directory.file('folder'), notes), MapiError);
  });

  test('for reading only it writes nothing', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    await Database.open(path, notes).close();
    await using database = Database.open(path, { ...notes, readOnly: true });
    assert.throws(() => database.run(sql`INSERT INTO note (body) VALUES (1)`), code('MAPI_E_NO_ACCESS'));
  });
});

describe('reading', () => {
  test('whole 64-bit numbers come back where they are asked for', async () => {
    await using database = Database.open(':memory:', notes);
    const time = 133_000_000_000_000_000n;
    database.run(sql`INSERT INTO note (body) VALUES (${time})`);
    assert.equal(database.get<{ body: bigint }>(sql`SELECT body FROM note`, { bigints: true })?.body, time);
    assert.throws(() => database.get(sql`SELECT body FROM note`), RangeError);
  });

  test('rows one by one, and the loop may be left', async () => {
    await using database = Database.open(':memory:', notes);
    for (let i = 1; i <= 5; i++) database.run(sql`INSERT INTO note (body) VALUES (${i})`);
    const seen: number[] = [];
    for (const row of database.iterate<{ body: number }>(sql`SELECT body FROM note`)) {
      seen.push(row.body);
      if (seen.length === 2) break;
    }
    assert.deepEqual(seen, [1, 2]);
    await database.write(() => database.run(sql`DELETE FROM note`));
  });

  test('a closed database answers MAPI_E_INVALID_OBJECT', async () => {
    const database = Database.open(':memory:', notes);
    await database.close();
    await database.close();
    assert.throws(() => database.all(sql`SELECT * FROM note`), code('MAPI_E_INVALID_OBJECT'));
    await assert.rejects(
      database.write(() => 1),
      code('MAPI_E_INVALID_OBJECT'),
    );
  });
});

describe('several processes', () => {
  test('two write at the same time, and a third connection sees that they did', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    await using database = Database.open(path, notes);
    const before = database.dataVersion();
    const exits = [1, 2].map(() => {
      const process = child(writer(path, 50));
      process.stdout?.resume();
      return new Promise<number | null>((resolve) => process.once('exit', resolve));
    });
    assert.deepEqual(await Promise.all(exits), [0, 0]);
    assert.equal(database.get<{ n: number }>(sql`SELECT count(*) AS n FROM note`)?.n, 100);
    assert.notEqual(database.dataVersion(), before);
  });

  test('what a killed writer had acknowledged is there', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    for (const killAfter of [1, 20, 77]) {
      const process = child(writer(path, 1e6));
      const acknowledged = await linesUntilKilled(process, killAfter);
      await using database = Database.open(path, notes);
      const kept = new Set(database.all<{ id: number }>(sql`SELECT id FROM note`).map((row) => row.id));
      assert.deepEqual(
        acknowledged.filter((id) => !kept.has(id)),
        [],
      );
      assert.equal(database.get<{ integrity_check: string }>(raw('PRAGMA integrity_check'))?.integrity_check, 'ok');
    }
  });

  test('a lock that is held too long is MAPI_E_BUSY, and nothing has changed', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    await using holder = Database.open(path, notes);
    await using other = Database.open(path, { ...notes, busyTimeoutMs: 20 });
    holder.exec('BEGIN IMMEDIATE');
    await assert.rejects(
      other.write(() => other.run(sql`INSERT INTO note (body) VALUES (1)`)),
      code('MAPI_E_BUSY'),
    );
    assert.throws(() => other.withImmediate(() => 1), code('MAPI_E_BUSY'));
    holder.exec('ROLLBACK');
    assert.deepEqual(other.all(sql`SELECT * FROM note`), []);
  });
});

/** Kills the process once it has printed `count` lines; returns all the whole lines it had printed. */
async function linesUntilKilled(process: ReturnType<typeof child>, count: number): Promise<number[]> {
  let text = '';
  process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (text.split('\n').length > count) process.kill('SIGKILL');
  });
  await new Promise((resolve) => process.once('close', resolve));
  return text.split('\n').slice(0, -1).map(Number);
}
