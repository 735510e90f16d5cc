import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type MSProviderUnderTest, msProviderSuite } from '@nodemapi/conformance';
import { getProp, type StandaloneHost, StandaloneSupport, standaloneHost, unwrapStoreEntryID } from '@nodemapi/kit';
import {
  type IMSProvider,
  MUID_PROFILE_INSTANCE,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_MDB_PROVIDER,
  PR_PROVIDER_UID,
  PR_SEARCH_KEY,
  prop,
} from '@nodemapi/mapi';
import { Database } from '@nodemapi/sqlite';
import { describe, test } from 'vitest';
import { PR_STORE_SQL_PATH } from './config.ts';
import { MSProviderInit } from './ms-provider.ts';
import { STORE_APPLICATION_ID, STORE_MIGRATIONS } from './schema.ts';
import { MUID_STORE_SQL, parseStoreEntryId } from './store-ids.ts';

async function openProvider(): Promise<MSProviderUnderTest> {
  const host = await standaloneHost();
  const { provider } = await MSProviderInit(host);
  return {
    provider,
    newSupport: async () => {
      const section = [prop(PR_STORE_SQL_PATH, 'mail.mapidb')];
      const support = new StandaloneSupport({ kind: 'store', host, section });
      return { support, providerUids: () => support.providerUids, statusRow: () => [...support.statusRow] };
    },
    unwrap: (entryId) => unwrapStoreEntryID(entryId)?.entryId ?? entryId,
    settle: async () => {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    },
    close: async () => {
      await provider.shutdown();
      await provider.release();
      await host[Symbol.asyncDispose]();
    },
  };
}

msProviderSuite('store-sql provider', openProvider);

async function started(section: ConstructorParameters<typeof StandaloneSupport>[0]['section'] = []) {
  const host = await standaloneHost();
  const { provider } = await MSProviderInit(host);
  const support = new StandaloneSupport({ kind: 'store', host, section });
  return { host, provider, support };
}

/** The support of a section that has an identity, as those of the session have. */
async function identified(
  host: StandaloneHost,
  { profile, provider }: { readonly profile: number; readonly provider: number },
): Promise<StandaloneSupport> {
  const section = [prop(PR_PROVIDER_UID, new Uint8Array(16).fill(provider))];
  const support = new StandaloneSupport({ kind: 'store', host, section });
  await using instance = await support.openProfileSection(MUID_PROFILE_INSTANCE, { modify: true });
  await instance.setProps([prop(PR_SEARCH_KEY, new Uint8Array(16).fill(profile))]);
  return support;
}

async function ended(provider: IMSProvider, host: AsyncDisposable): Promise<void> {
  await provider.shutdown();
  await host[Symbol.asyncDispose]();
}

describe('logging on', () => {
  test('makes the file of the profile in a directory of its owner', async () => {
    const { host, provider, support } = await started();
    const { store } = await provider.logon(support, 'Jane/Doe', null, { write: true });
    const file = join(host.home, 'stores', 'Jane%2fDoe.mapidb');
    assert.equal((await host.files.stat(join(host.home, 'stores'))).mode & 0o777, 0o700);
    assert.equal((await host.files.stat(file)).mode & 0o077, 0);
    assert.equal((await store.openEntry(null)).iid, 'IMAPIFolder');
    await store.release();
    await ended(provider, host);
  });

  test('LOGON-72: the section remembers its file, whatever becomes of the name of the profile', async () => {
    const { host, provider, support } = await started();
    const first = await provider.logon(support, 'old name', null, { write: true });
    const entryId = await getProp(first.store, PR_ENTRYID);
    await first.store.release();
    await using section = await support.openProfileSection(null);
    assert.equal(await getProp(section, PR_STORE_SQL_PATH), join('stores', 'old name.mapidb'));
    await section.release();
    const second = await provider.logon(support, 'new name', null, { write: true });
    assert.deepEqual(await getProp(second.store, PR_ENTRYID), entryId);
    await second.store.release();
    await ended(provider, host);
  });

  test('a store whose file is gone is not replaced by an empty one', async () => {
    const { host, provider, support } = await started();
    const { store } = await provider.logon(support, 'p', null, { write: true });
    const entryId = unwrapStoreEntryID((await getProp(store, PR_ENTRYID)) ?? new Uint8Array())?.entryId ?? null;
    await store.release();
    await provider.shutdown();
    await host.files.removeTree(join(host.home, 'stores'));
    const later = (await MSProviderInit(host)).provider;
    for (const id of [null, entryId]) {
      await assert.rejects(later.logon(support, 'p', id, { write: true }), { code: 'MAPI_E_NOT_FOUND' });
    }
    await assert.rejects(later.spoolerLogon(support, 'p', null, undefined), { code: 'MAPI_E_NOT_FOUND' });
    assert.equal(await host.files.exists(join(host.home, 'stores', 'p.mapidb')), false);
    await ended(later, host);
  });

  test('identifiers name files from the home on, so that a home can be moved', async () => {
    const { host, provider, support } = await started();
    const { store } = await provider.logon(support, 'p', null, { write: true });
    const entryId = unwrapStoreEntryID((await getProp(store, PR_ENTRYID)) ?? new Uint8Array())?.entryId;
    assert.equal(parseStoreEntryId(entryId ?? new Uint8Array()).path, join('stores', 'p.mapidb'));
    await store.release();
    await ended(provider, host);
  });

  test('a section that names no file never takes one that is there', async () => {
    const { host, provider, support } = await started();
    const first = await provider.logon(support, 'p', null, { write: true });
    const other = await provider.logon(new StandaloneSupport({ kind: 'store', host }), 'p', null, { write: true });
    assert.notDeepEqual(await getProp(other.store, PR_ENTRYID), await getProp(first.store, PR_ENTRYID));
    assert.ok(await host.files.exists(join(host.home, 'stores', 'p-2.mapidb')));
    await other.store.release();
    await first.store.release();
    await ended(provider, host);
  });

  test('processes that make the store of one section at a time make one: whoever comes second takes it', async () => {
    const { host, provider } = await started();
    const other = (await MSProviderInit(host)).provider; // of another process
    const identity = { profile: 1, provider: 2 };
    const first = await provider.logon(await identified(host, identity), 'p', null, { write: true });
    const second = await other.logon(await identified(host, identity), 'p', null, { write: true });
    assert.deepEqual(await getProp(second.store, PR_ENTRYID), await getProp(first.store, PR_ENTRYID));
    const strangers = [
      { profile: 3, provider: 2 }, // a profile of this name that was deleted meanwhile
      { profile: 1, provider: 4 }, // another store of the profile
    ];
    for (const stranger of strangers) {
      const third = await other.logon(await identified(host, stranger), 'p', null, { write: true });
      assert.notDeepEqual(await getProp(third.store, PR_ENTRYID), await getProp(first.store, PR_ENTRYID));
      await third.store.release();
    }
    assert.deepEqual(
      (await host.files.list(join(host.home, 'stores'))).filter((name) => name.endsWith('.mapidb')).sort(),
      ['p-2.mapidb', 'p-3.mapidb', 'p.mapidb'],
    );
    await first.store.release();
    await second.store.release();
    await other.shutdown();
    await ended(provider, host);
  });

  test('a process that is killed when it has made the file has made the store of the next one', async () => {
    const { host, provider } = await started();
    const path = join(host.home, 'stores', 'p.mapidb');
    await host.files.mkdir(join(host.home, 'stores'));
    await host.files.writeFileAtomic(path, new Uint8Array()); // and nothing in it yet
    const { store } = await provider.logon(await identified(host, { profile: 1, provider: 2 }), 'p', null, {});
    assert.deepEqual(await host.files.exists(join(host.home, 'stores', 'p-2.mapidb')), false);
    await store.release();
    await ended(provider, host);
  });

  test('what lies under the name of the store and is none is passed over', async () => {
    const { host, provider } = await started();
    const path = join(host.home, 'stores', 'p.mapidb');
    await host.files.mkdir(join(host.home, 'stores'));
    await host.files.writeFileAtomic(path, new Uint8Array(9000).fill(7));
    const { store } = await provider.logon(await identified(host, { profile: 1, provider: 2 }), 'p', null, {});
    assert.ok(await host.files.exists(join(host.home, 'stores', 'p-2.mapidb')));
    assert.deepEqual(await host.files.readFile(path), new Uint8Array(9000).fill(7));
    await store.release();
    await ended(provider, host);
  });

  test('STORE-009: a second logon answers the open store and no logon object', async () => {
    const { host, provider, support } = await started();
    const first = await provider.logon(support, 'p', null, { write: true });
    const uids = support.providerUids.length;
    const second = await provider.logon(support, 'p', null, { write: true });
    assert.equal(second.store, first.store);
    assert.equal(second.logon, undefined);
    assert.equal(support.providerUids.length, uids);
    await second.store.release();
    assert.equal((await first.store.openEntry(null)).iid, 'IMAPIFolder');
    await first.store.release();
    await ended(provider, host);
  });

  test('STORE-008, STORE-015, STORE-019: the uid is registered, and the section says what the store is', async () => {
    const { host, provider, support } = await started();
    const { store } = await provider.logon(support, 'p', null, { write: true });
    assert.deepEqual(support.providerUids, [MUID_STORE_SQL]);
    assert.ok(support.statusRow.size > 0);
    await using section = await support.openProfileSection(null);
    assert.equal(await getProp(section, PR_DISPLAY_NAME), 'Mailbox');
    assert.deepEqual(await getProp(section, PR_MDB_PROVIDER), MUID_STORE_SQL);
    assert.deepEqual(await getProp(section, PR_ENTRYID), await getProp(store, PR_ENTRYID));
    await store.release();
    await ended(provider, host);
  });

  test('STORE-013: identifiers of stores are compared without an open store, and lead to their files', async () => {
    const { host, provider, support } = await started([prop(PR_STORE_SQL_PATH, 'mail.mapidb')]);
    const { store } = await provider.logon(support, 'p', null, {});
    const wrapped = (await getProp(store, PR_ENTRYID)) ?? new Uint8Array();
    const entryId = unwrapStoreEntryID(wrapped)?.entryId ?? new Uint8Array();
    await store.release();
    const later = (await MSProviderInit(host)).provider;
    assert.equal(await later.compareStoreIDs(entryId, entryId), true);
    const again = await later.logon(new StandaloneSupport({ kind: 'store', host }), 'other', entryId, {});
    assert.deepEqual(await getProp(again.store, PR_ENTRYID), wrapped);
    await again.store.release();
    assert.equal(await later.compareStoreIDs(entryId, new Uint8Array(40)), false);
    await later.shutdown();
    await ended(provider, host);
  });

  test('LOGON-73, STORE-020: a logon hands identifiers of another store of the provider on to it', async () => {
    const { host, provider, support } = await started([prop(PR_STORE_SQL_PATH, 'one.mapidb')]);
    const first = await provider.logon(support, 'p', null, { write: true });
    const section = [prop(PR_STORE_SQL_PATH, 'two.mapidb')];
    const second = await provider.logon(new StandaloneSupport({ kind: 'store', host, section }), 'p', null, {});
    const folder = await second.store.openEntry(null, { iid: 'IMAPIFolder' });
    const entryId = (await getProp(folder, PR_ENTRYID)) ?? new Uint8Array();
    await assert.rejects(first.store.openEntry(entryId), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
    const opened = await first.logon?.openEntry(entryId);
    assert.deepEqual(opened === undefined ? undefined : await getProp(opened, PR_ENTRYID), entryId);
    await second.store.release();
    await assert.rejects(first.logon?.openEntry(entryId) ?? Promise.resolve(), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
    await first.store.release();
    await ended(provider, host);
  });

  test('objects of a store that was logged off are of no use', async () => {
    const { host, provider, support } = await started();
    const { store, logon } = await provider.logon(support, 'p', null, { write: true });
    const root = await store.openEntry(null, { iid: 'IMAPIFolder' });
    await store.release();
    await logon?.logoff();
    await assert.rejects(root.getProps([PR_DISPLAY_NAME]), { code: 'MAPI_E_INVALID_OBJECT' });
    await ended(provider, host);
  });

  test('a file of a newer program is MAPI_E_VERSION, a damaged one MAPI_E_CORRUPT_STORE', async () => {
    const { host, provider } = await started();
    const newer = join(host.home, 'newer.db');
    const migrations = [...STORE_MIGRATIONS, 'SELECT 1'];
    await Database.open(newer, { applicationId: STORE_APPLICATION_ID, migrations }).close();
    const damaged = join(host.home, 'damaged.db');
    await host.files.writeFileAtomic(damaged, new TextEncoder().encode('no database '.repeat(500)));
    for (const [path, code] of [
      [newer, 'MAPI_E_VERSION'],
      [damaged, 'MAPI_E_CORRUPT_STORE'],
    ] as const) {
      const support = new StandaloneSupport({ kind: 'store', host, section: [prop(PR_STORE_SQL_PATH, path)] });
      await assert.rejects(provider.logon(support, 'p', null, {}), { code });
    }
    await ended(provider, host);
  });
});
