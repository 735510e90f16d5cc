import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { RefCounted, type SpoolerHook } from '@nodemapi/kit';
import {
  type EntryId,
  fnevNewMail,
  type HookAnswer,
  type HookContext,
  HRESULTS,
  type IMessage,
  type ISpoolerHook,
  type MapiErrorCode,
  type NewMailNotification,
  type OutgoingStore,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_IPM_SENTMAIL_ENTRYID,
  PR_IPM_WASTEBASKET_ENTRYID,
  PR_SENTMAIL_ENTRYID,
  PR_SPOOLER_STATUS,
  PR_SUBJECT,
  type PropTag,
  prop,
  propOf,
  supportsOutgoing,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { overlaid, World, type WorldOptions } from './world.testing.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const SENT_HOME = PR_IPM_SENTMAIL_ENTRYID;
const NO_ID: EntryId = new Uint8Array();
const ELSEWHERE = PR_IPM_WASTEBASKET_ENTRYID;

type Behaviour = (message: IMessage, context: HookContext, direction: string) => Promise<HookAnswer> | HookAnswer;

class TestHook extends RefCounted implements ISpoolerHook {
  readonly iid = 'ISpoolerHook';
  readonly #behaviour: Behaviour;

  constructor(behaviour: Behaviour) {
    super();
    this.#behaviour = behaviour;
  }

  async inboundMsgHook(message: IMessage, context: HookContext): Promise<HookAnswer> {
    return this.#behaviour(message, context, 'inbound');
  }

  async outboundMsgHook(message: IMessage, context: HookContext): Promise<HookAnswer> {
    return this.#behaviour(message, context, 'outbound');
  }
}

const hook = (displayName: string, behaviour: Behaviour, use: Partial<SpoolerHook> = {}): SpoolerHook => ({
  ...{ displayName, hook: new TestHook(behaviour), inbound: true, outbound: true },
  ...use,
});

async function worldWith(hooks: readonly SpoolerHook[], given: WorldOptions = {}) {
  const smtp = new ScriptedTransport('smtp', { poll: true });
  const world = await World.started({ transports: [smtp], ...given, hooks });
  await world.pass();
  return { world, smtp };
}

async function folderId(world: World, tag: PropTag<Uint8Array>): Promise<EntryId> {
  return (await world.client.getProps([tag])).values[0] as EntryId;
}

async function subjectsIn(world: World, id: EntryId): Promise<readonly (string | undefined)[]> {
  await using folder = await world.client.openEntry(id, { iid: 'IMAPIFolder' });
  await using table = await folder.getContentsTable();
  await table.setColumns([PR_SUBJECT]);
  return (await table.queryRows(100)).map((row) => propOf(row, PR_SUBJECT));
}

const inbox = async (world: World): Promise<EntryId> => (await world.client.getReceiveFolder('IPM.Note')).entryId;

const mail =
  (subject: string, saved: (message: IMessage) => Promise<void> = async () => {}) =>
  async (message: IMessage): Promise<void> => {
    await message.setProps([prop(PR_SUBJECT, subject)]);
    await message.saveChanges();
    await saved(message);
  };

async function sendOne(world: World): Promise<EntryId> {
  const sentMail = await folderId(world, SENT_HOME);
  return world.submit('a', ['x@example.org'], [prop(PR_SENTMAIL_ENTRYID, sentMail)]);
}

describe('inbound hooks', () => {
  test('SPOOL-074: message, folder and store are told, and what the hook changes is saved', async () => {
    const seen: unknown[] = [];
    const tag = hook('tag', async (message, { folder, store }) => {
      const [name] = (await folder.getProps([PR_DISPLAY_NAME])).values;
      const [subject, entryId] = (await message.getProps([PR_SUBJECT, PR_ENTRYID])).values;
      seen.push(name, subject, (await store.getReceiveFolder('IPM.Note')).entryId.length > 0, entryId);
      await message.setProps([prop(PR_SUBJECT, `[seen] ${subject}`)]);
      await message.release(); // it is not the hook's
      return {};
    });
    const { world, smtp } = await worldWith([tag]);
    smtp.incoming.push(mail('one'));
    await world.pass(MINUTE);
    deepStrictEqual(await subjectsIn(world, await inbox(world)), ['[seen] one']);
    deepStrictEqual(seen.slice(0, 3), ['Inbox', 'one', true]);
  });

  test('SPOOL-075: HOOK_DELETE drops the message, which its transport sees, and the next one is taken at once', async () => {
    const status: unknown[] = [];
    const drop = hook('drop', async (message) => ({
      delete: (await message.getProps([PR_SUBJECT])).values[0] === 'spam',
    }));
    const { world, smtp } = await worldWith([drop]);
    const news: NewMailNotification[] = [];
    await world.client.advise(null, fnevNewMail, { onNotify: (list) => void news.push(...(list as typeof news)) });
    const look = async (message: IMessage): Promise<void> =>
      void status.push((await message.getProps([PR_SPOOLER_STATUS])).values[0]);
    smtp.incoming.push(mail('spam', look), mail('ham', look));
    await world.pass(MINUTE);
    deepStrictEqual(await subjectsIn(world, await inbox(world)), ['ham']);
    deepStrictEqual([news.length, smtp.incoming.length], [1, 0]);
    deepStrictEqual(status, [HRESULTS.MAPI_E_OBJECT_DELETED | 0, 0]);
  });

  test('SPOOL-075: HOOK_CANCEL ends the row of hooks; before it each sees what the others have decided', async () => {
    const calls: string[] = [];
    const elsewhere = { id: NO_ID };
    const first = hook('first', () => ({ target: elsewhere.id }));
    const second = hook('second', (_, { delete: drop, target }) => {
      calls.push(`second ${drop} ${target === elsewhere.id}`);
      return { cancel: true };
    });
    const third = hook('third', () => void calls.push('third') as never);
    const { world, smtp } = await worldWith([first, second, third]);
    elsewhere.id = await folderId(world, ELSEWHERE);
    smtp.incoming.push(mail('one'));
    await world.pass(MINUTE);
    deepStrictEqual(calls, ['second false true']);
    deepStrictEqual(await subjectsIn(world, elsewhere.id), ['one']);
    deepStrictEqual(await subjectsIn(world, await inbox(world)), []);
  });

  test('SPOOL-075: only hooks registered for it are asked', async () => {
    const calls: string[] = [];
    const note =
      (name: string): Behaviour =>
      (_message, _context, direction) => {
        calls.push(`${name} ${direction}`);
        return {};
      };
    const { world, smtp } = await worldWith([
      hook('in', note('in'), { outbound: false }),
      hook('out', note('out'), { inbound: false }),
    ]);
    smtp.incoming.push(mail('one'));
    await sendOne(world);
    await world.pass(MINUTE);
    deepStrictEqual(calls.sort(), ['in inbound', 'out outbound']);
  });

  test('one that throws, answers nonsense or names a folder that is not there loses no mail', async () => {
    const answers = [7, { target: 'folder' }, { delete: 'yes' }, { target: Uint8Array.of(1, 2, 3) }, null] as const;
    const odd = answers.map((answer, index) => hook(`odd ${index}`, () => answer as never));
    const throwing = hook('throwing', () => {
      throw new Error('broken');
    });
    const { world, smtp } = await worldWith([throwing, ...odd]);
    smtp.incoming.push(mail('one'));
    await sendOne(world);
    await world.pass(MINUTE);
    deepStrictEqual(await subjectsIn(world, await inbox(world)), ['one']);
    deepStrictEqual(await subjectsIn(world, await folderId(world, SENT_HOME)), ['a']);
    const failed = world.log.entries.filter(({ event }) => event === 'messaging hook failed');
    deepStrictEqual(new Set(failed.map(({ fields }) => fields.hook)), new Set(['throwing', 'odd 0', 'odd 1', 'odd 2']));
  });

  test('one that hangs is waited for once, can do nothing more, and is passed over until it comes back', async () => {
    const ends: (() => void)[] = [];
    const late: MapiErrorCode[] = [];
    let calls = 0;
    const slow = hook('slow', async (message, { signal }) => {
      if (calls++ > 0) return {};
      await new Promise<void>((resolve) => ends.push(resolve));
      ok(signal.aborted);
      await message.setProps([prop(PR_SUBJECT, 'late')]).catch((error) => void late.push(error.code));
      return { delete: true };
    });
    const { world, smtp } = await worldWith([slow], {
      options: { hookTimeoutMs: 10 * SECOND, pollIntervalMs: MINUTE },
    });
    smtp.incoming.push(mail('one'), mail('two'));
    await world.pass(MINUTE);
    deepStrictEqual(await subjectsIn(world, await inbox(world)), []);
    await world.pass(10 * SECOND);
    await world.pass();
    deepStrictEqual([...(await subjectsIn(world, await inbox(world)))].sort(), ['one', 'two']);
    strictEqual(calls, 1);
    ends[0]?.();
    await world.pass();
    deepStrictEqual(late, ['MAPI_E_INVALID_OBJECT']);
    smtp.incoming.push(mail('three'));
    await world.pass(MINUTE);
    strictEqual(calls, 2);
    strictEqual((await subjectsIn(world, await inbox(world))).length, 3);
  });

  test('SPOOL-064: mail that a store has received itself is seen, then announced where it is', async () => {
    const elsewhere = { id: NO_ID };
    const sort = hook('sort', async (message) => {
      await message.setProps([prop(PR_BODY, 'sorted')]);
      const [subject] = (await message.getProps([PR_SUBJECT])).values;
      return subject === 'spam' ? { delete: true } : { target: elsewhere.id };
    });
    const { world } = await worldWith([sort]);
    elsewhere.id = await folderId(world, ELSEWHERE);
    const news: NewMailNotification[] = [];
    await world.client.advise(null, fnevNewMail, { onNotify: (list) => void news.push(...(list as typeof news)) });
    for (const subject of ['spam', 'ham']) {
      const parentId = await inbox(world);
      await using folder = await world.client.openEntry(parentId, { iid: 'IMAPIFolder', modify: true });
      await using message = await folder.createMessage();
      await message.setProps([prop(PR_SUBJECT, subject)]);
      await message.saveChanges({ keepOpenReadOnly: true });
      const [entryId = new Uint8Array()] = (await message.getProps([PR_ENTRYID])).values;
      const notification = { kind: 'newMail', entryId, parentId, messageClass: 'IPM.Note', messageFlags: 0 } as const;
      await world.main.spooler.notice(undefined, { kind: 'newMailReceived', notification });
    }
    await world.pass();
    deepStrictEqual(await subjectsIn(world, await inbox(world)), []);
    deepStrictEqual(await subjectsIn(world, elsewhere.id), ['ham']);
    deepStrictEqual(
      news.map(({ parentId }) => parentId),
      [elsewhere.id],
    );
    await using told = await world.client.openEntry(news[0]?.entryId ?? new Uint8Array(), { iid: 'IMessage' });
    deepStrictEqual((await told.getProps([PR_BODY])).values, ['sorted']);
  });
});

describe('outbound hooks', () => {
  test('SPOOL-077: are asked after the transmission, before the message is filed, with the message in its folder', async () => {
    const order: string[] = [];
    const note = hook('note', async (message, { folder }) => {
      const [name] = (await folder.getProps([PR_DISPLAY_NAME])).values;
      order.push(`hook in ${name}, ${await world.queued()} queued`);
      await message.setProps([prop(PR_SUBJECT, 'archived')]);
      await rejects(message.submitMessage(), { code: 'MAPI_E_NO_SUPPORT' });
      return {};
    });
    const { world, smtp } = await worldWith([note]);
    smtp.script = {
      onEnd: () => {
        order.push('sent');
        return 'sent';
      },
    };
    await sendOne(world);
    await world.pass();
    deepStrictEqual(order, ['sent', 'hook in Outbox, 1 queued']);
    deepStrictEqual(await subjectsIn(world, await folderId(world, SENT_HOME)), ['archived']);
  });

  test('SPOOL-076: another target takes the place of PR_SENTMAIL_ENTRYID, HOOK_DELETE of both', async () => {
    for (const [answer, sent, wastebasket] of [
      ['target', [], ['a']],
      ['delete', [], []],
      ['nothing', ['a'], []],
    ] as const) {
      const target = { id: NO_ID };
      const decide = hook('decide', () =>
        answer === 'nothing' ? {} : answer === 'delete' ? { delete: true, target: target.id } : { target: target.id },
      );
      const { world, smtp } = await worldWith([decide]);
      target.id = await folderId(world, ELSEWHERE);
      await sendOne(world);
      await world.pass();
      strictEqual(smtp.sent.length, 1);
      deepStrictEqual(await subjectsIn(world, await folderId(world, SENT_HOME)), sent, answer);
      deepStrictEqual(await subjectsIn(world, target.id), wastebasket, answer);
      strictEqual(await world.queued(), 0);
    }
  });

  test('one that hangs delays the filing, never the record that the message was sent', async () => {
    const hang = hook('hang', () => new Promise<never>(() => {}));
    const { world, smtp } = await worldWith([hang], { options: { hookTimeoutMs: 10 * SECOND } });
    await sendOne(world);
    await world.pass();
    deepStrictEqual([smtp.sent.length, await world.queued()], [1, 1]);
    const [row] = await world.main.spooler.outgoing();
    deepStrictEqual(
      row?.recipients.map(({ state }) => state),
      ['sent'],
    );
    await world.pass(10 * SECOND);
    deepStrictEqual(await subjectsIn(world, await folderId(world, SENT_HOME)), ['a']);
    strictEqual(smtp.sent.length, 1);
  });

  test('a process that dies after the hooks asks them again, and sends nothing twice', async () => {
    const asked: string[] = [];
    const note = hook('note', (message) => {
      asked.push('asked');
      return message === undefined ? {} : {};
    });
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp], hooks: [note] });
    const dying = await world.process({}, (store) =>
      overlaid(store, {
        addRef: () => overlaid(store, { finishOutgoing: () => new Promise<never>(() => {}) }),
      }),
    );
    await dying.spooler.start();
    await sendOne(world);
    await world.pass();
    deepStrictEqual([smtp.sent.length, asked.length, await world.queued()], [1, 1, 1]);
    const next = await world.process();
    await next.spooler.start();
    await world.pass(3 * MINUTE);
    deepStrictEqual([smtp.sent.length, asked.length, await world.queued()], [1, 2, 0]);
  });
});

describe('IMAPISupport::DoSentMail', () => {
  test('SPOOL-077, SUBMIT-050: has the hooks look at what a store files by itself, and saves their changes', async () => {
    const target = { id: NO_ID };
    const change = hook('change', async (message) => {
      await message.setProps([prop(PR_SUBJECT, 'changed')]);
      return { target: target.id };
    });
    const { world } = await worldWith([change]);
    target.id = await folderId(world, ELSEWHERE);
    await using message = await world.draft('a', []);
    await message.saveChanges({ keepOpenReadWrite: true });
    deepStrictEqual(await world.main.spooler.sentMail(message), { delete: false, target: target.id });
    deepStrictEqual(await subjectsIn(world, await folderId(world, PR_IPM_OUTBOX_ENTRYID)), ['changed']);
  });

  test('SPOOL-077: does not ask them again about a message that the spooler is filing', async () => {
    let asked = 0;
    const wishes: unknown[] = [];
    const count = hook('count', () => {
      asked++;
      return { delete: true };
    });
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp], hooks: [count] });
    const process = await world.process({}, (store) => {
      const filing: typeof store = overlaid(store, {
        addRef: () => filing,
        finishOutgoing: async (...args: Parameters<OutgoingStore['finishOutgoing']>) => {
          ok(supportsOutgoing(store));
          await using message = await store.openEntry(args[0], { iid: 'IMessage', modify: true });
          wishes.push(await process.spooler.sentMail(message));
          await store.finishOutgoing(...args);
        },
      });
      return filing;
    });
    await process.spooler.start();
    await sendOne(world);
    await world.pass();
    deepStrictEqual([asked, wishes], [1, [{}]]);
  });
});
