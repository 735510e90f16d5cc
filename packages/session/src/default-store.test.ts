import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { bytesEqual } from '@nodemapi/base';
import { queryAllRows, type Spooler } from '@nodemapi/kit';
import {
  type DefaultStoreMode,
  fnevTableModified,
  type IMAPISession,
  type IMAPITable,
  MAPI_STORE_PROVIDER,
  type Notification,
  PR_DISPLAY_NAME,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  propOf,
  STATUS_DEFAULT_STORE,
  STATUS_NO_DEFAULT_STORE,
  STATUS_PRIMARY_STORE,
  STATUS_SECONDARY_STORE,
  STATUS_SIMPLE_STORE,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore, storeIdNamed } from './stores.testing.ts';
import { NotingSpooler, TEST_CATALOGUE, TestSubsystem } from './subsystem.testing.ts';

const MODES: Readonly<Record<DefaultStoreMode, number>> = {
  default: STATUS_DEFAULT_STORE,
  simpleTemporary: STATUS_SIMPLE_STORE,
  simplePermanent: STATUS_SIMPLE_STORE,
  primary: STATUS_PRIMARY_STORE,
  secondary: STATUS_SECONDARY_STORE,
};

/** A session with the stores Store, which is the default one, and Archive, both open. */
async function twoStores(options: { readonly noMail?: boolean } = { noMail: true }) {
  const { subsystem, spoolers } = await TestSubsystem.withProfile();
  await using admin = await subsystem.MAPIAdminProfiles();
  await using services = await admin.adminServices('Work');
  await services.createMsgService('ARCHIVE');
  const session = await subsystem.MAPILogonEx(null, 'Work', null, options);
  for (const name of ['Store', 'Archive']) await openStore(session, { write: true }, name);
  return { subsystem, spoolers, session };
}

async function flagsIn(table: IMAPITable): Promise<Readonly<Record<string, number>>> {
  const rows = await queryAllRows(table);
  await table.release();
  const stores = rows.filter((row) => propOf(row, PR_RESOURCE_TYPE) === MAPI_STORE_PROVIDER);
  const roles = STATUS_DEFAULT_STORE | STATUS_SIMPLE_STORE | STATUS_PRIMARY_STORE | STATUS_SECONDARY_STORE;
  const flagsOf = (row: (typeof rows)[number]): number => (propOf(row, PR_RESOURCE_FLAGS) ?? 0) & roles;
  return Object.fromEntries(stores.map((row) => [propOf(row, PR_DISPLAY_NAME) ?? '', flagsOf(row)]));
}

const bothTables = async (session: IMAPISession) => [
  await flagsIn(await session.getMsgStoresTable()),
  await flagsIn(await session.getStatusTable()),
];

describe('SetDefaultStore', () => {
  for (const [mode, flag] of Object.entries(MODES) as [DefaultStoreMode, number][]) {
    test(`SESS-37, SESS-40, STORE-068: ${mode} sets its flag in the row of the store, and of no other`, async () => {
      const { session } = await twoStores();
      await session.setDefaultStore(mode, await storeIdNamed(session, 'Archive'));
      const former = mode === 'default' ? 0 : STATUS_DEFAULT_STORE;
      const expected = { Store: former, Archive: flag };
      assert.deepEqual(await bothTables(session), [expected, expected]);
      await session.setDefaultStore(mode, null);
      const cleared = { Store: former, Archive: 0 };
      assert.deepEqual(await bothTables(session), [cleared, cleared]);
    });
  }

  test('SESS-37, STORE-068: one mode, not several, and none that is not there', async () => {
    const { session } = await twoStores();
    for (const mode of [3, ['default', 'primary'], 'tertiary', undefined]) {
      await assert.rejects(session.setDefaultStore(mode as never, await storeIdNamed(session, 'Archive')), {
        code: 'MAPI_E_INVALID_PARAMETER',
      });
    }
  });

  test('STORE-069: a permanent store of Simple MAPI stays in the profile, a temporary one in its session', async () => {
    for (const [mode, kept] of [
      ['simplePermanent', STATUS_SIMPLE_STORE],
      ['simpleTemporary', 0],
    ] as const) {
      const { session, subsystem } = await twoStores();
      const heard: unknown[] = [];
      await using table = await session.getMsgStoresTable();
      await table.advise(fnevTableModified, { onNotify: (all) => void heard.push(...all) });
      await session.setDefaultStore(mode, await storeIdNamed(session, 'Archive'));
      await subsystem.HrDispatchNotifications();
      assert.equal(heard.length, 1);
      await using next = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
      assert.equal((await flagsIn(await next.getMsgStoresTable())).Archive, kept, mode);
    }
  });

  test('SESS-42, STORE-069: both tables tell of each row that changed, and the spooler learns it', async () => {
    const { session, subsystem, spoolers } = await twoStores({});
    await subsystem.readySpoolerOf(session);
    const heard = new Set<string>();
    const listen = async (name: string, table: IMAPITable): Promise<void> => {
      const onNotify = (all: readonly Notification[]): void => {
        for (const one of all) {
          if (one.kind !== 'tableModified') continue;
          heard.add(`${name} ${one.event} ${propOf(one.row ?? [], PR_DISPLAY_NAME)}`);
        }
      };
      await table.advise(fnevTableModified, { onNotify });
    };
    await listen('stores', await session.getMsgStoresTable());
    await listen('status', await session.getStatusTable());
    const archive = await storeIdNamed(session, 'Archive');
    await session.setDefaultStore('default', archive);
    await subsystem.HrDispatchNotifications();
    assert.deepEqual([...heard].sort(), [
      'status rowModified Archive',
      'status rowModified Store',
      'stores rowModified Archive',
      'stores rowModified Store',
    ]);
    assert.deepEqual(spoolers[0]?.host.defaultStore(), archive);
  });

  test('SVC-51: a store that can never be the default one does not become it', async () => {
    const never = { ...TEST_CATALOGUE.services.ARCHIVE?.providers[0], resourceFlags: ['STATUS_NO_DEFAULT_STORE'] };
    const service = { ...TEST_CATALOGUE.services.ARCHIVE, providers: [never] };
    const catalogue = {
      services: { ...TEST_CATALOGUE.services, ARCHIVE: service },
      defaultServices: ['ARCHIVE'],
    } as typeof TEST_CATALOGUE;
    const { subsystem } = await TestSubsystem.withProfile({ catalogue });
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const archive = await storeIdNamed(session, 'Archive');
    await assert.rejects(session.setDefaultStore('default', archive), { code: 'MAPI_E_NO_SUPPORT' });
    assert.deepEqual(await flagsIn(await session.getMsgStoresTable()), { Archive: 0 });
    assert.equal(STATUS_NO_DEFAULT_STORE, 0x40);
  });
});

test('a store that another process has named while this one logged on is the default one of the spooler, too', async () => {
  const { subsystem: other, files } = await TestSubsystem.withProfile();
  /** Has the other process log on first, when this one has read the profile. */
  class LateSpooler extends NotingSpooler {
    readonly found: boolean[] = [];

    override async start(): Promise<void> {
      await super.start();
      const session = await other.MAPILogonEx(null, 'Work', null, { noMail: true });
      await openStore(session, {}, 'Store');
      await session.logoff();
    }

    override async attachStore(store: Parameters<Spooler['attachStore']>[0]): Promise<void> {
      await super.attachStore(store);
      const isDefault = bytesEqual(this.host.defaultStore() ?? new Uint8Array(), store.entryId);
      if (store.displayName === 'Store') this.found.push(isDefault);
    }
  }
  const spoolers: LateSpooler[] = [];
  const { subsystem } = new TestSubsystem({
    files,
    createSpooler: (host) => {
      const spooler = new LateSpooler(host);
      spoolers.push(spooler);
      return spooler;
    },
  });
  await subsystem.MAPIInitialize();
  const session = await subsystem.MAPILogonEx(null, 'Work', null, {});
  const [spooler] = spoolers;
  while (spooler?.found.length === 0) await setImmediate();
  await session.logoff();
  assert.deepEqual(spooler?.found, [true]);
});
