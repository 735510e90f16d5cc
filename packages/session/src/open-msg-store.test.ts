import assert from 'node:assert/strict';
import { wrapStoreEntryID } from '@nodemapi/kit';
import {
  encodeOneOff,
  MapiError,
  type MapiErrorCode,
  type OpenMsgStoreOptions,
  PR_ENTRYID,
  WARNINGS,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { columnOf, nameOf, openStore, storeIdNamed } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { storeEntryId } from './test-ids.testing.ts';
import { user } from './user.testing.ts';

async function loggedOn() {
  const { subsystem, library } = await TestSubsystem.withProfile();
  const session = await subsystem.MAPILogonEx(user(), 'Work', null, { noMail: true, logonUi: true });
  return { subsystem, library, session };
}

describe('OpenMsgStore', () => {
  test('SESS-21, STORE-003: takes its seven flags, which the provider is told, and no other', async () => {
    const { session, library } = await loggedOn();
    const flags: readonly (keyof OpenMsgStoreOptions)[] = [
      'noDialog',
      'write',
      'deferredErrors',
      'bestAccess',
      'temporary',
      'noMail',
      'online',
    ];
    for (const flag of flags) {
      const store = await session.openMsgStore(await storeIdNamed(session), { [flag]: true });
      assert.deepEqual(library.lastLogon?.options, { [flag]: true });
      await store.release();
    }
    const unknown = session.openMsgStore(await storeIdNamed(session), { modify: true } as never);
    await assert.rejects(unknown, { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });

  test('LOGON-54, SESS-22: the provider’s refusal reaches the client as it is', async () => {
    const codes: readonly MapiErrorCode[] = [
      'MAPI_E_NO_ACCESS',
      'MAPI_E_NOT_FOUND',
      'MAPI_E_UNKNOWN_CPID',
      'MAPI_E_UNKNOWN_LCID',
    ];
    for (const code of codes) {
      const { subsystem, library } = await TestSubsystem.withProfile();
      await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
      library.behaviour.storeLogon = () => {
        throw new MapiError(code, 'refused');
      };
      await assert.rejects(openStore(session), { code, message: /refused/ });
    }
  });

  test('SESS-22: a store that opens with a warning is open, and the session tells what there is to tell', async () => {
    const { session, library } = await loggedOn();
    library.storeWarning = { error: 'the quota is nearly used up', component: 'Disk', lowLevelError: 7, context: 0 };
    await using store = await openStore(session);
    assert.equal(await nameOf(store), 'Store');
    const told = await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED);
    assert.match(told?.error ?? '', /^Store: the quota is nearly used up/);
    library.storeWarning = undefined;
    await using _again = await openStore(session);
    assert.equal(await session.getLastError(WARNINGS.MAPI_W_ERRORS_RETURNED), undefined);
  });

  test('AMB-19, SESS-23, STORE-005: with MDB_NO_DIALOG a store that needs the user’s help is a failed logon', async () => {
    const { session, library } = await loggedOn();
    library.behaviour.storeLogon = () => {
      if (library.lastLogon?.ui === undefined) throw new MapiError('MAPI_E_UNCONFIGURED', 'a password is needed');
    };
    const entryId = await storeIdNamed(session);
    await (await session.openMsgStore(entryId)).release();
    await assert.rejects(session.openMsgStore(entryId, { noDialog: true }), { code: 'MAPI_E_LOGON_FAILED' });
  });

  test('STORE-005: who cancels the dialog of a store has no store, and may open it later', async () => {
    const { session, library } = await loggedOn();
    library.behaviour.storeLogon = () => {
      throw new MapiError('MAPI_E_USER_CANCEL', 'cancelled');
    };
    const entryId = await storeIdNamed(session);
    await assert.rejects(session.openMsgStore(entryId, {}, user()), { code: 'MAPI_E_USER_CANCEL' });
    library.behaviour = {};
    await (await session.openMsgStore(entryId)).release();
  });

  test('STORE-010: no interface means IMsgStore, and one that a store does not have is not supported', async () => {
    const { session, library } = await loggedOn();
    const entryId = await storeIdNamed(session);
    await using store = await session.openEntry(entryId);
    assert.equal(store.iid, 'IMsgStore');
    await using same = await session.openEntry(entryId, { iid: 'IMsgStore' });
    assert.equal(same.iid, 'IMsgStore');
    const { open } = library;
    for (const iid of ['IMAPIFolder', 'IMessage', 'IMAPITable'] as const) {
      await assert.rejects(session.openEntry(entryId, { iid }), { code: 'MAPI_E_INTERFACE_NOT_SUPPORTED' });
    }
    assert.equal(library.open, open);
  });

  test('neither has a status object or a one-off any interface but its own', async () => {
    const { session } = await loggedOn();
    const oneOff = encodeOneOff({ displayName: 'Ann', addrType: 'SMTP', emailAddress: 'a@b.c', sendRichInfo: false });
    const refused = { code: 'MAPI_E_INTERFACE_NOT_SUPPORTED' };
    await assert.rejects(session.openEntry(oneOff, { iid: 'IMessage' }), refused);
    await using status = await session.getStatusTable();
    const [row] = await columnOf(status, PR_ENTRYID);
    await assert.rejects(session.openEntry(row ?? null, { iid: 'IMailUser' }), refused);
    const { object: book } = await session.openAddressBook();
    await assert.rejects(book.openEntry(oneOff, { iid: 'IMAPIFolder' }), refused);
    await assert.rejects(book.openEntry(null, { iid: 'IMailUser' }), refused);
    await using user = await book.openEntry(oneOff, { iid: 'IMailUser' });
    assert.equal(user.iid, 'IMailUser');
    await book.release();
  });

  test('STORE-017: OpenEntry of a store is OpenMsgStore with MDB_NO_DIALOG', async () => {
    const { session, library } = await loggedOn();
    await using _store = await session.openEntry(await storeIdNamed(session));
    assert.deepEqual(library.lastLogon?.options, { noDialog: true });
    assert.equal(library.lastLogon?.ui, undefined);
  });

  test('SESS-29: a store is not open by its cache and past it at the same time in one session', async () => {
    const { session, subsystem } = await loggedOn();
    const cached = await openStore(session, { write: true });
    await assert.rejects(openStore(session, { online: true }), { code: 'MAPI_E_NO_ACCESS', message: /close it first/ });
    await using other = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await (await openStore(other, { online: true })).release();
    await cached.release();
    await using _online = await openStore(session, { online: true });
    await assert.rejects(openStore(session), { code: 'MAPI_E_NO_ACCESS' });
    await using _again = await openStore(session, { online: true, write: true });
    await using _different = await session.openMsgStore(wrapStoreEntryID('test', storeEntryId('other')));
  });
});
