/** References, interfaces, and what dies with what. */
import assert from 'node:assert/strict';
import { UlAddRef, UlRelease } from '@nodemapi/kit';
import {
  type IMAPIFolder,
  type IMAPISession,
  INHERITED_INTERFACES,
  type InterfaceName,
  type IUnknown,
  METHOD_TABLES,
  PR_DISPLAY_NAME,
  queryInterface,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { handleState } from './handle.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { storeEntryId } from './test-ids.testing.ts';

async function loggedOn() {
  const made = await TestSubsystem.withProfile();
  const session: IMAPISession = await made.subsystem.MAPILogonEx(null, 'Work', null);
  const store = await openStore(session);
  const folder = await store.openEntry(storeEntryId('a'), { iid: 'IMAPIFolder' });
  return { ...made, library: made.library, subsystem: made.subsystem, session, store, folder };
}

const targetOf = (object: IUnknown): unknown => handleState(object)?.record.target;

describe('interfaces', () => {
  test('OBJ-1: an object answers to every interface of its chain, as the same object', async () => {
    const { folder, session } = await loggedOn();
    for (const iid of ['IMAPIFolder', 'IMAPIContainer', 'IMAPIProp', 'IUnknown'] as const) {
      const same = queryInterface(folder, iid);
      assert.equal(targetOf(same), targetOf(folder));
      await same.release();
    }
    const props = queryInterface(folder, 'IMAPIProp');
    assert.deepEqual((await props.getProps([PR_DISPLAY_NAME])).values, ['Folder']);
    await session.logoff();
  });

  test('OBJ-1: every interface of the contract has its chain, down to IUnknown', () => {
    for (const iid of Object.keys(METHOD_TABLES) as InterfaceName[]) {
      assert.equal(INHERITED_INTERFACES[iid].at(-1), 'IUnknown', iid);
      const hasProps = METHOD_TABLES[iid]?.some(({ name }) => name === 'setProps') === true;
      assert.equal(INHERITED_INTERFACES[iid].includes('IMAPIProp'), hasProps, iid);
      const contains = METHOD_TABLES[iid]?.some(({ name }) => name === 'getHierarchyTable') === true;
      assert.equal(iid === 'IMAPIContainer' || INHERITED_INTERFACES[iid].includes('IMAPIContainer'), contains, iid);
    }
  });

  test('AMB-75, OBJ-2: success is a reference of its own; what is not there is E_NOINTERFACE, nothing is E_INVALIDARG', async () => {
    const { folder, library, session } = await loggedOn();
    const open = library.open;
    const second = queryInterface(folder, 'IMAPIProp');
    await folder.release();
    assert.equal(library.open, open);
    assert.deepEqual((await second.getProps([PR_DISPLAY_NAME])).values, ['Folder']);
    for (const iid of ['IMessage', 'IMAPITable', 'INonsense', 'constructor'] as const) {
      assert.throws(() => queryInterface(second, iid as never), {
        code: 'MAPI_E_INTERFACE_NOT_SUPPORTED',
        hresult: 0x80004002,
      });
    }
    for (const wrong of [undefined, null, '', 7]) {
      assert.throws(() => queryInterface(second, wrong as never), {
        code: 'MAPI_E_INVALID_PARAMETER',
        hresult: 0x80070057,
      });
      assert.throws(() => queryInterface(wrong as never, 'IUnknown'), { code: 'MAPI_E_INVALID_PARAMETER' });
    }
    await second.release();
    assert.equal(library.open, open - 1);
    await session.logoff();
  });
});

describe('references', () => {
  test('OBJ-7, UTIL-038: UlRelease and UlAddRef do nothing without an object, and each else takes or gives one reference', async () => {
    const { folder, library, session } = await loggedOn();
    assert.deepEqual([await UlRelease(null), UlAddRef(null), await UlRelease(undefined)], [0, null, 0]);
    const open = library.open;
    const second = UlAddRef(folder);
    assert.ok(second !== null);
    assert.equal(await UlRelease(folder), 0);
    assert.equal(library.open, open);
    assert.equal(await UlRelease(second), 0);
    assert.equal(library.open, open - 1);
    await session.logoff();
  });

  test('OBJ-4: a support object lives for as long as the provider that kept it has its reference', async () => {
    const { library, session } = await loggedOn();
    const support = library.lastSupport?.addRef() ?? assert.fail('no store was logged on');
    await session.logoff();
    assert.ok(library.calls.includes('IMSLogon.logoff')); // where the logon object gave its own reference back
    assert.equal(support.newUID().length, 16);
    await support.release();
    assert.throws(() => support.newUID(), { code: 'MAPI_E_INVALID_OBJECT' });
  });

  test('OBJ-12: a store and its logon object come and go together', async () => {
    const { library, session, store } = await loggedOn();
    const second = store.addRef();
    await store.release();
    assert.ok(!library.calls.includes('IMSLogon.logoff'));
    await second.release();
    const end = ['IMsgStore.release', 'IMSLogon.logoff', 'IMSLogon.release'];
    assert.deepEqual(
      library.calls.filter((call) => end.includes(call)),
      end,
    );
    await session.logoff();
    assert.equal(library.calls.filter((call) => call === 'IMSLogon.logoff').length, 2); // the spooler's
  });
});

describe('containment', () => {
  const use = (folder: IMAPIFolder): Promise<unknown> => folder.getProps([PR_DISPLAY_NAME]);
  const dead = { code: 'MAPI_E_INVALID_OBJECT' };

  test('OBJ-11: what was opened in a store is dead when the client has released the store', async () => {
    const { session, store, folder } = await loggedOn();
    const routed = await session.openEntry(storeEntryId('b'), { iid: 'IMAPIFolder' });
    const below = await folder.openEntry(storeEntryId('c'), { iid: 'IMAPIFolder' });
    const table = await below.getContentsTable();
    const second = store.addRef();
    await store.release();
    await use(routed);
    await second.release();
    for (const each of [folder, routed, below]) await assert.rejects(use(each), dead);
    await assert.rejects(table.queryRows(1), dead);
    await assert.rejects(folder.copyMessages([], below), dead);
    for (const each of [folder, routed, below, table]) await each.release();
    const again = await openStore(session);
    await use(await again.openEntry(storeEntryId('a'), { iid: 'IMAPIFolder' }));
    await session.logoff();
  });

  test('OBJ-13: the session is the root: with it everything that was reached through it is dead', async () => {
    const { session, store, folder } = await loggedOn();
    const book = (await session.openAddressBook()).object;
    const root = await book.openEntry(null);
    const services = await session.adminServices();
    const reached: readonly IUnknown[] = [
      store,
      folder,
      await folder.getContentsTable(),
      await session.openEntry(storeEntryId('b')),
      book,
      root,
      services,
      await services.getMsgServiceTable(),
      await session.getStatusTable(),
      await session.getMsgStoresTable(),
    ];
    await session.logoff();
    for (const object of reached) {
      // whatever it is, it has this method or another one of its table
      const [first] = METHOD_TABLES[object.iid] ?? [];
      const method = (object as unknown as Record<string, () => Promise<unknown>>)[first?.name ?? ''];
      await assert.rejects(method?.call(object) ?? Promise.resolve(), dead, object.iid);
      await object.release();
    }
  });
});
