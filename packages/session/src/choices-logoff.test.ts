/** Choices about ending, where the documentation is silent or says two things. */
import assert from 'node:assert/strict';
import { HRESULTS } from '@nodemapi/base';
import { fnevCriticalError, fnevExtended, type IMAPISession, METHOD_TABLES, type Notification } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { SESSION_MEMBER_LEFT } from './session-events.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { user } from './user.testing.ts';

const DEAD = { code: 'MAPI_E_INVALID_OBJECT' };
const END_NOTICE = { kind: 'criticalError', entryId: null, scode: HRESULTS.MAPI_E_END_OF_SESSION };
const LEFT_NOTICE = { kind: 'extended', event: SESSION_MEMBER_LEFT, parameters: new Uint8Array() };

/** Runs `work` when everything that was queued before has been delivered. */
async function slowly(work: () => void): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  work();
}

async function withMembers(count: number) {
  const made = await TestSubsystem.withProfile();
  const { subsystem, library } = made;
  const members: IMAPISession[] = [];
  const heard: Notification[][] = [];
  for (let index = 0; index < count; index++) {
    const session = await subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true });
    const own: Notification[] = [];
    await session.advise(null, fnevCriticalError | fnevExtended, { onNotify: (all) => void own.push(...all) });
    members.push(session);
    heard.push(own);
  }
  await members[0]?.enumAdrTypes();
  library.calls.length = 0;
  const [first, second, third] = members as [IMAPISession, IMAPISession, IMAPISession];
  return { made, subsystem, library, spoolers: made.spoolers, first, second, third, heard };
}

describe('the notice to the other members', () => {
  test('AMB-23: there is a critical error with MAPI_LOGOFF_SHARED only', async () => {
    const { subsystem, first, second, third, heard } = await withMembers(3);
    await first.logoff();
    await subsystem.HrDispatchNotifications();
    assert.deepEqual(heard, [[], [LEFT_NOTICE], [LEFT_NOTICE]]);
    await second.logoff(undefined, { shared: true });
    await subsystem.HrDispatchNotifications();
    assert.ok(heard[2]?.some((notice) => notice.kind === 'criticalError'));
    await third.logoff();
  });

  test('AMB-24: any member may ask for it, not the first alone', async () => {
    for (const asker of [0, 1, 2]) {
      const { subsystem, first, second, third, heard } = await withMembers(3);
      const members = [first, second, third];
      await members[asker]?.logoff(undefined, { shared: true });
      await subsystem.HrDispatchNotifications();
      const told = heard.map((own) => own.some((notice) => notice.kind === 'criticalError'));
      assert.deepEqual(
        told,
        [0, 1, 2].map((index) => index !== asker),
      );
      for (const [index, member] of members.entries()) if (index !== asker) await member.logoff();
    }
  });

  test('AMB-25: it is MAPI_E_END_OF_SESSION of no object, queued before the teardown of the caller begins', async () => {
    const { subsystem, library, second, first } = await withMembers(2);
    const order: unknown[] = [];
    await openStore(first);
    library.calls.length = 0;
    library.behaviour.storeLogoff = () => slowly(() => void order.push('a store is logged off'));
    await second.advise(null, fnevCriticalError, { onNotify: (all) => void order.push(...all) });
    await first.logoff(undefined, { shared: true });
    await subsystem.HrDispatchNotifications();
    assert.deepEqual(order, [END_NOTICE, 'a store is logged off']);
    await second.logoff();
  });

  test('AMB-26: who stays hears one event of MAPI’s own without parameters, before the logoff of stores; who goes does not', async () => {
    const { subsystem, library, first, second, heard } = await withMembers(2);
    const order: unknown[] = [];
    await openStore(first);
    library.behaviour.storeLogoff = () => slowly(() => void order.push('a store is logged off'));
    await second.advise(null, fnevExtended, { onNotify: (all) => void order.push(...all) });
    await first.logoff();
    await subsystem.HrDispatchNotifications();
    assert.deepEqual(order, [LEFT_NOTICE, 'a store is logged off']);
    assert.deepEqual(heard[0], []);
    await second.logoff();
  });
});

describe('what ends with whom', () => {
  test('AMB-27: nobody is logged off by force, and what is shared stays until the last has left', async () => {
    const { subsystem, library, spoolers, first, second } = await withMembers(2);
    await first.logoff(undefined, { shared: true });
    await subsystem.HrDispatchNotifications();
    const store = await openStore(second);
    assert.ok((await store.getPropList()).length > 0);
    assert.deepEqual(await second.enumAdrTypes(), ['SMTP']);
    assert.ok(!spoolers[0]?.calls.includes('shutdown'));
    await second.logoff();
    assert.equal(spoolers[0]?.calls.at(-1), 'shutdown');
    assert.equal(library.open, 0);
  });

  test('AMB-28: the logoff of one member logs off the stores that it alone has, and nothing else', async () => {
    const { library, first, second } = await withMembers(2);
    const logoffs = (): readonly string[] => library.calls.filter((call) => /logoff|shutdown/iu.test(call));
    await openStore(first);
    library.calls.length = 0;
    await first.logoff();
    assert.deepEqual(logoffs(), ['IMSLogon.logoff']);
    await second.logoff();
    assert.deepEqual(logoffs().slice(1, 3), ['IXPLogon.transportLogoff', 'IABLogon.logoff']);
    assert.deepEqual(logoffs().slice(-3), ['IXPProvider.shutdown', 'IABProvider.shutdown', 'IMSProvider.shutdown']);
  });

  test('AMB-31: the ordinary logoff goes by the order of fast shutdown, after the outgoing mail', async () => {
    const { library, spoolers, first } = await withMembers(1);
    const order: string[] = [];
    library.behaviour.transportLogoff = () => void order.push(`transport after ${spoolers[0]?.calls.at(-1)}`);
    library.behaviour.bookLogoff = () => void order.push('address book');
    library.behaviour.storeLogoff = () => void order.push('store');
    await first.queryFastShutdown();
    const asked = library.calls.filter((call) => call.endsWith('queryFastShutdown'));
    assert.deepEqual(
      asked.map((call) => call.slice(0, 3)),
      ['IXP', 'IAB', 'IMS'],
    );
    await first.logoff();
    assert.deepEqual(order, ['transport after shutdown', 'address book', 'store']);
  });

  test('AMB-36: provider objects end with the session, libraries with the last MAPIUninitialize', async () => {
    const { made, subsystem, library, first } = await withMembers(1);
    await first.logoff();
    for (const kind of ['IXPProvider', 'IABProvider', 'IMSProvider']) {
      assert.ok(library.calls.includes(`${kind}.shutdown`) && library.calls.includes(`${kind}.release`), kind);
    }
    await (await subsystem.MAPILogonEx(null, 'Work', null)).logoff();
    assert.equal(made.loaded.length, 1);
    await subsystem.MAPIUninitialize();
    await subsystem.MAPIInitialize();
    await (await subsystem.MAPILogonEx(null, 'Work', null)).logoff();
    assert.equal(made.loaded.length, 2);
  });
});

describe('after the end', () => {
  test('AMB-29: every call on what is left is MAPI_E_INVALID_OBJECT, but AddRef and Release', async () => {
    const { first } = await withMembers(1);
    const store = await openStore(first);
    const folder = await store.openEntry(null, { iid: 'IMAPIFolder' });
    const table = await first.getMsgStoresTable();
    const { object: book } = await first.openAddressBook();
    await first.logoff();
    for (const held of [first, store, folder, table, book]) {
      for (const { name } of METHOD_TABLES[held.iid] ?? []) {
        const method = Reflect.get(held, name) as (...args: readonly unknown[]) => Promise<unknown>;
        await assert.rejects(async () => method.call(held), DEAD, `${held.iid}.${name}`);
      }
      await held.addRef().release();
      await held.release();
    }
  });

  test('AMB-30: the release of a session is a logoff without flags and without a question', async () => {
    const ended = async (end: (session: IMAPISession) => Promise<void>) => {
      const { library, first, second, subsystem, heard } = await withMembers(2);
      await openStore(first);
      library.calls.length = 0;
      await end(first);
      await subsystem.HrDispatchNotifications();
      const calls = [...library.calls];
      await second.logoff();
      return { calls, heard: heard[1] };
    };
    const byLogoff = await ended((session) => session.logoff(undefined, {}));
    assert.deepEqual(await ended((session) => session.release()), byLogoff);
    assert.deepEqual(byLogoff.heard, [LEFT_NOTICE]);
    const { first, made } = await withMembers(1);
    let asked = 0;
    const asking = user({ confirm: async () => Boolean(++asked) });
    const session = await made.subsystem.MAPILogonEx(asking, 'Work', null, { newSession: true });
    await session.release();
    assert.equal(asked, 0);
    await first.logoff();
  });

  test('AMB-37: with policy 2 nobody is asked, told or stopped, and DoFastShutdown asks the policy itself', async () => {
    for (const fastShutdownPolicy of [2, 1, 0] as const) {
      const { subsystem, library } = await TestSubsystem.withProfile({ fastShutdownPolicy });
      const session = await subsystem.MAPILogonEx(null, 'Work', null);
      await session.enumAdrTypes();
      library.calls.length = 0;
      if (fastShutdownPolicy !== 2) {
        await session.doFastShutdown(); // without a query before it
        assert.ok(library.calls.includes('IXPProvider.queryFastShutdown'));
        continue;
      }
      const refused = { code: 'MAPI_E_NO_SUPPORT' };
      await assert.rejects(session.queryFastShutdown(), refused);
      await session.notifyProcessShutdown();
      await assert.rejects(session.doFastShutdown(), refused);
      assert.deepEqual(library.calls, []);
      await session.logoff();
    }
  });
});
