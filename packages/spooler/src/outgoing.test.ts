import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { fileTimeFromMs } from '@nodemapi/base';
import {
  type EntryId,
  type IMsgStore,
  MapiError,
  type OutgoingStore,
  PR_DEFERRED_SEND_TIME,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_NAME,
  prop,
  supportsOutgoing,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { contractOnly, jittered, overlaid, turns, World } from './world.testing.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const lines = (transport: ScriptedTransport): readonly string[] =>
  transport.sent.map(({ subject, address }) => `${subject} ${address}`);

describe('sending', () => {
  test('XP-038: a submitted message is sent and leaves the queue', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    deepStrictEqual(lines(smtp), ['a x@example.org']);
    strictEqual(await world.queued(), 0);
    const [message] = await world.main.spooler.outgoing();
    deepStrictEqual(message?.entryId, entryId);
    strictEqual(message?.state, 'sent');
    ok(message?.internetMessageId?.endsWith('@example.org>'));
  });

  test('the Message-IDs of messages sort by the time at which they were made ready', async () => {
    const world = await World.started({ transports: [new ScriptedTransport('smtp')] });
    const made: string[] = [];
    for (const subject of ['a', 'b', 'c']) {
      const entryId = await world.submit(subject, ['x@example.org']);
      const soonest = world.clock.nowMs();
      await world.pass(SECOND);
      const [message] = await world.main.spooler.queue.of([entryId]);
      const ms = Number.parseInt(message?.internetMessageId?.slice(1, 13) ?? '', 16);
      ok(ms >= soonest && ms <= world.clock.nowMs(), message?.internetMessageId ?? 'no Message-ID');
      made.push(message?.internetMessageId ?? '');
    }
    deepStrictEqual([...made].sort(), made);
  });

  test('SPOOL-013: messages start on a transport in the order of submission, though several are prepared at a time', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp] });
    const { spooler } = await world.process({}, (store) => jittered(store, world.random));
    await spooler.start();
    const subjects = Array.from({ length: 40 }, (_, index) => `m${index}`);
    for (const subject of subjects) await world.submit(subject, ['x@example.org']);
    await spooler.drain({});
    const started = smtp.calls.filter((call) => call.startsWith('submit'));
    deepStrictEqual(
      started,
      subjects.map((subject) => `submit ${subject}`),
    );
  });

  const finished = 'finish, abort is MAPI_E_UNABLE_TO_ABORT';
  const ways = [
    { way: '', records: true, calls: ['lock', 'submit a', 'end a', finished] },
    { way: ', by the documented methods', records: false, calls: ['lock', 'submit a', 'end a', 'lock', finished] },
  ];
  test.each(ways)(
    'SPOOL-029, SPOOL-048, SUPP-56: a message is locked, handed over, and finished under its lock$way',
    async ({ records, calls }) => {
      const smtp = new ScriptedTransport('smtp');
      const world = await World.make({ transports: [smtp] });
      const noted = (store: IMsgStore): IMsgStore => {
        ok(supportsOutgoing(store));
        const finish = async (entryId: EntryId): Promise<void> => {
          const aborted = await world.client.abortSubmit(entryId).catch((error: MapiError) => error.code);
          smtp.calls.push(`finish, abort is ${aborted}`);
        };
        const wrapped: IMsgStore = overlaid(store, {
          addRef: () => (records ? wrapped : contractOnly(wrapped)),
          setLockState: async (...args: Parameters<IMsgStore['setLockState']>) => {
            smtp.calls.push(args[1] ? 'lock' : 'unlock');
            return store.setLockState(...args);
          },
          finishedMsg: async (entryId: EntryId) => {
            await finish(entryId);
            return store.finishedMsg(entryId);
          },
          writeOutgoing: async (...args: Parameters<OutgoingStore['writeOutgoing']>) => {
            smtp.calls.push(args[1].leaseMs === undefined ? 'unlock' : 'lock');
            return store.writeOutgoing(...args);
          },
          finishOutgoing: async (...args: Parameters<OutgoingStore['finishOutgoing']>) => {
            await finish(args[0]);
            return store.finishOutgoing(...args);
          },
        });
        return wrapped;
      };
      const { spooler } = await world.process({}, noted);
      await spooler.start();
      smtp.calls.length = 0;
      await world.submit('a', ['x@example.org']);
      await world.pass();
      deepStrictEqual(smtp.calls, calls);
    },
  );

  test('as many messages as are allowed run at the same time, and no more', async () => {
    let open: (() => void)[] = [];
    const wait = (): Promise<undefined> => new Promise((resolve) => open.push(() => resolve(undefined)));
    const smtp = new ScriptedTransport('smtp', { onSubmit: wait });
    const world = await World.started({ transports: [smtp], options: { messagesInFlightMax: 3 } });
    for (let index = 0; index < 7; index++) await world.submit(`m${index}`, ['x@example.org']);
    const widths: number[] = [];
    while (open.length > 0 || widths.length === 0) {
      await world.pass();
      widths.push(open.length);
      for (const go of open.splice(0)) go();
      await turns();
    }
    open = [];
    deepStrictEqual(widths, [3, 3, 1]);
    strictEqual(await world.queued(), 0);
  });

  test('SPOOL-022: a message that waits for its transport does not keep a later one from another transport', async () => {
    const fax = new ScriptedTransport('fax', {
      types: ['FAX'],
      onSubmit: () => {
        throw new MapiError('MAPI_E_NETWORK_ERROR', 'line is dead');
      },
    });
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [fax, smtp] });
    await world.submit('first', ['FAX:123']);
    await world.submit('second', ['x@example.org']);
    await world.pass();
    deepStrictEqual(lines(smtp), ['second x@example.org']);
    strictEqual(await world.queued(), 1);
  });

  test('SPOOL-045: a message without sender gets the identity of the session', async () => {
    const seen: unknown[] = [];
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: async ({ message }) => {
        seen.push((await message.getProps([PR_SENDER_NAME, PR_SENDER_EMAIL_ADDRESS])).values);
        return undefined;
      },
    });
    const world = await World.started({ transports: [smtp] });
    await world.submit('a', ['x@example.org']);
    await world.submit('b', ['x@example.org'], [prop(PR_SENDER_NAME, 'Somebody')]);
    await world.pass();
    deepStrictEqual(seen, [
      ['Me', 'me@example.org'],
      ['Somebody', undefined],
    ]);
  });

  test('SPOOL-045: the sender is "Unknown" where the session has no identity', async () => {
    let name: string | undefined;
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: async ({ message }) => {
        [name] = (await message.getProps([PR_SENDER_NAME])).values;
        return undefined;
      },
    });
    const world = await World.started({ transports: [smtp], identity: null });
    await world.submit('a', ['x@example.org']);
    await world.pass();
    strictEqual(name, 'Unknown');
  });

  test('a message waits while nobody can say who its sender is', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp] });
    const { spooler, host } = await world.process();
    const identity = host.identity;
    Object.assign(host, { identity: () => Promise.reject(new Error('profile is locked')) });
    await spooler.start();
    await world.submit('a', ['x@example.org']);
    for (let minute = 0; minute < 10; minute++) await world.pass(MINUTE);
    strictEqual(await world.queued(), 1);
    Object.assign(host, { identity });
    await world.pass(60 * MINUTE);
    strictEqual(smtp.sent.length, 1);
  });

  test('SUBMIT-056, SUBMIT-058: a message leaves when its deferred time has come, and blocks neither others nor a drain', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    const later = fileTimeFromMs(world.clock.nowMs() + 10 * MINUTE);
    const past = fileTimeFromMs(world.clock.nowMs() - MINUTE);
    await world.submit('later', ['x@example.org'], [prop(PR_DEFERRED_SEND_TIME, later)]);
    await world.submit('past', ['x@example.org'], [prop(PR_DEFERRED_SEND_TIME, past)]);
    await world.submit('now', ['x@example.org']);
    const report = await world.main.spooler.drain({});
    deepStrictEqual([report.sent, report.left], [2, 1]);
    deepStrictEqual(lines(smtp), ['past x@example.org', 'now x@example.org']);
    await world.pass(9 * MINUTE);
    strictEqual(smtp.sent.length, 2);
    await world.pass(2 * MINUTE);
    strictEqual(smtp.sent.at(-1)?.subject, 'later');
  });
});
