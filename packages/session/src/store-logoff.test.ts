import assert from 'node:assert/strict';
import {
  MapiError,
  METHOD_TABLES,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  type StoreLogoffMode,
  type StoreLogoffResult,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { endSession } from './end-session.ts';
import type { Processes } from './processes.ts';
import { columnOf, openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { storeEntryId } from './test-ids.testing.ts';

const MODES: readonly StoreLogoffMode[] = ['noWait', 'orderly', 'purge', 'abort', 'quiet'];
const DEAD = { code: 'MAPI_E_INVALID_OBJECT' };
const IDLE: StoreLogoffResult = { complete: true, inbound: false, outbound: false, outboundQueue: false };

async function loggedOn(overrides: Parameters<typeof TestSubsystem.withProfile>[0] = {}) {
  const made = await TestSubsystem.withProfile(overrides);
  const session = await made.subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true });
  const store = await openStore(session);
  await session.enumAdrTypes();
  const [spooler] = made.spoolers;
  assert.ok(spooler);
  made.library.calls.length = 0;
  return { ...made, subsystem: made.subsystem, session, store, spooler };
}

describe('IMsgStore.storeLogoff', () => {
  for (const mode of MODES) {
    test(`LOGOFF-31, LOGOFF-33: ${mode} goes to the spooler, its answer to the client, and the session goes on`, async () => {
      const { session, store, spooler, subsystem, library } = await loggedOn();
      spooler.detachAnswer = { complete: true, inbound: true, outbound: false, outboundQueue: true };
      assert.deepEqual(await store.storeLogoff(mode), spooler.detachAnswer);
      assert.equal(spooler.calls.at(-1), `detach ${mode}`);
      await using book = (await session.openAddressBook()).object;
      assert.equal(book.iid, 'IAddrBook');
      assert.ok(!library.calls.some((call) => /IABLogon|IXPLogon/.test(call)));
      await store.release();
      await using again = await openStore(session);
      assert.deepEqual(await columnOf(await session.getMsgStoresTable(), PR_DISPLAY_NAME), ['Store']);
      assert.equal(again.iid, 'IMsgStore');
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      assert.equal(spooler.calls.at(-1), 'attach Store'); // with the opening it is the spooler's again
      await subsystem.MAPIUninitialize();
      assert.equal(library.open, 0);
    });
  }

  test('LOGOFF-31: no other logon object has such a call', () => {
    for (const [iid, methods] of Object.entries(METHOD_TABLES)) {
      assert.equal(
        methods.some(({ name }) => name === 'storeLogoff'),
        iid === 'IMsgStore',
      );
    }
  });

  test('LOGOFF-32, SPOOL-096: exactly one of the five is taken', async () => {
    const { store, spooler } = await loggedOn();
    for (const wrong of ['', 'ABORT', 'noWait quiet', 8, null, undefined, ['quiet']]) {
      await assert.rejects(store.storeLogoff(wrong as never), { code: 'MAPI_E_INVALID_PARAMETER' });
    }
    assert.ok(!spooler.calls.some((call) => call.startsWith('detach')));
  });

  test('AMB-35, LOGOFF-37, LOGOFF-38, LOGOFF-42: what is refused changes nothing; the store works on', async () => {
    const { store, spooler } = await loggedOn();
    spooler.detachAnswer = { complete: false, inbound: false, outbound: true, outboundQueue: true };
    for (const mode of ['quiet', 'abort'] as const) {
      assert.deepEqual(await store.storeLogoff(mode), spooler.detachAnswer);
      assert.ok((await store.getPropList()).length > 0);
    }
  });

  test('LOGOFF-42: after LOGOFF_COMPLETE only Release works, on the store and on what was opened from it', async () => {
    const { store, session, library } = await loggedOn();
    const folder = await store.openEntry(null, { iid: 'IMAPIFolder' });
    await store.storeLogoff('orderly');
    await assert.rejects(store.getPropList(), DEAD);
    await assert.rejects(store.storeLogoff('orderly'), DEAD);
    await assert.rejects(folder.getPropList(), DEAD);
    await folder.release();
    await store.release();
    assert.equal(library.open, 0); // the logon of the spooler is gone, too
    await (await session.getMsgStoresTable()).release();
  });

  test('LOGOFF-23: IMSLogon.logoff is called by StoreLogoff, by the release of the store, and by the logoff', async () => {
    const logoffs = async (end: (made: Awaited<ReturnType<typeof loggedOn>>) => Promise<unknown>): Promise<number> => {
      const made = await loggedOn();
      await end(made);
      return made.library.calls.filter((call) => call === 'IMSLogon.logoff').length;
    };
    // the spooler's own logon on the store ends with the first and the last of them
    assert.equal(await logoffs(({ store }) => store.storeLogoff('orderly')), 2);
    assert.equal(await logoffs(({ store }) => store.release()), 1);
    assert.equal(await logoffs(({ session }) => session.logoff()), 2);
  });

  test('AMB-35: a release alone takes nothing from the spooler: what was submitted is sent', async () => {
    const { store, spooler, library } = await loggedOn();
    spooler.detachAnswer = { ...IDLE, complete: false, outbound: true };
    await store.release();
    assert.ok(!spooler.calls.some((call) => call.startsWith('detach') || call === 'cancel'));
    assert.ok(library.calls.includes('IMSLogon.logoff'));
  });

  test('LOGOFF-40: with another client on the store it is released for the one at once, and stays for the other', async () => {
    const { store, subsystem, spooler } = await loggedOn();
    const other = await subsystem.MAPILogonEx(null, null, null);
    const theirs = await openStore(other);
    spooler.detachAnswer = { ...IDLE, complete: false, outbound: true };
    assert.deepEqual(await store.storeLogoff('quiet'), IDLE);
    await assert.rejects(store.getPropList(), DEAD);
    assert.ok((await theirs.getPropList()).length > 0);
    assert.ok(!spooler.calls.some((call) => call.startsWith('detach')));
    assert.equal((await theirs.storeLogoff('quiet')).complete, false); // alone now, it is asked
  });

  test('LOGOFF-39, SPOOL-102: while another process works on the profile nothing is logged off, and that is complete', async () => {
    const processes: Processes = { pid: 10, fateOf: (pid) => (pid === 11 ? 'alive' : 'gone') };
    const { store, spooler, files } = await loggedOn({ processes });
    await files.writeFileAtomic('/home/test/profiles/%57ork.use/12-1', new Uint8Array());
    spooler.detachAnswer = { ...IDLE, complete: false, outbound: true };
    assert.equal((await store.storeLogoff('quiet')).complete, false); // that process is dead
    const directory = (await files.list('/home/test/profiles')).find((name) => name.endsWith('.use'));
    await files.writeFileAtomic(`/home/test/profiles/${directory}/11-1`, new Uint8Array());
    assert.deepEqual(await store.storeLogoff('purge'), IDLE);
    assert.ok(!spooler.calls.includes('detach purge'));
  });

  test('a spooler that fails leaves the store open', async () => {
    const { store, spooler } = await loggedOn();
    spooler.detachStore = async () => {
      throw new MapiError('MAPI_E_CALL_FAILED', 'broken');
    };
    await assert.rejects(store.storeLogoff('purge'), { code: 'MAPI_E_CALL_FAILED' });
    assert.ok((await store.getPropList()).length > 0);
  });

  test('a session ends as ever after the logoff of its store', async () => {
    const { store, session, library } = await loggedOn();
    await store.storeLogoff('noWait');
    const report = await endSession(session);
    assert.deepEqual([report.completed, library.open], [true, 0]);
  });
});

test('LOGOFF-22: with the last reference to its support object a logon loses its MAPIUIDs and its status row', async () => {
  const { session, library } = await loggedOn();
  const names = async (): Promise<readonly unknown[]> => columnOf(await session.getStatusTable(), PR_DISPLAY_NAME);
  assert.ok((await names()).includes('transport'));
  const support = library.lastTransportSupport;
  assert.ok(support);
  await support.release(); // the provider lets go by itself
  assert.ok(!(await names()).includes('transport'));
  await session.logoff();
  const shutdowns = library.calls.filter((call) => /^IXPProvider\.(shutdown|release)$/.test(call));
  assert.deepEqual(shutdowns, ['IXPProvider.shutdown', 'IXPProvider.release']);
});

test('SPOOL-103: a store goes in this order: its MAPIUIDs, its status row, its Logoff, the release of its logon object', async () => {
  const { store, session, library } = await loggedOn();
  const [entryId = new Uint8Array()] = (await store.getProps([PR_ENTRYID])).values;
  const seen: unknown[] = [];
  await store.storeLogoff('orderly'); // the spooler has let go of it: one logon is left
  await store.release();
  const again = await openStore(session);
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  await again.storeLogoff('orderly');
  library.calls.length = 0;
  library.behaviour.storeLogoff = async () => {
    const rows = await columnOf(await session.getStatusTable(), PR_DISPLAY_NAME);
    const opened = await session.openEntry(storeEntryId('x')).then(
      () => 'opened',
      (error: { readonly code: string }) => error.code,
    );
    seen.push(rows.includes('Store'), opened);
  };
  const last = await openStore(session);
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  assert.ok((await columnOf(await session.getStatusTable(), PR_DISPLAY_NAME)).includes('Store'));
  assert.notEqual(entryId.length, 0);
  await last.storeLogoff('orderly');
  assert.deepEqual(seen.slice(-2), [false, 'MAPI_E_UNKNOWN_ENTRYID']);
  const calls = library.calls.filter((call) => call.startsWith('IMSLogon.'));
  assert.deepEqual(calls.slice(-2), ['IMSLogon.logoff', 'IMSLogon.release']);
});
