import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { toHex } from '@nodemapi/base';
import type { IMsgStore, RecipientOutcome } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { describedUnread } from './history.ts';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { overlaid, World } from './world.testing.ts';

/** A queue of `count` messages that wait. */
async function waiting(
  count: number,
  options = {},
): Promise<World & { readonly main: Awaited<ReturnType<World['process']>> }> {
  const transport = new ScriptedTransport('smtp', { outcome: () => 'deferred' });
  const world = await World.started({ transports: [transport], options });
  for (let index = 0; index < count; index++) await world.submit(`m${index}`, ['x@example.org']);
  await world.pass();
  return world;
}

describe('looking at a queue', () => {
  test('pages are in submit order, and no longer than they are wanted', async () => {
    const { main } = await waiting(7);
    const subjects = async (offset: number, countMax: number): Promise<readonly string[]> =>
      (await main.spooler.queue.page({ offset, countMax })).map(({ subject }) => subject);
    deepStrictEqual(await subjects(0, 3), ['m0', 'm1', 'm2']);
    deepStrictEqual(await subjects(3, 3), ['m3', 'm4', 'm5']);
    deepStrictEqual(await subjects(6, 3), ['m6']);
    deepStrictEqual(await subjects(7, 3), []);
    deepStrictEqual(await subjects(0, 0), []);
  });

  test('messages are found by the end of their identifiers, a few of many', async () => {
    const { main } = await waiting(22);
    const all = await main.spooler.queue.page({ countMax: 100 });
    const [one] = all.slice(7);
    const digits = toHex(one?.entryId ?? new Uint8Array());
    for (const ending of [digits, digits.slice(-8), digits.slice(-8).toUpperCase()]) {
      const found = await main.spooler.queue.find(ending);
      deepStrictEqual(
        found.map(({ subject }) => subject),
        all.filter(({ entryId }) => toHex(entryId).endsWith(ending.toLowerCase())).map(({ subject }) => subject),
      );
      strictEqual(found.length, 1);
    }
    strictEqual((await main.spooler.queue.find('')).length, 20);
    deepStrictEqual(await main.spooler.queue.find('no digits'), []);
  });

  test('what has left the queue, and drafts of the Outbox, are found so, too', async () => {
    const { main } = await waiting(3);
    const [first] = await main.spooler.queue.page({ countMax: 1 });
    const id = first?.entryId ?? new Uint8Array();
    const ending = toHex(id)
      .replace(/(?:00)+$/u, '')
      .slice(-12);
    deepStrictEqual(await main.spooler.queue.findDrafts(ending), []);
    await main.spooler.cancel(id);
    deepStrictEqual((await main.spooler.queue.findDrafts(ending)).map(toHex), [toHex(id)]);
    const [left] = await main.spooler.queue.findFinished(ending.toUpperCase());
    deepStrictEqual([left?.subject, left?.state], ['m0', 'cancelled']);
    deepStrictEqual(await main.spooler.queue.findFinished('no digits'), []);
    deepStrictEqual(await main.spooler.queue.findDrafts('no digits'), []);
  });

  test('single messages are found in the queue, and afterwards in what is remembered', async () => {
    const { main, ...world } = await waiting(3);
    const [first, , last] = await main.spooler.outgoing();
    const ids = [last, first].flatMap((message) => (message === undefined ? [] : [message.entryId]));
    deepStrictEqual(
      (await main.spooler.queue.of(ids)).map(({ subject, state }) => [subject, state]),
      [
        ['m2', 'waiting'],
        ['m0', 'waiting'],
      ],
    );
    const [transport] = world.transports;
    if (transport !== undefined) transport.script = {};
    if (first !== undefined) await main.spooler.retry(first.entryId);
    const report = await main.spooler.drain({ only: ids });
    deepStrictEqual(
      report.messages.map(({ subject, state }) => [subject, state]),
      [
        ['m2', 'waiting'],
        ['m0', 'sent'],
      ],
    );
    deepStrictEqual(await main.spooler.queue.of([new Uint8Array(24)]), []);
  });

  test('a report counts all and lists the first, and says how many it leaves out', async () => {
    const { main } = await waiting(5, { reportedMax: 2 });
    const [first] = await main.spooler.outgoing();
    if (first !== undefined) await main.spooler.hold(first.entryId);
    const { left, held, unlisted, messages } = await main.spooler.queue.report();
    deepStrictEqual({ left, held, unlisted }, { left: 4, held: 1, unlisted: 3 });
    deepStrictEqual(
      messages.map(({ subject }) => subject),
      ['m0', 'm1'],
    );
  });

  test('a short queue is listed whole, and the report says nothing of the rest', async () => {
    const { main } = await waiting(2, { reportedMax: 2 });
    const report = await main.spooler.queue.report();
    deepStrictEqual([report.left, report.messages.length, 'unlisted' in report], [2, 2, false]);
  });

  test('a store that does not count is counted by its rows', async () => {
    const world = await waiting(3);
    const silent = (store: IMsgStore): IMsgStore => {
      const wrapped: IMsgStore = overlaid(store, { addRef: () => wrapped, countQueue: undefined });
      return wrapped;
    };
    const { spooler } = await world.process({}, silent);
    const counts = await spooler.queue.counts();
    deepStrictEqual(
      counts.map(({ state, messages }) => ({ state, messages })),
      [{ state: 'waiting', messages: 3 }],
    );
    deepStrictEqual(counts, await world.main.spooler.queue.counts());
  });

  test('whoever watches hears of changes that others make, until he stops', async () => {
    const world = await waiting(1);
    const other = await world.process({ onlyFlushes: true });
    let heard = 0;
    const watch = other.spooler.queue.watch(() => heard++);
    const [message] = await world.main.spooler.outgoing();
    if (message !== undefined) await world.main.spooler.hold(message.entryId);
    await world.pass();
    strictEqual(heard > 0, true);
    watch[Symbol.dispose]();
    heard = 0;
    if (message !== undefined) await world.main.spooler.cancel(message.entryId);
    await world.pass();
    strictEqual(heard, 0);
  });
});

test('the history tells an attempt that may have been sent from later ones that were not', async () => {
  const answers: RecipientOutcome['outcome'][] = ['unknown', 'deferred', 'delivered'];
  const transport = new ScriptedTransport('smtp', { outcome: () => answers.shift() ?? 'delivered' });
  const world = await World.started({ transports: [transport] });
  const entryId = await world.submit('a', ['x@example.org']);
  for (let minute = 0; minute < 5; minute++) await world.pass(60_000);
  const events = await world.main.spooler.queue.history(entryId);
  const told = events.flatMap(({ text, recipients = [] }) =>
    recipients.map((one) => [text.replace(/;.*/u, ''), one.state, /^not by this attempt/u.test(one.text ?? '')]),
  );
  deepStrictEqual(told, [
    ['it may have been sent', 'unknown', false],
    ['not sent this time', 'unknown', true],
    ['sent to 1 recipient', 'sent', false],
  ]);
  strictEqual(events.filter(({ text }) => text.includes('an attempt before may have been sent')).length, 1);
});

test('the history of a message that is refused after an attempt that may have been sent says why', async () => {
  const answers: RecipientOutcome['outcome'][] = ['unknown', 'failed'];
  const transport = new ScriptedTransport('smtp', {
    outcome: () => ({ outcome: answers.shift() ?? 'failed', text: '550 nobody' }),
  });
  const world = await World.started({ transports: [transport] });
  const entryId = await world.submit('a', ['x@example.org']);
  for (let minute = 0; minute < 3; minute++) await world.pass(60_000);
  const texts = (await world.main.spooler.queue.history(entryId)).map(({ text }) => text);
  deepStrictEqual(
    texts.filter((text) => text.startsWith('failed')),
    ['failed for good: 550 nobody'],
  );
});

test('of several recipients a history says to whom an attempt was sent, and of the message why it failed for one', async () => {
  const answers: Record<string, RecipientOutcome['outcome'][]> = {
    'first@x.test': ['unknown', 'delivered'],
    'bad@x.test': ['failed'],
    'later@x.test': ['unknown', 'deferred', 'delivered'],
  };
  const transport = new ScriptedTransport('smtp', {
    outcome: (address) => ({ outcome: answers[address]?.shift() ?? 'delivered', text: address }),
  });
  const world = await World.started({ transports: [transport] });
  const entryId = await world.submit('a', Object.keys(answers));
  for (let minute = 0; minute < 5; minute++) await world.pass(60_000);
  const texts = (await world.main.spooler.queue.history(entryId)).map(({ text }) => text);
  ok(texts.includes('sent to 1 recipient; to others an attempt before may have been sent'), texts.join('\n'));
  ok(texts.includes('failed for good: bad@x.test'), texts.join('\n'));
});

test('a server that says "may have been sent" does not make a message one of which nobody knows', async () => {
  const transport = new ScriptedTransport('smtp', {
    outcome: () => ({ outcome: 'deferred', text: '450 it may have been sent too fast' }),
  });
  const world = await World.started({ transports: [transport] });
  await world.submit('a', ['x@example.org']);
  for (let minute = 0; minute < 5; minute++) await world.pass(60_000);
  const [message] = await world.main.spooler.outgoing();
  deepStrictEqual([message?.state, (message?.attempts ?? 0) > 1], ['waiting', true]);
});

test('what another process begins to send while the queue is read is not told as cut off', async () => {
  const transport = new ScriptedTransport('smtp', { onSubmit: () => new Promise(() => {}) });
  const world = await World.make({ transports: [transport] });
  const main = await world.process();
  await world.submit('a', ['x@example.org']);
  let hasBegun = false;
  const wrap = (given: IMsgStore): IMsgStore => {
    const openEntry = async (...args: Parameters<IMsgStore['openEntry']>) => {
      if (!hasBegun) {
        hasBegun = true;
        await main.spooler.start();
        await world.pass();
      }
      return given.openEntry(...args);
    };
    const wrapped: IMsgStore = overlaid(given, { addRef: () => wrapped, openEntry });
    return wrapped;
  };
  const other = await world.process({}, wrap);
  const [message] = await other.spooler.outgoing();
  deepStrictEqual([hasBegun, message?.state, message?.lockedBy], [true, 'sending', 'spooler-2']);
});

test('a message that has failed says why, and no more that another process had its lock', () => {
  const times = { submitTime: undefined, deferredTime: undefined, nextMs: undefined };
  const unlocked = { lockOwner: undefined, lockUntilMs: undefined, reason: undefined };
  const row = { entryId: new Uint8Array([1]), state: 'failed', ...times, ...unlocked } as const;
  const parked = { untilMs: 1_000, reason: 'cannot be locked: process 7 has the message' };
  const { reason, nextAttempt } = describedUnread(row, { running: false, nowMs: 0, parked }, '550 no such');
  deepStrictEqual([reason, nextAttempt], ['550 no such', null]);
});
