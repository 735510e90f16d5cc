import assert from 'node:assert/strict';
import { join } from 'node:path';
import { MapiError, VirtualClock } from '@nodemapi/base';
import { standaloneHost } from '@nodemapi/kit';
import { Database, sql } from '@nodemapi/sqlite';
import { test } from 'vitest';
import type { JournalRow } from './journal.ts';
import { processOwner } from './process-owner.ts';
import { STORE_APPLICATION_ID, STORE_MIGRATIONS } from './schema.ts';
import { StoreFile } from './store-file.ts';

test('a write that was asked for before the close is done, and tells nobody of it', async () => {
  await using host = await standaloneHost();
  const file = await StoreFile.open(host, join(host.home, 'store.mapidb'));
  const written = file.write(() => 'done');
  const closed = file[Symbol.asyncDispose]();
  assert.equal(await written, 'done');
  await closed;
  assert.throws(() => file.db.dataVersion(), { code: 'MAPI_E_INVALID_OBJECT' });
});

test('changes of others that could not be read are read the next time', async () => {
  const clock = new VirtualClock();
  await using host = await standaloneHost({ clock });
  const path = join(host.home, 'store.mapidb');
  await using file = await StoreFile.open(host, path);
  await using other = await StoreFile.open(host, path);
  const heard: JournalRow[] = [];
  file.changes.subscribe((rows) => void heard.push(...rows));
  using _watch = file.watch();
  await clock.advance(300);
  await other.write((changes) => changes.queue(7));
  const read = file.db.all.bind(file.db);
  let failures = 1;
  Object.assign(file.db, {
    all: (...args: Parameters<typeof read>) => {
      if (failures-- > 0) throw new MapiError('MAPI_E_BUSY', 'somebody has the file');
      return read(...args);
    },
  });
  await clock.advance(300);
  assert.deepEqual(heard, []);
  await clock.advance(300);
  assert.deepEqual(
    heard.map(({ event, object }) => [event, object]),
    [['queueChanged', 7]],
  );
});

test('a store opens, and reads, while another process has the write lock, also where there is something to tidy up', async () => {
  await using host = await standaloneHost();
  const path = join(host.home, 'store.mapidb');
  {
    await using file = await StoreFile.open(host, path);
    file.db.exec(
      `INSERT INTO value (owner, size) VALUES ('${processOwner({ ...file.fates, pid: 2 ** 22 + 1 }, 'h', 'r')}', 1)`,
    );
  }
  const strays = sql`SELECT count(*) AS n FROM value`;
  const holder = Database.open(path, { applicationId: STORE_APPLICATION_ID, migrations: STORE_MIGRATIONS });
  holder.exec('BEGIN IMMEDIATE');
  {
    await using file = await StoreFile.open(host, path, { busyTimeoutMs: 20 });
    assert.equal(file.db.get<{ n: number }>(strays)?.n, 1);
    await assert.rejects(
      file.write(() => undefined),
      { code: 'MAPI_E_BUSY' },
    );
  }
  holder.exec('ROLLBACK');
  await holder.close();
  await using file = await StoreFile.open(host, path);
  assert.equal(file.db.get<{ n: number }>(strays)?.n, 0);
});
