import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import {
  fnevNewMail,
  type IMessage,
  MapiError,
  type NewMailNotification,
  PR_CONTAINER_CLASS,
  PR_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_SPOOLER_STATUS,
  PR_SUBJECT,
  prop,
  propOf,
  S_OK,
  type SaveChangesOptions,
  type StartMessageOptions,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ScriptedTransport } from './scripted-transport.testing.ts';
import { World } from './world.testing.ts';

const MINUTE = 60_000;

const mail =
  (subject: string, messageClass = 'IPM.Note') =>
  async (message: IMessage): Promise<void> => {
    await message.setProps([prop(PR_SUBJECT, subject), prop(PR_MESSAGE_CLASS, messageClass)]);
    await message.saveChanges();
  };

async function subjects(world: World, messageClass = 'IPM.Note'): Promise<readonly (string | undefined)[]> {
  return (await world.received(messageClass, [PR_SUBJECT])).map((row) => propOf(row, PR_SUBJECT)).sort();
}

async function listening(world: World): Promise<NewMailNotification[]> {
  const news: NewMailNotification[] = [];
  await world.client.advise(null, fnevNewMail, {
    onNotify: (list) => {
      for (const one of list) if (one.kind === 'newMail') news.push(one);
    },
  });
  return news;
}

/** The calls by which a spooler receives, with their first argument, in their order. */
const RECEIVING: ReadonlySet<PropertyKey> = new Set(['createMessage', 'saveChanges', 'notifyNewMail']);

/** An object that notes these calls, on what it answers as well. */
function noting<T extends object>(target: T, calls: (readonly [string, unknown])[]): T {
  return new Proxy(target, {
    get: (object, name) => {
      const value: unknown = Reflect.get(object, name, object);
      if (typeof value !== 'function') return value;
      if (name === 'addRef') return () => noting(Reflect.apply(value, object, []) as object, calls);
      return async (...args: readonly unknown[]) => {
        if (RECEIVING.has(name)) calls.push([String(name), args[0]]);
        const answer: unknown = await Reflect.apply(value, object, args);
        const opens = typeof answer === 'object' && answer !== null && 'iid' in answer;
        return opens ? noting(answer, calls) : answer;
      };
    },
  });
}

describe('receiving', () => {
  test('FOLDER-008: a store with rules is asked to apply them before anybody hears of the new mail', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.make({ transports: [smtp] });
    const calls: (readonly [string, unknown])[] = [];
    const { spooler } = await world.process({}, (store) => noting(store, calls));
    await spooler.start();
    smtp.incoming.push(mail('one'));
    await spooler.notice(smtp.uid, { kind: 'newMail' });
    await world.pass();
    deepStrictEqual(await subjects(world), ['one']);
    const [create, save, tell] = calls;
    deepStrictEqual(create, ['createMessage', { processRules: true }]);
    deepStrictEqual([save?.[0], (save?.[1] as SaveChangesOptions | undefined)?.fromTransport], ['saveChanges', true]);
    strictEqual(tell?.[0], 'notifyNewMail');
  });

  test('SPOOL-066, SPOOL-067, SPOOL-071, SPOOL-072: polled mail lies in the receive folder and is announced', async () => {
    const smtp = new ScriptedTransport('smtp', { poll: true });
    const world = await World.started({ transports: [smtp] });
    const news = await listening(world);
    await world.pass();
    strictEqual(smtp.calls.filter((call) => call === 'start').length, 0);
    smtp.incoming.push(mail('one'), mail('two'));
    await world.pass(MINUTE);
    deepStrictEqual(await subjects(world), ['one', 'two']);
    deepStrictEqual(
      news.map(({ messageClass }) => messageClass),
      ['IPM.Note', 'IPM.Note'],
    );
    const { entryId } = await world.client.getReceiveFolder('IPM.Note');
    deepStrictEqual(news[0]?.parentId, entryId);
    await using message = await world.client.openEntry(news[0]?.entryId ?? new Uint8Array(), { iid: 'IMessage' });
    const [status, subject] = (await message.getProps([PR_SPOOLER_STATUS, PR_SUBJECT])).values;
    deepStrictEqual([status ?? S_OK, subject], [S_OK, 'one']);
  });

  test('INIT-45: a transport that asks for it is called by the spooler when there is nothing to do', async () => {
    const asking = new ScriptedTransport('smtp', { idle: true });
    const other = new ScriptedTransport('fax');
    const world = await World.started({ transports: [asking, other] });
    await world.pass(10 * MINUTE);
    ok(asking.calls.filter((call) => call === 'idle').length >= 5);
    strictEqual(other.calls.includes('idle'), false);
  });

  test('SPOOL-067: a transport that did not ask for it is never polled', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    await world.pass(10 * MINUTE);
    strictEqual(smtp.calls.includes('poll'), false);
  });

  test('SPOOL-068: NEWMAIL is followed by StartMessage while the transport may receive, and ignored afterwards', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    smtp.incoming.push(mail('one'));
    await world.main.spooler.notice(smtp.uid, { kind: 'newMail' });
    await world.pass();
    deepStrictEqual(await subjects(world), ['one']);
    await world.main.spooler.notice(smtp.uid, { kind: 'criticalError', error: 'over' });
    smtp.incoming.push(mail('two'));
    await world.main.spooler.notice(smtp.uid, { kind: 'newMail' });
    await world.pass();
    deepStrictEqual(await subjects(world), ['one']);
  });

  test('SPOOL-069, SUPP-54, C-11: what is not saved is not delivered and not announced', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    const news = await listening(world);
    smtp.incoming.push(async (message) => {
      await message.setProps([prop(PR_SUBJECT, 'half')]);
    });
    await world.main.spooler.notice(smtp.uid, { kind: 'newMail' });
    await world.pass();
    deepStrictEqual([await subjects(world), news], [[], []]);
  });

  test('SPOOL-070: a partly filled message is dropped when the transport fails, which has it still', async () => {
    let fail = true;
    const smtp = new ScriptedTransport('smtp', { poll: true });
    const world = await World.started({ transports: [smtp] });
    smtp.incoming.push(async (message) => {
      await message.setProps([prop(PR_SUBJECT, 'one'), prop(PR_MESSAGE_CLASS, 'IPM.Note')]);
      if (fail) throw new MapiError('MAPI_E_NETWORK_ERROR', 'cut off');
      await message.saveChanges();
    });
    await world.pass(MINUTE);
    deepStrictEqual(await subjects(world), []);
    fail = false;
    await world.pass(MINUTE);
    deepStrictEqual(await subjects(world), ['one']);
  });

  test('mail that was saved before the transport failed is kept and announced', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    const news = await listening(world);
    smtp.incoming.push(async (message) => {
      await mail('one')(message);
      throw new Error('the connection would not close');
    });
    await world.main.spooler.notice(smtp.uid, { kind: 'newMail' });
    await world.pass();
    deepStrictEqual([await subjects(world), news.length], [['one'], 1]);
  });

  const from =
    (source: string, subject: string, stubborn = false) =>
    async (message: IMessage, { recognise }: StartMessageOptions): Promise<void> => {
      if ((await recognise?.(source)) !== true || stubborn) await mail(subject)(message);
    };

  test('a message that was saved before its source was told is not saved again, and the next one follows', async () => {
    const smtp = new ScriptedTransport('smtp', { poll: true });
    const world = await World.started({ transports: [smtp] });
    const news = await listening(world);
    smtp.incoming.push(from('a', 'one'), from('a', 'one'), from('b', 'two'));
    await world.pass(MINUTE);
    deepStrictEqual([await subjects(world), smtp.incoming.length, news.length], [['one', 'two'], 0, 2]);
  });

  test('a transport that saves what it was told to be known saves nothing', async () => {
    const smtp = new ScriptedTransport('smtp', { poll: true });
    const world = await World.started({ transports: [smtp] });
    smtp.incoming.push(from('a', 'one'), from('a', 'one', true));
    await world.pass(MINUTE);
    deepStrictEqual(await subjects(world), ['one']);
  });

  test('a store that remembers no sources gets the message again', async () => {
    const smtp = new ScriptedTransport('smtp', { poll: true });
    const world = await World.make({ transports: [smtp] });
    const { spooler } = await world.process({}, (store) => Object.assign(store, { saveReceived: undefined }));
    await spooler.start();
    smtp.incoming.push(from('a', 'one'), from('a', 'one'));
    await world.pass(MINUTE);
    deepStrictEqual(await subjects(world), ['one', 'one']);
  });

  test('a message of a class with a folder of its own lies there when it is announced', async () => {
    const smtp = new ScriptedTransport('smtp');
    const world = await World.started({ transports: [smtp] });
    const news = await listening(world);
    await using outbox = await world.outbox();
    await using folder = await outbox.createFolder('Special');
    await folder.setProps([prop(PR_CONTAINER_CLASS, 'IPF.Note')]);
    const [folderId] = (await folder.getProps([PR_ENTRYID])).values;
    await world.client.setReceiveFolder('IPM.Special', folderId ?? null);
    smtp.incoming.push(mail('one', 'IPM.Special.Kind'), mail('two'));
    await world.main.spooler.notice(smtp.uid, { kind: 'newMail' });
    await world.pass();
    deepStrictEqual(await subjects(world, 'IPM.Special.Kind'), ['one']);
    deepStrictEqual(await subjects(world), ['two']);
    deepStrictEqual(news[0]?.parentId, folderId);
    await using message = await world.client.openEntry(news[0]?.entryId ?? new Uint8Array(), { iid: 'IMessage' });
    strictEqual((await message.getProps([PR_SUBJECT])).values[0], 'one');
  });

  test('SPOOL-062, SUPP-43: nothing is polled while a critical section is open', async () => {
    const smtp = new ScriptedTransport('smtp', { poll: true });
    const world = await World.started({ transports: [smtp] });
    const polls = () => smtp.calls.filter((call) => call === 'poll').length;
    await world.pass();
    await world.main.spooler.notice(smtp.uid, { kind: 'critSec' });
    const before = polls();
    await world.pass(5 * MINUTE);
    strictEqual(polls(), before);
    await world.main.spooler.notice(smtp.uid, { kind: 'nonCrit' });
    await world.pass(MINUTE);
    strictEqual(polls(), before + 1);
  });

  test('SPOOL-064, SUPP-44: mail that a store has received by itself is announced in that store', async () => {
    const world = await World.started();
    const news = await listening(world);
    const draft = await world.draft('coupled', ['x@example.org']);
    await draft.saveChanges({ keepOpenReadWrite: true });
    const [entryId = new Uint8Array()] = (await draft.getProps([PR_ENTRYID])).values;
    await draft.release();
    const notification = {
      kind: 'newMail',
      entryId,
      parentId: entryId,
      messageClass: 'IPM.Note',
      messageFlags: 0,
    } as const;
    await world.main.spooler.notice(undefined, { kind: 'newMailReceived', notification });
    await world.pass();
    deepStrictEqual(
      news.map((one) => one.entryId),
      [entryId],
    );
  });
});
