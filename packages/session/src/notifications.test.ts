/** Who notifies whom in a session. */
import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  fnevCriticalError,
  fnevExtended,
  fnevNewMail,
  fnevObjectCreated,
  fnevTableModified,
  HRESULTS,
  type IMAPISession,
  type IMsgStore,
  MAPI_TRANSPORT_PROVIDER,
  makeEntryId,
  type Notification,
  PR_ENTRYID,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  prop,
  propOf,
  STATUS_AVAILABLE,
  STATUS_OFFLINE,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { BOOK_UID, storeEntryId } from './test-ids.testing.ts';

const FOLDER = storeEntryId('folder');
const PERSON = makeEntryId(BOOK_UID, utf8Encode('person'));

const created = (entryId: Uint8Array): Notification => ({ kind: 'objectCreated', objectType: 5, entryId });

function listener() {
  const heard: Notification[] = [];
  return { heard, onNotify: (all: readonly Notification[]) => void heard.push(...all) };
}

async function loggedOn() {
  const made = await TestSubsystem.withProfile();
  const { subsystem, library } = made;
  const session = await subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true });
  await session.enumAdrTypes();
  const store = await openStore(session);
  const settle = async (): Promise<void> => {
    await library.hub.flush();
    await subsystem.HrDispatchNotifications();
  };
  return { subsystem, library, session, store, settle };
}

type Advising = Pick<IMAPISession, 'advise' | 'unadvise'> | Pick<IMsgStore, 'advise' | 'unadvise'>;

describe('advise sources', () => {
  test('NOTIF-1: session, address book, store, logon objects and tables call registered sinks until they are cancelled', async () => {
    const { subsystem, library, session, store, settle } = await loggedOn();
    const { object: book } = await session.openAddressBook();
    await using status = await session.getStatusTable();
    const tell = (key: Uint8Array | null) => async () => void library.hub.notify(key, [created(FOLDER)]);
    const sources: readonly (readonly [string, Advising, Uint8Array | null, () => Promise<unknown>])[] = [
      ['store', store, FOLDER, tell(FOLDER)],
      ['store logon', session, FOLDER, tell(FOLDER)],
      ['address book', book, PERSON, tell(PERSON)],
      ['address book logon', session, PERSON, tell(PERSON)],
    ];
    for (const [name, source, entryId, cause] of sources) {
      const sink = listener();
      const { connection } = await source.advise(entryId, fnevObjectCreated, sink);
      await cause();
      await settle();
      assert.equal(sink.heard.length, 1, name);
      await source.unadvise(connection);
      await cause();
      await settle();
      assert.equal(sink.heard.length, 1, name);
    }
    const [ofTable, ofSession] = [listener(), listener()];
    const rows = await status.advise(fnevTableModified, ofTable);
    const own = await session.advise(null, fnevExtended, ofSession);
    const member = await subsystem.MAPILogonEx(null, 'Work', null);
    await member.logoff();
    await library.lastSupport?.modifyStatusRow([prop(PR_STATUS_STRING, 'x')], { update: true });
    await settle();
    assert.deepEqual(
      [ofTable.heard, ofSession.heard].map((all) => all.map(({ kind }) => kind)),
      [['tableModified'], ['extended']],
    );
    await status.unadvise(rows);
    await session.unadvise(own);
    await library.lastSupport?.modifyStatusRow([prop(PR_STATUS_STRING, 'y')], { update: true });
    await settle();
    assert.equal(ofTable.heard.length, 1);
  });

  test('NOTIF-8: no identifier means the session, the whole address book, the entire store', async () => {
    const { subsystem, library, session, store, settle } = await loggedOn();
    const { object: book } = await session.openAddressBook();
    const [ofSession, ofBook, ofStore] = [listener(), listener(), listener()];
    await session.advise(null, fnevCriticalError, ofSession);
    await book.advise(null, fnevCriticalError, ofBook);
    await store.advise(null, fnevObjectCreated, ofStore);
    library.hub.notify(null, [created(FOLDER)]);
    const member = await subsystem.MAPILogonEx(null, 'Work', null);
    await member.logoff(undefined, { shared: true });
    await settle();
    assert.deepEqual(
      [ofSession, ofBook, ofStore].map(({ heard }) => heard.map(({ kind }) => kind)),
      [['criticalError'], ['criticalError'], ['objectCreated']],
    );
    await assert.rejects(book.advise(null, fnevNewMail, listener()), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('AMB-69: an unknown connection is not found anywhere, and no sink is no registration', async () => {
    const { session, store } = await loggedOn();
    const { object: book } = await session.openAddressBook();
    await using status = await session.getStatusTable();
    for (const source of [session, store, book, status]) {
      await assert.rejects(source.unadvise(987_654), { code: 'MAPI_E_NOT_FOUND' });
    }
    const none = null as never;
    await assert.rejects(session.advise(null, fnevExtended, none), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(store.advise(null, fnevObjectCreated, none), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(book.advise(null, fnevCriticalError, none), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(status.advise(fnevTableModified, none), { code: 'MAPI_E_INVALID_PARAMETER' });
  });

  test('NOTIF-40: a critical error has its code, and may have no identifier', async () => {
    const { subsystem, session, settle } = await loggedOn();
    const sink = listener();
    await session.advise(null, fnevCriticalError, sink);
    const member = await subsystem.MAPILogonEx(null, 'Work', null);
    await member.logoff(undefined, { shared: true });
    await settle();
    assert.deepEqual(sink.heard, [{ kind: 'criticalError', entryId: null, scode: HRESULTS.MAPI_E_END_OF_SESSION }]);
  });

  test('NOTIF-10, NOTIF-11: registering with a store that never notifies is not supported', async () => {
    const { library, store } = await loggedOn();
    const silent = library.lastStore as { advise: unknown };
    silent.advise = undefined;
    await assert.rejects(store.advise(null, fnevNewMail, listener()), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('NOTIF-51: a transport notifies nobody itself; its status row does', async () => {
    const { library, session, settle } = await loggedOn();
    await using status = await session.getStatusTable();
    const rows = await queryAllRows(status);
    const row = rows.find((one) => propOf(one, PR_RESOURCE_TYPE) === MAPI_TRANSPORT_PROVIDER) ?? [];
    const sink = listener();
    await status.advise(fnevTableModified, sink);
    await library.lastTransportSupport?.modifyStatusRow([prop(PR_STATUS_CODE, STATUS_OFFLINE)], { update: true });
    await settle();
    assert.equal(propOf(row, PR_STATUS_CODE), STATUS_AVAILABLE);
    const changed = sink.heard.flatMap((one) => (one.kind === 'tableModified' ? [one.row ?? []] : []));
    assert.deepEqual(
      changed.map((one) => [propOf(one, PR_STATUS_CODE), propOf(one, PR_ENTRYID)]),
      [[STATUS_OFFLINE, propOf(row, PR_ENTRYID)]],
    );
    assert.equal('advise' in (library.lastTransport ?? {}), false);
  });
});
