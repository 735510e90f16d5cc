import assert from 'node:assert/strict';
import { END_STEPS, MapiError } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { endSession, sessionBehind } from './end-session.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { storeEntryId } from './test-ids.testing.ts';

const KINDS = ['IXPProvider', 'IABProvider', 'IMSProvider'];

async function loggedOn() {
  const made = await TestSubsystem.withProfile();
  const session = await made.subsystem.MAPILogonEx(null, 'Work', null);
  await session.enumAdrTypes();
  const store = await openStore(session);
  made.library.calls.length = 0;
  return Object.assign(made, { session, store });
}

const shutdownCalls = ({ library }: TestSubsystem): readonly string[] =>
  library.calls.filter((call) => /Shutdown$/.test(call));

describe('fast shutdown', () => {
  test('SHUT-1: every session object has the three methods of IMAPIClientShutdown, and they are the session’s own', async () => {
    const { session, subsystem } = await loggedOn();
    for (const name of ['queryFastShutdown', 'notifyProcessShutdown', 'doFastShutdown'] as const) {
      assert.equal(typeof session[name], 'function');
    }
    const joined = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true, newSession: true });
    await joined.queryFastShutdown();
    await joined.release();
    await assert.rejects(joined.queryFastShutdown(), { code: 'MAPI_E_INVALID_OBJECT' });
  });

  test('SHUT-4: all sessions of the process are asked, told and stopped, each by its providers in their order', async () => {
    const made = await loggedOn();
    const other = await made.subsystem.MAPILogonEx(null, 'Work', null, { newSession: true });
    await other.enumAdrTypes();
    await (await openStore(other)).release();
    made.library.calls.length = 0;
    await made.session.queryFastShutdown();
    await made.session.notifyProcessShutdown();
    await made.session.doFastShutdown();
    const rounds = ['queryFastShutdown', 'notifyProcessShutdown', 'queryFastShutdown', 'doFastShutdown'];
    assert.deepEqual(
      shutdownCalls(made),
      rounds.flatMap((method) => [...KINDS, ...KINDS].map((kind) => `${kind}.${method}`)),
    );
    await assert.rejects(other.getMsgStoresTable(), { code: 'MAPI_E_INVALID_OBJECT' });
    assert.deepEqual(
      made.spoolers.map((spooler) => spooler.calls.at(-1)),
      ['shutdown', 'shutdown'],
    );
  });

  test('SHUT-3: endSession with `fast` asks, tells and stops in this order, and logs nothing off', async () => {
    const made = await loggedOn();
    const report = await endSession(made.session, { fast: true });
    const rounds = ['queryFastShutdown', 'notifyProcessShutdown', 'queryFastShutdown', 'doFastShutdown'];
    assert.deepEqual(
      shutdownCalls(made),
      rounds.flatMap((method) => KINDS.map((kind) => `${kind}.${method}`)),
    );
    assert.ok(!made.library.calls.some((call) => /logoff|\.shutdown/i.test(call)));
    assert.deepEqual([report.fastShutdown, report.completed, report.policy], ['done', true, 'drain']);
    assert.deepEqual(
      report.steps.map(({ step, skipped }) => [step, skipped]),
      END_STEPS.map((step) => [step, true]),
    );
    assert.equal(report.leftOpen.objects.length, 1);
  });

  test('SHUT-3, SHUT-14, SHUT-15: a provider that vetoes is neither told nor stopped, and the ordinary end follows', async () => {
    const made = await loggedOn();
    made.library.behaviour.fastShutdown = () => {
      throw new MapiError('MAPI_E_NO_SUPPORT', 'never while I am loaded');
    };
    await assert.rejects(made.session.queryFastShutdown(), { code: 'MAPI_E_NO_SUPPORT', component: 'Transport' });
    made.library.calls.length = 0;
    const report = await endSession(made.session, { fast: true });
    assert.deepEqual(shutdownCalls(made), ['IXPProvider.queryFastShutdown']);
    assert.deepEqual([report.fastShutdown, report.completed], ['refused', true]);
    assert.ok(made.library.calls.includes('IMSLogon.logoff'));
    assert.equal(made.library.open, 0);
    assert.deepEqual(sessionBehind(made.session).life.path.slice(1, 3), ['settling', 'loggingOff']);
  });

  test('a provider that hangs in its shutdown gets half of the time, then the ordinary end follows', async () => {
    const made = await loggedOn();
    made.library.behaviour.doFastShutdown = () => new Promise(() => {});
    const report = await endSession(made.session, { fast: true, deadlineMs: 400 });
    assert.deepEqual([report.fastShutdown, report.completed], ['refused', true]);
    assert.equal(made.library.open, 0);
  });

  test('SHUT-13: what a client holds of a provider has none of the methods by which MAPI shuts it down', async () => {
    const { session, store } = await loggedOn();
    const { object: book } = await session.openAddressBook();
    const folder = await store.openEntry(storeEntryId('a'), { iid: 'IMAPIFolder' });
    for (const held of [store, book, folder] as const) {
      for (const name of ['queryFastShutdown', 'notifyProcessShutdown', 'doFastShutdown', 'shutdown']) {
        assert.equal(name in held, false, `${held.iid}.${name}`);
        assert.equal(Reflect.get(held, name), undefined);
      }
    }
    await session.logoff();
  });

  test('SHUT-12: after DoFastShutdown no call to MAPI does anything for the rest of the process', async () => {
    const made = await loggedOn();
    const { session, store, subsystem, library } = made;
    await session.doFastShutdown();
    library.calls.length = 0;
    const over = { code: 'MAPI_E_INVALID_OBJECT' };
    const down = { code: 'MAPI_E_NOT_INITIALIZED' };
    await assert.rejects(store.getPropList(), over);
    await assert.rejects(session.logoff(), over);
    await assert.rejects(session.queryFastShutdown(), over);
    await store.release();
    await session.release();
    await subsystem.MAPIUninitialize();
    await assert.rejects(subsystem.MAPIInitialize(), down);
    await assert.rejects(subsystem.MAPILogonEx(null, 'Work', null), down);
    await assert.rejects(subsystem.MAPIAdminProfiles(), down);
    assert.throws(() => subsystem.OleInitialize(), down);
    assert.throws(() => subsystem.ScInitMapiUtil(), down);
    assert.throws(() => subsystem.MAPIAllocateBuffer(1), down);
    assert.deepEqual(library.calls, []);
  });

  test('a shutdown that a provider refuses at the last moment leaves a session that can be ended', async () => {
    const made = await loggedOn();
    made.library.behaviour.doFastShutdown = () => {
      throw new Error('the disk is full');
    };
    await assert.rejects(made.session.doFastShutdown(), { code: 'MAPI_E_NO_SUPPORT', component: 'Transport' });
    await (await made.session.getMsgStoresTable()).release();
    assert.equal((await endSession(made.session)).completed, true);
  });
});
