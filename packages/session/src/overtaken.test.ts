/** Calls that another one overtakes: what was begun first does not come last. */
import assert from 'node:assert/strict';
import { seededRandom, VirtualClock } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  type IMAPISession,
  PR_DISPLAY_NAME,
  PR_STATUS_CODE,
  prop,
  propOf,
  STATUS_AVAILABLE,
  STATUS_FAILURE,
  STATUS_OFFLINE,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { endSession } from './end-session.ts';
import { SlowFiles } from './slow-files.testing.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

/** Something that waits until it is let go. */
function gate() {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

async function statusOf(session: IMAPISession): Promise<readonly unknown[]> {
  await using table = await session.getStatusTable();
  const rows = await queryAllRows(table, { tags: [PR_DISPLAY_NAME, PR_STATUS_CODE] });
  return rows.map((row) => [propOf(row, PR_DISPLAY_NAME), propOf(row, PR_STATUS_CODE)]);
}

describe('a logon', () => {
  test('that a fast shutdown overtakes fails, and leaves no spooler', async () => {
    const made = await TestSubsystem.withProfile();
    const first = await made.subsystem.MAPILogonEx(null, 'Work', null, {});
    await first.enumAdrTypes();
    const { open, passed } = gate();
    made.library.behaviour.bookLogon = () => passed;
    const late = assert.rejects(made.subsystem.MAPILogonEx(null, 'Work', null, { newSession: true }), {
      code: 'MAPI_E_NOT_INITIALIZED',
    });
    await first.doFastShutdown();
    open();
    await late;
    assert.equal(made.spoolers.length, 1);
  });

  test('that comes while a fast shutdown stops others is stopped too', async () => {
    const made = await TestSubsystem.withProfile();
    const first = await made.subsystem.MAPILogonEx(null, 'Work', null, {});
    await first.enumAdrTypes();
    const { open, passed } = gate();
    made.library.behaviour.doFastShutdown = () => passed;
    const done = first.doFastShutdown();
    await new Promise((resolve) => setImmediate(resolve));
    const second = await made.subsystem.MAPILogonEx(null, 'Work', null, { newSession: true });
    open();
    await done;
    assert.equal(made.spoolers.length, 2);
    for (const { calls } of made.spoolers) assert.equal(calls.at(-1), 'shutdown');
    await assert.rejects(second.getMsgStoresTable(), { code: 'MAPI_E_INVALID_OBJECT' });
  });
});

describe('a store', () => {
  test('whose logon is done when its member has ended is logged off at once', async () => {
    let slow: Promise<void> = Promise.resolve();
    const made = await TestSubsystem.withProfile({ files: new SlowFiles(() => slow) });
    const { subsystem, library } = made;
    const session = await subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true, noMail: true });
    const staying = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const { open, passed } = gate();
    library.behaviour.storeLogon = () => {
      slow = passed; // its section is read after that
    };
    const opened = assert.rejects(openStore(session));
    while (slow !== passed) await new Promise((resolve) => setImmediate(resolve));
    await endSession(session, { uninitialize: false });
    assert.equal(library.calls.includes('IMSLogon.logoff'), false);
    open();
    await opened;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(library.calls.filter((call) => call === 'IMSLogon.logoff').length, 1, 'though the session goes on');
    await staying.logoff();
    await subsystem.MAPIUninitialize();
    assert.equal(library.open, 0);
  });

  test('that the spooler lets go while another client opens it is served again', async () => {
    const made = await TestSubsystem.withProfile();
    const session = await made.subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true });
    const other = await made.subsystem.MAPILogonEx(null, 'Work', null, {});
    const store = await openStore(session);
    await session.enumAdrTypes();
    const [spooler] = made.spoolers;
    assert.ok(spooler);
    const { open, passed } = gate();
    const detach = spooler.detachStore.bind(spooler);
    spooler.detachStore = async (...args) => {
      await passed;
      return detach(...args);
    };
    const left = store.storeLogoff('orderly');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await openStore(other);
    open();
    await left;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(spooler.calls.slice(-2), ['detach orderly', 'attach Store']);
    await made.subsystem.MAPIUninitialize();
  });
});

describe('the row of a provider', () => {
  test('shows what it said last, and does not come again when it has gone', async () => {
    let waits: Promise<void>[] = [];
    const made = await TestSubsystem.withProfile({ files: new SlowFiles(() => waits.shift() ?? Promise.resolve()) });
    const session = await made.subsystem.MAPILogonEx(null, 'Work', null, {});
    await session.enumAdrTypes();
    const transport = made.library.lastTransportSupport;
    assert.ok(transport);
    const shown = async () => (await statusOf(session)).find((row) => Array.isArray(row) && row[0] === 'Transport');
    await transport.modifyStatusRow([prop(PR_STATUS_CODE, STATUS_FAILURE)], {});
    const held = gate();
    waits = [held.passed];
    const first = transport.modifyStatusRow([prop(PR_STATUS_CODE, STATUS_OFFLINE)], {});
    const second = transport.modifyStatusRow([prop(PR_STATUS_CODE, STATUS_AVAILABLE)], {});
    await new Promise((resolve) => setTimeout(resolve, 5));
    held.open();
    await Promise.all([first, second]);
    assert.deepEqual(await shown(), ['Transport', STATUS_AVAILABLE]);
    const [spooler] = made.spoolers;
    const [opened] = (await spooler?.host.openTransports()) ?? [];
    assert.ok(spooler && opened);
    const late = gate();
    waits = [late.passed];
    const third = transport.modifyStatusRow([prop(PR_STATUS_CODE, STATUS_OFFLINE)], {});
    await spooler.host.closeTransport(opened.uid);
    late.open();
    await third;
    assert.equal(await shown(), undefined);
    await session.logoff();
  });
});

test('a profile that is deleted as its last session ends is gone when both are done', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const clock = new VirtualClock();
    const random = seededRandom(seed);
    const fileMs = random.float() * 20;
    let isSlow = false;
    const files = new SlowFiles(async () => {
      if (isSlow) await clock.delay(random.float() * fileMs);
    });
    const { subsystem } = await TestSubsystem.withProfile({ files, clock });
    const session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const admin = await subsystem.MAPIAdminProfiles();
    isSlow = true;
    const ended = session.logoff();
    await clock.advance(random.float() * 80);
    const deleted = admin.deleteProfile('Work');
    await clock.advance(10_000);
    await Promise.all([ended, deleted]);
    isSlow = false;
    await admin.createProfile('Work'); // seed by seed: nothing is in its way
    await subsystem.MAPIUninitialize();
  }
});
