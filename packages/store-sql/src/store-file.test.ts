import assert from 'node:assert/strict';
import { join } from 'node:path';
import { standaloneHost } from '@nodemapi/kit';
import { test } from 'vitest';
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
