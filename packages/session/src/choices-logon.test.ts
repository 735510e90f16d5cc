/** Choices about starting, where the documentation is silent or says two things. */
import assert from 'node:assert/strict';
import { VirtualClock } from '@nodemapi/base';
import { type LogonOptions, PR_DISPLAY_NAME, PR_ROWID, prop } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { columnOf } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { user } from './user.testing.ts';

const FAILED = { code: 'MAPI_E_LOGON_FAILED' };

describe('initialisation', () => {
  test('AMB-2: the utilities that MAPIInitialize brings go with MAPIUninitialize, and no sooner', async () => {
    const { subsystem } = new TestSubsystem();
    await subsystem.MAPIInitialize();
    const data = subsystem.CreateTable(PR_ROWID);
    await subsystem.MAPIInitialize();
    await subsystem.MAPIUninitialize();
    await data.hrModifyRow([prop(PR_ROWID, 1)]);
    await subsystem.MAPIUninitialize();
    await assert.rejects(data.hrModifyRow([prop(PR_ROWID, 2)]), { code: 'MAPI_E_INVALID_OBJECT' });
    assert.throws(() => subsystem.CreateTable(PR_ROWID), { code: 'MAPI_E_NOT_INITIALIZED' });
    assert.throws(() => subsystem.ScInitMapiUtil(1), { code: 'MAPI_E_UNKNOWN_FLAGS' });
  });

  test('AMB-3: the first call decides about notifications; the flags of later ones are checked and change nothing', async () => {
    const clock = new VirtualClock();
    const { subsystem } = new TestSubsystem({ clock });
    await subsystem.MAPIInitialize({ multithreadNotifications: true });
    const timers = clock.pendingTimers;
    await subsystem.MAPIInitialize({ multithreadNotifications: false });
    assert.equal(clock.pendingTimers, timers);
    await assert.rejects(subsystem.MAPIInitialize({ everywhere: true } as never), { code: 'MAPI_E_UNKNOWN_FLAGS' });
    assert.equal(clock.pendingTimers, timers);
  });
});

describe('logon', () => {
  test('AMB-4: a logon with MAPI_TIMEOUT_SHORT waits three seconds for the one before it, unless told otherwise', async () => {
    for (const logonTimeoutShortMs of [undefined, 700]) {
      const clock = new VirtualClock();
      const limit = logonTimeoutShortMs === undefined ? {} : { logonTimeoutShortMs };
      const { subsystem, library } = await TestSubsystem.withProfile({ clock, ...limit });
      let proceed: () => void = () => {};
      const held = new Promise<void>((resolve) => {
        proceed = resolve;
      });
      library.behaviour.bookLogon = () => held;
      const first = subsystem.MAPILogonEx(null, 'Work', null);
      let answer = 'none';
      const second = subsystem.MAPILogonEx(null, 'Work', null, { timeoutShort: true }).catch((error: unknown) => {
        answer = (error as { readonly code: string }).code;
      });
      await clock.advance((logonTimeoutShortMs ?? 3000) - 1);
      assert.equal(answer, 'none');
      await clock.advance(2);
      await second;
      assert.equal(answer, 'MAPI_E_TIMEOUT');
      proceed();
      await (await first).logoff();
    }
  });

  test('AMB-5: whoever does not ask for a session of his own joins, with a name, without one, and to share himself', async () => {
    const { subsystem, spoolers } = await TestSubsystem.withProfile();
    const first = await subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true });
    const ways: readonly [string | null, LogonOptions][] = [
      [null, {}],
      ['Work', {}],
      ['Nobody', { allowOthers: true }],
      ['', { explicitProfile: true }],
    ];
    const members = [];
    for (const [name, options] of ways) members.push(await subsystem.MAPILogonEx(null, name, null, options));
    assert.equal(spoolers.length, 1);
    for (const session of [first, ...members]) await session.logoff();
  });

  test('AMB-6: of two that may be joined the first is, until it ends; the second is for those who have it', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('Play', { defaultServices: true });
    const profileOf = async (session: Awaited<ReturnType<typeof subsystem.MAPILogonEx>>): Promise<unknown> =>
      (await columnOf(await session.getStatusTable(), PR_DISPLAY_NAME)).find((name) => /Work|Play/u.test(String(name)));
    const first = await subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true });
    const second = await subsystem.MAPILogonEx(null, 'Play', null, { allowOthers: true, newSession: true });
    const joined = await subsystem.MAPILogonEx(null, null, null);
    assert.deepEqual(
      [await profileOf(first), await profileOf(second), await profileOf(joined)],
      ['Work', 'Play', 'Work'],
    );
    await first.logoff();
    await joined.logoff();
    await assert.rejects(subsystem.MAPILogonEx(null, null, null), FAILED);
    await second.logoff();
  });

  test('AMB-7: a password is a failed logon, unless MAPI_PASSWORD_UI lets the user take it back', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    for (const none of [null, '']) await (await subsystem.MAPILogonEx(null, 'Work', none)).logoff();
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', 'secret'), FAILED);
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', 'secret', { passwordUi: true }), FAILED);
    const session = await subsystem.MAPILogonEx(user(), 'Work', 'secret', { passwordUi: true });
    await session.logoff();
  });

  test('AMB-13: the logon returns while the spooler starts; what needs it waits, with MAPI_FORCE_DOWNLOAD the logon', async () => {
    const { subsystem, library } = await TestSubsystem.withProfile();
    let proceed: () => void = () => {};
    const hold = (): void => {
      const held = new Promise<void>((resolve) => {
        proceed = resolve;
      });
      library.behaviour.transportLogon = () => held;
    };
    hold();
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    const seen: string[] = [];
    const types = session.enumAdrTypes().then(() => void seen.push('types'));
    const status = session.getStatusTable().then(() => void seen.push('status'));
    await (await session.getMsgStoresTable()).release();
    assert.equal(seen.length, 0);
    proceed();
    await Promise.all([types, status]);
    await session.logoff();
    hold();
    const fetching = subsystem
      .MAPILogonEx(null, 'Work', null, { forceDownload: true })
      .finally(() => void seen.push('logon'));
    while (!library.calls.slice(-1).includes('IXPProvider.transportLogon')) await new Promise(setImmediate);
    assert.deepEqual(seen.sort(), ['status', 'types']);
    proceed();
    await (await fetching).logoff();
  });
});
