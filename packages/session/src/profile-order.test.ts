import assert from 'node:assert/strict';
import { getProp, queryAllRows } from '@nodemapi/kit';
import {
  type Catalogue,
  type CatalogueProvider,
  MapiError,
  METHOD_TABLES,
  MUID_PROFILE_INSTANCE,
  MUID_SUBSYSTEM,
  PR_AB_SEARCH_PATH,
  PR_DEFAULT_PROFILE,
  PR_DEFAULT_STORE,
  PR_DISPLAY_NAME,
  PR_PROVIDER_UID,
  PR_SERVICE_UID,
  propOf,
  WARNINGS,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { columnOf, nameOf, openStore } from './stores.testing.ts';
import { TEST_CATALOGUE, TestSubsystem } from './subsystem.testing.ts';

const provider = (displayName: string, kind: 'STORE' | 'AB' | 'TRANSPORT', ...flags: string[]): CatalogueProvider => ({
  displayName,
  providerDisplay: displayName,
  module: 'test',
  resourceType: `MAPI_${kind}_PROVIDER`,
  resourceFlags: flags,
});

/** Two services of three providers each: 1 and 2. */
const CATALOGUE: Catalogue = {
  services: Object.fromEntries(
    ['1', '2'].map((number) => [
      `S${number}`,
      {
        displayName: `Service ${number}`,
        resourceFlags: [],
        providers: [
          provider(`Store ${number}`, 'STORE', 'STATUS_DEFAULT_STORE'),
          provider(`Book ${number}`, 'AB'),
          provider(`Transport ${number}`, 'TRANSPORT'),
        ],
        options: {},
      },
    ]),
  ),
  defaultServices: [],
};

describe('the order in a profile', () => {
  test('PROF-27, ERR-12: decides which store is the default one, and the order of stores, address books and transports; their errors are told as one', async () => {
    for (const order of [
      ['1', '2'],
      ['2', '1'],
    ]) {
      const { subsystem, spoolers, library } = await TestSubsystem.withProfile({ catalogue: CATALOGUE });
      await using admin = await subsystem.MAPIAdminProfiles();
      await using services = await admin.adminServices('Work');
      for (const number of order) await services.createMsgService(`S${number}`);
      library.behaviour.bookLogon = () => {
        throw new MapiError('MAPI_E_FAILONEPROVIDER', 'not yet');
      };
      await using session = await subsystem.MAPILogonEx(null, 'Work', null);
      await using stores = await session.getMsgStoresTable();
      const rows = await queryAllRows(stores);
      assert.deepEqual(
        rows.map((row) => [propOf(row, PR_DISPLAY_NAME), propOf(row, PR_DEFAULT_STORE)]),
        order.map((number, index) => [`Store ${number}`, index === 0]),
      );
      const told = await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED);
      assert.match(told?.error ?? '', new RegExp(`^Book ${order[0]}: not yet; Book ${order[1]}: not yet$`));
      await session.enumAdrTypes();
      const transports = await spoolers[0]?.host.openTransports();
      assert.deepEqual(
        transports?.map(({ displayName }) => displayName),
        order.map((number) => `Transport ${number}`),
      );
    }
  });
});

describe('profiles', () => {
  test('PROF-2: IProfAdmin has its nine methods, in their order', () => {
    assert.deepEqual(
      METHOD_TABLES.IProfAdmin?.map(({ name }) => name),
      [
        'getLastError',
        'getProfileTable',
        'createProfile',
        'deleteProfile',
        'changeProfilePassword',
        'copyProfile',
        'renameProfile',
        'setDefaultProfile',
        'adminServices',
      ],
    );
  });

  test('PROF-23: PR_DEFAULT_PROFILE is a column of the profile table, and on no object', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    await using admin = await subsystem.MAPIAdminProfiles();
    assert.deepEqual(await columnOf(await admin.getProfileTable(), PR_DEFAULT_PROFILE), [true]);
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await using services = await session.adminServices();
    const uids = await columnOf(await services.getProviderTable(), PR_PROVIDER_UID);
    const serviceUids = await columnOf(await services.getMsgServiceTable(), PR_SERVICE_UID);
    for (const uid of [...uids, ...serviceUids, MUID_PROFILE_INSTANCE]) {
      await using section = await session.openProfileSection(uid ?? new Uint8Array(16), { forceAccess: true });
      assert.equal(await getProp(section, PR_DEFAULT_PROFILE), undefined);
    }
    await using store = await openStore(session);
    assert.equal(await getProp(store, PR_DEFAULT_PROFILE), undefined);
  });

  test('PROF-30: all services of a profile in use can be deleted; what runs goes on, and nothing starts again', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    const session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const store = await openStore(session);
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.deleteProfile('Work');
    await using services = await session.adminServices();
    for (const uid of await columnOf(await services.getMsgServiceTable(), PR_SERVICE_UID)) {
      await services.deleteMsgService(uid ?? new Uint8Array(16));
    }
    assert.equal(await nameOf(store), 'Store');
    await session.logoff();
    await admin.createProfile('Work', { defaultServices: true });
    const next = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await using nextServices = await next.adminServices();
    for (const uid of await columnOf(await nextServices.getMsgServiceTable(), PR_SERVICE_UID)) {
      await nextServices.deleteMsgService(uid ?? new Uint8Array(16));
    }
    await next.logoff();
    library.calls.length = 0;
    await using last = await subsystem.MAPILogonEx(null, 'Work', null);
    assert.deepEqual(await last.enumAdrTypes().then(() => library.calls), []);
  });

  test('PROF-32: what MAPI keeps for itself is reached by its methods, and in no section', async () => {
    const { subsystem } = await TestSubsystem.withProfile({ catalogue: TEST_CATALOGUE });
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const { object: book } = await session.openAddressBook();
    await book.setSearchPath(await book.getSearchPath());
    for (const options of [{}, { modify: true }, { forceAccess: true }, { modify: true, forceAccess: true }]) {
      await assert.rejects(session.openProfileSection(MUID_SUBSYSTEM, options), { code: 'MAPI_E_NO_ACCESS' });
    }
    await using services = await session.adminServices();
    await assert.rejects(services.openProfileSection(MUID_SUBSYSTEM), { code: 'MAPI_E_NO_ACCESS' });
    assert.equal(PR_AB_SEARCH_PATH, 0x3d05_1102);
    await book.release();
  });
});
