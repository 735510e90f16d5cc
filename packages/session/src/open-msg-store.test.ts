import assert from 'node:assert/strict';
import { wrapStoreEntryID } from '@nodemapi/kit';
import { MapiError, type MapiErrorCode, type OpenMsgStoreOptions, WARNINGS } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { nameOf, openStore, storeIdNamed } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { storeEntryId } from './test-ids.testing.ts';
import { user } from './user.testing.ts';

async function loggedOn() {
  const { subsystem, library } = await TestSubsystem.withProfile();
  const session = await subsystem.MAPILogonEx(user(), 'Work', null, { noMail: true, logonUi: true });
  return { subsystem, library, session };
}

describe('OpenMsgStore', () => {
  test('SESS-21: takes its seven flags, which the provider is told, and no other', async () => {
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

  test('AMB-19, SESS-23: with MDB_NO_DIALOG a store that needs the user’s help is a failed logon', async () => {
    const { session, library } = await loggedOn();
    library.behaviour.storeLogon = () => {
      if (library.lastLogon?.ui === undefined) throw new MapiError('MAPI_E_UNCONFIGURED', 'a password is needed');
    };
    const entryId = await storeIdNamed(session);
    await (await session.openMsgStore(entryId)).release();
    await assert.rejects(session.openMsgStore(entryId, { noDialog: true }), { code: 'MAPI_E_LOGON_FAILED' });
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
