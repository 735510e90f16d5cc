import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { notes, small, temporaryDirectory } from './database.testing.ts';
import { Database } from './database.ts';
import { sql } from './sql.ts';

const insert = (database: Database, body: string | Uint8Array) => () =>
  database.run(sql`INSERT INTO note (body) VALUES (${body})`).lastId;

const bodies = (database: Database) =>
  database.all<{ body: string }>(sql`SELECT body FROM note ORDER BY id`).map((row) => row.body);

describe('group commit', () => {
  test('operations asked for together share one transaction, in order', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    await using database = Database.open(path, notes);
    await using observer = Database.open(path, notes);
    const seen: number[] = [];
    const count = () => observer.get<{ n: number }>(sql`SELECT count(*) AS n FROM note`)?.n ?? -1;
    const order: string[] = [];
    database.hook({
      seal: (results) => results.length,
      kept: (sealed) => {
        seen.push(sealed, count());
        order.push('kept');
      },
    });
    const writes = ['a', 'b', 'c'].map((body) => database.write(insert(database, body)));
    for (const write of writes) void write.then((id) => order.push(`${id}`));
    assert.deepEqual(await Promise.all(writes), [1, 2, 3]);
    assert.deepEqual(seen, [3, 3]); // told once, when all were committed
    assert.deepEqual(order, ['kept', '1', '2', '3']);
    assert.deepEqual(bodies(database), ['a', 'b', 'c']);
  });

  test('more than one transaction can take are spread over several', async () => {
    await using database = Database.open(':memory:', notes);
    const writes = Array.from({ length: 600 }, (_, i) => database.write(insert(database, `${i}`)));
    assert.deepEqual(
      await Promise.all(writes),
      Array.from({ length: 600 }, (_, i) => i + 1),
    );
  });

  test('an operation that throws is rolled back alone', async () => {
    await using database = Database.open(':memory:', notes);
    const first = database.write(insert(database, 'first'));
    const second = database.write(() => {
      insert(database, 'second')();
      throw new MapiError('MAPI_E_COLLISION', 'no');
    });
    const third = database.write(insert(database, 'third'));
    await assert.rejects(second, { code: 'MAPI_E_COLLISION' });
    await Promise.all([first, third]);
    assert.deepEqual(bodies(database), ['first', 'third']);
  });

  test('a full disk fails the operation that meets it, and spares its neighbours', async () => {
    using directory = temporaryDirectory();
    await using database = small(directory.file('a.db'), 20);
    const big = new Uint8Array(200_000);
    const told: unknown[] = [];
    database.hook({ seal: (ids) => ids, kept: (ids) => told.push(...ids) });
    const results = await Promise.allSettled([
      database.write(insert(database, 'before')),
      database.write(insert(database, big)),
      database.write(insert(database, 'after')),
    ]);
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.ok(MapiError.is((results[1] as PromiseRejectedResult).reason, 'MAPI_E_NOT_ENOUGH_DISK'));
    assert.deepEqual(told, [1, 2]);
    assert.deepEqual(bodies(database), ['before', 'after']);
    database.exec('PRAGMA max_page_count = 1000');
    await database.write(insert(database, big));
  });

  test('what a hook writes belongs to the transaction; one that throws fails only the operations it throws for', async () => {
    await using database = Database.open(':memory:', notes);
    database.hook({
      seal: (ids) => {
        if (ids.includes('bad')) throw new MapiError('MAPI_E_CORRUPT_DATA', 'no');
        insert(database, `seal of ${ids.length}`)();
      },
      kept: () => {},
    });
    const good = database.write(insert(database, 'good'));
    const bad = database.write(() => 'bad');
    await assert.rejects(bad, { code: 'MAPI_E_CORRUPT_DATA' });
    await good;
    assert.deepEqual(bodies(database), ['good', 'seal of 1']);
  });

  test('a COMMIT that fails rejects the operation that it fails for', async () => {
    const migrations = [
      ...notes.migrations,
      'CREATE TABLE child (note INTEGER REFERENCES note (id) DEFERRABLE INITIALLY DEFERRED)',
    ];
    await using database = Database.open(':memory:', { ...notes, migrations });
    const results = await Promise.allSettled([
      database.write(insert(database, 'innocent')),
      database.write(() => database.run(sql`INSERT INTO child VALUES (99)`)),
    ]);
    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected'],
    );
    assert.deepEqual(bodies(database), ['innocent']);
    await database.write(insert(database, 'next'));
    assert.deepEqual(bodies(database), ['innocent', 'next']);
  });

  test('closing finishes what was asked for', async () => {
    using directory = temporaryDirectory();
    const path = directory.file('a.db');
    const database = Database.open(path, notes);
    const writes = ['a', 'b'].map((body) => database.write(insert(database, body)));
    await database.close();
    await Promise.all(writes);
    await using again = Database.open(path, notes);
    assert.deepEqual(bodies(again), ['a', 'b']);
  });
});

test('an immediate transaction commits at once or not at all', async () => {
  await using database = Database.open(':memory:', notes);
  assert.equal(database.withImmediate(insert(database, 'kept')), 1);
  assert.throws(() =>
    database.withImmediate(() => {
      insert(database, 'lost')();
      throw new MapiError('MAPI_E_CALL_FAILED', 'no');
    }),
  );
  assert.deepEqual(bodies(database), ['kept']);
});
