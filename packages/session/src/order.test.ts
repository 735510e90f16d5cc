/** Calls in the wrong order, too often, too late, or within one another. */
import assert from 'node:assert/strict';
import { MapiError, VirtualClock } from '@nodemapi/base';
import { fnevCriticalError, type IMAPISession, PR_DISPLAY_NAME, PR_ROWID, prop } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { endSession } from './end-session.ts';
import { openStore, storeIdNamed } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

const dead = { code: 'MAPI_E_INVALID_OBJECT' };
const missing = { code: 'MAPI_E_NOT_INITIALIZED' };

const logon = (made: TestSubsystem, options = {}): Promise<IMAPISession> =>
  made.subsystem.MAPILogonEx(null, 'Work', null, options);

/** The next session is as good as the first one. */
async function worksAgain(made: TestSubsystem): Promise<void> {
  const session = await logon(made);
  const store = await openStore(session);
  assert.deepEqual((await store.getProps([PR_DISPLAY_NAME])).values, ['Store']);
  const { completed } = await endSession(session, { uninitialize: false });
  assert.equal(completed, true);
}

describe('initialisations', () => {
  test('every part is taken down as often as it was brought up, in any mixture, and never below', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    subsystem.OleInitialize();
    subsystem.OleInitialize();
    subsystem.ScInitMapiUtil();
    subsystem.OleUninitialize();
    subsystem.OleUninitialize();
    assert.throws(() => subsystem.OleUninitialize(), missing);
    subsystem.DeinitMapiUtil();
    assert.throws(() => subsystem.DeinitMapiUtil(), missing);
    for (let often = 0; often < 5; often++) await subsystem.MAPIUninitialize();
    assert.throws(() => subsystem.MAPIAllocateBuffer(1), missing);
    await subsystem.MAPIInitialize();
    assert.equal(subsystem.isInitialized, true);
    await subsystem.MAPIUninitialize();
    assert.equal(subsystem.isInitialized, false);
  });

  test('OleUninitialize after MAPIUninitialize is named, and the next round works', async () => {
    const made = await TestSubsystem.withProfile();
    made.subsystem.OleInitialize();
    made.subsystem.OleInitialize();
    await made.subsystem.MAPIUninitialize();
    assert.throws(() => made.subsystem.OleUninitialize(), missing);
    assert.throws(() => made.subsystem.OleUninitialize(), missing);
    await made.subsystem.MAPIInitialize();
    made.subsystem.OleInitialize();
    await worksAgain(made);
    made.subsystem.OleUninitialize();
    await made.subsystem.MAPIUninitialize();
  });

  test('DeinitMapiUtil without ScInitMapiUtil does not take down what MAPIInitialize brought up', async () => {
    const made = await TestSubsystem.withProfile();
    assert.throws(() => made.subsystem.DeinitMapiUtil(), missing);
    const data = made.subsystem.CreateTable(PR_ROWID);
    await data.hrModifyRow([prop(PR_ROWID, 1)]);
    await worksAgain(made);
  });

  test('MAPIUninitialize while MAPIInitialize runs is the one that belongs to it', async () => {
    const { subsystem } = new TestSubsystem();
    await Promise.all([subsystem.MAPIInitialize(), subsystem.MAPIUninitialize()]);
    assert.equal(subsystem.isInitialized, false);
    await assert.rejects(subsystem.MAPIAdminProfiles(), missing);
  });
});

describe('sessions', () => {
  test('after the end every use is refused by name, as often as it is tried', async () => {
    const made = await TestSubsystem.withProfile();
    const session = await logon(made);
    const entryId = await storeIdNamed(session);
    const store = await openStore(session);
    await session.logoff();
    for (let often = 0; often < 2; often++) {
      await assert.rejects(session.logoff(), dead);
      await assert.rejects(session.openMsgStore(entryId), dead);
      await assert.rejects(store.getProps(), dead);
      await store.release();
      await session.release();
    }
    await worksAgain(made);
  });

  test('two logoffs at a time are one', async () => {
    const made = await TestSubsystem.withProfile();
    const session = await logon(made);
    await openStore(session);
    const both = await Promise.allSettled([session.logoff(), session.logoff(), session.release()]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal(made.library.calls.filter((call) => call === 'IABLogon.logoff').length, 1);
    await worksAgain(made);
  });

  test('a logoff from within a notification ends the session, and the notifier goes on', async () => {
    const made = await TestSubsystem.withProfile();
    const first = await logon(made, { allowOthers: true });
    const second = await logon(made);
    let ended: Promise<void> | undefined;
    await second.advise(null, fnevCriticalError, {
      onNotify: () => {
        ended ??= second.logoff();
        return ended;
      },
    });
    await first.logoff(undefined, { shared: true });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await ended;
    assert.ok(ended !== undefined);
    await assert.rejects(second.getMsgStoresTable(), dead);
    await worksAgain(made);
  });

  test('endSession from within a notification of the session that ends', async () => {
    const made = await TestSubsystem.withProfile();
    const [first, second] = [await logon(made, { allowOthers: true }), await logon(made)];
    const reports: unknown[] = [];
    await second.advise(null, fnevCriticalError, {
      onNotify: async () => {
        reports.push((await endSession(second, { uninitialize: false })).completed);
      },
    });
    await first.logoff(undefined, { shared: true });
    assert.equal((await endSession(second, { uninitialize: false })).completed, true);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.ok(reports.every((completed) => completed === true));
    await worksAgain(made);
  });

  test('a logoff while another logon is under way ends the one and leaves the other', async () => {
    const clock = new VirtualClock();
    const made = await TestSubsystem.withProfile({ clock });
    const first = await logon(made, { newSession: true });
    made.library.behaviour.bookLogon = () => clock.delay(1000);
    const second = logon(made, { newSession: true });
    await clock.advance(500);
    await first.logoff();
    await clock.advance(1000);
    made.library.behaviour = {};
    await openStore(await second);
    await (await second).logoff();
    await worksAgain(made);
  });

  test('MAPIUninitialize while a logon is under way: the logon fails by name, or its session is dead', async () => {
    const clock = new VirtualClock();
    const made = await TestSubsystem.withProfile({ clock, providerLogonTimeoutMs: 3000 });
    made.library.behaviour.bookLogon = () => clock.delay(1000);
    const logging = logon(made).then(
      (session) => session.getMsgStoresTable().then(() => 'a live session'),
      (error: unknown) => error,
    );
    const answer = logging.catch((error: unknown) => error);
    await clock.advance(500);
    const down = made.subsystem.MAPIUninitialize();
    await clock.advance(60_000);
    await down;
    const error = await answer;
    assert.ok(MapiError.is(error), String(error));
    assert.ok(['MAPI_E_NOT_INITIALIZED', 'MAPI_E_INVALID_OBJECT'].includes(error.code), error.code);
    made.library.behaviour = {};
    await made.subsystem.MAPIInitialize();
    await worksAgain(made);
    await made.subsystem.MAPIUninitialize();
  });

  test('two sessions of one profile live side by side, and end in either order', async () => {
    for (const firstToGo of [0, 1]) {
      const made = await TestSubsystem.withProfile();
      const sessions = [await logon(made, { newSession: true }), await logon(made, { newSession: true })];
      const stores = await Promise.all(sessions.map((session) => openStore(session)));
      await sessions[firstToGo]?.logoff();
      await assert.rejects(stores[firstToGo]?.getProps() ?? Promise.resolve(), dead);
      assert.deepEqual((await stores[1 - firstToGo]?.getProps([PR_DISPLAY_NAME]))?.values, ['Store']);
      await sessions[1 - firstToGo]?.logoff();
      await worksAgain(made);
    }
  });

  test('a logon directly after a logoff, many times, also before the logoff has ended', async () => {
    const made = await TestSubsystem.withProfile();
    let ending: Promise<void> = Promise.resolve();
    for (let round = 0; round < 10; round++) {
      const session = await logon(made);
      await openStore(session);
      await ending;
      ending = session.logoff();
    }
    await ending;
    await worksAgain(made);
    assert.equal(made.library.open, 0);
  });
});
