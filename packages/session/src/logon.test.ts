import assert from 'node:assert/strict';
import { VirtualClock } from '@nodemapi/base';
import {
  fnevCriticalError,
  fnevExtended,
  fnevTableModified,
  HRESULTS,
  type IMAPISession,
  MapiError,
  type Notification,
  PR_DISPLAY_NAME,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  STATUS_FAILURE,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { endSession } from './end-session.ts';
import { SESSION_MEMBER_LEFT } from './session-events.ts';
import { columnOf, nameOf, openStore, storeIdNamed } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { user } from './user.testing.ts';

const spoolerReady = (session: IMAPISession): Promise<unknown> => session.enumAdrTypes();

describe('choice of the profile', () => {
  test('LOGON-10: a name is taken', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    assert.equal(session.iid, 'IMAPISession');
  });

  test('AMB-8, LOGON-11, LOGON-17: the default is taken only with MAPI_USE_DEFAULT', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    await using _session = await subsystem.MAPILogonEx(null, null, null, { useDefault: true, explicitProfile: true });
    await assert.rejects(subsystem.MAPILogonEx(null, '', null, { explicitProfile: true }), {
      code: 'MAPI_E_LOGON_FAILED',
    });
  });

  test('LOGON-12, LOGON-19: the user chooses, or cancels', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    const offered: (readonly string[])[] = [];
    const choose = async (_question: string, choices: readonly string[]): Promise<number> => offered.push(choices) - 1;
    await using _session = await subsystem.MAPILogonEx(user({ choose }), null, null, { logonUi: true });
    assert.deepEqual(offered, [['Work']]);
    const cancel = user({
      choose: async () => {
        throw new MapiError('MAPI_E_USER_CANCEL', 'no');
      },
    });
    await assert.rejects(subsystem.MAPILogonEx(cancel, null, null, { logonUi: true }), { code: 'MAPI_E_USER_CANCEL' });
  });

  test('LOGON-13, LOGON-18: without a name, a default and a user the logon fails', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    await assert.rejects(subsystem.MAPILogonEx(user(), null, null), { code: 'MAPI_E_LOGON_FAILED' });
    const both = { logonUi: true, passwordUi: true };
    await assert.rejects(subsystem.MAPILogonEx(user(), 'Work', null, both), { code: 'MAPI_E_LOGON_FAILED' });
  });

  test('AMB-11, LOGON-4, LOGON-7: wrong parameters are a failed logon', async () => {
    const { subsystem } = await TestSubsystem.withProfile({ sessionsMax: 1 });
    await assert.rejects(subsystem.MAPILogonEx(null, 'Nobody', null), { code: 'MAPI_E_LOGON_FAILED' });
    await assert.rejects(subsystem.MAPILogonEx(null, 'x'.repeat(65), null), { code: 'MAPI_E_LOGON_FAILED' });
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', 'secret'), { code: 'MAPI_E_LOGON_FAILED' });
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', null, { wrong: 1 } as never), {
      code: 'MAPI_E_UNKNOWN_FLAGS',
    });
    await using _only = await subsystem.MAPILogonEx(null, 'Work', '');
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', null), { code: 'MAPI_E_LOGON_FAILED' });
  });

  test('LOGON-8: logons come one by one, and a short one gives up', async () => {
    const clock = new VirtualClock();
    const { subsystem, library } = await TestSubsystem.withProfile({ clock, logonTimeoutShortMs: 500 });
    let proceed: () => void = () => {};
    library.behaviour.bookLogon = () =>
      new Promise<void>((resolve) => {
        proceed = resolve;
      });
    const first = subsystem.MAPILogonEx(null, 'Work', null);
    const second = subsystem.MAPILogonEx(null, 'Work', null, { timeoutShort: true });
    const expected = assert.rejects(second, { code: 'MAPI_E_TIMEOUT' });
    await clock.advance(501);
    await expected;
    proceed();
    await (await first).release();
  });

  test('INIT-1: before MAPIInitialize there is no logon', async () => {
    const { subsystem } = new TestSubsystem();
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', null), { code: 'MAPI_E_NOT_INITIALIZED' });
    await assert.rejects(subsystem.MAPIAdminProfiles(), { code: 'MAPI_E_NOT_INITIALIZED' });
  });
});

describe('shared sessions', () => {
  const withTwo = async () => {
    const made = await TestSubsystem.withProfile();
    const first = await made.subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true });
    const second = await made.subsystem.MAPILogonEx(null, null, null);
    return { ...made, library: made.library, subsystem: made.subsystem, spoolers: made.spoolers, first, second };
  };

  test('LOGON-25: each member has a pointer of its own, which nothing but its own session keeps valid', async () => {
    const { first, second } = await withTwo();
    assert.notEqual(first, second);
    const [lost, kept] = [await openStore(first), await openStore(second)];
    await first.logoff();
    await assert.rejects(first.getMsgStoresTable(), { code: 'MAPI_E_INVALID_OBJECT' });
    await assert.rejects(lost.getProps([PR_DISPLAY_NAME]), { code: 'MAPI_E_INVALID_OBJECT' });
    await assert.rejects(kept.copyProps([PR_DISPLAY_NAME], lost), {
      code: 'MAPI_E_INVALID_OBJECT',
      message: /that was passed/,
    });
    assert.equal(await nameOf(kept), 'Store');
    await second.logoff();
  });

  test('LOGON-9, LOGON-22: a shared session is joined whatever the name', async () => {
    const { subsystem, first, second, spoolers, library } = await withTwo();
    const third = await subsystem.MAPILogonEx(null, 'Nobody', null);
    assert.notEqual(first, second);
    assert.equal(spoolers.length, 1);
    assert.equal(library.calls.filter((call) => call === 'IABProvider.logon').length, 1);
    for (const session of [first, second, third]) await session.logoff();
  });

  test('LOGON-15, LOGON-21: MAPI_NEW_SESSION joins nothing, and an unshared session is not joined', async () => {
    const { subsystem, first, second, spoolers } = await withTwo();
    const own = await subsystem.MAPILogonEx(null, 'Work', null, { newSession: true });
    assert.equal(spoolers.length, 2);
    for (const session of [first, second]) await session.logoff();
    await assert.rejects(subsystem.MAPILogonEx(null, null, null), { code: 'MAPI_E_LOGON_FAILED' });
    await own.logoff();
  });

  test('LOGON-26: a member without mail does not keep the others from mail', async () => {
    const { subsystem, spoolers } = await TestSubsystem.withProfile();
    const quiet = await subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true, noMail: true });
    assert.equal(spoolers.length, 0);
    const loud = await subsystem.MAPILogonEx(null, null, null);
    assert.deepEqual(await loud.enumAdrTypes(), ['SMTP']);
    assert.deepEqual(await quiet.enumAdrTypes(), []);
    assert.equal(subsystem.spoolerOf(quiet), undefined);
    assert.equal(subsystem.spoolerOf(loud), spoolers[0]);
    await quiet.logoff();
    await loud.logoff();
  });

  test('LOGON-37: a member that joins a session without mail changes nothing in the status of the one before', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    const quiet = await subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true, noMail: true });
    const status = await quiet.getStatusTable();
    const heard: Notification[] = [];
    await status.advise(fnevTableModified, { onNotify: (all) => void heard.push(...all) });
    const before = await columnOf(await quiet.getStatusTable(), PR_STATUS_CODE);
    const loud = await subsystem.MAPILogonEx(null, null, null);
    await spoolerReady(loud);
    await subsystem.HrDispatchNotifications();
    assert.deepEqual(heard, []);
    assert.deepEqual(await columnOf(await quiet.getStatusTable(), PR_STATUS_CODE), before);
    assert.ok((await columnOf(await loud.getStatusTable(), PR_STATUS_CODE)).length > before.length); // its transport
    await quiet.logoff();
    await loud.logoff();
  });

  test('LOGOFF-12, LOGOFF-13: MAPI_LOGOFF_SHARED tells every other member by a critical error', async () => {
    const { subsystem, first, second } = await withTwo();
    const heard: Notification[] = [];
    await first.advise(null, 0x8000_0000, { onNotify: (all) => void heard.push(...all) });
    await second.logoff(undefined, { shared: true });
    await subsystem.HrDispatchNotifications();
    const [notice] = heard;
    assert.deepEqual(notice, { kind: 'criticalError', entryId: null, scode: HRESULTS.MAPI_E_END_OF_SESSION });
    assert.equal(await first.enumAdrTypes().then((types) => types.length), 1);
    await first.logoff();
  });

  test('LOGOFF-14, LOGOFF-15: without the flag, and where nothing is shared, there is only the extended event', async () => {
    const { subsystem, first, second } = await withTwo();
    const heard: Notification[] = [];
    await first.advise(null, fnevExtended | fnevCriticalError, { onNotify: (all) => void heard.push(...all) });
    await second.logoff();
    await subsystem.HrDispatchNotifications();
    assert.deepEqual(heard, [{ kind: 'extended', event: SESSION_MEMBER_LEFT, parameters: new Uint8Array() }]);
    await first.logoff(undefined, { shared: true });
  });

  test('LOGOFF-16: an end asks nobody else to log off unless it is told to', async () => {
    const { subsystem, first, second } = await withTwo();
    const heard: Notification[] = [];
    await first.advise(null, fnevCriticalError, { onNotify: (all) => void heard.push(...all) });
    await endSession(second, { policy: 'leave' });
    await subsystem.HrDispatchNotifications();
    assert.deepEqual(heard, []);
    await (await first.getMsgStoresTable()).release();
    await first.logoff();
  });

  test('what members share ends with the last one; a store of one member with that member', async () => {
    const { first, second, library } = await withTwo();
    await spoolerReady(first);
    await openStore(second);
    library.calls.length = 0;
    await second.logoff();
    assert.deepEqual(library.calls, ['IMsgStore.release', 'IMSLogon.logoff', 'IMSLogon.release']);
    await first.logoff();
    assert.ok(library.calls.includes('IABLogon.logoff'));
  });

  test('a logoff inside a notification does not block', async () => {
    const { subsystem, first, second } = await withTwo();
    const done = new Promise<void>((resolve, reject) => {
      const onNotify = (): void => void first.logoff().then(resolve, reject);
      void first.advise(null, fnevCriticalError, { onNotify }).then(() => second.logoff(undefined, { shared: true }));
    });
    await done;
    assert.equal(subsystem.isInitialized, true);
    await assert.rejects(first.getMsgStoresTable(), { code: 'MAPI_E_INVALID_OBJECT' });
  });
});

describe('MAPI_NO_MAIL', () => {
  test('LOGON-31, LOGON-35, LOGON-36, LOGON-39: no spooler, no transports, no spooler logon', async () => {
    const { subsystem, spoolers, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    await using _store = await openStore(session);
    assert.equal(spoolers.length, 0);
    assert.ok(!library.calls.includes('IMSProvider.spoolerLogon'));
    const types = await columnOf(await session.getStatusTable(), PR_RESOURCE_TYPE);
    assert.deepEqual(types, [39, 37, 34, 33]);
    const codes = await columnOf(await session.getStatusTable(), PR_STATUS_CODE);
    assert.equal(codes[1], STATUS_FAILURE);
  });

  test('LOGON-57: transports are logged on by the spooler, with every store of the profile attached', async () => {
    const { subsystem, spoolers, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null);
    await spoolerReady(session);
    assert.deepEqual(spoolers[0]?.calls, ['start', 'attach Store']);
    assert.ok(library.calls.indexOf('IABProvider.logon') < library.calls.indexOf('IXPProvider.transportLogon'));
    await using _store = await openStore(session);
    assert.deepEqual(spoolers[0]?.calls, ['start', 'attach Store']);
  });

  test('LOGON-29: MAPI_FORCE_DOWNLOAD fetches before the logon returns', async () => {
    const { subsystem, spoolers } = await TestSubsystem.withProfile();
    await using _session = await subsystem.MAPILogonEx(null, 'Work', null, { forceDownload: true });
    assert.equal(spoolers[0]?.calls.at(-1), 'flush download');
  });
});

describe('ends', () => {
  test('LOGOFF-18, LOGOFF-19, LOGOFF-20, SHUT-4: each provider ends in order, kind by kind', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    await spoolerReady(session);
    library.calls.length = 0;
    await session.logoff();
    assert.deepEqual(library.calls, [
      'IXPLogon.transportLogoff',
      'IABLogon.logoff',
      'IMsgStore.release',
      'IMSLogon.logoff',
      'IMSLogon.release',
      'IXPProvider.shutdown',
      'IXPProvider.release',
      'IABProvider.shutdown',
      'IABProvider.release',
      'IMSProvider.shutdown',
      'IMSProvider.release',
    ]);
  });

  test('LOGOFF-6: a second logoff fails, release does not', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    await session.logoff();
    await assert.rejects(session.logoff(), { code: 'MAPI_E_INVALID_OBJECT' });
    await session.release();
    await session.release();
  });

  test('LOGOFF-10, LOGOFF-11: the user is asked only with MAPI_LOGOFF_UI, and may stay', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    const stay = user({ confirm: async () => false });
    await assert.rejects(session.logoff(stay, { ui: true }), { code: 'MAPI_E_USER_CANCEL' });
    await using table = await session.getMsgStoresTable();
    assert.equal(await table.getRowCount(), 1);
    await session.logoff(stay);
  });

  test('LOGOFF-7, MEM-5, UTIL-002: buffers outlive the session', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    const buffer = subsystem.MAPIAllocateBuffer(4);
    await session.logoff();
    assert.equal(subsystem.MAPIAllocateMore(2, buffer).length, 2);
    subsystem.MAPIFreeBuffer(buffer);
  });

  test('INIT-26, LOGOFF-30: libraries stay until the last MAPIUninitialize', async () => {
    const { subsystem, loaded } = await TestSubsystem.withProfile();
    for (let round = 0; round < 2; round++) await (await subsystem.MAPILogonEx(null, 'Work', null)).logoff();
    assert.deepEqual(loaded, ['test']);
    await subsystem.MAPIUninitialize();
    await subsystem.MAPIInitialize();
    await (await subsystem.MAPILogonEx(null, 'Work', null)).logoff();
    assert.deepEqual(loaded, ['test', 'test']);
  });

  test('INIT-25: the last MAPIUninitialize ends sessions that nobody logged off', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    await openStore(session);
    await subsystem.MAPIUninitialize();
    await assert.rejects(session.getMsgStoresTable(), { code: 'MAPI_E_INVALID_OBJECT' });
    assert.equal(library.open, 0);
  });

  test('LOGOFF-27: the last release of a store ends its logon, and its row is gone', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    await using session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const store = await openStore(session);
    const entryId = await storeIdNamed(session);
    library.calls.length = 0;
    const second = store.addRef();
    await store.release();
    assert.deepEqual(library.calls, []);
    await second.release();
    assert.deepEqual(library.calls, ['IMsgStore.release', 'IMSLogon.logoff', 'IMSLogon.release']);
    assert.deepEqual(await columnOf(await session.getStatusTable(), PR_RESOURCE_TYPE), [39, 37, 34]);
    await (await session.openMsgStore(entryId)).release();
  });
});

test('2000 logons and logoffs leave no objects, no timers, no files and no sections open', async () => {
  const { subsystem, library, files } = await TestSubsystem.withProfile({ captureOpeners: false });
  const before = [...files.files.keys()].sort();
  const listeners = process.listenerCount('SIGINT');
  for (let round = 0; round < 2000; round++) {
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    await openStore(session);
    await session.logoff();
    library.calls.length = 0;
  }
  assert.equal(library.open, 0);
  assert.deepEqual([...files.files.keys()].sort(), before);
  assert.equal(process.listenerCount('SIGINT'), listeners);
  await subsystem.MAPIUninitialize();
});
