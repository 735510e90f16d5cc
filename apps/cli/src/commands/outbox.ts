/** mapi outbox: the outgoing queue of every store of the profile. */
import {
  type EntryId,
  type FileTime,
  fileTimeToIso,
  type IMsgStore,
  listStores,
  MapiError,
  type OutgoingMessage,
  PR_SUBJECT,
  prop,
  toHex,
} from 'nodemapi';
import { type CommandSpec, EXIT_DONE, textArg, textOption, UsageError } from '../command.ts';
import type { Context, SessionInUse } from '../context.ts';
import { outgoingJson, stateWord } from '../end-text.ts';
import { shortId, shortIds, theOneNamed } from '../short-id.ts';
import { checkStores, spoolerOf } from '../spooler.ts';
import { layOut, paint, printable } from '../terminal.ts';

/** A retry is waited for at most so long. */
const RETRY_WAIT_MS = 30_000;

/** What is in the queues now. */
async function queueOf(use: SessionInUse): Promise<readonly OutgoingMessage[]> {
  await checkStores(use.session);
  return (await spoolerOf(use).outgoing()).filter((message) => message.state !== 'sent' && message.state !== 'failed');
}

/** To the second: what people read. */
function timeText(time: FileTime | null): string {
  return time === null ? '' : `${fileTimeToIso(time).slice(0, 19).replace('T', ' ')}Z`;
}

function stateText(message: OutgoingMessage): string {
  const next = message.nextAttempt === null ? '' : ` until ${timeText(message.nextAttempt)}`;
  return `${stateWord(message.state)}${message.state === 'waiting' ? next : ''}`;
}

function queueText(context: Context, queue: readonly OutgoingMessage[]): string {
  if (queue.length === 0) return 'The outgoing queue is empty.';
  const ids = shortIds(queue.map((message) => toHex(message.entryId)));
  const rows = queue.map((message, index) => [
    ids[index] ?? '',
    timeText(message.submitTime),
    stateText(message),
    String(message.attempts),
    message.subject || '(no subject)',
    message.reason ?? '',
  ]);
  return layOut(context.io.terminal, ['id', 'submitted', 'state', 'tries', 'subject', 'why'], rows);
}

/** Finds a queued message by its identifier, or by the end of it as the list shows it. */
async function findQueued(use: SessionInUse, text: string): Promise<OutgoingMessage> {
  return theOneNamed(text, await queueOf(use), (message) => toHex(message.entryId), 'queued message');
}

function detailText(context: Context, message: OutgoingMessage): string {
  const time = (value: OutgoingMessage['submitTime']): string => (value === null ? '–' : fileTimeToIso(value));
  const facts: readonly (readonly [string, string])[] = [
    ['id', toHex(message.entryId)],
    ['subject', message.subject],
    ['message-id', message.internetMessageId ?? '–'],
    ['state', stateText(message)],
    ['why', message.reason ?? '–'],
    ['submitted', time(message.submitTime)],
    ['attempts', String(message.attempts)],
    ['next attempt', time(message.nextAttempt)],
    ['locked by', message.lockedBy ?? '–'],
  ];
  const lines = facts.map(
    ([name, value]) => `${paint(context.io.terminal, 'bold', name.padEnd(13))} ${printable(value)}`,
  );
  const rows = message.recipients.map((recipient) => [
    recipient.address,
    stateWord(recipient.state),
    String(recipient.attempts),
    recipient.lastError ?? '',
  ]);
  return [...lines, '', layOut(context.io.terminal, ['recipient', 'state', 'tries', 'last error'], rows)].join('\n');
}

/** A command about one queued message. */
interface OneMessage {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** Nothing is sent while the command works. */
  readonly onlyFlushes: boolean;
  /** Answers what to say. */
  readonly work: (use: SessionInUse, message: OutgoingMessage, context: Context) => Promise<string>;
}

function aboutOne({ name, summary, help, onlyFlushes, work }: OneMessage): CommandSpec {
  return {
    usage: `outbox ${name} <id>`,
    summary,
    help,
    run: async (context, args) => {
      const { result } = await context.withSession({ onlyFlushes }, async (use) => {
        const message = await findQueued(use, textArg(args, 0));
        const done = await work(use, message, context);
        return { done, queue: await queueOf(use) };
      });
      context.print({ queue: result.queue.map(outgoingJson) }, () => result.done);
      return EXIT_DONE;
    },
  };
}

const list: CommandSpec = {
  usage: 'outbox list',
  summary: 'List the outgoing queue.',
  help: 'Lists every message of the outgoing queues with its state and the reason why it is there. It only looks: nothing is\nsent. The id is the end of the entry identifier, and enough for the other commands; --json has it whole.',
  isDefault: true,
  run: async (context) => {
    const { result: queue } = await context.withSession({ onlyFlushes: true }, queueOf);
    context.print({ queue: queue.map(outgoingJson) }, () => queueText(context, queue));
    if (queue.length > 0) context.note('send what is due: mapi flush; more about one: mapi outbox show ID');
    return EXIT_DONE;
  },
};

const show: CommandSpec = {
  usage: 'outbox show <id>',
  summary: 'Show one message of the queue.',
  help: 'Shows one message of the outgoing queue: its state, why, the attempts, and the same for each recipient. It only\nlooks: nothing is sent.',
  run: async (context, args) => {
    const { result: message } = await context.withSession({ onlyFlushes: true }, (use) =>
      findQueued(use, textArg(args, 0)),
    );
    context.print({ queue: [outgoingJson(message)] }, () => detailText(context, message));
    return EXIT_DONE;
  },
};

const edit: CommandSpec = {
  usage: 'outbox edit <id>',
  summary: 'Change the subject of a queued message.',
  help: 'Takes a message out of the queue, changes its subject and submits it again. It goes to the end of the queue, and is\nsent by the next session, such as mapi flush.',
  options: [{ flags: '--subject <text>', description: 'new subject' }],
  run: async (context, args, options) => {
    const subject = textOption(options, 'subject');
    if (subject === undefined) throw new UsageError('say what to change: --subject TEXT');
    const { result: queue } = await context.withSession({ onlyFlushes: true }, async (use) => {
      const { entryId } = await findQueued(use, textArg(args, 0));
      await using store = await storeOf(use, entryId);
      await spoolerOf(use).cancel(entryId);
      await using message = await store.openEntry(entryId, { iid: 'IMessage', modify: true });
      await message.setProps([prop(PR_SUBJECT, subject)]);
      await message.submitMessage();
      return await queueOf(use);
    });
    context.print(
      { queue: queue.map(outgoingJson) },
      () => `${paint(context.io.terminal, 'green', '✓')} changed and submitted again`,
    );
    return EXIT_DONE;
  },
};

/** Opens the store that has the message; the caller releases it. */
async function storeOf(use: SessionInUse, entryId: EntryId): Promise<IMsgStore> {
  for (const row of await listStores(use.session)) {
    const store = await use.session.openMsgStore(row.entryId, { write: true });
    try {
      await using _message = await store.openEntry(entryId, { iid: 'IMessage' });
      return store;
    } catch (error) {
      await store.release();
      if (!MapiError.is(error)) throw error; // another store has it
    }
  }
  throw new MapiError('MAPI_E_NOT_FOUND', 'no message store has the message');
}

const retry = aboutOne({
  name: 'retry',
  summary: 'Try a message again now.',
  help: 'Makes a held or waiting message due now, tries it, and says what became of it. Other messages that are due are tried\ntoo.',
  onlyFlushes: false,
  work: async (use, { entryId }, context) => {
    const spooler = spoolerOf(use);
    await spooler.retry(entryId);
    await spooler.drain({
      only: [entryId],
      signal: AbortSignal.any([use.signal, AbortSignal.timeout(RETRY_WAIT_MS)]),
    });
    const after = (await spooler.outgoing()).find((candidate) => toHex(candidate.entryId) === toHex(entryId));
    return after === undefined ? 'the message has left the queue' : detailText(context, after);
  },
});

const hold = aboutOne({
  name: 'hold',
  summary: 'Hold a message.',
  help: 'Stops trying to send a message until: mapi outbox retry ID.',
  onlyFlushes: true,
  work: async (use, { entryId }) => {
    await spoolerOf(use).hold(entryId);
    return `held; send it with: mapi outbox retry ${shortId(toHex(entryId))}`;
  },
});

const cancel = aboutOne({
  name: 'cancel',
  summary: 'Take a message out of the queue.',
  help: 'Takes a message out of the queue (AbortSubmit). It stays in the Outbox folder as a draft; nothing is deleted.',
  onlyFlushes: true,
  work: async (use, { entryId }) => {
    await spoolerOf(use).cancel(entryId);
    return 'taken out of the queue; the message stays in its folder as a draft';
  },
});

export const OUTBOX_COMMANDS: readonly CommandSpec[] = [list, show, retry, hold, cancel, edit];
