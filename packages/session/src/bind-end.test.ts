import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { VirtualClock } from '@nodemapi/base';
import { type EndReport, HRESULTS, type IMAPISession } from '@nodemapi/mapi';
import { test } from 'vitest';
import { type BindEndOptions, bindEnd, type EndCause } from './bind-end.ts';
import { endSession, sessionBehind } from './end-session.ts';
import { TestSubsystem } from './subsystem.testing.ts';

class TestProcess extends EventEmitter {
  readonly exits: number[] = [];
  told = '';
  readonly stderr = {
    write: (text: string): void => {
      this.told += text;
    },
  };

  exit(code: number): void {
    this.exits.push(code);
  }
}

async function bound(options: BindEndOptions = {}) {
  const made = await TestSubsystem.withProfile();
  const session = await made.subsystem.MAPILogonEx(null, 'Work', null, { allowOthers: true });
  const { subsystem, spoolers, log } = made;
  const process = new TestProcess();
  const reports: [EndCause, EndReport][] = [];
  let reported: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    reported = resolve;
  });
  const onReport = (report: EndReport, cause: EndCause): void => {
    reports.push([cause, report]);
    reported();
  };
  const binding = await bindEnd(session, { process, onReport, ...options });
  return { subsystem, spoolers, log, session, process, reports, done, binding };
}

const listeners = (process: EventEmitter): number =>
  process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);

const isOver = (session: IMAPISession) =>
  assert.rejects(session.getMsgStoresTable(), { code: 'MAPI_E_INVALID_OBJECT' });

test('the first signal ends the session in good order, then the process', async () => {
  const { process, done, reports, session } = await bound();
  process.emit('SIGINT');
  await done;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    reports.map(([cause, { completed }]) => [cause, completed]),
    [['SIGINT', true]],
  );
  assert.deepEqual(process.exits, [130]);
  assert.equal(listeners(process), 0);
  await isOver(session);
});

test('a second signal exits at once', async () => {
  const { process, spoolers, done } = await bound();
  let finish: () => void = () => {};
  const [spooler] = spoolers;
  assert.ok(spooler);
  spooler.drainAnswer = () =>
    new Promise((resolve) => {
      finish = () => resolve({ sent: 0, failed: 0, left: 0, held: 0, unknown: 0, messages: [] });
    });
  process.emit('SIGTERM');
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  assert.deepEqual(process.exits, []);
  process.emit('SIGINT');
  assert.deepEqual(process.exits, [130]);
  finish();
  await done;
});

test('two sessions that are bound: the process exits when both have ended, and an exception is told once', async () => {
  const { subsystem, spoolers, process, reports } = await bound();
  const second = await subsystem.MAPILogonEx(null, 'Work', null, { newSession: true });
  const late: EndReport[] = [];
  await bindEnd(second, { process, policy: 'drain', onReport: (report) => late.push(report) });
  let finish: () => void = () => {};
  const slow = spoolers[1];
  assert.ok(slow);
  slow.drainAnswer = () =>
    new Promise((resolve) => {
      finish = () => resolve({ sent: 1, failed: 0, left: 0, held: 0, unknown: 0, messages: [] });
    });
  process.emit('uncaughtException', new Error('it broke'));
  while (reports.length === 0) await new Promise((later) => setImmediate(later));
  await new Promise((later) => setImmediate(later));
  assert.deepEqual(process.exits, []);
  assert.equal(process.told.split('Uncaught').length - 1, 1);
  finish();
  while (process.exits.length === 0) await new Promise((later) => setImmediate(later));
  assert.deepEqual([late[0]?.outgoing.sent, process.exits[0]], [1, 1]);
});

test('the end of the process ends the session, and the process goes on by itself', async () => {
  const { process, done, reports } = await bound();
  process.emit('beforeExit');
  await done;
  assert.equal(reports[0]?.[0], 'beforeExit');
  assert.deepEqual(process.exits, []);
});

test('LOGOFF-17: another member that ends the shared session ends this one too', async () => {
  const { subsystem, done, reports, session } = await bound();
  const other = await subsystem.MAPILogonEx(null, null, null);
  await other.logoff(undefined, { shared: true });
  await done;
  assert.deepEqual([reports[0]?.[0], reports[0]?.[1].leftOpen.advises], ['sharedLogoff', []]);
  await isOver(session);
});

test('disposing the binding unbinds everything and ends nothing', async () => {
  const { process, binding, session } = await bound();
  await binding[Symbol.asyncDispose]();
  assert.equal(listeners(process), 0);
  process.emit('SIGINT');
  await using table = await session.getMsgStoresTable();
  assert.equal(await table.getRowCount(), 1);
});

test('only the signals that are asked for are bound, and the exit can be left to the caller', async () => {
  const { process, done } = await bound({
    signals: ['SIGHUP'],
    beforeExit: false,
    criticalErrors: false,
    exceptions: false,
    exit: false,
  });
  assert.deepEqual(process.eventNames(), ['SIGHUP']);
  process.emit('SIGHUP');
  await done;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(process.exits, []);
});

test('a session that is ended by hand is unbound, and nothing reports it again', async () => {
  const { process, reports, session } = await bound();
  await endSession(session);
  assert.equal(listeners(process), 0);
  process.emit('beforeExit');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(reports, []);
});

test('a signal while the session is being ended by hand reports once and exits', async () => {
  const { process, reports, done, spoolers, session } = await bound();
  let finish: () => void = () => {};
  const [spooler] = spoolers;
  assert.ok(spooler);
  spooler.drainAnswer = () =>
    new Promise((resolve) => {
      finish = () => resolve({ sent: 0, failed: 0, left: 0, held: 0, unknown: 0, messages: [] });
    });
  const ending = endSession(session);
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  process.emit('SIGINT');
  finish();
  await Promise.all([ending, done]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([reports.length, process.exits, listeners(process)], [1, [130], 0]);
});

test('what onReport throws is logged; the exit code and the unbinding stay', async () => {
  const throwing = (): void => {
    throw new TypeError('of the client');
  };
  const rejecting = (): Promise<void> => Promise.reject(new TypeError('of the client'));
  for (const onReport of [throwing, rejecting]) {
    const { process, session, log } = await bound({ onReport });
    process.emit('SIGTERM');
    await endSession(session);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.deepEqual([process.exits, listeners(process)], [[143], 0]);
    assert.equal(log.entries.filter(({ event }) => event === 'onReport failed').length, 1);
  }
});

test('an unadvise that hangs does not keep the session from its end', async () => {
  const { subsystem } = await TestSubsystem.withProfile();
  const session = await subsystem.MAPILogonEx(null, 'Work', null);
  const { core } = sessionBehind(session);
  core.events.advise = () => ({ connection: 1, [Symbol.asyncDispose]: () => new Promise(() => {}) });
  const process = new TestProcess();
  let onReport: (report: EndReport) => void = () => {};
  const reported = new Promise<EndReport>((resolve) => {
    onReport = resolve;
  });
  await bindEnd(session, { process, deadlineMs: 200, onReport });
  process.emit('SIGINT');
  assert.equal((await reported).steps.length, 9);
});

test('LOGOFF-8, LOGOFF-17: a critical error of another kind ends the session, too, by that name', async () => {
  const { session, done, reports } = await bound();
  const { core } = sessionBehind(session);
  core.hub.notify(null, [{ kind: 'criticalError', entryId: null, scode: HRESULTS.MAPI_E_CORRUPT_STORE }]);
  await done;
  assert.equal(reports[0]?.[0], 'criticalError');
  await isOver(session);
});

for (const [event, cause] of [
  ['uncaughtException', 'exception'],
  ['unhandledRejection', 'rejection'],
] as const) {
  test(`SHUT-21: ${event} is told, ends the session with its mail left, brings files to rest and exits with 1`, async () => {
    const { process, done, reports, session, spoolers } = await bound();
    const { crash } = sessionBehind(session).owner;
    assert.equal(crash.refuses, false);
    process.emit(event, new TypeError('of the program'));
    await done;
    await new Promise((resolve) => setImmediate(resolve));
    assert.match(process.told, /^Uncaught TypeError: of the program\n +at /);
    assert.deepEqual([reports[0]?.[0], reports[0]?.[1].policy], [cause, 'leave']);
    assert.ok(!spoolers[0]?.calls.includes('drain'));
    assert.deepEqual([process.exits, crash.refuses, listeners(process)], [[1], true, 0]);
    crash.run({ proceed: true }); // for debugging, an exception leaves that open
    assert.equal(crash.refuses, false);
  });
}

test('SHUT-21: a signal is the end for good, also of files that nobody closed', async () => {
  const { process, done, session } = await bound();
  const { crash } = sessionBehind(session).owner;
  const calls: string[] = [];
  crash.register({ recover: () => calls.push('recover') > 0, proceed: () => void calls.push('proceed') });
  process.emit('SIGTERM');
  await done;
  await new Promise((resolve) => setImmediate(resolve));
  crash.run({ proceed: true });
  assert.deepEqual([calls, crash.refuses, process.exits], [['recover'], true, [143]]);
});

test('an exception within an end that hangs brings files to rest and exits at once', async () => {
  const { process, session, spoolers } = await bound();
  const [spooler] = spoolers;
  assert.ok(spooler);
  spooler.drainAnswer = () => new Promise(() => {});
  process.emit('SIGTERM');
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  process.emit('uncaughtException', new RangeError('late'));
  assert.deepEqual([process.exits, sessionBehind(session).owner.crash.refuses], [[1], true]);
});

test('exceptions can be left to the program', async () => {
  const { process } = await bound({ exceptions: false });
  assert.deepEqual([process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection')], [0, 0]);
  const other = await bound({ exit: false });
  other.process.emit('uncaughtException', new Error('x'));
  await other.done;
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(other.process.exits, []);
});

test('the program finishes first, while the session works, and what it takes is taken from the deadline', async () => {
  const clock = new VirtualClock();
  const made = await TestSubsystem.withProfile({ clock });
  const session = await made.subsystem.MAPILogonEx(null, 'Work', null, { newSession: true });
  const process = new TestProcess();
  const order: unknown[] = [];
  const [spooler] = made.spoolers;
  assert.ok(spooler);
  let stoppedMs = 0;
  spooler.drainAnswer = async ({ signal }) => {
    signal?.addEventListener('abort', () => (stoppedMs = clock.monotonicMs()));
    await clock.advance(20_000);
    return { sent: 1, failed: 0, left: 0, held: 0, unknown: 0, messages: [] };
  };
  const done = new Promise<void>((resolve) => {
    void bindEnd(session, {
      process,
      deadlineMs: 10_000,
      beforeEnd: async (cause) => {
        await using table = await session.getMsgStoresTable();
        order.push(cause, await table.getRowCount());
        await clock.advance(4000);
      },
      onReport: () => resolve(),
    }).then(() => process.emit('SIGTERM'));
  });
  await done;
  assert.deepEqual(order, ['SIGTERM', 1]);
  assert.ok(stoppedMs > 4000 && stoppedMs <= 10_000, `the sending was stopped after ${stoppedMs} ms`);
});

test('a program that does not finish, or fails at it, keeps nobody', async () => {
  const clock = new VirtualClock();
  for (const beforeEnd of [
    () => new Promise<void>(() => void clock.advance(20_000)),
    () => Promise.reject(new Error('the server does not close')),
    () => {
      throw new Error('nor does this one');
    },
  ]) {
    const made = await TestSubsystem.withProfile({ clock });
    const session = await made.subsystem.MAPILogonEx(null, 'Work', null, { newSession: true });
    const process = new TestProcess();
    const ended = new Promise<EndReport>((resolve) => {
      void bindEnd(session, { process, deadlineMs: 10_000, beforeEnd, onReport: resolve }).then(() =>
        process.emit('SIGTERM'),
      );
    });
    assert.equal((await ended).policy, 'drain');
    assert.ok(made.log.entries.some(({ event }) => event === 'beforeEnd failed'));
  }
});

test('what cannot be bound is told at once, and leaves nothing bound', async () => {
  const { session } = await bound();
  const process = new TestProcess();
  const refused = async (options: object, detail: RegExp): Promise<void> => {
    const wrong = bindEnd(session, { process, ...options } as BindEndOptions);
    await assert.rejects(wrong, { code: 'MAPI_E_INVALID_PARAMETER', message: detail });
  };
  await refused({ signals: ['SIGINT', 'SIGKILL'] }, /SIGKILL is none of SIGINT, SIGTERM, SIGHUP/u);
  await refused({ signals: 'SIGINT' }, /SIGINT/u);
  await refused({ beforeEnd: 'close' }, /beforeEnd is no function/u);
  await refused({ onReport: 7 }, /onReport is no function/u);
  assert.equal(listeners(process), 0);
  const { leftOpen } = await endSession(session);
  assert.deepEqual(leftOpen.advises, []);
});

test('a session that is ended by hand has nothing open that its binding has made', async () => {
  const { session, process, reports } = await bound();
  const { leftOpen, steps } = await endSession(session);
  assert.deepEqual([leftOpen.advises, steps.find(({ step }) => step === 'unadvise')?.count], [[], 0]);
  assert.deepEqual([listeners(process), reports], [0, []]);
});
