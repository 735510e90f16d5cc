/** mapi outbox: the outgoing queue of every store of the profile. */
import {
  type EntryId,
  type FileTime,
  type FinishedOutgoing,
  fileTimeToIso,
  fromHex,
  type IMessage,
  MAPI_BCC,
  MAPI_CC,
  MAPI_TO,
  type OutgoingEvent,
  type OutgoingMessage,
  outgoingStateNumber,
  PR_RECIPIENT_TYPE,
  PR_ROWID,
  PR_SPOOLER_STATE,
  PR_SUBJECT,
  prop,
  propOf,
  queryAllRows,
  recipientKind,
  recipientRow,
  toHex,
} from 'nodemapi';
import {
  type CommandSpec,
  EXIT_DONE,
  EXIT_INTERRUPTED,
  numberOption,
  textArg,
  textOption,
  UsageError,
} from '../command.ts';
import type { Context, SessionInUse } from '../context.ts';
import { storeOf, submitDraft } from '../drafts.ts';
import { errorText, outgoingJson, stateWord } from '../end-text.ts';
import { fatesOf, finishedJson, historyJson, historyText, processText } from '../outbox-history.ts';
import { watchOutbox } from '../outbox-watch.ts';
import { namedRecipients, type ResolvedRecipients, resolveRecipients } from '../recipients.ts';
import { resendMessage } from '../resend.ts';
import { exitCodeOf } from '../send-report.ts';
import { checkIdText, shortId, shortIds, theOneNamed } from '../short-id.ts';
import { checkStores, spoolerOf } from '../spooler.ts';
import { inColumns, layOut, paint, printable } from '../terminal.ts';

/** Messages that are listed at a time, unless somebody asks for more. */
const listedMax = 1000;
/** A retry is waited for at most so long. */
const RETRY_WAIT_MS = 30_000;

/** What is in the queues now, of a deep one the first messages; for programs alone, which get it by `--json`. */
async function queueOf(context: Context, use: SessionInUse): Promise<readonly OutgoingMessage[]> {
  return context.json ? spoolerOf(use).queue.page({ countMax: listedMax }) : [];
}

/** Messages of the queues whose identifiers end so; the first few, if there are many. */
async function queuedAs(use: SessionInUse, text: string): Promise<readonly OutgoingMessage[]> {
  checkIdText(text);
  await checkStores(use.session);
  const { queue } = spoolerOf(use);
  const found = [...(await queue.of(wholeId(text))), ...(await queue.find(text))];
  const byId = new Map(found.map((message) => [toHex(message.entryId), message]));
  return [...byId.values()].filter(({ state }) => state !== 'sent' && state !== 'failed');
}

/** To the second: what people read. */
function timeText(time: FileTime | null): string {
  return time === null ? '' : `${fileTimeToIso(time).slice(0, 19).replace('T', ' ')}Z`;
}

function stateText(message: OutgoingMessage): string {
  const next = message.nextAttempt === null ? '' : ` until ${timeText(message.nextAttempt)}`;
  if (message.state === 'unknown' && message.nextAttempt !== null)
    return `${stateWord(message.state)}; again at ${timeText(message.nextAttempt)}`;
  return `${stateWord(message.state)}${message.state === 'waiting' ? next : ''}`;
}

/** @param total messages in the queue, of which these are a page */
function queueText(context: Context, queue: readonly OutgoingMessage[], total: number): string {
  if (total === 0) return 'The outgoing queue is empty.';
  if (queue.length === 0) return 'No message of the outgoing queue is shown.';
  const ids = shortIds(queue.map((message) => toHex(message.entryId)));
  const rows = queue.map((message, index) => [
    ids[index] ?? '',
    timeText(message.submitTime),
    stateText(message),
    String(message.attempts),
    message.subject || '(no subject)',
    errorText({ state: message.state, lastError: message.reason }),
  ]);
  return layOut(context.io.terminal, ['id', 'submitted', 'state', 'tries', 'subject', 'why'], rows);
}

/** A text that is long enough to be a whole identifier needs no search. */
function wholeId(text: string): readonly EntryId[] {
  return /^(?:[0-9a-f]{2}){24,}$/u.test(text) ? [fromHex(text)] : [];
}

/** Finds a queued message by its identifier, or by the end of it as the list shows it. */
async function findQueued(use: SessionInUse, text: string): Promise<OutgoingMessage> {
  return theOneNamed(text, await queuedAs(use, text), (message) => toHex(message.entryId), 'queued message');
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
    ['locked by', message.lockedBy === null ? '–' : processText(message.lockedBy)],
  ];
  const lines = facts.map(
    ([name, value]) => `${paint(context.io.terminal, 'bold', name.padEnd(13))} ${printable(value)}`,
  );
  const rows = message.recipients.map((recipient) => [
    recipient.address,
    stateWord(recipient.state),
    String(recipient.attempts),
    errorText(recipient),
  ]);
  return [...lines, '', inColumns(context.io.terminal, ['recipient', 'state', 'tries', 'last error'], rows)].join('\n');
}

/** A command about one queued message. */
interface OneMessage {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** Answers what to say. */
  readonly work: (use: SessionInUse, message: OutgoingMessage) => Promise<string>;
}

/** Nothing is sent while such a command works. */
function aboutOne({ name, summary, help, work }: OneMessage): CommandSpec {
  return {
    usage: `outbox ${name} <id>`,
    summary,
    help,
    run: async (context, args) => {
      const { result } = await context.withSession({ onlyFlushes: true }, async (use) => {
        const done = await work(use, await findQueued(use, textArg(args, 0)));
        return { done, queue: await queueOf(context, use) };
      });
      context.print({ queue: result.queue.map(outgoingJson) }, () => result.done);
      return EXIT_DONE;
    },
  };
}

const list: CommandSpec = {
  usage: 'outbox list',
  summary: 'List the outgoing queue.',
  help: 'Lists every message of the outgoing queues with its state and the reason why it is there. It only looks: nothing is\nsent. The id is the end of the entry identifier, and enough for the other commands; --json has it whole. Of a queue of\nmore than --limit messages the first ones are listed; the total has them all.\n\n--watch shows the queue as it changes, whichever process changes it, until it is interrupted: on a terminal it draws over\nitself, elsewhere it prints a line for each change, with --json lines of JSON: {time,event,message}, where event is queued,\nchanged or left (then with its fate: sent, failed or cancelled), and {time,event:"counts",counts} by state.\n\nExit codes: 0 done; 130 after --watch.',
  isDefault: true,
  options: [
    { flags: '--watch', description: 'show the queue as it changes' },
    { flags: '--limit <n>', description: `messages at most; ${listedMax} if not given` },
    { flags: '--offset <n>', description: 'so many messages are left out first' },
  ],
  run: async (context, _args, options) => {
    const limit = numberOption(options, 'limit') ?? listedMax;
    const offset = numberOption(options, 'offset') ?? 0;
    if (options.watch === true) {
      await context.withSession({ onlyFlushes: true }, async (use) => {
        await checkStores(use.session);
        await watchOutbox(context, spoolerOf(use).queue, { limit, signal: use.signal });
      });
      return EXIT_INTERRUPTED;
    }
    const { result } = await context.withSession({ onlyFlushes: true }, async (use) => {
      await checkStores(use.session);
      const view = spoolerOf(use).queue;
      const counts = await view.counts();
      const total = counts.reduce((sum, { messages }) => sum + messages, 0);
      return { queue: await view.page({ offset, countMax: limit }), total };
    });
    const { queue, total } = result;
    context.print({ queue: queue.map(outgoingJson), total }, () => queueText(context, queue, total));
    if (total > queue.length) context.note(`${queue.length} of ${total} messages; see --limit and --offset`);
    if (queue.length > 0) context.note('send what is due: mapi flush; more about one: mapi outbox show ID');
    return EXIT_DONE;
  },
};

/** A message that is queued, or has left the queue. */
type Known = { readonly queued: OutgoingMessage } | { readonly finished: FinishedOutgoing };

/** Finds a message by its identifier, or the end of it: in the queue, or among what has left it. */
async function findKnown(use: SessionInUse, text: string): Promise<Known> {
  const queued = (await queuedAs(use, text)).map((message): Known => ({ queued: message }));
  const ids = new Set(queued.map(idOf));
  const finished = (await spoolerOf(use).queue.findFinished(text)).map((message): Known => ({ finished: message }));
  const all = [...queued, ...finished.filter((one) => !ids.has(idOf(one)))];
  return theOneNamed(text, all, idOf, 'message of the queue, and none that has left it lately');
}

function idOf(known: Known): string {
  return toHex('queued' in known ? known.queued.entryId : known.finished.entryId);
}

const show: CommandSpec = {
  usage: 'outbox show <id>',
  summary: 'Show one message of the queue, and its history.',
  help: 'Shows one message of the outgoing queue: its state, why, the attempts, the same for each recipient, and its history: who\ndid what and when, what servers answered for whom, until when it waited and why. It only looks: nothing is sent.\n\nThe history of a message that has left the queue is kept for 30 days, of the last 10,000 messages; see them with: mapi\noutbox finished. Of a very long history the middle is left out, which is said.',
  run: async (context, args) => {
    const { result } = await context.withSession({ onlyFlushes: true }, async (use) => {
      const known = await findKnown(use, textArg(args, 0));
      const entryId = 'queued' in known ? known.queued.entryId : known.finished.entryId;
      return { known, events: await spoolerOf(use).queue.history(entryId) };
    });
    const { known, events } = result;
    const facts =
      'queued' in known ? outgoingJson(known.queued) : { ...finishedJson(known.finished), recipients: fatesOf(events) };
    context.print({ queue: [{ ...facts, history: historyJson(events) }] }, () => {
      const text =
        'queued' in known ? detailText(context, known.queued) : finishedText(context, known.finished, events);
      return events.length === 0 ? text : `${text}\n\n${historyText(events)}`;
    });
    return EXIT_DONE;
  },
};

function finishedText(context: Context, message: FinishedOutgoing, events: readonly OutgoingEvent[]): string {
  const facts: readonly (readonly [string, string])[] = [
    ['id', toHex(message.entryId)],
    ['subject', message.subject],
    ['message-id', message.internetMessageId ?? '–'],
    ['state', message.state],
    ['submitted', timeText(message.submitTime) || '–'],
    ['left queue', timeText(message.finishedTime)],
    ['attempts', String(message.attempts)],
  ];
  const lines = facts.map(
    ([name, value]) => `${paint(context.io.terminal, 'bold', name.padEnd(13))} ${printable(value)}`,
  );
  const fates = fatesOf(events);
  if (fates.length === 0) return lines.join('\n');
  const rows = fates.map(({ address, state, lastError, perhapsTwice }) => [
    address,
    stateWord(state),
    perhapsTwice ? 'perhaps twice: an attempt before may have been sent, too' : (lastError ?? ''),
  ]);
  return [...lines, '', inColumns(context.io.terminal, ['recipient', 'state', 'what was answered'], rows)].join('\n');
}

const finished: CommandSpec = {
  usage: 'outbox finished',
  summary: 'List what has left the queue.',
  help: 'Lists the messages that have left the outgoing queue, the latest first: sent, failed or cancelled. They are remembered\nfor 30 days, the last 10,000 of each store. Their history: mapi outbox show ID.',
  options: [{ flags: '--limit <n>', description: 'messages at most; 100 if not given' }],
  run: async (context, _args, options) => {
    const limit = numberOption(options, 'limit') ?? 100;
    const { result } = await context.withSession({ onlyFlushes: true }, async (use) => {
      await checkStores(use.session);
      return spoolerOf(use).queue.finished(limit);
    });
    context.print({ finished: result.map(finishedJson) }, () => {
      if (result.length === 0) return 'Nothing has left the queue lately.';
      const ids = shortIds(result.map((message) => toHex(message.entryId)));
      const rows = result.map((message, index) => [
        ids[index] ?? '',
        timeText(message.finishedTime),
        message.state,
        String(message.attempts),
        message.subject || '(no subject)',
      ]);
      return layOut(context.io.terminal, ['id', 'left queue', 'state', 'tries', 'subject'], rows);
    });
    return EXIT_DONE;
  },
};

const resend: CommandSpec = {
  usage: 'outbox resend <id>',
  summary: 'Send a message again that has left the queue.',
  help: 'Submits a copy of a message that was sent, has failed or was cancelled, to those recipients who did not get it; the old one stays as it\nis. It is sent by the next session, such as mapi flush. The copy has a Message-ID of its own.',
  options: [{ flags: '--all', description: 'to everybody, also to those who got it' }],
  run: async (context, args, options) => {
    const { result } = await context.withSession({ onlyFlushes: true }, async (use) => {
      const known = await findKnown(use, textArg(args, 0));
      if ('queued' in known)
        throw new UsageError('the message is in the queue; try it again with: mapi outbox retry ID');
      const entryId = await resendMessage(use, known.finished.entryId, options.all === true);
      return { id: toHex(entryId), queue: await queueOf(context, use) };
    });
    const id = shortId(result.id);
    context.print(
      { queue: result.queue.map(outgoingJson) },
      () => `submitted again as ${id}; see: mapi outbox show ${id}`,
    );
    return EXIT_DONE;
  },
};

const edit: CommandSpec = {
  usage: 'outbox edit <id>',
  summary: 'Change the subject or the recipients of a queued message.',
  help: 'Takes a message out of the queue, changes it and submits it again: it goes to the end of the queue, and is sent by\nthe next session, such as mapi flush. A message that is held is held all the time, until: mapi outbox retry ID. Recipients replace\nthose of their kind.',
  options: [
    { flags: '--subject <text>', description: 'new subject' },
    { flags: '--to <who>', description: 'new recipients: addresses or names, as for mapi send', repeat: true },
    { flags: '--cc <who>', description: 'new recipients of copies', repeat: true },
    { flags: '--bcc <who>', description: 'new recipients of blind copies', repeat: true },
  ],
  run: async (context, args, options) => {
    const subject = textOption(options, 'subject');
    const named = namedRecipients(options);
    if (subject === undefined && named.to.length + named.cc.length + named.bcc.length === 0)
      throw new UsageError('say what to change: --subject TEXT, --to WHO, --cc WHO or --bcc WHO');
    const { result } = await context.withSession({ onlyFlushes: true }, async (use) => {
      const { entryId, state } = await findQueued(use, textArg(args, 0));
      const recipients = await resolveRecipients(use.session, named);
      const spooler = spoolerOf(use);
      await using store = await storeOf(use.session, entryId);
      await spooler.cancel(entryId);
      await using message = await store.openEntry(entryId, { iid: 'IMessage', modify: true });
      if (subject !== undefined) await message.setProps([prop(PR_SUBJECT, subject)]);
      await replaceRecipients(message, recipients);
      if (state === 'held') await message.setProps([prop(PR_SPOOLER_STATE, outgoingStateNumber('held'))]);
      await message.submitMessage();
      return { queue: await queueOf(context, use), isHeld: state === 'held' };
    });
    const what = result.isHeld ? 'changed; it is still held' : 'changed and submitted again';
    context.print(
      { queue: result.queue.map(outgoingJson) },
      () => `${paint(context.io.terminal, 'green', '✓')} ${what}`,
    );
    return EXIT_DONE;
  },
};

/** Puts the new recipients in the place of those of their kind; the others stay as they are. */
async function replaceRecipients(message: IMessage, recipients: ResolvedRecipients): Promise<void> {
  const kinds = [
    [MAPI_TO, recipients.to],
    [MAPI_CC, recipients.cc],
    [MAPI_BCC, recipients.bcc],
  ] as const;
  await using table = await message.getRecipientTable();
  const rows = await queryAllRows(table, { tags: [PR_ROWID, PR_RECIPIENT_TYPE] });
  for (const [kind, replacements] of kinds) {
    if (replacements.length === 0) continue;
    const old = rows.flatMap((row) => {
      const rowId = propOf(row, PR_ROWID);
      const isOfKind = recipientKind(propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO) === kind;
      return rowId === undefined || !isOfKind ? [] : [[prop(PR_ROWID, rowId)]];
    });
    if (old.length > 0) await message.modifyRecipients('remove', old);
    await message.modifyRecipients(
      'add',
      replacements.map((recipient) => recipientRow(recipient, kind)),
    );
  }
}

const retry: CommandSpec = {
  usage: 'outbox retry <id>',
  summary: 'Try a message again now.',
  help: 'Makes a held or waiting message due now, tries it, and says what became of it. A draft in the Outbox folder, such as a\nmessage that was cancelled, is submitted again. Other messages that are due are tried too.\n\nExit codes: 0 sent; 1 nobody got it; 3 a part of the recipients failed, or the message is still in the queue.',
  run: async (context, args) => {
    const { result } = await context.withSession({}, async (use) => {
      const spooler = spoolerOf(use);
      const entryId = await madeDue(use, textArg(args, 0));
      await spooler.drain({
        only: [entryId],
        signal: AbortSignal.any([use.signal, AbortSignal.timeout(RETRY_WAIT_MS)]),
      });
      const [after] = await spooler.queue.of([entryId]);
      return { after, queue: await queueOf(context, use) };
    });
    const { after, queue } = result;
    context.print({ queue: queue.map(outgoingJson) }, () =>
      after === undefined ? 'the message has left the queue' : detailText(context, after),
    );
    if (context.signal.aborted) return EXIT_INTERRUPTED;
    return after === undefined ? EXIT_DONE : exitCodeOf([after]);
  },
};

/** Makes a queued message due, or submits a draft of the Outbox. */
async function madeDue(use: SessionInUse, text: string): Promise<EntryId> {
  const queue = (await queuedAs(use, text)).map((message) => ({ id: toHex(message.entryId), message }));
  const drafts = (await spoolerOf(use).queue.findDrafts(text)).map((id) => ({ id: toHex(id), message: undefined }));
  const { id, message } = theOneNamed(text, [...queue, ...drafts], (one) => one.id, 'message of the Outbox');
  if (message === undefined) return await submitDraft(use.session, id);
  await spoolerOf(use).retry(message.entryId);
  return message.entryId;
}

const hold = aboutOne({
  name: 'hold',
  summary: 'Hold a message.',
  help: 'Stops trying to send a message until: mapi outbox retry ID.',
  work: async (use, { entryId }) => {
    await spoolerOf(use).hold(entryId);
    return `held; send it with: mapi outbox retry ${shortId(toHex(entryId))}`;
  },
});

const cancel = aboutOne({
  name: 'cancel',
  summary: 'Take a message out of the queue.',
  help: 'Takes a message out of the queue (AbortSubmit). It stays in the Outbox folder as a draft; nothing is deleted. To send\nit after all: mapi outbox retry ID.',
  work: async (use, { entryId }) => {
    await spoolerOf(use).cancel(entryId);
    return `taken out of the queue; the message stays in its folder as a draft; to send it after all: mapi outbox retry ${shortId(toHex(entryId))}`;
  },
});

export const OUTBOX_COMMANDS: readonly CommandSpec[] = [list, show, retry, hold, cancel, edit, finished, resend];
