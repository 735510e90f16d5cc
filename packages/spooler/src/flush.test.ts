import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { fileTimeToMs } from '@nodemapi/base';
import {
  type IMessage,
  MapiError,
  PR_MESSAGE_CLASS,
  PR_SUBJECT,
  prop,
  STATUS_INBOUND_FLUSH,
  STATUS_OUTBOUND_FLUSH,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { type Outcome, ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

const mail = (subject: string) => async (message: IMessage) => {
  await message.setProps([prop(PR_SUBJECT, subject), prop(PR_MESSAGE_CLASS, 'IPM.Note')]);
  await message.saveChanges();
};

/** A world with two messages that wait for their next attempt, for which the transport now is ready. */
async function waiting(...transports: ScriptedTransport[]): Promise<Awaited<ReturnType<typeof World.started>>> {
  const world = await World.started({ transports });
  for (const transport of transports)
    transport.script = { ...transport.script, outcome: (): Outcome['outcome'] => 'deferred' };
  for (const subject of ['a', 'b']) await world.submit(subject, ['x@example.org', 'FAX:1']);
  await world.pass();
  for (const transport of transports) {
    transport.script = { ...transport.script, outcome: (): Outcome['outcome'] => 'delivered' };
    transport.calls.length = 0;
  }
  return world;
}

describe('flushing the queues', () => {
  test('ends at once when its signal says so, whatever a transport does; what is being sent goes on', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await waiting(smtp);
    let answer = (): void => undefined;
    smtp.script = { onSubmit: () => new Promise((resolve) => (answer = () => resolve(undefined))) };
    const aborter = new AbortController();
    let flushed: unknown;
    void world.main.spooler.flushQueues({ upload: true }, aborter.signal).then((result) => (flushed = result));
    await world.pass(1_000);
    strictEqual(flushed, undefined);
    aborter.abort();
    await world.pass();
    deepStrictEqual(flushed, { sent: 0, failed: 0, received: 0, left: 2 });
    answer();
    await world.pass();
    deepStrictEqual(
      smtp.sent.map(({ subject }) => subject),
      ['a'],
    );
  });

  test('that fails makes a message wait anew, by the number of its attempts; the recipients of others keep their time', async () => {
    const outcome = (): Outcome['outcome'] => 'deferred';
    const smtp = new ScriptedTransport('smtp', { outcome });
    const world = await World.started({
      transports: [smtp, new ScriptedTransport('fax', { types: ['FAX'], outcome })],
    });
    await world.submit('one', ['x@example.org']);
    await world.submit('two', ['x@example.org', 'FAX:1']);
    await world.pass();
    await world.pass(10_000);
    const waits = async (): Promise<readonly (number | null)[]> =>
      (await world.main.spooler.outgoing()).map(({ nextAttempt }) =>
        nextAttempt === null ? null : fileTimeToMs(nextAttempt) - world.clock.nowMs(),
      );
    deepStrictEqual(await waits(), [50_000, 50_000]);
    await world.main.spooler.flushQueues({ upload: true, targetTransport: new Uint8Array([0, 0, 0, 0, ...smtp.uid]) });
    deepStrictEqual(await waits(), [120_000, 50_000]);
    await world.main.spooler.flushQueues({ upload: true });
    deepStrictEqual((await waits())[0], 240_000);
  });

  test('of many messages each is tried once, though others leave the queue before it', async () => {
    const smtp = new ScriptedTransport('smtp', { outcome: () => 'deferred' });
    const world = await World.started({ transports: [smtp] });
    const subjects = Array.from({ length: 115 }, (_, index) => `m${index}`);
    for (const subject of subjects) await world.submit(subject, ['x@example.org']);
    await world.pass(100);
    const first = (await world.main.spooler.queue.page({ countMax: 1 }))[0];
    if (first !== undefined) await world.main.spooler.hold(first.entryId);
    smtp.calls.length = 0;
    smtp.script = { outcome: () => 'delivered' };
    const steps: (readonly [number, number])[] = [];
    const result = await world.main.spooler.flushQueues({ upload: true }, undefined, (...step) => steps.push(step));
    deepStrictEqual(result, { sent: 114, failed: 0, left: 1, received: 0 });
    deepStrictEqual(
      smtp.calls.filter((call) => call.startsWith('submit ')),
      subjects.slice(1).map((subject) => `submit ${subject}`),
    );
    deepStrictEqual([steps.length, steps.at(-1)], [114, [114, 114]]);
  });

  test('of what comes while it runs nothing is sent in it, however long the queue', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp], options: { onlyFlushes: true } });
    for (let index = 0; index < 101; index++) await world.submit(`m${index}`, ['x@example.org']); // more than a page
    const late = ['late'];
    smtp.script = {
      onSubmit: async () => {
        for (const subject of late.splice(0)) await world.submit(subject, ['x@example.org']);
        return undefined;
      },
    };
    const result = await world.main.spooler.flushQueues({ upload: true });
    deepStrictEqual(result, { sent: 101, failed: 0, left: 1, received: 0 });
  });

  test('SPOOL-078, SPOOL-081, SPOOL-084, STAT-36, STAT-39, STAT-40: transport by transport, out before in, with every phase ended', async () => {
    const smtp = new ScriptedTransport('smtp');
    const fax = new ScriptedTransport('fax', { types: ['FAX'] });
    const world = await waiting(smtp, fax);
    smtp.incoming.push(mail('one'), mail('two'));
    const order: string[] = [];
    for (const transport of [smtp, fax]) {
      transport.calls.push = (...calls: string[]) =>
        order.push(...calls.map((call) => `${transport.displayName}: ${call}`));
    }
    const result = await world.main.spooler.flushQueues({ upload: true, download: true });
    deepStrictEqual(result, { sent: 2, failed: 0, left: 0, received: 2 });
    deepStrictEqual(order, [
      'smtp: flushQueues',
      'smtp: submit a',
      'smtp: end a',
      'smtp: submit b',
      'smtp: end b',
      'smtp: notify endOutboundFlush',
      'smtp: start',
      'smtp: start',
      'smtp: start',
      'smtp: notify endInboundFlush',
      'fax: flushQueues',
      'fax: submit a',
      'fax: end a',
      'fax: submit b',
      'fax: end b',
      'fax: notify endOutboundFlush',
      'fax: start',
      'fax: notify endInboundFlush',
    ]);
  });

  test('a spooler that only flushes leaves the queues and the transports alone until it is told to', async () => {
    const smtp = new ScriptedTransport('smtp', { types: null });
    const world = await World.started({ transports: [smtp], options: { onlyFlushes: true } });
    await world.submit('a', ['x@example.org']);
    smtp.incoming.push(mail('one'));
    await world.pass();
    await world.main.spooler.notice(smtp.uid, { kind: 'newMail' });
    await world.pass();
    deepStrictEqual([smtp.sent.length, smtp.incoming.length, await world.queued()], [0, 1, 1]);
    const result = await world.main.spooler.flushQueues({ upload: true, download: true });
    deepStrictEqual(result, { sent: 1, failed: 0, left: 0, received: 1 });
  });

  test('SPOOL-078: a message that cannot be had does not keep the others from coming, and does not hold the flush up', async () => {
    const smtp = new ScriptedTransport('smtp', { poll: true });
    const world = await waiting(smtp);
    let failures = 0;
    const bad = async (): Promise<void> => {
      failures++;
      smtp.incoming.push(...smtp.incoming.splice(0, 1)); // it comes again, after the others
      throw new MapiError('MAPI_E_NETWORK_ERROR', 'cut off');
    };
    smtp.incoming.push(bad, mail('one'), mail('two'));
    const { received } = await world.main.spooler.flushQueues({ download: true });
    deepStrictEqual([received, failures], [2, 100]);
  });

  test('SPOOL-078: only what was asked for is flushed', async () => {
    const smtp = new ScriptedTransport('smtp', { types: null });
    const world = await waiting(smtp);
    await world.main.spooler.flushQueues({ download: true });
    deepStrictEqual(smtp.calls, ['flushQueues', 'start', 'notify endInboundFlush']);
    strictEqual(await world.queued(), 2);
  });

  test('SPOOL-085, STAT-41: a transport that has not set its bit is passed over, and one that clears it stops the phase', async () => {
    const shy = new ScriptedTransport('shy', { types: null });
    const world = await waiting(shy);
    shy.script = {
      ...shy.script,
      onFlush: () => {
        shy.statusCode &= ~(STATUS_OUTBOUND_FLUSH | STATUS_INBOUND_FLUSH);
      },
    };
    await world.main.spooler.flushQueues({ upload: true, download: true });
    deepStrictEqual(shy.calls, ['flushQueues']);
    const clear = (bits: number): void => {
      shy.statusCode &= ~bits;
    };
    shy.script = {
      types: null,
      onEnd: () => {
        clear(STATUS_OUTBOUND_FLUSH);
        return 'sent';
      },
    };
    shy.calls.length = 0;
    const result = await world.main.spooler.flushQueues({ upload: true });
    deepStrictEqual(result, { sent: 1, failed: 0, left: 1, received: 0 });
  });

  test('SPOOL-080, STAT-37: a flush that may be asynchronous answers MAPI_E_BUSY and goes on', async () => {
    const smtp = new ScriptedTransport('smtp', { types: null });
    const world = await waiting(smtp);
    await rejects(world.main.spooler.flushQueues({ upload: true, asyncOk: true }), { code: 'MAPI_E_BUSY' });
    await world.pass();
    strictEqual(smtp.sent.length, 4);
  });

  test('SPOOL-081, STAT-38: one transport can be named by the identifier of its status row', async () => {
    const smtp = new ScriptedTransport('smtp');
    const fax = new ScriptedTransport('fax', { types: ['FAX'] });
    const world = await waiting(smtp, fax);
    const targetTransport = new Uint8Array([0, 0, 0, 0, ...fax.uid]);
    await world.main.spooler.flushQueues({ upload: true, targetTransport });
    deepStrictEqual([smtp.sent.length, fax.sent.length], [0, 2]);
    const waits = (await world.main.spooler.outgoing()).map(({ nextAttempt }) => fileTimeToMs(nextAttempt ?? 0n));
    deepStrictEqual(
      waits,
      [60_000, 60_000].map((ms) => ms + world.clock.nowMs()),
    ); // as before the flush
    const nobody = world.main.spooler.flushQueues({ upload: true, targetTransport: new Uint8Array(20) });
    await rejects(nobody, { code: 'MAPI_E_NOT_FOUND' });
  });

  test('a transport that refuses to flush does not keep the next one from it', async () => {
    const bad = new ScriptedTransport('bad', { types: [] });
    const smtp = new ScriptedTransport('smtp', { types: null });
    const world = await waiting(bad, smtp);
    bad.flushQueues = () => Promise.reject(new MapiError('MAPI_E_NO_SUPPORT', 'no'));
    strictEqual((await world.main.spooler.flushQueues({ upload: true })).sent, 2);
  });

  test('SPOOL-086, LOGOFF-43: a shutdown during a flush ends both directions of it together', async () => {
    let go: (() => void) | undefined;
    const smtp = new ScriptedTransport('smtp', { types: null });
    const world = await waiting(smtp);
    smtp.script = { onSubmit: () => new Promise((resolve) => (go = () => resolve(undefined))), types: null };
    const flushed = world.main.spooler.flushQueues({ upload: true, download: true });
    await world.pass();
    const ended = world.main.spooler.shutdown(60_000);
    await world.pass();
    go?.();
    await world.pass();
    await Promise.all([flushed, ended]);
    const notices = smtp.calls.filter((call) => call.startsWith('notify'));
    deepStrictEqual(notices, ['notify endInboundFlush+endOutboundFlush', 'notify endInbound+endOutbound']);
    deepStrictEqual(
      smtp.calls.filter((call) => call.startsWith('submit')),
      ['submit a'],
    );
  });

  test('a message that is held, or that its sender has put off, is not flushed', async () => {
    const smtp = new ScriptedTransport('smtp', { types: null });
    const world = await waiting(smtp);
    const [first] = await world.main.spooler.outgoing();
    await world.main.spooler.hold(first?.entryId ?? new Uint8Array());
    const progress: string[] = [];
    const result = await world.main.spooler.flushQueues({ upload: true }, undefined, (done, total) =>
      progress.push(`${done}/${total}`),
    );
    deepStrictEqual(result, { sent: 1, failed: 0, left: 1, received: 0 });
    deepStrictEqual(progress, ['1/1']);
  });
});
