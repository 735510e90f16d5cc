import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { prop } from '@nodemapi/mapi';
import { Database } from '@nodemapi/sqlite';
import { describe, test } from 'vitest';
import { checkStore, repairStore } from './check.ts';
import { PR_STORE_SQL_PATH } from './config.ts';
import { ProviderCheck } from './provider-check.ts';
import { STORE_APPLICATION_ID, STORE_MIGRATIONS } from './schema.ts';
import { SqlStoreFixture } from './store.testing.ts';

const OPTIONS = { applicationId: STORE_APPLICATION_ID, migrations: STORE_MIGRATIONS };

/** A sound store with one queued message, and then what `damage` does to it. */
async function damaged(damage: string): Promise<SqlStoreFixture & { file: string }> {
  const fixture = await SqlStoreFixture.create();
  const store = await fixture.open();
  const root = await store.openEntry(null, { iid: 'IMAPIFolder', modify: true });
  const message = await root.createMessage();
  await message.modifyRecipients('add', [[{ tag: 0x3001001f as never, value: 'Bob' }]]);
  await message.submitMessage();
  await fixture.closeStores();
  const file = fixture.path('store');
  const db = Database.open(file, OPTIONS);
  db.exec(`PRAGMA foreign_keys = OFF; ${damage}`);
  await db.close();
  return Object.assign(fixture, { file });
}

const codes = (path: string): string[] => checkStore(path).map(({ code }) => code);

describe('checking a store', () => {
  const REPAIRABLE: readonly (readonly [string, string, string])[] = [
    ['wrong counts', 'count', 'UPDATE folder SET messages = 77 WHERE id = 1'],
    ['a wrong count of the queue', 'count', 'UPDATE outgoing_count SET messages = 77'],
    ['a queued message without its flag', 'queue', 'UPDATE message SET flags = 0'],
    ['a submitted message that is not in the queue', 'queue', 'DELETE FROM outgoing'],
    ['a value of nobody', 'value', 'INSERT INTO value (size) VALUES (0)'],
  ];
  for (const [what, code, damage] of REPAIRABLE) {
    test(`${what} is found, and repaired`, async () => {
      await using fixture = await damaged(damage);
      assert.ok(codes(fixture.file).includes(code));
      assert.deepEqual(repairStore(fixture.file), []);
      assert.deepEqual(codes(fixture.file), []);
    });
  }

  const LASTING: readonly (readonly [string, string, string])[] = [
    ['a recipient of no message', 'reference', "INSERT INTO recipient VALUES (99, 0, x'01')"],
    ['properties that cannot be read', 'props', "UPDATE message_props SET props = x'01ff'"],
    ['a folder that is its own parent', 'reference', 'UPDATE folder SET parent = id WHERE id = 6'],
  ];
  for (const [what, code, damage] of LASTING) {
    test(`${what} is found, and not hidden by a repair`, async () => {
      await using fixture = await damaged(damage);
      assert.ok(codes(fixture.file).includes(code));
      assert.ok(repairStore(fixture.file).some((problem) => problem.code === code));
    });
  }

  test('a profile is checked, and mended if that is wanted', async () => {
    await using fixture = await damaged('UPDATE folder SET messages = 77 WHERE id = 1');
    const call = { host: fixture.host, profileName: 'p', section: [prop(PR_STORE_SQL_PATH, fixture.file)] };
    const found = await ProviderCheck({ ...call, repair: false });
    assert.deepEqual([found?.name, found?.problems.map(({ code }) => code)], [fixture.file, ['count']]);
    assert.deepEqual((await ProviderCheck({ ...call, repair: true }))?.problems, []);
    assert.equal(await ProviderCheck({ ...call, section: [], repair: true }), undefined);
  });

  test('what is no store, or a newer one, is refused', async () => {
    await using fixture = await SqlStoreFixture.create();
    const text = fixture.path('text');
    writeFileSync(text, 'no database '.repeat(1000));
    assert.throws(() => checkStore(text), { code: 'MAPI_E_CORRUPT_STORE' });
    const newer = fixture.path('newer');
    await Database.open(newer, { ...OPTIONS, migrations: [...STORE_MIGRATIONS, 'SELECT 1'] }).close();
    assert.throws(() => checkStore(newer), { code: 'MAPI_E_VERSION' });
    assert.throws(() => checkStore(fixture.path('nothing')), { code: 'MAPI_E_NOT_FOUND' });
  });
});
