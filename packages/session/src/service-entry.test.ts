import assert from 'node:assert/strict';
import { fromHex } from '@nodemapi/base';
import { getProp, queryAllRows } from '@nodemapi/kit';
import {
  type Catalogue,
  type CatalogueService,
  type ConfigureOptions,
  errorTag,
  type IMsgServiceAdmin,
  MAPI_STORE_PROVIDER,
  MapiError,
  type MapiUid,
  METHOD_TABLES,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_PROVIDER_UID,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  PR_SERVICE_EXTRA_UIDS,
  PR_SERVICE_NAME,
  PR_SERVICE_SUPPORT_FILES,
  PR_SERVICE_UID,
  PT_LONG,
  prop,
  propOf,
  type ServiceEntryCall,
  STATUS_NO_PRIMARY_IDENTITY,
  STATUS_PRIMARY_IDENTITY,
  tag,
  type UserInterface,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { columnOf, openStore, storeIdNamed } from './stores.testing.ts';
import { TEST_CATALOGUE, TestSubsystem } from './subsystem.testing.ts';
import { user } from './user.testing.ts';

async function withServices(catalogue = TEST_CATALOGUE) {
  const { subsystem, library } = await TestSubsystem.withProfile({ catalogue });
  const admin = await subsystem.MAPIAdminProfiles();
  return { subsystem, library, admin, services: await admin.adminServices('Work') };
}

async function uidOf(services: IMsgServiceAdmin, name: string): Promise<MapiUid> {
  await using table = await services.getMsgServiceTable();
  const row = (await queryAllRows(table)).find((one) => propOf(one, PR_SERVICE_NAME) === name);
  return propOf(row ?? [], PR_SERVICE_UID) ?? new Uint8Array(16);
}

describe('the calls of an entry point', () => {
  test('SVC-21, SVC-31: each context has its occasion', async () => {
    const { subsystem, library, services } = await withServices();
    const occasion = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
      library.calls.length = 0;
      await work();
      return library.calls.filter((call) => call.startsWith('entry')).map((call) => call.slice('entry '.length));
    };
    assert.deepEqual(await occasion(() => subsystem.installService('ARCHIVE')), ['install']);
    assert.deepEqual(await occasion(() => services.createMsgService('ARCHIVE')), ['create']);
    const uid = await uidOf(services, 'ARCHIVE');
    assert.deepEqual(await occasion(() => services.configureMsgService(uid, [])), ['configure']);
    await using providers = await services.adminProviders(uid);
    let provider: MapiUid = uid;
    const create = async (): Promise<void> => {
      provider = await providers.createProvider('Archive', []);
    };
    assert.deepEqual(await occasion(create), ['providerCreate']);
    assert.deepEqual(await occasion(() => providers.deleteProvider(provider)), ['providerDelete']);
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const unconfigured = async (): Promise<void> => {
      let tries = 0;
      library.behaviour.storeLogon = () => {
        if (tries++ === 0) throw new MapiError('MAPI_E_UNCONFIGURED', 'not yet');
      };
      await (await openStore(session, {}, 'Archive')).release();
    };
    assert.deepEqual(await occasion(unconfigured), ['configure']);
    assert.deepEqual(await occasion(() => services.deleteMsgService(uid)), ['delete']);
    assert.deepEqual(await occasion(() => subsystem.uninstallService('ARCHIVE')), ['uninstall']);
  });

  test('SVC-21: a service hears of its installation without a profile, and may refuse to go', async () => {
    const { subsystem, library } = await withServices();
    await assert.rejects(subsystem.installService('NONE'), { code: 'MAPI_E_NOT_FOUND' });
    await subsystem.installService('LATE'); // it has no entry point
    library.behaviour.entry = async (call) => {
      await assert.rejects(call.support.openProfileSection(null), { code: 'MAPI_E_NOT_FOUND' });
      await assert.rejects(call.providerAdmin.getProviderTable(), { code: 'MAPI_E_NOT_FOUND' });
      if (call.ui !== undefined) throw new MapiError('MAPI_E_USER_CANCEL', 'it stays');
    };
    await subsystem.uninstallService('ARCHIVE');
    await assert.rejects(subsystem.uninstallService('ARCHIVE', user()), { code: 'MAPI_E_USER_CANCEL' });
  });

  test('AMB-32: a service is asked to clean up when it is uninstalled, not when it is installed or deleted', async () => {
    const { library, services, subsystem } = await withServices();
    const contexts: string[] = [];
    library.behaviour.entry = ({ context }: ServiceEntryCall) => void contexts.push(context);
    await subsystem.installService('ARCHIVE');
    const uid = await services.createMsgServiceEx('ARCHIVE');
    await services.deleteMsgService(uid);
    assert.ok(!contexts.includes('uninstall'));
    await services.createMsgService('ARCHIVE'); // it is still in the catalogue, and its library there
    await subsystem.uninstallService('ARCHIVE');
    assert.deepEqual(contexts, ['install', 'create', 'delete', 'create', 'uninstall']);
  });

  test('SVC-20: the flags of the caller reach it, and the user only with one of two', async () => {
    const { library, services } = await withServices();
    const uid = await uidOf(services, 'STORE');
    const seen: unknown[] = [];
    library.behaviour.entry = (call: ServiceEntryCall) => {
      const { uiAllowed, uiAlways, uiReadOnly, currentProviderFirst, ui } = call;
      seen.push([uiAllowed, uiAlways, uiReadOnly, currentProviderFirst, ui !== undefined].map(Number).join(''));
    };
    const calls: readonly ConfigureOptions[] = [
      {},
      { uiAllowed: true },
      { uiAlways: true },
      { uiAlways: true, uiReadOnly: true, currentProviderFirst: true },
      { uiReadOnly: true, currentProviderFirst: true },
    ];
    for (const options of calls) await services.configureMsgService(uid, [], options, user());
    assert.deepEqual(seen, ['00000', '10001', '01001', '01111', '00110']);
  });

  test('SVC-19: without a flag the data has to be all, for nobody is asked', async () => {
    const { library, services } = await withServices();
    library.behaviour.entry = async (call) => {
      assert.equal(call.ui, undefined);
      if (call.props.length === 0) throw new MapiError('MAPI_E_UNCONFIGURED', 'nothing to go by');
      await using section = await call.providerAdmin.openProfileSection(null, { modify: true });
      await section.setProps(call.props);
    };
    const uid = await uidOf(services, 'STORE');
    await assert.rejects(services.configureMsgService(uid, [], {}, user()), { code: 'MAPI_E_UNCONFIGURED' });
    await services.configureMsgService(uid, [prop(PR_COMMENT, 'whole')], {}, user());
    const [provider] = await columnOf(await services.getProviderTable(), PR_PROVIDER_UID);
    await using section = await services.openProfileSection(provider ?? uid, { forceAccess: true });
    assert.equal(await getProp(section, PR_COMMENT), 'whole');
  });

  test('SVC-10: a user hears that a profile in use has to be logged on to anew, unless that is not wanted', async () => {
    const { subsystem, services } = await withServices();
    const told: string[] = [];
    const ui: UserInterface = user({
      confirm: async (text) => {
        told.push(text);
        return false;
      },
    });
    await services.createMsgService('ARCHIVE', undefined, { uiAllowed: true }, ui);
    assert.deepEqual(told, []); // nobody uses it
    await using _session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await services.createMsgService('ARCHIVE', undefined, {}, ui);
    await services.createMsgService('ARCHIVE', undefined, { uiAllowed: true, noRestartWarning: true }, ui);
    assert.deepEqual(told, []);
    await services.createMsgService('ARCHIVE', undefined, { uiAllowed: true }, ui);
    assert.match(told.join(), /^Profile Work is in use: ARCHIVE works after the next logon/);
    assert.equal((await columnOf(await services.getMsgServiceTable(), PR_SERVICE_NAME)).length, 7);
  });
});

describe('services and providers', () => {
  test('SVC-1: IMsgServiceAdmin has its methods in their order, and is IMsgServiceAdmin2, too', async () => {
    assert.deepEqual(
      METHOD_TABLES.IMsgServiceAdmin?.map(({ name }) => name),
      [
        'getLastError',
        'getMsgServiceTable',
        'createMsgService',
        'deleteMsgService',
        'copyMsgService',
        'renameMsgService',
        'configureMsgService',
        'openProfileSection',
        'msgServiceTransportOrder',
        'adminProviders',
        'setPrimaryIdentity',
        'getProviderTable',
        'createMsgServiceEx',
      ],
    );
    const { services } = await withServices();
    assert.equal((await services.createMsgServiceEx('ARCHIVE')).length, 16);
  });

  test('SVC-36: a provider that is added or removed is there for the next session', async () => {
    const { subsystem, services, library } = await withServices();
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    await session.enumAdrTypes();
    await services.createMsgService('MAIL');
    library.calls.length = 0;
    await session.enumAdrTypes();
    await session.logoff();
    assert.equal(library.calls.filter((call) => call === 'IXPProvider.transportLogon').length, 0);
    await using next = await subsystem.MAPILogonEx(null, 'Work', null);
    await next.enumAdrTypes();
    assert.equal(library.calls.filter((call) => call === 'IXPProvider.transportLogon').length, 2);
  });

  test('SVC-38: provider tables are snapshots, without what is gone, and may be empty', async () => {
    const { services } = await withServices();
    const uid = await uidOf(services, 'STORE');
    await using providers = await services.adminProviders(uid);
    const [provider] = await columnOf(await providers.getProviderTable(), PR_PROVIDER_UID);
    await using all = await services.getProviderTable();
    await using own = await providers.getProviderTable();
    await providers.deleteProvider(provider ?? uid);
    assert.deepEqual([await all.getRowCount(), await own.getRowCount()], [3, 1]);
    await using after = await services.getProviderTable();
    await using none = await providers.getProviderTable();
    assert.deepEqual([await after.getRowCount(), await none.getRowCount()], [2, 0]);
  });

  test('SVC-50: what the catalogue says once is the provider’s for good; MAPI changes what is MAPI’s', async () => {
    const { subsystem, services, library } = await withServices();
    const flags = async (): Promise<readonly (number | undefined)[]> =>
      columnOf(await services.getProviderTable(), PR_RESOURCE_FLAGS);
    const before = await flags();
    library.behaviour.entry = async (call) => {
      await using table = await call.providerAdmin.getProviderTable();
      const [uid] = await columnOf(table, PR_PROVIDER_UID);
      await using section = await call.providerAdmin.openProfileSection(uid ?? null, { modify: true });
      const [problem] = await section.setProps([prop(PR_RESOURCE_FLAGS, 0)]);
      assert.equal(problem?.code, 'MAPI_E_COMPUTED');
    };
    await services.configureMsgService(await uidOf(services, 'MAIL'), []);
    assert.deepEqual(await flags(), before);
    library.behaviour = {};
    await services.setPrimaryIdentity(null);
    assert.notDeepEqual(await flags(), before); // an identity is modifiable
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await session.setDefaultStore('secondary', await storeIdNamed(session));
    assert.notEqual((await flags())[0], before[0]); // a role is dynamic
  });

  test('AMB-49, AMB-52: a service or its provider may be named as the supplier; a provider that goes by itself alone', async () => {
    const { services } = await withServices();
    await services.createMsgService('LATE');
    const late = await uidOf(services, 'LATE');
    await using providers = await services.adminProviders(late);
    const [provider] = await columnOf(await providers.getProviderTable(), PR_PROVIDER_UID);
    const supplies = async (): Promise<boolean> => {
      const [flags] = await columnOf(await providers.getProviderTable(), PR_RESOURCE_FLAGS);
      return ((flags ?? 0) & STATUS_PRIMARY_IDENTITY) !== 0;
    };
    for (const uid of [late, provider ?? late]) {
      await services.setPrimaryIdentity(uid);
      assert.equal(await supplies(), true);
      await services.setPrimaryIdentity(null);
      assert.equal(await supplies(), false);
    }
    await assert.rejects(providers.deleteProvider(late), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('SVC-51: a provider supplies the identity or does not, whatever becomes of its profile', async () => {
    const { services } = await withServices();
    const check = async (): Promise<void> => {
      for (const flags of await columnOf(await services.getProviderTable(), PR_RESOURCE_FLAGS)) {
        const [yes, no] = [STATUS_PRIMARY_IDENTITY, STATUS_NO_PRIMARY_IDENTITY].map(
          (bit) => ((flags ?? 0) & bit) !== 0,
        );
        assert.notEqual(yes, no);
      }
    };
    await check();
    await services.createMsgService('LATE');
    await check();
    await services.setPrimaryIdentity(await uidOf(services, 'LATE'));
    await check();
    await services.setPrimaryIdentity(null);
    await check();
    await services.copyMsgService(await uidOf(services, 'MAIL'), null, services);
    await check();
    await services.deleteMsgService(await uidOf(services, 'MAIL'));
    await check();
  });
});

describe('extra sections', () => {
  const EXTRA = '13dbb0c8aa05101a9bb000aa002fc45a';
  const service = {
    ...TEST_CATALOGUE.services.STORE,
    props: { '0x6604001f': 'of the service' },
    sections: [{ uid: EXTRA, props: { '0x66000003': 4 } }],
    supportFiles: ['a.js', 'b.js'],
  } as CatalogueService;
  const catalogue: Catalogue = {
    ...TEST_CATALOGUE,
    services: { ...TEST_CATALOGUE.services, STORE: service },
  };
  const SETTING = tag(0x6600, PT_LONG);

  async function extraUids(services: IMsgServiceAdmin, service: MapiUid): Promise<string> {
    await using section = await services.openProfileSection(service);
    return Buffer.from((await getProp(section, PR_SERVICE_EXTRA_UIDS)) ?? []).toString('hex');
  }

  test('SVC-14: a copy takes them along, and they are its own', async () => {
    const { services, admin } = await withServices(catalogue);
    const uid = await uidOf(services, 'STORE');
    assert.equal(await extraUids(services, uid), EXTRA);
    await services.copyMsgService(uid, 'Copy', services);
    const copies = await columnOf(await services.getMsgServiceTable(), PR_SERVICE_UID);
    const copied = await extraUids(services, copies.at(-1) ?? uid);
    assert.match(copied, /^[0-9a-f]{32}$/);
    assert.notEqual(copied, EXTRA);
    {
      await using section = await services.openProfileSection(fromHex(copied), { modify: true });
      assert.equal(await getProp(section, SETTING), 4);
      await section.setProps([prop(SETTING, 5)]);
    }
    await using original = await services.openProfileSection(fromHex(EXTRA));
    assert.equal(await getProp(original, SETTING), 4);
    await admin.createProfile('Other');
    await using other = await admin.adminServices('Other');
    await services.copyMsgService(uid, null, other);
    assert.equal(await extraUids(other, await uidOf(other, 'STORE')), EXTRA); // nobody there had it
    await services.deleteMsgService(copies.at(-1) ?? uid);
    await assert.rejects(services.openProfileSection(fromHex(copied)), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('AMB-51: the provider table of the service has a row for each, without a type of provider', async () => {
    const { services } = await withServices(catalogue);
    await using providers = await services.adminProviders(await uidOf(services, 'STORE'));
    await using table = await providers.getProviderTable();
    const rows = await queryAllRows(table, { tags: [PR_PROVIDER_UID, PR_RESOURCE_TYPE] });
    assert.deepEqual(
      rows.map((row) => propOf(row, PR_RESOURCE_TYPE)),
      [MAPI_STORE_PROVIDER, undefined],
    );
    assert.equal(rows[1]?.[1]?.tag, errorTag(PR_RESOURCE_TYPE));
    assert.equal(Buffer.from(propOf(rows[1] ?? [], PR_PROVIDER_UID) ?? []).toString('hex'), EXTRA);
  });

  test('a service brings the properties of its own section', async () => {
    const { services } = await withServices(catalogue);
    await using section = await services.openProfileSection(await uidOf(services, 'STORE'));
    assert.deepEqual(await getProp(section, PR_SERVICE_SUPPORT_FILES), ['a.js', 'b.js']);
    assert.equal(await getProp(section, PR_DISPLAY_NAME), 'Store service');
  });

  test.each([
    [{ uid: 'short', props: {} }, /MAPIUID/],
    [{ uid: EXTRA, props: { '0x67f0001f': 'secret' } }, /secret/],
    [{ uid: EXTRA, props: { '0x66000003': 'text' } }, /no value/],
  ])('a wrong one is refused: %j', (section, message) => {
    const wrong = { ...catalogue, services: { STORE: { ...service, sections: [section] } as CatalogueService } };
    assert.throws(() => new TestSubsystem({ catalogue: wrong as Catalogue }), {
      code: 'MAPI_E_INVALID_PARAMETER',
      message,
    });
  });
});
