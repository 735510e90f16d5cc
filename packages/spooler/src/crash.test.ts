import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { type IMessage, type IMsgStore, type OutgoingStore, PR_MESSAGE_CLASS } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { type Death, Mortal } from './mortal.testing.ts';
import { type Outcome, type Script, ScriptedTransport } from './scripted-transport.testing.ts';
import { overlaid, World } from './world.testing.ts';

const MINUTE = 60_000;

interface Aftermath {
  readonly steps: number;
  readonly sent: readonly string[];
  readonly reports: number;
  readonly queued: number;
  readonly noted: boolean;
  readonly ids: number;
  readonly at: string;
}

/** `slow` is deferred once; `bad` is refused; everybody else is delivered to. */
function script(): Script {
  const seen = new Set<string>();
  return {
    outcome: (address): Outcome => {
      if (address.startsWith('bad')) return { outcome: 'failed', enhancedStatus: '5.1.1', text: 'no such user' };
      if (!address.startsWith('slow') || seen.has(address)) return { outcome: 'delivered' };
      seen.add(address);
      return { outcome: 'deferred', text: 'greylisted' };
    },
  };
}

/** One process begins, dies at a step, and is followed by another. */
async function life(to: readonly string[], death?: Death): Promise<Aftermath> {
  const smtp = new ScriptedTransport('smtp', script());
  const world = await World.make({ transports: [smtp] });
  const mortal = new Mortal();
  const first = await world.process({}, (store) => mortal.store(store));
  const wrapped = { ...smtp.asTransport(), logon: mortal.wrap(smtp) };
  Object.assign(first.host, { openTransports: async () => [wrapped] });
  await world.submit('a', to);
  mortal.arm(death);
  void first.spooler.start();
  for (let minute = 0; minute < 5; minute++) await world.pass(MINUTE);
  const { steps } = mortal;
  await first.store.release(); // the lock of a dead process ends with it
  const second = await world.process();
  await second.spooler.start();
  for (let minute = 0; minute < 10; minute++) await world.pass(MINUTE);
  const shown = await second.spooler.outgoing();
  const notes = shown.flatMap(({ reason, recipients }) => [reason, ...recipients.map(({ lastError }) => lastError)]);
  return {
    steps,
    sent: smtp.sent.map(({ address }) => address).sort(),
    reports: (await world.received('REPORT.IPM.Note.NDR', [PR_MESSAGE_CLASS])).length,
    queued: await world.queued(),
    noted: notes.some((note) => note?.includes('may have been sent') === true),
    ids: new Set(smtp.sent.map(({ messageId }) => messageId)).size,
    at: mortal.names.at(-1) ?? '',
  };
}

describe('a crash at any step', () => {
  test('SPOOL-028, SUBMIT-051: loses nobody, and sends twice only what is shown as maybe sent before', async () => {
    const to = ['ok@example.org', 'slow@example.org'];
    const whole = await life(to);
    deepStrictEqual(whole.sent, to);
    let twice = 0;
    for (let step = 1; step <= whole.steps; step++) {
      for (const after of [false, true]) {
        const end = await life(to, { step, after });
        const where = `step ${step} (${end.at}) ${after ? 'after' : 'before'}`;
        strictEqual(end.queued, 0, where);
        deepStrictEqual([...new Set(end.sent)], to, where);
        strictEqual(end.ids, 1, where);
        if (end.sent.length === to.length) continue;
        twice++;
        ok(end.noted, `${where}: ${end.sent} without a note`);
      }
    }
    ok(twice > 0, 'the window after the delivery was never hit');
  });

  test('SPOOL-031, REPORT-006: makes exactly one report about a recipient who failed', async () => {
    const to = ['bad@example.org', 'ok@example.org'];
    const whole = await life(to);
    strictEqual(whole.reports, 1);
    for (let step = 1; step <= whole.steps; step++) {
      for (const after of [false, true]) {
        const end = await life(to, { step, after });
        const where = `step ${step} (${end.at}) ${after ? 'after' : 'before'}`;
        strictEqual(end.queued, 0, where);
        strictEqual(end.reports, 1, where);
      }
    }
  });
});

/** The store as one that knows whether the attempt that was cut off had offered its message. */
function knowing(store: IMsgStore, offered: boolean | undefined): IMsgStore {
  const known: IMsgStore = overlaid(store, {
    addRef: () => known,
    readOutgoing: async (message: IMessage) => ({ ...(await (store as OutgoingStore).readOutgoing(message)), offered }),
  });
  return known;
}

describe('an attempt that was cut off', () => {
  const KNOWLEDGE: readonly (readonly [offered: boolean | undefined, maySent: boolean])[] = [
    [false, false],
    [true, true],
    [undefined, true],
  ];
  for (const [offered, maySent] of KNOWLEDGE) {
    test(`${maySent ? 'may have sent' : 'has not sent'} its message if it is ${offered} that it was offered`, async () => {
      const smtp = new ScriptedTransport('smtp', { onSubmit: () => new Promise(() => {}) });
      const world = await World.make({ transports: [smtp], options: { unknownPolicy: 'hold' } });
      const entryId = await world.submit('a', ['ok@example.org']);
      const mortal = new Mortal();
      const first = await world.process({}, (store) => mortal.store(store));
      await first.spooler.start();
      await world.pass(1000);
      mortal.kill();
      await first.store.release(); // the lock of a dead process ends with it
      smtp.script = {};
      const { spooler } = await world.process({}, (store) => knowing(store, offered));
      const [before] = await spooler.outgoing();
      deepStrictEqual(
        [before?.state, before?.recipients[0]?.state],
        maySent ? ['unknown', 'unknown'] : ['waiting', 'waiting'],
      );
      deepStrictEqual(before?.nextAttempt, null); // it is due at once
      match(
        before?.reason ?? '',
        maySent ? /^may have been sent; nobody could note how the attempt of \d/u : /ended before anything was sent$/u,
      );
      await spooler.start();
      await world.pass(1000);
      const [after] = await spooler.outgoing();
      deepStrictEqual([after?.state, smtp.sent.length], maySent ? ['held', 0] : ['sent', 1]);
      const steps = (await spooler.queue.history(entryId)).map(({ text }) => text);
      deepStrictEqual(
        steps.some((text) => text.includes('may have been sent')),
        maySent,
      );
      deepStrictEqual(
        steps.some((text) => text.startsWith('the last attempt was cut off before anything')),
        !maySent,
      );
    });
  }

  test('is shown as one that was cut off, too, when it is held or made due by hand', async () => {
    for (const deed of ['hold', 'retry'] as const) {
      const smtp = new ScriptedTransport('smtp', { onSubmit: () => new Promise(() => {}) });
      const world = await World.make({ transports: [smtp] });
      const entryId = await world.submit('a', ['ok@example.org']);
      const mortal = new Mortal();
      const first = await world.process({}, (store) => mortal.store(store));
      await first.spooler.start();
      await world.pass(1000);
      mortal.kill();
      await first.store.release();
      const { spooler } = await world.process({ onlyFlushes: true });
      await spooler[deed](entryId);
      const [recipient] = (await spooler.outgoing())[0]?.recipients ?? [];
      strictEqual(recipient?.state, deed === 'hold' ? 'unknown' : 'ready');
      match(recipient?.lastError ?? '', /^may have been sent; nobody could note how the attempt of \d/u);
    }
  });
});

describe('processes that die one after the other', () => {
  test('within a minute hold nothing: who was cut off again waits, and is sent by one that lives', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp] });
    await world.submit('a', ['ok@example.org']);
    for (let deaths = 0; deaths < 4; deaths++) {
      const mortal = new Mortal();
      const process = await world.process({}, (store) => mortal.store(store));
      smtp.script = { onSubmit: () => new Promise(() => {}) };
      await process.spooler.start();
      await world.pass(10_000);
      mortal.kill();
      await process.store.release(); // the lock of a dead process ends with it
    }
    strictEqual(smtp.calls.filter((call) => call === 'submit a').length, 2);
    smtp.script = {};
    const { spooler } = await world.process();
    await spooler.start();
    await world.pass(1000);
    const [waiting] = await spooler.outgoing();
    deepStrictEqual([waiting?.state, waiting?.reason], ['unknown', 'may have been sent; it was cut off again']);
    for (let minute = 0; minute < 5; minute++) await world.pass(MINUTE);
    strictEqual(smtp.sent.length, 1);
    strictEqual(await world.queued(), 0);
  });
});
