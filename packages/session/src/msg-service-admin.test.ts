import assert from 'node:assert/strict';
import { toHex } from '@nodemapi/base';
import { getProp, queryAllRows } from '@nodemapi/kit';
import {
  fnevTableModified,
  type IMsgServiceAdmin,
  MAPI_TRANSPORT_PROVIDER,
  MapiError,
  type MapiUid,
  type Notification,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_INSTANCE_KEY,
  PR_PROVIDER_DLL_NAME,
  PR_PROVIDER_ORDINAL,
  PR_PROVIDER_UID,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  PR_SERVICE_DLL_NAME,
  PR_SERVICE_ENTRY_NAME,
  PR_SERVICE_NAME,
  PR_SERVICE_UID,
  PT_UNICODE,
  prop,
  propOf,
  resProperty,
  SERVICE_NO_PRIMARY_IDENTITY,
  SERVICE_PRIMARY_IDENTITY,
  SERVICE_SINGLE_COPY,
  STATUS_NO_PRIMARY_IDENTITY,
  STATUS_PRIMARY_IDENTITY,
  tag,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { PROVIDER_COLUMNS, SERVICE_COLUMNS } from './service-tables.ts';
import { columnOf } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

/** What the catalogue gives every provider of the store service. */
const PR_STORE_PATH = tag(0x6600, PT_UNICODE);

async function withServices() {
  const made = await TestSubsystem.withProfile();
  const admin = await made.subsystem.MAPIAdminProfiles();
  return { subsystem: made.subsystem, library: made.library, admin, services: await admin.adminServices('Work') };
}

const serviceNames = async (services: IMsgServiceAdmin) =>
  columnOf(await services.getMsgServiceTable(), PR_SERVICE_NAME);

async function uidOf(services: IMsgServiceAdmin, name: string): Promise<MapiUid> {
  await using table = await services.getMsgServiceTable();
  const row = (await queryAllRows(table)).find((one) => propOf(one, PR_SERVICE_NAME) === name);
  return propOf(row ?? [], PR_SERVICE_UID) ?? new Uint8Array(16);
}

async function flagsOf(services: IMsgServiceAdmin): Promise<Record<string, number>> {
  await using table = await services.getMsgServiceTable();
  const rows = await queryAllRows(table);
  return Object.fromEntries(rows.map((row) => [propOf(row, PR_SERVICE_NAME), propOf(row, PR_RESOURCE_FLAGS) ?? 0]));
}

async function transports(services: IMsgServiceAdmin): Promise<readonly (string | undefined)[]> {
  await using table = await services.getProviderTable();
  const restriction = resProperty('EQ', PR_RESOURCE_TYPE, MAPI_TRANSPORT_PROVIDER);
  const sort = { sorts: [{ tag: PR_PROVIDER_ORDINAL, order: 'ascend' as const }] };
  return (await queryAllRows(table, { restriction, sort })).map((row) => propOf(row, PR_DISPLAY_NAME));
}

describe('message services', () => {
  test('SVC-3, SVC-5: the table has its columns, and the newest service last', async () => {
    const { services } = await withServices();
    await services.createMsgService('ARCHIVE');
    await using table = await services.getMsgServiceTable();
    const columns = await table.queryColumns({ all: true });
    for (const column of SERVICE_COLUMNS) assert.ok(columns.includes(column));
    assert.deepEqual(await columnOf(table, PR_SERVICE_NAME), ['STORE', 'BOOK', 'MAIL', 'ARCHIVE']);
  });

  test('SVC-2: the table is a snapshot, without rows if there are no services', async () => {
    const { admin } = await withServices();
    await admin.createProfile('Empty');
    await using services = await admin.adminServices('Empty');
    await using before = await services.getMsgServiceTable();
    await services.createMsgService('STORE');
    assert.equal(await before.getRowCount(), 0);
    assert.deepEqual(await serviceNames(services), ['STORE']);
  });

  test('AMB-46: sinks on it hear of services that come, change and go; its rows stay as they are', async () => {
    const { services, subsystem } = await withServices();
    const table = await services.getMsgServiceTable();
    const heard: Notification[] = [];
    await table.advise(fnevTableModified, { onNotify: (all) => void heard.push(...all) });
    const uid = await services.createMsgServiceEx('ARCHIVE');
    const later = async (): Promise<readonly Notification[]> => {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      return heard.splice(0);
    };
    const [added, ...more] = await later();
    assert.deepEqual(more, []);
    assert.ok(added?.kind === 'tableModified' && added.event === 'rowAdded');
    assert.deepEqual(propOf(added.row ?? [], PR_SERVICE_UID), uid);
    assert.deepEqual(await columnOf(await services.getMsgServiceTable(), PR_SERVICE_NAME), [
      ...(await queryAllRows(table)).map((row) => propOf(row, PR_SERVICE_NAME)),
      'ARCHIVE',
    ]);
    await services.deleteMsgService(uid);
    assert.deepEqual(
      (await later()).map((notice) => notice.kind === 'tableModified' && notice.event),
      ['rowDeleted'],
    );
    await table.release();
    await services.createMsgService('ARCHIVE');
    assert.deepEqual(await later(), []);
    assert.equal(subsystem.isInitialized, true);
  });

  test('SVC-6, SVC-9, SVC-11: a service is filled from the catalogue, then told, and its identifier answered', async () => {
    const { services, library } = await withServices();
    const seen: unknown[] = [];
    library.behaviour.entry = async (call) => {
      await using section = await call.providerAdmin.openProfileSection(null, { modify: true });
      seen.push(call.context, call.uiAllowed, call.props, await getProp(section, tag(0x6600, PT_UNICODE)));
    };
    const uid = await services.createMsgServiceEx('STORE', 'ignored', { uiAllowed: true });
    assert.deepEqual(seen, ['create', true, [], 'here']);
    assert.deepEqual((await columnOf(await services.getMsgServiceTable(), PR_SERVICE_UID)).at(-1), uid);
    assert.equal((await columnOf(await services.getMsgServiceTable(), PR_DISPLAY_NAME)).at(-1), 'Store service');
  });

  test('SVC-8: a service without a name in the catalogue takes the one it is given', async () => {
    const { services } = await withServices();
    await services.createMsgService('LATE', 'My late service');
    assert.equal((await columnOf(await services.getMsgServiceTable(), PR_DISPLAY_NAME)).at(-1), 'My late service');
  });

  test('SVC-7, SVC-12: unknown and second single-copy services are refused', async () => {
    const { services } = await withServices();
    await assert.rejects(services.createMsgService('NONE'), { code: 'MAPI_E_NOT_FOUND' });
    await assert.rejects(services.createMsgService('constructor'), { code: 'MAPI_E_NOT_FOUND' });
    await assert.rejects(services.createMsgService('BOOK'), { code: 'MAPI_E_NO_ACCESS' });
    const book = await uidOf(services, 'BOOK');
    await assert.rejects(services.copyMsgService(book, null, services), { code: 'MAPI_E_NO_ACCESS' });
  });

  test('AMB-54: a service that lacks its configuration stays; one that fails otherwise goes again', async () => {
    const { services, library } = await withServices();
    library.behaviour.entry = () => {
      throw new MapiError('MAPI_E_UNCONFIGURED', 'no data');
    };
    await services.createMsgService('ARCHIVE');
    assert.equal((await serviceNames(services)).length, 4);
    library.behaviour.entry = () => {
      throw new TypeError('broken');
    };
    await assert.rejects(services.createMsgService('STORE'), {
      code: 'MAPI_E_CALL_FAILED',
      component: 'Store service',
    });
    assert.equal((await serviceNames(services)).length, 4);
  });

  test('SVC-13: a copy has the settings of its service and calls no entry point', async () => {
    const { services, admin, library } = await withServices();
    await admin.createProfile('Other');
    await using other = await admin.adminServices('Other');
    const store = await uidOf(services, 'STORE');
    await services.copyMsgService(store, 'Copied', other);
    assert.deepEqual(await columnOf(await other.getMsgServiceTable(), PR_DISPLAY_NAME), ['Copied']);
    assert.notDeepEqual(await uidOf(other, 'STORE'), store);
    assert.deepEqual(library.calls, []);
    await assert.rejects(services.copyMsgService(new Uint8Array(16), null, other), { code: 'MAPI_E_NOT_FOUND' });
    const stranger = {} as IMsgServiceAdmin;
    await assert.rejects(services.copyMsgService(store, null, stranger), { code: 'MAPI_E_INTERFACE_NOT_SUPPORTED' });
  });

  test('SVC-15: a deletion tells the service first, once', async () => {
    const { services, library } = await withServices();
    let thereYet = 0;
    library.behaviour.entry = async (call) => {
      await using table = await call.providerAdmin.getProviderTable();
      thereYet = await table.getRowCount();
    };
    await services.deleteMsgService(await uidOf(services, 'STORE'));
    assert.deepEqual([library.calls, thereYet], [['entry delete'], 1]);
    assert.deepEqual(await serviceNames(services), ['BOOK', 'MAIL']);
    await assert.rejects(services.deleteMsgService(new Uint8Array(16)), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('SVC-16: services are not renamed', async () => {
    const { services } = await withServices();
    await assert.rejects(services.renameMsgService(new Uint8Array(16), 'x'), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('SVC-17, SVC-22: configuring hands the data to the entry point and its answer back', async () => {
    const { services, library } = await withServices();
    const props = [prop(PR_COMMENT, 'x')];
    let got: unknown;
    library.behaviour.entry = (call) => {
      got = call.props;
      throw new MapiError('MAPI_E_UNCONFIGURED', 'more, please');
    };
    const uid = await uidOf(services, 'STORE');
    await assert.rejects(services.configureMsgService(uid, props), { code: 'MAPI_E_UNCONFIGURED' });
    assert.deepEqual(got, props);
  });

  test('SVC-18: unknown services, and those without an entry point, are not configured', async () => {
    const { services } = await withServices();
    await assert.rejects(services.configureMsgService(new Uint8Array(16), []), { code: 'MAPI_E_NOT_FOUND' });
    const late = await services.createMsgServiceEx('LATE');
    await assert.rejects(services.configureMsgService(late, []), { code: 'MAPI_E_NOT_INITIALIZED' });
  });

  test('SVC-27: what an entry point is given is valid during its call only', async () => {
    const { services, library } = await withServices();
    let kept: { openProfileSection(uid: null): Promise<unknown> } | undefined;
    library.behaviour.entry = (call) => {
      kept = call.support;
    };
    await services.configureMsgService(await uidOf(services, 'STORE'), []);
    await assert.rejects(kept?.openProfileSection(null) ?? Promise.resolve(), { code: 'MAPI_E_INVALID_OBJECT' });
  });

  test('SVC-29: the entry point of a service stands in its row', async () => {
    const { services } = await withServices();
    await services.createMsgService('LATE');
    await using table = await services.getMsgServiceTable();
    const rows = await queryAllRows(table);
    const entry = rows.map((row) => [propOf(row, PR_SERVICE_DLL_NAME), propOf(row, PR_SERVICE_ENTRY_NAME)]);
    assert.deepEqual(
      [entry[0], entry.at(-1)],
      [
        ['test', 'ServiceEntry'],
        [undefined, undefined],
      ],
    );
  });
});

describe('providers', () => {
  test('SVC-32, SVC-37, SVC-39: each service has its providers', async () => {
    const { services } = await withServices();
    const uid = await uidOf(services, 'STORE');
    await using providers = await services.adminProviders(uid);
    await using table = await providers.getProviderTable();
    const columns = await table.queryColumns({ all: true });
    for (const column of PROVIDER_COLUMNS) assert.ok(columns.includes(column));
    assert.deepEqual(await columnOf(table, PR_SERVICE_UID), [uid]);
    assert.deepEqual(await columnOf(await services.getProviderTable(), PR_DISPLAY_NAME), [
      'Store',
      'Book',
      'Transport',
    ]);
    await assert.rejects(services.adminProviders(new Uint8Array(16)), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('SVC-33, SVC-34, SVC-35: providers come and go, and the service hears of it', async () => {
    const { services, library } = await withServices();
    await using providers = await services.adminProviders(await uidOf(services, 'STORE'));
    const uid = await providers.createProvider('Store', [prop(PR_COMMENT, 'second')]);
    const odd = await providers.createProvider('No such provider', []);
    await using table = await providers.getProviderTable();
    assert.deepEqual((await columnOf(table, PR_INSTANCE_KEY)).slice(1), [uid, odd]);
    await providers.deleteProvider(odd);
    assert.deepEqual(library.calls, ['entry providerCreate', 'entry providerCreate', 'entry providerDelete']);
    await assert.rejects(providers.deleteProvider(odd), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('AMB-53: a provider of an unknown name is an empty section with what was passed', async () => {
    const { services } = await withServices();
    const service = await uidOf(services, 'STORE');
    await using providers = await services.adminProviders(service);
    const uid = await providers.createProvider('Nobody knows', [prop(PR_COMMENT, 'mine')]);
    await using section = await services.openProfileSection(uid, { forceAccess: true });
    const { props } = await section.getProps();
    assert.equal(propOf(props, PR_COMMENT), 'mine');
    assert.deepEqual(propOf(props, PR_SERVICE_UID), service);
    const given: readonly number[] = props.map((value) => value.tag);
    for (const absent of [PR_DISPLAY_NAME, PR_PROVIDER_DLL_NAME, PR_RESOURCE_TYPE, PR_STORE_PATH]) {
      assert.ok(!given.includes(absent));
    }
  });

  test('a service that takes no further provider gets none', async () => {
    const { services, library } = await withServices();
    await using providers = await services.adminProviders(await uidOf(services, 'STORE'));
    library.behaviour.entry = () => {
      throw new MapiError('MAPI_E_NO_SUPPORT', 'one is enough');
    };
    await assert.rejects(providers.createProvider('Store', []), { code: 'MAPI_E_NO_SUPPORT' });
    await using table = await providers.getProviderTable();
    assert.equal(await table.getRowCount(), 1);
  });

  test('PROF-42: a client names a section and does not write it; an entry point need not and may', async () => {
    const { services, library } = await withServices();
    await using providers = await services.adminProviders(await uidOf(services, 'STORE'));
    const [uid] = await columnOf(await providers.getProviderTable(), PR_PROVIDER_UID);
    assert.ok(uid);
    await assert.rejects(providers.openProfileSection(null), { code: 'MAPI_E_INVALID_PARAMETER' });
    const writing = { modify: true, forceAccess: true };
    await assert.rejects(providers.openProfileSection(uid, writing), { code: 'MAPI_E_NO_ACCESS' });
    library.behaviour.entry = async (call) => {
      await using section = await call.providerAdmin.openProfileSection(null, { modify: true });
      await section.setProps([prop(PR_COMMENT, 'written')]);
    };
    await services.configureMsgService(await uidOf(services, 'STORE'), []);
    await using section = await providers.openProfileSection(uid, { forceAccess: true });
    assert.equal(await getProp(section, PR_COMMENT), 'written');
  });
});

describe('transport order', () => {
  test('PROF-29, SVC-40: the order of addition, with STATUS_XP_PREFER_LAST at the end', async () => {
    const { services } = await withServices();
    await services.createMsgService('LATE');
    await services.createMsgService('MAIL');
    assert.deepEqual(await transports(services), ['Transport', 'Transport', 'Late']);
  });

  test('AMB-48, SVC-41, SVC-42, XP-016: a complete list sets the order, whatever the flags say', async () => {
    const { services } = await withServices();
    await services.createMsgService('LATE');
    await using table = await services.getProviderTable();
    const rows = await queryAllRows(table);
    const uid = (name: string): MapiUid =>
      propOf(rows.find((row) => propOf(row, PR_DISPLAY_NAME) === name) ?? [], PR_PROVIDER_UID) ?? new Uint8Array(16);
    const [late, mail, store] = [uid('Late'), uid('Transport'), uid('Store')];
    await assert.rejects(services.msgServiceTransportOrder([late]), { code: 'MAPI_E_BUSY' });
    await assert.rejects(services.msgServiceTransportOrder([late, store]), { code: 'MAPI_E_NOT_FOUND' });
    await assert.rejects(services.msgServiceTransportOrder([late, late]), { code: 'MAPI_E_NOT_FOUND' });
    await services.msgServiceTransportOrder([late, mail]);
    assert.deepEqual(await transports(services), ['Late', 'Transport']);
  });
});

describe('primary identity', () => {
  test('SVC-45: the first service that declares one supplies it', async () => {
    const { services } = await withServices();
    await services.createMsgService('LATE');
    const flags = await flagsOf(services);
    assert.equal((flags.MAIL ?? 0) & SERVICE_PRIMARY_IDENTITY, SERVICE_PRIMARY_IDENTITY);
    assert.equal((flags.LATE ?? 0) & SERVICE_PRIMARY_IDENTITY, 0);
    await using table = await services.getProviderTable();
    const marked = (await queryAllRows(table)).map(
      (row) => (propOf(row, PR_RESOURCE_FLAGS) ?? 0) & STATUS_PRIMARY_IDENTITY,
    );
    assert.deepEqual(marked, [0, 0, STATUS_PRIMARY_IDENTITY, 0]);
  });

  test('SVC-43, SVC-44: another supplier, or none, can be chosen; not one that never supplies', async () => {
    const { services } = await withServices();
    await services.setPrimaryIdentity(await uidOf(services, 'STORE'));
    const flags = await flagsOf(services);
    assert.equal(flags.STORE, SERVICE_PRIMARY_IDENTITY);
    assert.equal(
      (flags.MAIL ?? 0) & (SERVICE_PRIMARY_IDENTITY | SERVICE_NO_PRIMARY_IDENTITY),
      SERVICE_NO_PRIMARY_IDENTITY,
    );
    const book = await uidOf(services, 'BOOK');
    await assert.rejects(services.setPrimaryIdentity(book), { code: 'MAPI_E_NO_ACCESS' });
    await services.setPrimaryIdentity(null);
    for (const value of Object.values(await flagsOf(services))) assert.equal(value & SERVICE_PRIMARY_IDENTITY, 0);
  });

  test('AMB-50: a choice bars nobody from a later one; only what the catalogue bars is refused', async () => {
    const { services } = await withServices();
    const [store, mail] = [await uidOf(services, 'STORE'), await uidOf(services, 'MAIL')];
    await services.setPrimaryIdentity(store);
    assert.equal((await flagsOf(services)).MAIL, SERVICE_NO_PRIMARY_IDENTITY);
    await services.setPrimaryIdentity(mail);
    assert.deepEqual(await flagsOf(services), {
      STORE: SERVICE_NO_PRIMARY_IDENTITY,
      BOOK: SERVICE_SINGLE_COPY | SERVICE_NO_PRIMARY_IDENTITY,
      MAIL: SERVICE_PRIMARY_IDENTITY,
    });
    await assert.rejects(services.setPrimaryIdentity(await uidOf(services, 'BOOK')), { code: 'MAPI_E_NO_ACCESS' });
  });

  test('SVC-46: if the supplier goes, the next one takes over', async () => {
    const { services } = await withServices();
    await services.createMsgService('LATE');
    await services.deleteMsgService(await uidOf(services, 'MAIL'));
    assert.equal(((await flagsOf(services)).LATE ?? 0) & SERVICE_PRIMARY_IDENTITY, SERVICE_PRIMARY_IDENTITY);
    await using table = await services.getProviderTable();
    for (const row of await queryAllRows(table)) {
      const flags = (propOf(row, PR_RESOURCE_FLAGS) ?? 0) & (STATUS_PRIMARY_IDENTITY | STATUS_NO_PRIMARY_IDENTITY);
      assert.ok(
        flags === STATUS_PRIMARY_IDENTITY || flags === STATUS_NO_PRIMARY_IDENTITY,
        toHex(new Uint8Array([flags])),
      );
    }
  });
});
