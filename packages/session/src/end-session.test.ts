import assert from 'node:assert/strict';
import { VirtualClock } from '@nodemapi/base';
import {
  END_STEPS,
  type EndReport,
  type EndStepName,
  fnevExtended,
  type IMAPISession,
  MapiError,
  type OutgoingMessage,
  PR_ENTRYID,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { bindEnd } from './bind-end.ts';
import { type EndSessionOptions, endSession } from './end-session.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

const stepOf = (report: EndReport, name: EndStepName) => report.steps.find((step) => step.step === name);

async function loggedOn(): Promise<TestSubsystem & { readonly session: IMAPISession }> {
  const made = await TestSubsystem.withProfile();
  return Object.assign(made, { session: await made.subsystem.MAPILogonEx(null, 'Work', null) });
}

function message(state: OutgoingMessage['state']): OutgoingMessage {
  return {
    entryId: new Uint8Array(20),
    subject: state,
    internetMessageId: null,
    submitTime: null,
    state,
    reason: null,
    attempts: 0,
    nextAttempt: null,
    lockedBy: null,
    recipients: [],
  };
}

describe('endSession', () => {
  test('LOGOFF-1: the nine steps follow each other in the documented order', async () => {
    const { session } = await loggedOn();
    const report = await endSession(session);
    assert.deepEqual(
      report.steps.map((step) => step.step),
      [...END_STEPS],
    );
    assert.equal(report.completed, true);
    assert.equal(report.deadlineExceeded, false);
  });

  test('after a logoff by hand nothing is left to fail: the registrations went with it', async () => {
    const { session } = await loggedOn();
    await session.advise(null, fnevExtended, { onNotify: () => undefined });
    await session.logoff();
    const { completed, leftOpen } = await endSession(session);
    assert.deepEqual([completed, leftOpen.advises], [true, []]);
  });

  test('a deadline that is no number, a policy that is none and an option that does not exist are refused, and the session stays as it is', async () => {
    const { session } = await loggedOn();
    for (const wrong of [{ deadlineMs: Number('soon') }, { deadlineMs: '3' }, { policy: 'burn' }]) {
      await assert.rejects(endSession(session, wrong as EndSessionOptions), { code: 'MAPI_E_INVALID_PARAMETER' });
      await assert.rejects(bindEnd(session, wrong as EndSessionOptions), { code: 'MAPI_E_INVALID_PARAMETER' });
    }
    await assert.rejects(endSession(session, null as never), { code: 'MAPI_E_INVALID_PARAMETER' });
    await assert.rejects(bindEnd(session, null as never), { code: 'MAPI_E_INVALID_PARAMETER' });
    for (const end of [endSession, bindEnd]) {
      await assert.rejects(end(session, { deadlineMS: 5 } as EndSessionOptions), { code: 'MAPI_E_UNKNOWN_FLAGS' });
    }
    await assert.rejects(endSession(session, { exit: false } as EndSessionOptions), { code: 'MAPI_E_UNKNOWN_FLAGS' });
    await (await session.getMsgStoresTable()).release();
    assert.equal((await endSession(session, { deadlineMs: Number.POSITIVE_INFINITY })).completed, true);
  });

  test('LOGOFF-1, LOGOFF-4, NOTIF-16: what the client left open is closed before the logoff, and named with its line', async () => {
    const { session, subsystem, library } = await loggedOn();
    const store = await openStore(session);
    await store.openEntry(new Uint8Array([1]));
    await session.advise(null, fnevExtended, { onNotify: () => {} });
    subsystem.MAPIAllocateBuffer(10);
    library.calls.length = 0;
    const report = await endSession(session);
    assert.deepEqual(
      report.leftOpen.objects.map((left) => left.interface),
      ['IMsgStore', 'IMAPIFolder'],
    );
    assert.ok(report.leftOpen.objects.every((left) => left.entryId !== undefined));
    for (const left of [...report.leftOpen.objects.slice(1), ...report.leftOpen.advises, ...report.leftOpen.blocks]) {
      assert.match(left.openedAt, /end-session\.test\.ts:\d+:\d+$/);
    }
    assert.equal(report.leftOpen.advises.length, 1);
    assert.deepEqual(
      [report.leftOpen.advises[0]?.interface, report.leftOpen.buffers, report.leftOpen.blocks[0]?.bytes],
      ['IMAPISession', 1, 10],
    );
    assert.equal(stepOf(report, 'unadvise')?.count, 1);
    assert.equal(stepOf(report, 'release')?.count, 2);
    assert.equal(stepOf(report, 'freeBuffers')?.count, 1);
    assert.ok(library.calls.indexOf('IMsgStore.release') < library.calls.indexOf('IXPLogon.transportLogoff'));
    assert.equal(library.open, 0);
  });

  test('a second call answers the same report, also while the first one runs', async () => {
    const { session } = await loggedOn();
    const [first, second] = await Promise.all([endSession(session), endSession(session)]);
    assert.equal(first, second);
    assert.equal(await endSession(session), first);
  });

  test('it works after a plain logoff, and after the release of the session', async () => {
    for (const before of ['logoff', 'release'] as const) {
      const { session, subsystem } = await loggedOn();
      await session[before]();
      const report = await endSession(session);
      assert.equal(report.completed, true);
      assert.equal(stepOf(report, 'logoff')?.skipped, true);
      assert.equal(subsystem.isInitialized, false);
    }
  });

  test('LOGOFF-1, LOGOFF-3: OLE, MAPI and the utilities are taken down if they were brought up', async () => {
    const { session, subsystem } = await loggedOn();
    subsystem.OleInitialize();
    subsystem.ScInitMapiUtil();
    const report = await endSession(session);
    for (const name of ['oleUninitialize', 'mapiUninitialize', 'deinitMapiUtil'] as const) {
      assert.deepEqual([stepOf(report, name)?.ok, stepOf(report, name)?.count], [true, 1]);
    }
    assert.throws(() => subsystem.OleUninitialize(), { code: 'MAPI_E_NOT_INITIALIZED' });
    const other = await loggedOn();
    const left = await endSession(other.session, { uninitialize: false });
    assert.equal(stepOf(left, 'mapiUninitialize')?.skipped, true);
    assert.equal(other.subsystem.isInitialized, true);
  });

  test('another session of the process keeps MAPI and its buffers', async () => {
    const { session, subsystem } = await loggedOn();
    const other = await subsystem.MAPILogonEx(null, 'Work', null);
    subsystem.MAPIAllocateBuffer(1);
    const report = await endSession(session);
    assert.equal(stepOf(report, 'mapiUninitialize')?.skipped, true);
    assert.equal(stepOf(report, 'freeBuffers')?.skipped, true);
    await using table = await other.getMsgStoresTable();
    assert.equal(await table.getRowCount(), 1);
    assert.equal(stepOf(await endSession(other), 'mapiUninitialize')?.count, 1);
  });

  test('LOGOFF-8, LOGOFF-9: mail is drained, left or withdrawn before the logoff', async () => {
    for (const policy of ['drain', 'leave', 'abort'] as const) {
      const { session, spoolers } = await loggedOn();
      const [spooler] = spoolers;
      assert.ok(spooler);
      spooler.messages = [message('ready'), message('sending'), message('held')];
      const report = await endSession(session, { policy });
      const expected = { drain: ['drain'], leave: [], abort: ['cancel', 'cancel'] }[policy];
      assert.deepEqual(
        spooler.calls.filter((call) => call === 'drain' || call === 'cancel'),
        expected,
      );
      assert.equal(report.policy, policy);
      if (policy === 'leave') {
        const { left, held, unknown, messages } = report.outgoing;
        assert.deepEqual([left, held, unknown], [1, 1, 1]);
        assert.deepEqual(
          messages.map(({ state }) => state),
          ['ready', 'unknown', 'held'],
        );
      }
      assert.equal(spooler.calls.at(-1), 'shutdown');
    }
  });

  test('what is being sent gets most of the time, since what is cut off may arrive twice', async () => {
    for (const [deadlineMs, atLeastMs] of [
      [30_000, 15_000],
      [2000, 300],
    ] as const) {
      const { session, spoolers } = await loggedOn();
      await endSession(session, { policy: 'leave', deadlineMs });
      const waitMs = spoolers[0]?.shutdownMs ?? 0;
      assert.ok(waitMs >= atLeastMs && waitMs < deadlineMs, `${waitMs} ms of ${deadlineMs}`);
    }
  });

  test('a session without mail has no outgoing step', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    const session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    assert.equal(stepOf(await endSession(session), 'outgoing')?.skipped, true);
  });

  test('a provider that throws in its logoff is named, and the others end all the same', async () => {
    const { session, library, subsystem } = await loggedOn();
    library.behaviour.bookLogoff = () => {
      throw new TypeError('broken');
    };
    const report = await endSession(session);
    assert.equal(report.completed, false);
    assert.equal(stepOf(report, 'logoff')?.ok, false);
    assert.match(stepOf(report, 'logoff')?.error?.message ?? '', /Book: logoff: broken/);
    assert.ok(library.calls.includes('IMSProvider.shutdown'));
    library.behaviour = {};
    await subsystem.MAPIInitialize();
    await using again = await subsystem.MAPILogonEx(null, 'Work', null);
    assert.equal(again.iid, 'IMAPISession');
  });

  test('a drain and a provider that hang end with the deadline', async () => {
    const clock = new VirtualClock();
    const { subsystem, spoolers, library } = await TestSubsystem.withProfile({ clock });
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    const [spooler] = spoolers;
    assert.ok(spooler);
    spooler.drainAnswer = () => new Promise(() => {});
    library.behaviour.transportLogoff = () => new Promise(() => {});
    const ending = endSession(session, { deadlineMs: 1000 });
    await clock.advance(1100);
    const report = await ending;
    assert.equal(report.deadlineExceeded, true);
    assert.equal(report.completed, false);
    assert.ok(report.durationMs <= 1100);
    assert.equal(stepOf(report, 'outgoing')?.error?.code, 'MAPI_E_TIMEOUT');
    assert.equal(clock.pendingTimers, 0);
  });

  test('a provider that hangs has its name in the report and leaves the others their time', async () => {
    const clock = new VirtualClock();
    const { subsystem, library } = await TestSubsystem.withProfile({ clock });
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    library.behaviour.transportLogoff = () => new Promise(() => {});
    const ending = endSession(session, { deadlineMs: 1000 });
    await clock.advance(1000);
    const report = await ending;
    assert.match(stepOf(report, 'logoff')?.error?.message ?? '', /Transport: logoff/);
    assert.ok(library.calls.includes('IABLogon.logoff'));
    assert.ok(library.calls.includes('IABProvider.shutdown'));
  });

  test('an aborted signal ends the wait for mail; the rest follows', async () => {
    const { session, spoolers } = await loggedOn();
    const stop = new AbortController();
    const [spooler] = spoolers;
    assert.ok(spooler);
    spooler.drainAnswer = () => {
      stop.abort();
      throw new MapiError('MAPI_E_CANCEL', 'stopped');
    };
    const report = await endSession(session, { signal: stop.signal });
    assert.equal(report.completed, true);
  });

  test('what is queued is counted also when the transports hang and the spooler never starts', async () => {
    const clock = new VirtualClock();
    const { subsystem, spoolers, library } = await TestSubsystem.withProfile({ clock });
    library.behaviour.transportLogon = () => new Promise(() => {});
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    const [spooler] = spoolers;
    assert.ok(spooler);
    spooler.outgoing = async () => (spooler.calls.includes('attach Store') ? [message('ready'), message('held')] : []);
    const ending = endSession(session, { deadlineMs: 1000 });
    await clock.advance(1000);
    const report = await ending;
    assert.equal(stepOf(report, 'outgoing')?.error?.code, 'MAPI_E_TIMEOUT');
    assert.deepEqual([report.completed, report.deadlineExceeded], [false, true]);
    assert.deepEqual([report.outgoing.left, report.outgoing.held, report.outgoing.incomplete], [1, 1, undefined]);
    assert.equal(clock.pendingTimers, 0); // nothing keeps the process
  });

  test('a queue that cannot be read, or not in time, makes the report incomplete', async () => {
    const broken = async (): Promise<never> => {
      throw new MapiError('MAPI_E_CALL_FAILED', 'the disk is gone');
    };
    for (const outgoing of [broken, () => new Promise<never>(() => {})]) {
      for (const deadlineMs of [0, 1, 300]) {
        const { session, spoolers } = await loggedOn();
        const [spooler] = spoolers;
        assert.ok(spooler);
        spooler.outgoing = outgoing;
        const report = await endSession(session, { policy: 'leave', deadlineMs });
        assert.deepEqual([report.completed, report.outgoing.left, report.outgoing.incomplete], [false, 0, true]);
      }
    }
  });

  test('a store that the spooler cannot use makes what is known incomplete', async () => {
    const { session, spoolers } = await loggedOn();
    const [spooler] = spoolers;
    assert.ok(spooler);
    spooler.attachStore = async () => {
      throw new MapiError('MAPI_E_CALL_FAILED', 'no such queue');
    };
    spooler.drainAnswer = async () => {
      throw new MapiError('MAPI_E_CALL_FAILED', 'broken');
    };
    spooler.messages = [message('ready')];
    const { outgoing, completed } = await endSession(session);
    assert.deepEqual([outgoing.left, outgoing.incomplete, completed], [1, true, false]);
  });

  test('a logon that hangs does not outlive the session; what it still brings is ended', async () => {
    const clock = new VirtualClock();
    const { subsystem, library } = await TestSubsystem.withProfile({ clock });
    let arrive: (logon: unknown) => void = () => {};
    library.behaviour.transportLogon = () =>
      new Promise((resolve) => {
        arrive = resolve;
      });
    const session = await subsystem.MAPILogonEx(null, 'Work', null);
    const ending = endSession(session, { deadlineMs: 1000 });
    await clock.advance(1000);
    await ending;
    assert.equal(clock.pendingTimers, 0);
    const ended: string[] = [];
    const note = (what: string) => async () => void ended.push(what);
    arrive({ logon: { iid: 'IXPLogon', transportLogoff: note('logoff'), release: note('release') } });
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.deepEqual(ended, ['logoff', 'release']);
  });

  test('something that is no session is refused', async () => {
    await assert.rejects(endSession({} as IMAPISession), { code: 'MAPI_E_INVALID_PARAMETER' });
  });

  test('LOGOFF-5, LOGOFF-6: objects of an ended session take no call but release', async () => {
    const { session } = await loggedOn();
    const store = await openStore(session);
    await endSession(session);
    await assert.rejects(store.getProps([PR_ENTRYID]), { code: 'MAPI_E_INVALID_OBJECT' });
    await assert.rejects(session.getMsgStoresTable(), { code: 'MAPI_E_INVALID_OBJECT' });
    await store.release();
    await session.release();
  });
});
