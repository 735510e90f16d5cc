import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { MapiError, type OutgoingReport } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { type Outcome, type Script, ScriptedTransport } from './scripted-transport.testing.ts';
import { STORE_ID, World } from './world.testing.ts';

const MINUTE = 60_000;

/** A transport whose messages end only when the test says so. */
function gated(): { transport: ScriptedTransport; open: () => void; waiting: () => number } {
  const gates: (() => void)[] = [];
  const onSubmit: Script['onSubmit'] = ({ options }) =>
    new Promise((resolve, reject) => {
      gates.push(() => resolve(undefined));
      options.signal.addEventListener('abort', () => reject(options.signal.reason), { once: true });
    });
  const transport = new ScriptedTransport('smtp', { onSubmit });
  return { transport, open: () => gates.splice(0).forEach((go) => void go()), waiting: () => gates.length };
}

describe('draining', () => {
  test('resolves when every message is final, held, or waits for a future time, and tells their fate', async () => {
    const smtp = new ScriptedTransport('smtp', {
      outcome: (address): Outcome['outcome'] =>
        address.startsWith('bad') ? 'failed' : address.startsWith('slow') ? 'deferred' : 'delivered',
    });
    const world = await World.make({ transports: [smtp] });
    const { spooler } = await world.process();
    await world.submit('sent', ['x@example.org']);
    await world.submit('failed', ['bad@example.org']);
    await world.submit('waits', ['slow@example.org']);
    await spooler.hold(await world.submit('held', ['x@example.org']));
    await spooler.start();
    const progress: string[] = [];
    const report = await spooler.drain({ onProgress: (done, total) => progress.push(`${done}/${total}`) });
    const { sent, failed, left, held, unknown } = report;
    deepStrictEqual({ sent, failed, left, held, unknown }, { sent: 1, failed: 1, left: 1, held: 1, unknown: 0 });
    deepStrictEqual(progress, ['1/3', '2/3']);
    const fates = Object.fromEntries(report.messages.map(({ subject, state }) => [subject, state]));
    deepStrictEqual(fates, { sent: 'sent', failed: 'failed', waits: 'waiting', held: 'held' });
  });

  test('gives up when its signal says so, and leaves what runs running', async () => {
    const { transport, open } = gated();
    const world = await World.started({ transports: [transport] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    const aborter = new AbortController();
    const drained = world.main.spooler.drain({ signal: aborter.signal });
    aborter.abort();
    const report = await drained;
    deepStrictEqual([report.sent, report.left, report.unknown], [0, 0, 1]);
    strictEqual(report.messages[0]?.state, 'unknown');
    ok(report.messages[0]?.lockedBy !== null);
    strictEqual((await world.main.spooler.outgoing())[0]?.state, 'sending');
    open();
    await world.pass();
    strictEqual(await world.queued(), 0);
  });

  test('waits for the messages it is asked about, and not for others', async () => {
    const { transport, open } = gated();
    const quick = new ScriptedTransport('quick', { types: ['FAX'] });
    const world = await World.started({ transports: [transport, quick] });
    await world.submit('slow', ['x@example.org']);
    const mine = await world.submit('mine', ['FAX:1']);
    const report = await world.main.spooler.drain({ only: [mine] });
    deepStrictEqual(
      report.messages.map(({ subject, state }) => [subject, state]),
      [['mine', 'sent']],
    );
    open();
    await world.pass();
  });

  test('does not wait where no transport runs', async () => {
    const world = await World.started();
    await world.submit('a', ['x@example.org']);
    const report = await world.main.spooler.drain({});
    deepStrictEqual([report.sent, report.left], [0, 1]);
    strictEqual(await world.queued(), 1);
  });
});

describe('hold, retry, cancel', () => {
  test('a held message is not tried until somebody says so', async () => {
    const smtp = new ScriptedTransport('smtp', { outcome: (): Outcome['outcome'] => 'deferred' });
    const world = await World.started({ transports: [smtp] });
    const { spooler } = world.main;
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    await spooler.hold(entryId);
    await world.pass(86_400_000);
    strictEqual(smtp.calls.filter((call) => call.startsWith('submit')).length, 1);
    strictEqual((await spooler.outgoing())[0]?.state, 'held');
    smtp.script = {};
    await spooler.retry(entryId);
    await world.pass();
    strictEqual(smtp.sent.length, 1);
    await rejects(spooler.hold(entryId), { code: 'MAPI_E_NOT_IN_QUEUE' });
    await rejects(spooler.retry(entryId), { code: 'MAPI_E_NOT_IN_QUEUE' });
  });

  test('retry makes a waiting message due at once', async () => {
    const smtp = new ScriptedTransport('smtp', { outcome: (): Outcome['outcome'] => 'deferred' });
    const world = await World.started({ transports: [smtp] });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    smtp.script = {};
    await world.main.spooler.retry(entryId);
    await world.pass();
    strictEqual(smtp.sent.length, 1);
  });

  test('a message that may have been sent is held where that is the policy, and sent again when somebody decides so', async () => {
    const smtp = new ScriptedTransport('smtp', { outcome: (): Outcome => ({ outcome: 'unknown', text: 'no answer' }) });
    const world = await World.started({ transports: [smtp], options: { unknownPolicy: 'hold' } });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass(86_400_000);
    const [held] = await world.main.spooler.outgoing();
    strictEqual(held?.state, 'held');
    ok(held?.recipients[0]?.lastError?.includes('may have been sent'));
    strictEqual(smtp.calls.filter((call) => call.startsWith('submit')).length, 1);
    smtp.script = {};
    await world.main.spooler.retry(entryId);
    await world.pass();
    strictEqual(smtp.sent.length, 1);
  });

  test('a message that is being sent cannot be held', async () => {
    const { transport, open } = gated();
    const world = await World.started({ transports: [transport] });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    await rejects(world.main.spooler.hold(entryId), { code: 'MAPI_E_BUSY' });
    open();
    await world.pass();
  });

  test('SUPP-49, SUBMIT-038, XP-073: cancelling a message that its transport keeps tells the transport', async () => {
    const smtp = new ScriptedTransport('smtp', {
      outcome: (): Outcome['outcome'] => 'deferred',
      onEnd: () => 'dontResend',
    });
    const world = await World.started({ transports: [smtp] });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    await world.main.spooler.cancel(entryId);
    deepStrictEqual(smtp.notified.at(-1), { flags: { abortDeferred: true, cancelMessage: true }, data: { entryId } });
    strictEqual(await world.queued(), 0);
    await rejects(world.main.spooler.cancel(entryId), { code: 'MAPI_E_NOT_IN_QUEUE' });
  });
});

describe('a message that its transport keeps', () => {
  test('SUBMIT-038: is withdrawn from the transport when a client aborts it', async () => {
    const smtp = new ScriptedTransport('smtp', {
      outcome: (): Outcome['outcome'] => 'deferred',
      onEnd: () => 'dontResend',
    });
    const world = await World.started({ transports: [smtp] });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.submit('b', ['x@example.org']);
    await world.pass();
    await world.client.abortSubmit(entryId);
    await world.pass();
    const told = smtp.notified.filter(({ flags }) => flags.abortDeferred === true);
    deepStrictEqual(told, [{ flags: { abortDeferred: true, cancelMessage: true }, data: { entryId } }]);
  });
});

describe('two spoolers on one store', () => {
  test('share the queue and send nothing twice', async () => {
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: () => new Promise((resolve) => setImmediate(() => resolve(undefined))),
    });
    const world = await World.make({ transports: [smtp] });
    const both = [await world.process(), await world.process()];
    for (let index = 0; index < 90; index++) await world.submit(`m${index}`, ['x@example.org']);
    await Promise.all(both.map(({ spooler }) => spooler.start()));
    for (let minute = 0; minute < 5; minute++) await world.pass(MINUTE);
    strictEqual(await world.queued(), 0);
    strictEqual(smtp.sent.length, 90);
    strictEqual(new Set(smtp.sent.map(({ subject }) => subject)).size, 90);
    const shares = await Promise.all(both.map(async ({ spooler }) => (await spooler.outgoing()).length));
    strictEqual(
      shares.reduce((sum, share) => sum + share, 0),
      90,
    );
    ok(
      shares.every((share) => share > 0),
      `shares ${shares}`,
    );
  });

  test('what one of them is sending is not told as unknown by the other, which names it', async () => {
    const { transport, open } = gated();
    const world = await World.started({ transports: [transport] });
    const other = await world.process();
    await other.spooler.start();
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    const aborter = new AbortController();
    let hasDrained = false;
    const draining = other.spooler.drain({ only: [entryId], signal: aborter.signal });
    void draining.finally(() => (hasDrained = true));
    await world.pass(5_000);
    strictEqual(hasDrained, false, 'it is waited for, whoever sends it');
    aborter.abort();
    const drained = await draining;
    const ended = await other.spooler.shutdown(1_000);
    for (const { left, unknown, messages } of [drained, ended]) {
      deepStrictEqual([left, unknown], [1, 0]);
      deepStrictEqual(
        messages.map(({ state, reason }) => [state, reason]),
        [['sending', 'spooler-2 is sending it, and goes on with it']],
      );
    }
    open();
    await world.pass();
    strictEqual(await world.queued(), 0);
  });

  test('what one of them has sent is told by the other that waits for it', async () => {
    const { transport, open } = gated();
    const world = await World.started({ transports: [transport] });
    const other = await world.process();
    await other.spooler.start();
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    const draining = other.spooler.drain({ only: [entryId] });
    await world.pass(1_000);
    open();
    await world.pass();
    const { sent, messages } = await draining;
    deepStrictEqual(
      [sent, messages.map(({ state, attempts, recipients }) => [state, attempts, recipients])],
      [
        1,
        [['sent', 1, [{ address: 'x@example.org', state: 'sent', attempts: 1, lastError: null, nextAttempt: null }]]],
      ],
    );
  });

  test('of many recipients the other tells every one, and why the message failed', async () => {
    const { transport, open } = gated();
    transport.script = {
      ...transport.script,
      outcome: (address) => (address.startsWith('ok') ? 'delivered' : { outcome: 'failed', text: '550 no such' }),
    };
    const world = await World.started({ transports: [transport] });
    const other = await world.process();
    await other.spooler.start();
    const bad = Array.from({ length: 24 }, (_, index) => `bad${index}@example.org`);
    const entryId = await world.submit('a', [...bad, 'ok@example.org']);
    await world.pass();
    const draining = other.spooler.drain({ only: [entryId] });
    await world.pass(1_000);
    open();
    await world.pass();
    const [message] = (await draining).messages;
    deepStrictEqual([message?.state, message?.reason, message?.recipients.length], ['failed', '550 no such', 25]);
    deepStrictEqual(message?.recipients.at(-1), {
      ...{ address: 'ok@example.org', state: 'sent', attempts: 1, lastError: null, nextAttempt: null },
    });
  });

  test('a lease is renewed while a transport works, so that the other keeps off', async () => {
    const { transport, open } = gated();
    const world = await World.make({ transports: [transport] });
    const first = await world.process();
    const second = await world.process();
    await first.spooler.start();
    await world.submit('a', ['x@example.org']);
    await world.pass();
    await second.spooler.start();
    await world.pass(30 * MINUTE);
    strictEqual(transport.calls.filter((call) => call.startsWith('submit')).length, 1);
    open();
    await world.pass();
    strictEqual(transport.sent.length, 1);
    strictEqual(await world.queued(), 0);
  });
});

describe('shutdown', () => {
  test('SUPP-48, XP-069: lets what runs come to its end, starts nothing more, ends traffic and logs transports off', async () => {
    const { transport, open } = gated();
    const world = await World.started({ transports: [transport], options: { messagesInFlightMax: 1 } });
    await world.submit('a', ['x@example.org']);
    await world.submit('b', ['x@example.org']);
    await world.pass();
    const ended = world.main.spooler.shutdown(MINUTE);
    await world.pass(1000);
    open();
    await world.pass();
    const report = await ended;
    deepStrictEqual([report.sent, report.left], [1, 1]);
    strictEqual(transport.calls.at(-1), 'notify endInbound+endOutbound');
    strictEqual(world.main.closed.length, 1);
    strictEqual(world.clock.pendingTimers, 0);
    strictEqual(await world.main.spooler.shutdown(1), report);
    strictEqual(world.statusTexts.at(-1), 'Stopped');
  });

  test('aborts what does not end in time; it may have been sent and stays queued', async () => {
    const { transport } = gated();
    const world = await World.started({ transports: [transport] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    const ended = world.main.spooler.shutdown(5000);
    await world.pass(5000);
    const report = await ended;
    strictEqual(report.unknown, 1);
    strictEqual(await world.queued(), 1);
    transport.script = {};
    const next = await world.process();
    await next.spooler.start();
    await world.pass();
    strictEqual(transport.sent.length, 1);
  });

  test('aborts what runs a moment after somebody has become impatient, before or meanwhile', async () => {
    for (const isBefore of [true, false]) {
      const { transport } = gated();
      const world = await World.started({ transports: [transport] });
      await world.submit('a', ['x@example.org']);
      await world.pass();
      const hurry = new AbortController();
      if (isBefore) hurry.abort();
      const reports: OutgoingReport[] = [];
      void world.main.spooler.shutdown(20_000, hurry.signal).then((report) => reports.push(report));
      if (!isBefore) {
        await world.pass(5_000);
        strictEqual(reports.length, 0);
        hurry.abort();
      }
      await world.pass(900);
      strictEqual(reports.length, 0, 'what is being sent may come to its end');
      await world.pass(200);
      strictEqual(reports[0]?.messages[0]?.state, 'unknown');
      strictEqual(await world.queued(), 1);
    }
  });

  test('never hangs on a transport that hears nothing, and writes nothing afterwards', async () => {
    const deaf = new ScriptedTransport('deaf', { onSubmit: () => new Promise(() => {}) });
    const world = await World.started({ transports: [deaf] });
    deaf.transportNotify = () => new Promise(() => {});
    await world.submit('a', ['x@example.org']);
    await world.pass();
    const ended = world.main.spooler.shutdown(1000);
    await world.pass(10_000);
    const report = await ended;
    deepStrictEqual([report.left, report.unknown], [0, 1]);
    const [message] = report.messages;
    deepStrictEqual([message?.state, message?.recipients[0]?.state], ['unknown', 'unknown']);
    ok(message?.reason?.includes('may have been sent'));
    await rejects(world.main.spooler.attachStore({ entryId: STORE_ID, displayName: 's', store: world.main.store }), {
      code: 'MAPI_E_END_OF_SESSION',
    });
  });

  test('LOGOFF-44, XP-073: transports that keep messages are told that the session ends', async () => {
    const smtp = new ScriptedTransport('smtp', {
      outcome: (): Outcome['outcome'] => 'deferred',
      onEnd: () => 'dontResend',
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    await world.main.spooler.shutdown(1000);
    deepStrictEqual(smtp.calls.slice(-2), ['notify abortDeferred', 'notify endInbound+endOutbound']);
    strictEqual(await world.queued(), 1);
  });

  test('before the start it is over at once', async () => {
    const world = await World.make();
    const { spooler } = await world.process();
    const report = await spooler.shutdown(1000);
    strictEqual(report.messages.length, 0);
    await rejects(spooler.ready(), { code: 'MAPI_E_USER_CANCEL' });
  });
});

describe('letting go of a store', () => {
  async function busy(): Promise<{ world: Awaited<ReturnType<typeof World.started>>; gate: ReturnType<typeof gated> }> {
    const gate = gated();
    const world = await World.started({ transports: [gate.transport], options: { messagesInFlightMax: 1 } });
    await world.submit('a', ['x@example.org']);
    await world.submit('b', ['x@example.org']);
    await world.pass();
    return { world, gate };
  }

  for (const mode of ['quiet', 'abort'] as const) {
    test(`SPOOL-097, LOGOFF-37, LOGOFF-38: ${mode} does nothing while a message is being sent, and says so`, async () => {
      const { world, gate } = await busy();
      const { spooler } = world.main;
      const result = await spooler.detachStore(STORE_ID, mode);
      deepStrictEqual(result, { complete: false, inbound: false, outbound: true, outboundQueue: true });
      gate.open();
      await world.pass();
      gate.open();
      await world.pass();
      strictEqual(await world.queued(), 0);
      const idle = await spooler.detachStore(STORE_ID, mode);
      deepStrictEqual(idle, { complete: true, inbound: false, outbound: false, outboundQueue: false });
    });
  }

  test('SPOOL-099, SPOOL-100, LOGOFF-33, LOGOFF-35: orderly finishes what runs, starts nothing, and says what is left', async () => {
    const { world, gate } = await busy();
    const detached = world.main.spooler.detachStore(STORE_ID, 'orderly');
    await world.pass();
    gate.open();
    await world.pass();
    deepStrictEqual(await detached, { complete: true, inbound: false, outbound: false, outboundQueue: true });
    strictEqual(await world.queued(), 1);
    strictEqual(gate.transport.sent.length, 1);
  });

  for (const mode of ['noWait', 'purge'] as const) {
    test(`SPOOL-098, SPOOL-099, LOGOFF-34, LOGOFF-36: ${mode} sends what is ready first`, async () => {
      const { world, gate } = await busy();
      const detached = world.main.spooler.detachStore(STORE_ID, mode);
      for (let round = 0; round < 5; round++) {
        await world.pass();
        gate.open();
      }
      await world.pass();
      deepStrictEqual(await detached, { complete: true, inbound: false, outbound: false, outboundQueue: false });
      strictEqual(gate.transport.sent.length, 2);
      strictEqual(gate.transport.calls.includes('flushQueues'), mode === 'purge');
    });
  }

  test('a store that fails to be attached is not kept', async () => {
    const world = await World.make();
    const { spooler, store } = await world.process();
    const broken = Object.assign(Object.create(store), {
      addRef: () => broken,
      release: () => Promise.resolve(),
      getOutgoingQueue: () => Promise.reject(new MapiError('MAPI_E_DISK_ERROR', 'unreadable')),
    });
    const attached = spooler.attachStore({ entryId: new Uint8Array([9]), displayName: 'x', store: broken });
    await rejects(attached, { code: 'MAPI_E_DISK_ERROR' });
    deepStrictEqual(await spooler.detachStore(new Uint8Array([9]), 'quiet'), {
      complete: true,
      inbound: false,
      outbound: false,
      outboundQueue: false,
    });
  });
});
