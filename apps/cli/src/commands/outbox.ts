/** mapi outbox: the outgoing queue of every store of the profile. */
import {
  fileTimeToIso,
  MapiError,
  type OutgoingMessage,
  openDefaultStore,
  PR_SUBJECT,
  prop,
  type Spooler,
  toHex,
} from 'nodemapi';
import { type CommandSpec, EXIT_DONE, textArg, textOption, UsageError } from '../command.ts';
import type { Context, SessionInUse } from '../context.ts';
import { outgoingJson } from '../end-text.ts';
import { layOut, paint, printable } from '../terminal.ts';

function spoolerOf(use: SessionInUse): Spooler {
  if (use.spooler === undefined) throw new MapiError('MAPI_E_NO_SUPPORT', 'this session has no spooler');
  return use.spooler;
}

/** What is in the queues now. */
async function queueOf(use: SessionInUse): Promise<readonly OutgoingMessage[]> {
  return (await spoolerOf(use).outgoing()).filter((message) => message.state !== 'sent' && message.state !== 'failed');
}

function stateText(message: OutgoingMessage): string {
  const next = message.nextAttempt === null ? '' : ` until ${fileTimeToIso(message.nextAttempt)}`;
  return `${message.state}${message.state === 'waiting' ? next : ''}`;
}

function queueText(context: Context, queue: readonly OutgoingMessage[]): string {
  if (queue.length === 0) return 'The outgoing queue is empty.';
  const rows = queue.map((message) => [
    toHex(message.entryId).slice(-12),
    message.submitTime === null ? '' : fileTimeToIso(message.submitTime).slice(0, 19),
    stateText(message),
    String(message.attempts),
    message.subject || '(no subject)',
    message.reason ?? '',
  ]);
  return layOut(context.io.terminal, ['id', 'submitted', 'state', 'tries', 'subject', 'why'], rows);
}

/** Finds a queued message by its identifier, or by the end of it as the list shows it. */
async function findQueued(use: SessionInUse, text: string): Promise<OutgoingMessage> {
  const wanted = text.toLowerCase();
  if (!/^[0-9a-f]{4,}$/u.test(wanted))
    throw new UsageError(`"${text}" is no message of the queue: ids are hex, see mapi outbox`);
  const found = (await queueOf(use)).filter((message) => toHex(message.entryId).endsWith(wanted));
  const [message, second] = found;
  if (message === undefined)
    throw new MapiError('MAPI_E_NOT_IN_QUEUE', `no message of the outgoing queue has the id ${text}`);
  if (second !== undefined) throw new UsageError(`${found.length} messages end with ${text}; write more of the id`);
  return message;
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
    recipient.state,
    String(recipient.attempts),
    recipient.lastError ?? '',
  ]);
  return [...lines, '', layOut(context.io.terminal, ['recipient', 'state', 'tries', 'last error'], rows)].join('\n');
}

/** A command about one queued message. */
function aboutOne(
  name: string,
  summary: string,
  help: string,
  work: (use: SessionInUse, message: OutgoingMessage, context: Context) => Promise<string>,
): CommandSpec {
  return {
    usage: `outbox ${name} <id>`,
    summary,
    help,
    run: async (context, args) => {
      const { result } = await context.withSession({}, async (use) => {
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
  help: 'Lists every message of the outgoing queues with its state and the reason why it is there. The id is the end of the\nentry identifier, and enough for the other commands; --json has it whole.',
  isDefault: true,
  run: async (context) => {
    const { result: queue } = await context.withSession({}, queueOf);
    context.print({ queue: queue.map(outgoingJson) }, () => queueText(context, queue));
    return EXIT_DONE;
  },
};

const show: CommandSpec = {
  usage: 'outbox show <id>',
  summary: 'Show one message of the queue.',
  help: 'Shows one message of the outgoing queue: its state, why, the attempts, and the same for each recipient.',
  run: async (context, args) => {
    const { result: message } = await context.withSession({}, (use) => findQueued(use, textArg(args, 0)));
    context.print({ queue: [outgoingJson(message)] }, () => detailText(context, message));
    return EXIT_DONE;
  },
};

const edit: CommandSpec = {
  usage: 'outbox edit <id>',
  summary: 'Change the subject of a queued message.',
  help: 'Takes a message out of the queue, changes its subject and submits it again. It goes to the end of the queue.',
  options: [{ flags: '--subject <text>', description: 'new subject' }],
  run: async (context, args, options) => {
    const subject = textOption(options, 'subject');
    if (subject === undefined) throw new UsageError('say what to change: --subject TEXT');
    const { result: queue } = await context.withSession({}, async (use) => {
      const { entryId } = await findQueued(use, textArg(args, 0));
      await using store = await openDefaultStore(use.session);
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

export const OUTBOX_COMMANDS: readonly CommandSpec[] = [
  list,
  show,
  aboutOne(
    'retry',
    'Try a message again now.',
    'Makes a held or waiting message due now, tries it, and says what became of it.',
    async (use, message, context) => {
      await spoolerOf(use).retry(message.entryId);
      await spoolerOf(use).drain({
        only: [message.entryId],
        signal: AbortSignal.any([use.signal, AbortSignal.timeout(30_000)]),
      });
      const after = (await spoolerOf(use).outgoing()).find(
        (candidate) => toHex(candidate.entryId) === toHex(message.entryId),
      );
      return after === undefined ? 'the message has left the queue' : detailText(context, after);
    },
  ),
  aboutOne(
    'hold',
    'Hold a message.',
    'Stops trying to send a message until: mapi outbox retry ID.',
    async (use, message) => {
      await spoolerOf(use).hold(message.entryId);
      return `held; send it with: mapi outbox retry ${toHex(message.entryId).slice(-12)}`;
    },
  ),
  aboutOne(
    'cancel',
    'Take a message out of the queue.',
    'Takes a message out of the queue (AbortSubmit). It stays in the Outbox folder as a draft; nothing is deleted.',
    async (use, message) => {
      await spoolerOf(use).cancel(message.entryId);
      return 'taken out of the queue; the message stays in its folder as a draft';
    },
  ),
  edit,
];
