import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { getProp, queryAllRows, wrapStoreEntryID } from '@nodemapi/kit';
import {
  decodeOneOff,
  fnevNewMail,
  fnevTableModified,
  type IMAPISession,
  type IMAPIStatus,
  MapiError,
  makeEntryId,
  type Notification,
  PR_DEFAULT_STORE,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_MDB_PROVIDER,
  PR_OBJECT_TYPE,
  PR_PROVIDER_DISPLAY,
  PR_PROVIDER_DLL_NAME,
  PR_RECORD_KEY,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_METHODS,
  PR_RESOURCE_TYPE,
  PR_ROWID,
  PR_STATUS_CODE,
  type PropTag,
  prop,
  propOf,
  STATUS_DEFAULT_STORE,
  STATUS_OFFLINE,
  STORE_CREATE_OK,
  STORE_MODIFY_OK,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { columnOf, nameOf, openStore, storeIdNamed } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { STORE_UID, storeEntryId } from './test-ids.testing.ts';

async function loggedOn(options: { readonly noMail?: boolean } = {}) {
  const made = await TestSubsystem.withProfile();
  const session = await made.subsystem.MAPILogonEx(null, 'Work', null, options);
  const { subsystem, library, spoolers } = made;
  return { subsystem, library, spoolers, session };
}

async function statusOf(session: IMAPISession, type: number): Promise<IMAPIStatus> {
  await using table = await session.getStatusTable();
  const row = (await queryAllRows(table)).find((one) => propOf(one, PR_RESOURCE_TYPE) === type);
  return session.openEntry(propOf(row ?? [], PR_ENTRYID) ?? null, { iid: 'IMAPIStatus' });
}

describe('message stores', () => {
  test('SESS-35, STORE-072: the message store table has its columns', async () => {
    const { session } = await loggedOn();
    await using table = await session.getMsgStoresTable();
    const needed: readonly PropTag[] = [
      ...[PR_DEFAULT_STORE, PR_DISPLAY_NAME, PR_ENTRYID, PR_INSTANCE_KEY, PR_MDB_PROVIDER, PR_OBJECT_TYPE],
      ...[PR_PROVIDER_DISPLAY, PR_RECORD_KEY, PR_RESOURCE_FLAGS, PR_RESOURCE_TYPE],
    ];
    const [row] = await queryAllRows(table, { tags: needed });
    assert.deepEqual(
      row?.map((value) => value.tag),
      needed,
    );
  });

  test('AMB-47, SESS-34, STORE-072: the table follows the profile while the session runs, by notifications', async () => {
    const { session, subsystem } = await loggedOn({ noMail: true });
    await using table = await session.getMsgStoresTable();
    const heard: Notification[] = [];
    await table.advise(fnevTableModified, { onNotify: (all) => void heard.push(...all) });
    await using services = await session.adminServices();
    await services.createMsgService('ARCHIVE');
    while (heard.length === 0) {
      await new Promise(setImmediate);
      await subsystem.HrDispatchNotifications();
    }
    assert.deepEqual(
      heard.map((one) => one.kind === 'tableModified' && one.event),
      ['rowAdded'],
    );
    assert.deepEqual(await columnOf(table, PR_DISPLAY_NAME), ['Store', 'Archive']);
  });

  test('SESS-20: no identifier is no store', async () => {
    const { session } = await loggedOn();
    await assert.rejects(session.openMsgStore(null as never), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(session.openMsgStore(new Uint8Array()), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(session.openMsgStore(new Uint8Array(30)), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('SESS-30: clients have wrapped identifiers, and the provider its own', async () => {
    const { session } = await loggedOn({ noMail: true });
    await using store = await openStore(session);
    const entryId = await getProp(store, PR_ENTRYID);
    assert.deepEqual(entryId, wrapStoreEntryID('test', storeEntryId('Store')));
    assert.deepEqual(await storeIdNamed(session), entryId);
    await using again = await session.openMsgStore(entryId ?? new Uint8Array());
    assert.equal(await nameOf(again), 'Store');
  });

  test('SESS-14: openEntry opens a store by its identifier', async () => {
    const { session } = await loggedOn({ noMail: true });
    await using store = await session.openEntry(await storeIdNamed(session), { iid: 'IMsgStore', modify: true });
    assert.equal(store.iid, 'IMsgStore');
  });

  test('AMB-63: what one number means is asked of each method: MAPI_MODIFY is MDB_WRITE to a store, and no option of it', async () => {
    const { session, library } = await loggedOn({ noMail: true });
    const id = await storeIdNamed(session);
    for (const modify of [true, false]) {
      await (await session.openEntry(id, { iid: 'IMsgStore', modify })).release();
      const given = Object.entries(library.lastLogon?.options ?? {});
      assert.deepEqual(
        given.filter(([name]) => name === 'write' || name === 'modify'),
        [['write', modify]],
      );
    }
    const unknown = { code: 'MAPI_E_UNKNOWN_FLAGS' };
    await assert.rejects(session.openMsgStore(id, { modify: true } as never), unknown);
    await assert.rejects(session.openEntry(id, { write: true } as never), unknown);
  });

  test('SESS-31: a store that is known by its identifier alone gets a section of its own', async () => {
    const { session } = await loggedOn({ noMail: true });
    await using store = await session.openMsgStore(wrapStoreEntryID('test', storeEntryId('test')));
    assert.equal(await nameOf(store), 'test');
    await using table = await session.getMsgStoresTable();
    assert.equal(await table.getRowCount(), 2);
    const strange = wrapStoreEntryID('not-in-the-catalogue', storeEntryId('x'));
    await assert.rejects(session.openMsgStore(strange), { code: 'MAPI_E_NO_ACCESS' });
  });

  test('SESS-27, LOGOFF-28, STORE-011: a temporary store is not listed, and its section goes with the session', async () => {
    const { session, subsystem } = await loggedOn({ noMail: true });
    await session.openMsgStore(wrapStoreEntryID('test', storeEntryId('test')), { temporary: true });
    await using table = await session.getMsgStoresTable();
    assert.equal(await table.getRowCount(), 1);
    await session.logoff();
    await using admin = await subsystem.MAPIAdminProfiles();
    await using services = await admin.adminServices('Work');
    await using providers = await services.getProviderTable();
    assert.equal(await providers.getRowCount(), 3);
  });

  test('SESS-28: with MDB_NO_MAIL the spooler does not hear of a store', async () => {
    const { session, spoolers } = await loggedOn();
    await session.enumAdrTypes();
    await session.openMsgStore(wrapStoreEntryID('test', storeEntryId('test')), { noMail: true });
    await session.openMsgStore(wrapStoreEntryID('test', storeEntryId('other')));
    await session.logoff();
    assert.deepEqual(
      spoolers[0]?.calls.filter((call) => call.startsWith('attach')),
      ['attach Store', 'attach test'],
    );
  });

  test('the spooler is ready when it serves the store that was opened last, too', async () => {
    const { subsystem, spoolers } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    await subsystem.readySpoolerOf(session);
    await using services = await session.adminServices();
    await services.createMsgService('ARCHIVE');
    const [spooler] = spoolers;
    assert.ok(spooler);
    spooler.attachStore = async ({ displayName }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      spooler.calls.push(`attached ${displayName}`);
    };
    await using store = await openStore(session, { write: true }, 'Archive');
    await subsystem.readySpoolerOf(session);
    assert.equal(spooler.calls.at(-1), 'attached Archive');
    assert.equal(store.iid, 'IMsgStore');
  });

  test('LOGON-66: one provider object serves every store of a session', async () => {
    const { session, library } = await loggedOn({ noMail: true });
    await openStore(session);
    await openStore(session);
    assert.equal(library.calls.filter((call) => call === 'MSProviderInit').length, 1);
    await session.logoff();
    assert.equal(library.calls.filter((call) => call === 'IMSLogon.logoff').length, 2);
    assert.equal(library.calls.filter((call) => call === 'IMSProvider.shutdown').length, 1);
  });
});

describe('default store', () => {
  test('PROF-28, SESS-44, STORE-071: the first marked store is the default one, in both columns', async () => {
    const { session } = await loggedOn();
    await using table = await session.getMsgStoresTable();
    const [row] = await queryAllRows(table);
    assert.equal(propOf(row ?? [], PR_DEFAULT_STORE), true);
    assert.equal((propOf(row ?? [], PR_RESOURCE_FLAGS) ?? 0) & STATUS_DEFAULT_STORE, STATUS_DEFAULT_STORE);
  });

  test('SESS-39, SESS-41, STORE-071: another store, or none, becomes the default, in the profile too', async () => {
    const { session, subsystem } = await loggedOn({ noMail: true });
    await using services = await session.adminServices();
    await services.createMsgService('ARCHIVE');
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    const defaults = async (one: IMAPISession) => columnOf(await one.getMsgStoresTable(), PR_DEFAULT_STORE);
    await session.setDefaultStore('default', await storeIdNamed(session, 'Archive'));
    assert.deepEqual(await defaults(session), [false, true]);
    await using next = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    assert.deepEqual(await defaults(next), [false, true]);
    await session.setDefaultStore('default', null);
    assert.deepEqual(await defaults(session), [false, false]);
    assert.deepEqual(await defaults(next), [false, true]);
    await assert.rejects(session.setDefaultStore('wrong' as never, null), { code: 'MAPI_E_INVALID_PARAMETER' });
  });

  test('SESS-38: a store that takes no outgoing mail cannot be it', async () => {
    const { session, library } = await loggedOn({ noMail: true });
    const entryId = await storeIdNamed(session);
    await session.setDefaultStore('primary', entryId);
    library.supportMask = STORE_CREATE_OK | STORE_MODIFY_OK;
    await assert.rejects(session.setDefaultStore('primary', entryId), { code: 'MAPI_E_NO_SUPPORT' });
    await assert.rejects(session.setDefaultStore('default', new Uint8Array(25)), { code: 'MAPI_E_NOT_FOUND' });
  });
});

describe('entries', () => {
  test('SESS-8, SESS-12, STORE-018: an identifier goes to the provider that registered its MAPIUID, while that is open', async () => {
    const { session, library } = await loggedOn({ noMail: true });
    const entryId = makeEntryId(STORE_UID, utf8Encode('folder'));
    await assert.rejects(session.openEntry(entryId), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
    await using _store = await openStore(session);
    await using folder = await session.openEntry(entryId, { iid: 'IMAPIFolder' });
    assert.equal(folder.iid, 'IMAPIFolder');
    assert.ok(library.calls.includes('IMSLogon.openEntry'));
  });

  test('SESS-9: there is no entry without an identifier', async () => {
    const { session } = await loggedOn();
    await assert.rejects(session.openEntry(null), { code: 'MAPI_E_INVALID_PARAMETER' });
  });

  test('AMB-64, SESS-17, SESS-18: identifiers are compared by the provider of both', async () => {
    const { session } = await loggedOn({ noMail: true });
    await using _store = await openStore(session);
    const [a, b] = [makeEntryId(STORE_UID, utf8Encode('a')), makeEntryId(STORE_UID, utf8Encode('b'))];
    assert.equal(await session.compareEntryIDs(a, a), true);
    assert.equal(await session.compareEntryIDs(a, b), false);
    await assert.rejects(session.compareEntryIDs(a, new Uint8Array(24)), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
  });

  test('what a provider throws in openEntry has its name', async () => {
    const { session, library } = await loggedOn({ noMail: true });
    await using store = await openStore(session);
    library.behaviour.openEntry = () => {
      throw new RangeError('off');
    };
    await assert.rejects(store.openEntry(null), { code: 'MAPI_E_CALL_FAILED', component: 'Store' });
    library.behaviour.openEntry = () => 'nonsense';
    await assert.rejects(store.openEntry(null), { code: 'MAPI_E_CALL_FAILED', component: 'Store' });
  });
});

describe('notifications', () => {
  test('NOTIF-4, NOTIF-5: session sinks hear session events only', async () => {
    const { session } = await loggedOn();
    await assert.rejects(session.advise(null, fnevNewMail, { onNotify: () => {} }), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('NOTIF-6, NOTIF-7: with an identifier the provider is asked', async () => {
    const { session, library } = await loggedOn({ noMail: true });
    const entryId = makeEntryId(STORE_UID, utf8Encode('folder'));
    const sink = { onNotify: () => {} };
    await assert.rejects(session.advise(entryId, fnevNewMail, sink), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
    await using _store = await openStore(session);
    const made = await session.advise(entryId, fnevNewMail, sink);
    assert.equal(library.hub.size, 1);
    await session.unadvise(made.connection);
    assert.equal(library.hub.size, 0);
    await assert.rejects(session.unadvise(made), { code: 'MAPI_E_NOT_FOUND' });
  });
});

describe('status', () => {
  test('STAT-1, STAT-2, STAT-3: one row for each of MAPI itself, and one for each provider', async () => {
    const { session } = await loggedOn();
    await using _store = await openStore(session);
    assert.deepEqual(await columnOf(await session.getStatusTable(), PR_RESOURCE_TYPE), [39, 37, 34, 36, 33]);
  });

  test('STAT-4, STAT-5: each row has the columns of its provider and those of MAPI', async () => {
    const { session } = await loggedOn();
    const needed = [
      ...[PR_DISPLAY_NAME, PR_STATUS_CODE, PR_RESOURCE_METHODS, PR_PROVIDER_DLL_NAME, PR_RESOURCE_FLAGS],
      ...[PR_RESOURCE_TYPE, PR_ENTRYID, PR_INSTANCE_KEY, PR_OBJECT_TYPE, PR_ROWID],
    ];
    await using table = await session.getStatusTable();
    for (const row of await queryAllRows(table, { tags: needed })) {
      assert.deepEqual(
        row.map((value) => value.tag),
        needed,
      );
    }
  });

  test('SUPP-13, STAT-8: a provider changes its own row, and the table tells', async () => {
    const { session, subsystem, library } = await loggedOn({ noMail: true });
    await using _store = await openStore(session);
    await using table = await session.getStatusTable();
    const heard: Notification[] = [];
    await table.advise(fnevTableModified, { onNotify: (all) => void heard.push(...all) });
    await library.lastSupport?.modifyStatusRow([prop(PR_STATUS_CODE, STATUS_OFFLINE)], { update: true });
    await subsystem.HrDispatchNotifications();
    assert.equal(heard.length, 1);
    assert.equal((await columnOf(table, PR_STATUS_CODE)).at(-1), STATUS_OFFLINE);
    assert.equal((await columnOf(await session.getStatusTable(), PR_DISPLAY_NAME)).at(-1), 'Store');
  });

  test('SESS-15: the identifier of a row opens its status object', async () => {
    const { session } = await loggedOn();
    await using subsystem = await statusOf(session, 39);
    assert.equal(await getProp(subsystem, PR_DISPLAY_NAME), 'Work');
    await using transport = await statusOf(session, 36);
    assert.equal(await getProp(transport, PR_DISPLAY_NAME), 'transport');
  });

  test('STAT-14, STAT-15, STAT-16: MAPI offers what PR_RESOURCE_METHODS says, and nothing else', async () => {
    const { session, spoolers } = await loggedOn();
    await using book = await statusOf(session, 34);
    await book.validateState();
    await assert.rejects(book.flushQueues(), { code: 'MAPI_E_NO_SUPPORT' });
    await using spooler = await statusOf(session, 37);
    await assert.rejects(spooler.settingsDialog(), { code: 'MAPI_E_NO_SUPPORT' });
    await assert.rejects(spooler.changePassword('a', 'b'), { code: 'MAPI_E_NO_SUPPORT' });
    await assert.rejects(spooler.setProps([prop(PR_DISPLAY_NAME, 'x')]), { code: 'MAPI_E_NO_ACCESS' });
    await spooler.flushQueues(undefined, { upload: true });
    assert.equal(spoolers[0]?.calls.at(-1), 'flush upload');
  });

  test('STAT-22: a flag that ValidateState does not have is refused', async () => {
    const { session } = await loggedOn();
    await using status = await statusOf(session, 39);
    await assert.rejects(status.validateState(undefined, { quick: true } as never), { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });

  test('STAT-23: the subsystem validates the providers, the spooler its transports', async () => {
    const { session, library, spoolers } = await loggedOn();
    await using _store = await openStore(session);
    await using subsystem = await statusOf(session, 39);
    await subsystem.validateState();
    assert.ok(library.calls.includes('validate'));
    await using spooler = await statusOf(session, 37);
    await spooler.validateState();
    assert.equal(spoolers[0]?.calls.at(-1), 'validateState');
  });

  test('STAT-37: asked for asynchronously, a flush goes on by itself and the answer is MAPI_E_BUSY', async () => {
    const { session, spoolers } = await loggedOn();
    await using spooler = await statusOf(session, 37);
    await assert.rejects(spooler.flushQueues(undefined, { asyncOk: true }), { code: 'MAPI_E_BUSY' });
    assert.equal(spoolers[0]?.calls.at(-1), 'flush asyncOk');
  });

  test('a status object without a spooler, or of a provider that is gone, is refused', async () => {
    const { session } = await loggedOn({ noMail: true });
    await using spooler = await statusOf(session, 37);
    await assert.rejects(spooler.flushQueues(), { code: 'MAPI_E_NO_SUPPORT' });
    const store = await openStore(session);
    await using table = await session.getStatusTable();
    const entryId = (await columnOf(table, PR_ENTRYID)).at(-1);
    await store.release();
    await assert.rejects(session.openEntry(entryId ?? null), { code: 'MAPI_E_NOT_FOUND' });
  });
});

describe('identity', () => {
  test('SESS-50: the marked row supplies it', async () => {
    const { session } = await loggedOn();
    const { entryId, warning } = await session.queryIdentity();
    assert.equal(decodeOneOff(entryId)?.emailAddress, 'ann@b.c');
    assert.equal(warning, undefined);
  });

  test('AMB-66, SESS-53: without one there is a warning and a fixed identifier, a one-off of nobody known', async () => {
    const { session } = await loggedOn({ noMail: true });
    const first = await session.queryIdentity();
    assert.equal(first.warning, 'MAPI_W_NO_SERVICE');
    assert.deepEqual((await session.queryIdentity()).entryId, first.entryId);
    assert.equal(decodeOneOff(first.entryId)?.displayName, 'Unknown');
  });

  test('the spooler learns who the session sends for', async () => {
    const { session, spoolers } = await loggedOn();
    await session.enumAdrTypes();
    const identity = await spoolers[0]?.host.identity();
    assert.deepEqual([identity?.displayName, identity?.addrType, identity?.emailAddress], ['Ann', 'SMTP', 'ann@b.c']);
    assert.deepEqual(spoolers[0]?.host.defaultStore(), await storeIdNamed(session));
  });
});

describe('what there is not', () => {
  test('SESS-3, SESS-55, AB-040: no message options; the address types of running transports', async () => {
    const { session } = await loggedOn();
    await assert.rejects(session.queryDefaultMessageOpt('SMTP'), { code: 'MAPI_E_NOT_FOUND' });
    await assert.rejects(session.messageOptions(undefined as never), { code: 'MAPI_E_NOT_FOUND' });
    assert.deepEqual(await session.enumAdrTypes(), ['SMTP']);
  });

  test('AMB-47, SESS-6: changes by adminServices leave running providers alone', async () => {
    const { session } = await loggedOn();
    await using store = await openStore(session);
    await using services = await session.adminServices();
    for (const uid of await columnOf(await services.getMsgServiceTable(), PR_INSTANCE_KEY)) {
      if (uid !== undefined) await services.deleteMsgService(uid);
    }
    assert.equal(await nameOf(store), 'Store');
    assert.deepEqual(await session.enumAdrTypes(), ['SMTP']);
    await session.logoff();
  });
});

describe('fast shutdown', () => {
  test('SHUT-4, SHUT-6, SHUT-9, SHUT-10: the providers are asked, told and stopped in their order', async () => {
    const { session, library } = await loggedOn();
    await session.enumAdrTypes();
    await using _store = await openStore(session);
    library.calls.length = 0;
    await session.queryFastShutdown();
    await session.notifyProcessShutdown();
    const kinds = ['IXPProvider', 'IABProvider', 'IMSProvider'];
    const expected = ['queryFastShutdown', 'notifyProcessShutdown'].flatMap((m) => kinds.map((kind) => `${kind}.${m}`));
    assert.deepEqual(library.calls, expected);
    await session.doFastShutdown();
    assert.deepEqual(
      library.calls.slice(-3),
      kinds.map((kind) => `${kind}.doFastShutdown`),
    );
  });

  test('SHUT-5, SHUT-6: one provider that objects is enough', async () => {
    const { session, library } = await loggedOn();
    await session.enumAdrTypes();
    library.behaviour.fastShutdown = () => {
      throw new MapiError('MAPI_E_BUSY', 'not now');
    };
    await assert.rejects(session.queryFastShutdown(), { code: 'MAPI_E_NO_SUPPORT', component: 'Transport' });
    await assert.rejects(session.doFastShutdown(), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('SHUT-7: with policy 1 a provider without the interface objects', async () => {
    const made = await TestSubsystem.withProfile({ fastShutdownPolicy: 1 });
    const session = await made.subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await session.queryFastShutdown();
    const init = made.library.module.ABProviderInit;
    assert.ok(init);
    Object.assign(made.library.module, {
      ABProviderInit: async (host: never) => {
        const { provider, spiVersion } = await init(host);
        return { provider: Object.assign(bare(provider)), spiVersion };
      },
    });
    const second = await made.subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await assert.rejects(second.queryFastShutdown(), { code: 'MAPI_E_NO_SUPPORT', component: 'Book' });
  });

  test('SHUT-8: with policy 2 nobody is asked or told', async () => {
    const made = await TestSubsystem.withProfile({ fastShutdownPolicy: 2 });
    const session = await made.subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await assert.rejects(session.queryFastShutdown(), { code: 'MAPI_E_NO_SUPPORT' });
    await session.notifyProcessShutdown();
    await assert.rejects(session.doFastShutdown(), { code: 'MAPI_E_NO_SUPPORT' });
    assert.ok(!made.library.calls.some((call) => /Shutdown$/.test(call)));
  });
});

/** The same provider without the methods of fast shutdown. */
function bare<T extends object>(provider: T): object {
  // the methods are asked for by name
  const source = provider as unknown as Record<string, (...args: unknown[]) => unknown>;
  const call =
    (name: string) =>
    (...args: unknown[]) =>
      source[name]?.(...args);
  return {
    iid: 'IABProvider',
    logon: call('logon'),
    shutdown: call('shutdown'),
    release: call('release'),
    addRef: call('addRef'),
  };
}
