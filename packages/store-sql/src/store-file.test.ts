import assert from 'node:assert/strict';
import { join } from 'node:path';
import { MapiError, VirtualClock } from '@nodemapi/base';
import { standaloneHost } from '@nodemapi/kit';
import { test } from 'vitest';
import type { JournalRow } from './journal.ts';
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
