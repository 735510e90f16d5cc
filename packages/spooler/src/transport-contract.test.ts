/** What transports and stores may count on, and what the spooler does where they do otherwise. */
import { deepStrictEqual, notDeepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import {
  type DueQuery,
  type EndMessageResult,
  fnevNewMail,
  type IMAPITable,
  type IMessage,
  type IMsgStore,
  MAPI_DISTLIST,
  MAPI_TO,
  MapiError,
  makeEntryId,
  PR_ADDRTYPE,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  PR_RECIPIENT_TYPE,
  PR_SENDER_NAME,
  PR_SENTMAIL_ENTRYID,
  PR_SUBJECT,
  prop,
  propOf,
  supportsOutgoing,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { type Offer, type Outcome, ScriptedTransport } from './scripted-transport.testing.ts';
import { overlaid, World } from './world.testing.ts';

const MINUTE = 60_000;
const LIST_UID = utf8Encode('uid of big lists');

const sentLines = (transport: ScriptedTransport): readonly string[] =>
  transport.sent.map(({ subject, address }) => `${subject} ${address}`);

async function filedIn(world: World): Promise<{ readonly id: Uint8Array; sender(): Promise<unknown> }> {
  await using outbox = await world.outbox();
  await using folder = await outbox.createFolder('Sent');
  const [id = new Uint8Array()] = (await folder.getProps([PR_ENTRYID])).values;
  const sender = async (): Promise<unknown> => {
    await using sent = await world.client.openEntry(id, { iid: 'IMAPIFolder' });
    await using table = await sent.getContentsTable();
    await table.setColumns([PR_SENDER_NAME]);
    return propOf((await table.queryRows(1))[0] ?? [], PR_SENDER_NAME);
  };
  return { id, sender };
}

describe('outgoing', () => {
  test('XP-023: the message can be read and written from SubmitMessage until EndMessage has returned', async () => {
    const read: unknown[] = [];
    const smtp = new ScriptedTransport('smtp', {
      onSubmit: async ({ message }) => void (await message.setProps([prop(PR_COMMENT, 'submit')])),
      onEnd: async ({ message }): Promise<EndMessageResult> => {
        read.push((await message.getProps([PR_COMMENT])).values[0]);
        await message.setProps([prop(PR_SUBJECT, 'changed at the end')]);
        return 'sent';
      },
    });
    const world = await World.started({ transports: [smtp] });
    const entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    deepStrictEqual(read, ['submit']);
    await using filed = await world.client.openEntry(entryId, { iid: 'IMessage' });
    deepStrictEqual((await filed.getProps([PR_SUBJECT, PR_COMMENT])).values, ['changed at the end', 'submit']);
  });

  test('XP-034: a transport may queue, send while it is asked, or prepare now and send when it says so', async () => {
    const own: string[] = [];
    const queueing = new ScriptedTransport('queue', {
      types: ['QUEUE'],
      onSubmit: ({ options, subject }) => {
        own.push(subject);
        return { messageRef: 0, outcomes: options.rowIds.map((rowId) => ({ rowId, outcome: 'delivered' as const })) };
      },
    });
    const sending = new ScriptedTransport('send', { types: ['SEND'] });
    let prepared = false;
    const deferring = new ScriptedTransport('defer', {
      types: ['DEFER'],
      outcome: (): Outcome['outcome'] => (prepared ? 'delivered' : 'deferred'),
      onEnd: () => (prepared ? 'sent' : 'dontResend'),
    });
    const world = await World.started({ transports: [queueing, sending, deferring] });
    await world.submit('a', ['QUEUE:a', 'SEND:b']);
    const entryId = await world.submit('c', ['DEFER:c']);
    await world.pass();
    deepStrictEqual([own, sentLines(sending), await world.queued()], [['a'], ['a b'], 1]);
    prepared = true;
    await world.main.spooler.notice(deferring.uid, { kind: 'sentDeferred', entryId });
    await world.pass();
    deepStrictEqual([sentLines(deferring), await world.queued()], [['c c'], 0]);
  });

  test('XP-040: a message whose transport never says more is kept, and shown to it again', async () => {
    const smtp = new ScriptedTransport('smtp', {
      outcome: (): Outcome['outcome'] => 'deferred',
      onEnd: () => 'dontResend',
    });
    const world = await World.started({
      transports: [smtp],
      options: { custodyMaxMs: 12 * 60 * MINUTE, expiryMs: 24 * 60 * MINUTE },
    });
    await world.submit('a', ['x@example.org']);
    for (let day = 0; day < 2; day++) await world.pass(24 * 60 * MINUTE);
    strictEqual(await world.queued(), 1);
    deepStrictEqual(await world.received('REPORT.IPM.Note.NDR'), []);
    deepStrictEqual([smtp.calls.filter((call) => call === 'submit a deferred').length > 1, smtp.sent], [true, []]);
  });

  test('XP-063, SUBMIT-053: each transport shows its own sender; what is filed has that of the last', async () => {
    const seen: unknown[] = [];
    const as = (name: string, types: readonly string[]): ScriptedTransport =>
      new ScriptedTransport(name, {
        types,
        onSubmit: async ({ message }) => {
          await message.setProps([prop(PR_SENDER_NAME, name)]);
          seen.push((await message.getProps([PR_SENDER_NAME])).values[0]);
        },
      });
    const world = await World.started({ transports: [as('first', ['SMTP']), as('second', ['FAX'])] });
    const { id, sender } = await filedIn(world);
    await world.submit('a', ['x@example.org', 'FAX:1'], [prop(PR_SENTMAIL_ENTRYID, id)]);
    await world.pass();
    deepStrictEqual([seen, await sender()], [['first', 'second'], 'second']);
  });

  test('SPOOL-034: a recipient found by its UID is handed over as it is, a list of the other side among them', async () => {
    const rows: unknown[] = [];
    const exchange = new ScriptedTransport('exchange', {
      types: [''],
      uids: [LIST_UID],
      onSubmit: async ({ message }: Offer) => {
        await using table = await message.getRecipientTable();
        await table.setColumns([PR_DISPLAY_NAME, PR_ENTRYID, PR_DISPLAY_TYPE, PR_EMAIL_ADDRESS]);
        rows.push(...(await table.queryRows(10)));
      },
    });
    const world = await World.started({ transports: [exchange] });
    await using message = await world.draft('a', []);
    const list = [
      prop(PR_DISPLAY_NAME, 'Everybody'),
      prop(PR_ENTRYID, makeEntryId(LIST_UID, utf8Encode('everybody'))),
      prop(PR_DISPLAY_TYPE, MAPI_DISTLIST),
      prop(PR_EMAIL_ADDRESS, '/o=a/cn=everybody'),
    ];
    const more = [prop(PR_ADDRTYPE, 'EX'), prop(PR_OBJECT_TYPE, MAPI_DISTLIST), prop(PR_RECIPIENT_TYPE, MAPI_TO)];
    await message.modifyRecipients('add', [[...list, ...more]]);
    await message.submitMessage();
    await world.pass();
    deepStrictEqual(rows, [list]);
    strictEqual(exchange.sent.length, 1);
  });

  test('SPOOL-015: a message that its store shows late in the queue is sent when it is there, and nothing is wrong before', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp] });
    let hidden = true;
    const hiding = (store: IMsgStore): IMsgStore => {
      const rows = async (table: IMAPITable, count: number): ReturnType<IMAPITable['queryRows']> =>
        hidden ? [] : table.queryRows(count);
      const wrapped: IMsgStore = overlaid(store, {
        addRef: () => wrapped,
        getOutgoingQueue: async () => {
          const table = await store.getOutgoingQueue();
          return overlaid(table, { queryRows: (count: number) => rows(table, count) });
        },
        dueOutgoing: async (query: DueQuery) => {
          ok(supportsOutgoing(store));
          return hidden ? { rows: [], next: undefined } : store.dueOutgoing(query);
        },
      });
      return wrapped;
    };
    const { spooler } = await world.process({}, hiding);
    await spooler.start();
    await world.submit('a', ['x@example.org']);
    await world.pass(5 * MINUTE);
    deepStrictEqual([smtp.sent.length, await world.queued()], [0, 1]);
    hidden = false;
    await world.submit('b', ['x@example.org']);
    await world.pass(MINUTE);
    deepStrictEqual(sentLines(smtp), ['a x@example.org', 'b x@example.org']);
    deepStrictEqual(
      world.log.entries.filter(({ level }) => level === 'warn' || level === 'error'),
      [],
    );
  });

  test('XP-029: after MAPI_E_WAIT or MAPI_E_NETWORK_ERROR the message comes back after the seconds that they tell', async () => {
    for (const code of ['MAPI_E_WAIT', 'MAPI_E_NETWORK_ERROR'] as const) {
      let fail = true;
      const smtp = new ScriptedTransport('smtp', {
        onSubmit: () => {
          if (fail) throw new MapiError(code, 'line is busy', { retryAfterSeconds: 7 });
          return undefined;
        },
      });
      const world = await World.started({ transports: [smtp] });
      await world.submit('a', ['x@example.org']);
      await world.pass(6_999);
      fail = false;
      strictEqual(smtp.sent.length, 0);
      await world.pass(1);
      strictEqual(smtp.sent.length, 1, code);
    }
  });
});

describe('incoming', () => {
  const mail =
    (subject: string) =>
    async (message: IMessage): Promise<void> => {
      await message.setProps([prop(PR_SUBJECT, subject)]);
      await message.saveChanges();
    };

  test('XP-043: a message whose transport has told no reference is cancelled as number one', async () => {
    const smtp = new ScriptedTransport('smtp', { poll: true });
    const world = await World.started({ transports: [smtp], options: { abortGraceMs: 1000 } });
    smtp.incoming.push(
      (_message, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    );
    await world.pass(MINUTE);
    const ending = world.main.spooler.shutdown(1000);
    await world.pass(1000);
    await world.pass(1000);
    await ending;
    const cancels = smtp.notified.filter(({ flags }) => flags.cancelMessage === true);
    deepStrictEqual(
      cancels.map(({ data }) => data),
      [{ messageRef: 1 }],
    );
    strictEqual(smtp.incoming.length, 1); // its source has it still
  });

  test('XP-044: the message can be read and written, and a release by the transport ends nothing', async () => {
    const read: unknown[] = [];
    const smtp = new ScriptedTransport('smtp', { poll: true });
    const world = await World.started({ transports: [smtp] });
    smtp.incoming.push(async (message) => {
      await message.release();
      await message.setProps([prop(PR_SUBJECT, 'one')]);
      await message.saveChanges();
      await message.release();
      read.push((await message.getProps([PR_SUBJECT])).values[0]);
      await message.setProps([prop(PR_SUBJECT, 'two')]);
      await message.saveChanges();
    });
    await world.pass(MINUTE);
    const [row = []] = await world.received('IPM.Note', [PR_SUBJECT]);
    deepStrictEqual([read, propOf(row, PR_SUBJECT)], [['one'], 'two']);
  });

  test('XP-048: the identifier of a message is its store’s, whatever the transport sets', async () => {
    const problems: unknown[] = [];
    const forged = Uint8Array.of(1, 2, 3, 4);
    const smtp = new ScriptedTransport('smtp', { poll: true });
    const world = await World.started({ transports: [smtp] });
    smtp.incoming.push(async (message) => {
      problems.push(...(await message.setProps([prop(PR_ENTRYID, forged), prop(PR_SUBJECT, 'one')])));
      await message.saveChanges();
    });
    await world.pass(MINUTE);
    const [row = []] = await world.received('IPM.Note', [PR_ENTRYID, PR_SUBJECT]);
    deepStrictEqual(
      problems.map((problem) => (problem as { tag: number }).tag),
      [PR_ENTRYID],
    );
    notDeepStrictEqual(propOf(row, PR_ENTRYID), forged);
    strictEqual(propOf(row, PR_SUBJECT), 'one');
  });

  test('XP-052, SPOOL-073: NEWMAIL is answered at once, the message taken later, and many calls during one come to one more', async () => {
    const ends: (() => void)[] = [];
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    smtp.incoming.push(async (message) => {
      await new Promise<void>((resolve) => ends.push(resolve));
      await mail('one')(message);
    });
    await world.main.spooler.notice(smtp.uid, { kind: 'newMail' });
    await world.submit('out', ['x@example.org']);
    await world.pass();
    deepStrictEqual(sentLines(smtp), ['out x@example.org']); // other work of the transport goes on meanwhile
    for (let call = 0; call < 50; call++) await world.main.spooler.notice(smtp.uid, { kind: 'newMail' });
    strictEqual(smtp.calls.filter((call) => call === 'start').length, 1);
    smtp.incoming.push(mail('two'));
    ends[0]?.();
    await world.pass();
    deepStrictEqual((await world.received('IPM.Note')).length, 2);
    const starts = smtp.calls.filter((call) => call === 'start').length;
    ok(starts <= 4, `${starts} calls of StartMessage`); // each of the two messages, and one that finds no more after each
  });

  test('XP-014: Idle is called where it was asked for, and while no transport has anything to do', async () => {
    const idler = new ScriptedTransport('idler', { idle: true, types: ['NONE'] });
    let end: (() => void) | undefined;
    const busy = new ScriptedTransport('busy', {
      onSubmit: () => new Promise<undefined>((resolve) => (end = () => resolve(undefined))),
    });
    const world = await World.started({ transports: [idler, busy] });
    const idles = (): number => idler.calls.filter((call) => call === 'idle').length;
    await world.submit('a', ['x@example.org']);
    await world.pass();
    const before = idles();
    await world.pass(5 * MINUTE);
    strictEqual(idles(), before);
    end?.();
    await world.pass(5 * MINUTE);
    ok(idles() > before);
    strictEqual(busy.calls.includes('idle'), false);
  });
});

describe('flushes', () => {
  test('SPOOL-082: FLUSH_FORCE reaches the transport', async () => {
    const told: unknown[] = [];
    const smtp = new ScriptedTransport('smtp', { onFlush: (options) => void told.push(options) });
    const world = await World.started({ transports: [smtp] });
    await world.main.spooler.flushQueues({ upload: true, force: true });
    await world.main.spooler.flushQueues({ upload: true });
    deepStrictEqual(told, [{ upload: true, force: true }, { upload: true }]);
  });

  test('SPOOL-087: a deferred message may be cancelled in the middle of a flush, before its transport has it', async () => {
    let entryId = new Uint8Array() as Uint8Array;
    const world = await World.make();
    const smtp = new ScriptedTransport('smtp', {
      outcome: (): Outcome['outcome'] => 'deferred',
      onEnd: () => 'dontResend',
      onFlush: () => cancelled.push(spooler.cancel(entryId)),
    });
    const cancelled: Promise<void>[] = [];
    world.transports = [smtp];
    const { spooler } = await world.process();
    await spooler.start();
    entryId = await world.submit('a', ['x@example.org']);
    await world.pass();
    const flushing = spooler.flushQueues({ upload: true });
    await world.pass();
    await flushing;
    await Promise.all(cancelled);
    strictEqual(await world.queued(), 0);
    ok(smtp.calls.includes('notify abortDeferred+cancelMessage'));
    await rejects(spooler.retry(Uint8Array.of(1)), { code: 'MAPI_E_NOT_IN_QUEUE' });
  });
});

test('SPOOL-002: the spooler knows who carries what, announces mail, prepares and clears up, reports, and keeps the state of each recipient', async () => {
  const steps: string[] = [];
  const smtp = new ScriptedTransport('smtp', {
    poll: true,
    outcome: (address): Outcome['outcome'] => (address.startsWith('bad') ? 'failed' : 'delivered'),
  });
  const fax = new ScriptedTransport('fax', { types: ['FAX'], outcome: () => 'deferred' });
  const world = await World.started({ transports: [smtp, fax] });
  await world.client.advise(null, fnevNewMail, { onNotify: () => void steps.push('announced') });
  const preprocessor = {
    preprocessMessage: async () => {
      steps.push('prepared');
      return { messages: [], undeliverable: [] };
    },
    removePreprocessInfo: async () => void steps.push('cleared up'),
  };
  world.main.spooler.registerPreprocessor(smtp.uid, { uid: null, addrType: 'SMTP', preprocessor });
  await world.submit('a', ['good@example.org', 'bad@example.org', 'FAX:1']);
  await world.pass();
  const [shown] = await world.main.spooler.outgoing();
  deepStrictEqual(
    shown?.recipients.map(({ state }) => state),
    ['sent', 'failed', 'waiting'],
  );
  strictEqual((await world.received('REPORT.IPM.Note.NDR')).length, 1);
  fax.script = { types: ['FAX'] };
  smtp.incoming.push(async (message) => message.saveChanges());
  await world.pass(5 * MINUTE);
  strictEqual(await world.queued(), 0);
  deepStrictEqual([...new Set(steps)].sort(), ['announced', 'cleared up', 'prepared']);
});
