import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { bytesEqual, fileTimeToMs } from '@nodemapi/base';
import {
  type EntryId,
  type IMsgStore,
  MapiError,
  type MapiErrorCode,
  type OutgoingStore,
  PR_RESPONSIBILITY,
  PR_SENDER_NAME,
  prop,
  supportsOutgoing,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { saidLast, saidSince } from './outcome.ts';
import { readRecipients, withValues } from './record.ts';
import { type Outcome, ScriptedTransport } from './scripted-transport.testing.ts';
import { overlaid, World } from './world.testing.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const lines = (transport: ScriptedTransport): readonly string[] =>
  transport.sent.map(({ subject, address }) => `${subject} ${address}`);

describe('outcomes', () => {
  test('SPOOL-035, SPOOL-030: only the recipients that are open are offered again', async () => {
    const offered: string[][] = [];
    let round = 0;
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: (offer) => {
        offered.push([...offer.offered.values()].sort());
        round++;
        return undefined;
      },
      outcome: (address): Outcome['outcome'] => (address.startsWith('slow') && round === 1 ? 'deferred' : 'delivered'),
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['fast@example.org', 'slow@example.org']);
    await world.pass(MINUTE - 1);
    const [waiting] = await world.main.spooler.outgoing();
    deepStrictEqual(
      waiting?.recipients.map(({ state, attempts }) => [state, attempts]),
      [
        ['sent', 1],
        ['waiting', 1],
      ],
    );
    await world.pass(MINUTE);
    deepStrictEqual(offered, [['fast@example.org', 'slow@example.org'], ['slow@example.org']]);
    deepStrictEqual([...lines(smtp)].sort(), ['a fast@example.org', 'a slow@example.org']);
    strictEqual(await world.queued(), 0);
  });

  test('the wait between attempts doubles up to its limit, and starts from the stored time', async () => {
    const times: number[] = [];
    const smtp = new ScriptedTransport('smtp', { outcome: () => 'deferred' });
    const world = await World.make({ transports: [smtp], options: { retryFirstMs: MINUTE, retryMaxMs: 5 * MINUTE } });
    const main = await world.process();
    await main.spooler.start();
    const begin = world.clock.nowMs();
    smtp.script = { ...smtp.script, onSubmit: () => void times.push((world.clock.nowMs() - begin) / MINUTE) };
    await world.submit('a', ['x@example.org']);
    for (let minute = 0; minute < 20; minute++) await world.pass(MINUTE);
    deepStrictEqual(times, [0, 1, 3, 7, 12, 17]);
  });

  test('SPOOL-038: a wish for the next attempt is followed to the second', async () => {
    const smtp = new ScriptedTransport('smtp', { outcome: () => 'deferred', retryAfterSeconds: 7 });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass(7 * SECOND - 1);
    strictEqual(smtp.calls.filter((call) => call === 'submit a').length, 1);
    await world.pass(1);
    strictEqual(smtp.calls.filter((call) => call === 'submit a').length, 2);
  });

  test('the wait is that of the transport that deferred, not of the one that declined before it', async () => {
    const first = new ScriptedTransport('first', { outcome: () => 'notMine' });
    const second = new ScriptedTransport('second', { outcome: () => 'deferred', retryAfterSeconds: 1800 });
    const world = await World.started({ transports: [first, second] });
    await world.submit('a', ['x@example.org']);
    await world.pass(1800 * SECOND - 1);
    strictEqual(second.calls.filter((call) => call === 'submit a').length, 1);
    await world.pass(1);
    strictEqual(second.calls.filter((call) => call === 'submit a').length, 2);
  });

  test('a message says why those wait who are left, and above all who of them may have it', async () => {
    const smtp = new ScriptedTransport('smtp', {
      outcome: (address): Outcome => {
        if (address.startsWith('bad')) return { outcome: 'failed', text: 'no such user' };
        return address.startsWith('slow')
          ? { outcome: 'deferred', text: 'greylisted' }
          : { outcome: 'unknown', text: 'no answer' };
      },
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['bad@example.org', 'slow@example.org']);
    await world.submit('b', ['bad@example.org', 'slow@example.org', 'lost@example.org']);
    await world.pass();
    const [a, b] = await world.main.spooler.outgoing();
    deepStrictEqual([a?.state, a?.reason], ['waiting', 'greylisted']);
    deepStrictEqual([b?.state, b?.reason], ['unknown', 'may have been sent; no answer']);
  });

  test('what was answered since an attempt that may have sent it stands alone', async () => {
    const answers: Outcome[] = [
      { outcome: 'unknown', text: 'no answer' },
      { outcome: 'deferred', text: 'greylisted' },
      { outcome: 'failed', text: 'no such user' },
    ];
    const smtp = new ScriptedTransport('smtp', { outcome: () => answers.shift() ?? 'delivered' });
    const world = await World.started({ transports: [smtp] });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass(MINUTE + SECOND);
    const [open] = await world.main.spooler.outgoing();
    deepStrictEqual([open?.state, open?.reason], ['unknown', 'may have been sent; not sent again: greylisted']);
    await world.pass(3 * MINUTE);
    const [failed] = await world.main.spooler.outgoing();
    deepStrictEqual([failed?.state, failed?.reason], ['failed', 'may have been sent; not sent again: no such user']);
    const texts = (await world.main.spooler.queue.history(entryId)).map(({ text }) => text);
    ok(texts.includes('not sent this time; an attempt before may have been sent'), texts.join('\n'));
    ok(texts.includes('failed for good: no such user'), texts.join('\n'));
  });

  test('a home of an older version, which said "then:", is read as one of now', () => {
    const old = 'may have been sent; then: greylisted';
    deepStrictEqual([saidSince(old), saidLast(old)], ['greylisted', 'greylisted']);
    deepStrictEqual([saidSince('may have been sent; no answer'), saidSince('greylisted')], [undefined, undefined]);
  });

  const refusals: readonly [string, MapiErrorCode, number][] = [
    ['SPOOL-037, XP-027, SUPP-52', 'MAPI_E_BUSY', 5 * SECOND],
    ['SPOOL-038, SUPP-52', 'MAPI_E_NETWORK_ERROR', MINUTE],
    ['SPOOL-038, SUPP-52', 'MAPI_E_WAIT', MINUTE],
  ];
  for (const [rules, code, afterMs] of refusals) {
    test(`${rules}, SPOOL-036: after ${code} the message is offered again, without EndMessage in between`, async () => {
      let fail = true;
      const smtp = new ScriptedTransport('smtp', {
        onSubmit: () => {
          if (fail) throw new MapiError(code, 'not now');
          return undefined;
        },
      });
      const world = await World.started({ transports: [smtp] });
      await world.submit('a', ['x@example.org']);
      await world.pass(afterMs - 1);
      deepStrictEqual(
        smtp.calls.filter((call) => / a$/u.test(call)),
        ['submit a'],
      );
      fail = false;
      await world.pass(1);
      deepStrictEqual(
        smtp.calls.filter((call) => / a$/u.test(call)),
        ['submit a', 'submit a', 'end a'],
      );
      strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 0);
    });
  }

  test('SPOOL-036, SPOOL-039, XP-028: after MAPI_E_NOT_ME the next transport gets the recipients', async () => {
    const first = new ScriptedTransport('first', {
      onSubmit: () => {
        throw new MapiError('MAPI_E_NOT_ME', 'not mine');
      },
    });
    const second = new ScriptedTransport('second');
    const world = await World.started({ transports: [first, second] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    deepStrictEqual(
      first.calls.filter((call) => call.endsWith(' a')),
      ['submit a'],
    );
    deepStrictEqual(lines(second), ['a x@example.org']);
  });

  test('SPOOL-031: a declined recipient goes to the next transport, after the last one to its sender', async () => {
    const first = new ScriptedTransport('first', {
      outcome: (address): Outcome['outcome'] => (address.startsWith('x') ? 'delivered' : 'notMine'),
    });
    const second = new ScriptedTransport('second', {
      outcome: (address): Outcome['outcome'] => (address.startsWith('z') ? 'notMine' : 'delivered'),
    });
    const world = await World.started({ transports: [first, second] });
    await world.submit('a', ['x@example.org', 'y@example.org']);
    await world.submit('b', ['z@example.org']);
    await world.pass();
    deepStrictEqual(lines(first), ['a x@example.org']);
    deepStrictEqual(lines(second), ['a y@example.org']);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 1);
    strictEqual(await world.queued(), 0);
  });

  test('SPOOL-041: what a transport changed before it failed is not saved', async () => {
    let calls = 0;
    let name: string | undefined;
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: async ({ message }) => {
        calls++;
        [name] = (await message.getProps([PR_SENDER_NAME])).values;
        await message.setProps([prop(PR_SENDER_NAME, 'Changed')]);
        if (calls === 1) throw new MapiError('MAPI_E_BUSY', 'later');
        return undefined;
      },
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass(MINUTE);
    strictEqual(calls, 2);
    strictEqual(name, 'Me');
  });

  test('SPOOL-042: END_RESEND_NOW repeats at once those that were deferred, END_RESEND_LATER repeats later', async () => {
    let ends = 0;
    const smtp = new ScriptedTransport('smtp', {
      outcome: (): Outcome['outcome'] => (ends < 2 ? 'deferred' : 'delivered'),
      onEnd: () => (++ends === 1 ? 'resendNow' : ends === 2 ? 'resendLater' : 'sent'),
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    deepStrictEqual(smtp.calls.filter((call) => call === 'submit a').length, 2);
    strictEqual(await world.queued(), 1);
    await world.pass(MINUTE);
    deepStrictEqual(lines(smtp), ['a x@example.org']);
  });

  test('SPOOL-043, SPOOL-044: a deferred message stays until its transport says so, and is shown to it as deferred', async () => {
    let keep = true;
    const smtp = new ScriptedTransport('smtp', {
      outcome: (): Outcome['outcome'] => (keep ? 'deferred' : 'delivered'),
      onEnd: () => (keep ? 'dontResend' : 'sent'),
    });
    const world = await World.started({ transports: [smtp] });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass(10 * MINUTE);
    deepStrictEqual(
      smtp.calls.filter((call) => call.startsWith('submit')),
      ['submit a'],
    );
    strictEqual(await world.queued(), 1);
    keep = false;
    await world.main.spooler.notice(smtp.uid, { kind: 'sentDeferred', entryId });
    await world.pass();
    deepStrictEqual(
      smtp.calls.filter((call) => call.startsWith('submit')),
      ['submit a', 'submit a deferred'],
    );
    strictEqual(await world.queued(), 0);
  });

  test('a recipient that is deferred for too long expires with a report', async () => {
    const smtp = new ScriptedTransport('smtp', { outcome: () => ({ outcome: 'deferred', text: 'greylisted' }) });
    const world = await World.started({
      transports: [smtp],
      options: { expiryMs: 60 * MINUTE, retryMaxMs: 10 * MINUTE },
    });
    await world.submit('a', ['x@example.org']);
    for (let minute = 0; minute < 80; minute += 5) await world.pass(5 * MINUTE);
    strictEqual(await world.queued(), 0);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 1);
    const [message] = await world.main.spooler.outgoing();
    strictEqual(message?.state, 'failed');
    ok(message?.recipients[0]?.lastError?.includes('greylisted'));
  });

  test('XP-041: END_RESEND_LATER is no failure: however long it lasts, there is no report', async () => {
    const smtp = new ScriptedTransport('smtp', {
      outcome: (): Outcome['outcome'] => 'deferred',
      onEnd: () => 'resendLater',
    });
    const world = await World.started({ transports: [smtp], options: { expiryMs: 60 * MINUTE } });
    await world.submit('a', ['x@example.org']);
    for (let day = 0; day < 3; day++) await world.pass(86_400_000);
    strictEqual(await world.queued(), 1);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 0);
  });

  test('SPOOL-029, SUBMIT-021: a recipient whom his store has served itself, whose PR_RESPONSIBILITY is TRUE before any attempt is not given to a transport', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp] });
    const entryId = await world.submit('a', ['served@example.org', 'open@example.org']);
    const { spooler, store } = await world.process();
    await using message = await store.openEntry(entryId, { iid: 'IMessage', modify: true });
    const [first] = await readRecipients(message);
    ok(first !== undefined);
    await message.modifyRecipients('modify', [withValues(first.row, [prop(PR_RESPONSIBILITY, true)])]);
    await message.saveChanges({ keepOpenReadOnly: true });
    await spooler.start();
    await world.pass();
    deepStrictEqual(lines(smtp), ['a open@example.org']);
    strictEqual(await world.queued(), 0);
  });

  test('SPOOL-001, SPOOL-004: a message whose transport has no network for weeks is neither reported nor removed', async () => {
    let dead = true;
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: () => {
        if (dead) throw new MapiError('MAPI_E_NETWORK_ERROR', 'no route');
        return undefined;
      },
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    for (let day = 0; day < 20; day++) await world.pass(86_400_000);
    strictEqual(await world.queued(), 1);
    strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 0);
    dead = false;
    await world.pass(86_400_000);
    deepStrictEqual(lines(smtp), ['a x@example.org']);
  });

  test('a transport that has lost its network is tried again with the next message, before the old one is due', async () => {
    let dead = true;
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: () => {
        if (dead) throw new MapiError('MAPI_E_NETWORK_ERROR', 'no route');
        return undefined;
      },
    });
    const world = await World.started({ transports: [smtp], options: { transportRetryMs: 30 * SECOND } });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    await world.submit('b', ['x@example.org']);
    dead = false;
    await world.pass(30 * SECOND - 1);
    strictEqual(smtp.calls.filter((call) => call.startsWith('submit')).length, 1);
    await world.pass(1);
    deepStrictEqual(lines(smtp), ['b x@example.org']);
  });

  test('a recipient of whom the transport says nothing may have been sent to, and is tried again with the same Message-ID', async () => {
    let first = true;
    const ids: string[] = [];
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: ({ messageId }) => {
        ids.push(messageId);
        if (!first) return undefined;
        first = false;
        return { messageRef: 1, outcomes: [] };
      },
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    const [unsure] = await world.main.spooler.outgoing();
    strictEqual(unsure?.state, 'unknown');
    strictEqual(unsure?.recipients[0]?.state, 'unknown');
    await world.pass(MINUTE);
    strictEqual(ids.length, 2);
    strictEqual(ids[0], ids[1]);
    const [done] = await world.main.spooler.outgoing();
    strictEqual(done?.state, 'sent');
    ok(done?.reason?.includes('may have been sent'));
  });

  test('a transport that throws what nobody foresaw gets the message a few times; then it is held with the reason', async () => {
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: ({ subject }) => {
        if (subject === 'poison') throw new TypeError('undefined is not a function');
        return undefined;
      },
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('poison', ['x@example.org']);
    await world.submit('good', ['x@example.org']);
    for (let minute = 0; minute < 30; minute++) await world.pass(MINUTE);
    deepStrictEqual(lines(smtp), ['good x@example.org']);
    strictEqual(smtp.calls.filter((call) => call === 'submit poison').length, 3);
    const held = (await world.main.spooler.outgoing()).find(({ state }) => state === 'held');
    strictEqual(held?.subject, 'poison');
    ok(held?.reason?.includes('undefined is not a function'), held?.reason ?? '');
    strictEqual(await world.queued(), 1);
  });

  test('a message that cannot be read is held with the reason where it can be written, and never stops the others', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp], options: { messagesInFlightMax: 1 } });
    const [unreadable, halfReadable] = [
      await world.submit('u', ['x@example.org']),
      await world.submit('h', ['x@example.org']),
    ];
    const broken = (): Promise<never> => Promise.reject(new MapiError('MAPI_E_CORRUPT_DATA', 'bad block'));
    const damaged = (store: IMsgStore): IMsgStore => {
      const wrapped: IMsgStore = overlaid(store, {
        addRef: () => wrapped,
        openEntry: async (entryId: EntryId, options: { readonly iid: 'IMessage' }) => {
          if (bytesEqual(entryId, unreadable)) return broken();
          const message = await store.openEntry(entryId, options);
          return bytesEqual(entryId, halfReadable) ? overlaid(message, { getRecipientTable: broken }) : message;
        },
      });
      return wrapped;
    };
    const { spooler } = await world.process({}, damaged);
    await spooler.start();
    await world.submit('good', ['x@example.org']);
    for (let minute = 0; minute < 10; minute++) await world.pass(MINUTE);
    deepStrictEqual(lines(smtp), ['good x@example.org']);
    strictEqual(await world.queued(), 2);
    const shown = (await spooler.outgoing()).filter(({ state }) => state !== 'sent');
    deepStrictEqual(
      shown.map(({ entryId, state }) => [entryId, state]),
      [
        [unreadable, 'waiting'],
        [halfReadable, 'held'],
      ],
    );
    ok(shown.every(({ reason }) => reason?.includes('bad block')));
  });

  test('a store that cannot be written to for a while neither loses a result nor holds a message', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp] });
    let full = false;
    const filling = (store: IMsgStore): IMsgStore => {
      const wrapped: IMsgStore = overlaid(store, {
        addRef: () => wrapped,
        writeOutgoing: async (...args: Parameters<OutgoingStore['writeOutgoing']>) => {
          ok(supportsOutgoing(store));
          if (full) throw new MapiError('MAPI_E_NOT_ENOUGH_DISK', 'full');
          return store.writeOutgoing(...args);
        },
        finishOutgoing: async (...args: Parameters<OutgoingStore['finishOutgoing']>) => {
          ok(supportsOutgoing(store));
          if (full) throw new MapiError('MAPI_E_NOT_ENOUGH_DISK', 'full');
          return store.finishOutgoing(...args);
        },
      });
      return wrapped;
    };
    const { spooler } = await world.process({}, filling);
    await spooler.start();
    smtp.script = {
      onSubmit: () => {
        full = true;
        return undefined;
      },
    };
    await world.submit('a', ['x@example.org']);
    await world.pass(MINUTE);
    await world.submit('b', ['x@example.org']);
    await world.pass(MINUTE);
    strictEqual(await world.queued(), 2);
    smtp.script = {};
    full = false;
    await world.pass(5 * MINUTE);
    deepStrictEqual(lines(smtp), ['a x@example.org', 'b x@example.org']);
    strictEqual(await world.queued(), 0);
  });

  test('the next attempt that people see is the stored one', async () => {
    const smtp = new ScriptedTransport('smtp', {
      outcome: () => ({ outcome: 'deferred', smtpCode: 450, text: 'busy' }),
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    const [message] = await world.main.spooler.outgoing();
    strictEqual(fileTimeToMs(message?.nextAttempt ?? 0n), world.clock.nowMs() + MINUTE);
    strictEqual(message?.recipients[0]?.lastError, '450 busy');
    strictEqual(message?.lockedBy, null);
  });
});
