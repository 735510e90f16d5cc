/** mapi send: one session that creates, submits, waits and ends with a report. */
import { basename, extname } from 'node:path';
import {
  AsyncStack,
  composeMessage,
  type Draft,
  type DraftAttachment,
  type EndReport,
  type EntryId,
  getProp,
  type IMAPIFolder,
  type IMAPISession,
  type IMessage,
  type IMsgStore,
  importMime,
  importMsg,
  isMimeCut,
  MapiError,
  type OutgoingMessage,
  openDefaultStore,
  openSpecialFolder,
  PR_ENTRYID,
  PR_INTERNET_MESSAGE_ID,
  PR_SENTMAIL_ENTRYID,
  PR_SUBJECT,
  parseAddress,
  prop,
  specialFolderId,
  submitSaved,
  toHex,
} from 'nodemapi';
import {
  type CommandOptions,
  type CommandSpec,
  EXIT_DONE,
  EXIT_INTERRUPTED,
  EXIT_PARTIAL,
  listArg,
  listOption,
  textOption,
  UsageError,
} from '../command.ts';
import type { Context, SessionInUse } from '../context.ts';
import { endJson, outgoingJson } from '../end-text.ts';
import { openFile, openInput, readAllText } from '../input.ts';
import { Progress } from '../progress.ts';
import { namedRecipients, resolveRecipients } from '../recipients.ts';
import { endSummary, exitCodeOf, messageText, reportedState } from '../send-report.ts';
import { countText } from '../terminal.ts';

const DEFAULT_WAIT_SECONDS = 30;
const IMPORTANCES = ['low', 'normal', 'high'] as const;

/** Makes the saved but not yet submitted messages of the command. */
type Builder = (place: Place) => Promise<IMessage>;

/** Where messages are made. */
interface Place {
  readonly session: IMAPISession;
  readonly outbox: IMAPIFolder;
  readonly sentMail: EntryId;
}

function draftBuilder(context: Context, options: CommandOptions): Builder {
  const named = namedRecipients(options);
  if (named.to.length + named.cc.length + named.bcc.length === 0)
    throw new UsageError('say to whom with --to, --cc or --bcc, or name a file');
  const importance = IMPORTANCES.find((name) => name === (textOption(options, 'importance') ?? 'normal'));
  if (importance === undefined) throw new UsageError(`--importance must be one of ${IMPORTANCES.join(', ')}`);
  const at = textOption(options, 'at');
  const sendAt = at === undefined ? undefined : new Date(at);
  if (sendAt !== undefined && Number.isNaN(sendAt.getTime()))
    throw new UsageError(`--at must be a time like 2026-12-24T18:00:00Z, not "${at}"`);
  const from = textOption(options, 'from');
  if (from !== undefined) parseAddress(from);
  return async ({ session, outbox, sentMail }) => {
    const recipients = await resolveRecipients(session, named);
    const text = await bodyOption(context, options, 'text');
    const html = await bodyOption(context, options, 'html');
    const attachments: DraftAttachment[] = [];
    for (const path of listOption(options, 'attach')) {
      const mimeType = MIME_TYPES[extname(path).toLowerCase()];
      attachments.push({
        fileName: basename(path),
        content: await openInput(context, path),
        ...(mimeType === undefined ? {} : { mimeType }),
      });
    }
    const draft: Draft = {
      ...recipients,
      subject: textOption(options, 'subject') ?? '',
      importance,
      attachments,
      sentMail,
      ...(text === undefined && html === undefined ? { text: '' } : {}),
      ...(text === undefined ? {} : { text }),
      ...(html === undefined ? {} : { html }),
      ...(from === undefined ? {} : { from }),
      ...(sendAt === undefined ? {} : { sendAt }),
      requestReadReceipt: options.requestReceipt === true,
      requestDeliveryReceipt: options.requestReceipt === true,
    };
    return composeMessage(outbox, draft);
  };
}

/** A body given on the command line; `-` reads it from standard input. */
async function bodyOption(context: Context, options: CommandOptions, name: string): Promise<string | undefined> {
  const value = textOption(options, name);
  return value === '-' ? readAllText(context.io.input) : value;
}

const MIME_TYPES: Readonly<Record<string, string>> = {
  '.txt': 'text/plain',
  '.html': 'text/html',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.zip': 'application/zip',
  '.json': 'application/json',
  '.csv': 'text/csv',
  '.ics': 'text/calendar',
};

/** What fills a message from a file, which is there; a damaged one is not sent in part. */
async function fillerOf(context: Context, path: string): Promise<(message: IMessage) => Promise<void>> {
  if (!['.msg', '.oft'].includes(extname(path).toLowerCase())) {
    const source = await openInput(context, path);
    return async (message) => {
      const { diagnostics } = await importMime(source, message, { unsent: true });
      refuseLoss(diagnostics.find(isMimeCut));
    };
  }
  await using _isThere = await openFile(context, path);
  return async (message) => {
    await using source = await openFile(context, path);
    refuseLoss((await importMsg(source, message, { unsent: true })).find(({ loss }) => loss));
  };
}

/** @throws MAPI_E_CORRUPT_DATA */
function refuseLoss(lost: { readonly detail: string; readonly code: string } | undefined): void {
  if (lost === undefined) return;
  throw new MapiError('MAPI_E_CORRUPT_DATA', `a part cannot be read, so it is not sent: ${lost.code}: ${lost.detail}`);
}

async function fileBuilder(context: Context, path: string): Promise<Builder> {
  const fill = await fillerOf(context, path);
  return async ({ outbox, sentMail }) => {
    const message = await outbox.createMessage();
    try {
      await fill(message);
      await message.setProps([prop(PR_SENTMAIL_ENTRYID, sentMail)]);
      await using recipients = await message.getRecipientTable();
      if ((await recipients.getRowCount()) === 0)
        throw new MapiError('MAPI_E_NO_RECIPIENTS', 'the message has no recipients (To, Cc or Bcc)');
      return message;
    } catch (error) {
      await message.release();
      throw MapiError.is(error) ? new MapiError(error.code, `${path}: ${error.detail}`, { cause: error }) : error;
    }
  };
}

interface Submitted {
  readonly entryIds: readonly EntryId[];
  /** Made, and refused by the store. */
  readonly refused: readonly OutgoingMessage[];
}

/** Makes every message before the first one is submitted, so that a file that cannot be read stops all of them. */
async function submitAll(use: SessionInUse, builders: readonly Builder[]): Promise<Submitted> {
  await using open = new AsyncStack();
  const store = open.use(await openDefaultStore(use.session));
  const sentMail = await specialFolderId(store, 'sentMail');
  const outbox = open.use(await openSpecialFolder(store, 'outbox'));
  const messages: IMessage[] = [];
  for (const build of builders) messages.push(open.use(await build({ session: use.session, outbox, sentMail })));
  const entryIds: EntryId[] = [];
  const refused: OutgoingMessage[] = [];
  for (const message of messages) {
    if (use.signal.aborted) break;
    try {
      entryIds.push(await submitSaved(message));
    } catch (error) {
      const entryId = await getProp(message, PR_ENTRYID);
      if (!MapiError.is(error) || entryId === undefined || !(await isSaved(store, entryId))) throw error;
      refused.push(await refusedMessage(message, entryId, error));
    }
  }
  return { entryIds, refused };
}

async function isSaved(store: IMsgStore, entryId: EntryId): Promise<boolean> {
  try {
    await using _message = await store.openEntry(entryId, { iid: 'IMessage' });
    return true;
  } catch (error) {
    if (MapiError.is(error)) return false;
    throw error;
  }
}

async function refusedMessage(message: IMessage, entryId: EntryId, error: MapiError): Promise<OutgoingMessage> {
  return {
    entryId,
    internetMessageId: (await getProp(message, PR_INTERNET_MESSAGE_ID)) ?? null,
    subject: (await getProp(message, PR_SUBJECT)) ?? '',
    submitTime: null,
    state: 'failed',
    reason: `not submitted: ${error.detail} (${error.code}); it stays in the Outbox folder as a draft`,
    attempts: 0,
    nextAttempt: null,
    lockedBy: null,
    recipients: [],
  };
}

async function waitFor(
  context: Context,
  use: SessionInUse,
  entryIds: readonly EntryId[],
  waitMs: number,
): Promise<readonly OutgoingMessage[]> {
  const { spooler } = use;
  if (spooler === undefined || entryIds.length === 0) return [];
  if (waitMs > 0) {
    const progress = new Progress(context, 'sending');
    await spooler.drain({
      only: entryIds,
      signal: AbortSignal.any([use.signal, AbortSignal.timeout(waitMs)]),
      onProgress: (done, total) => progress.update(done, total),
    });
    progress.done();
  }
  return spooler.queue.of(entryIds);
}

interface Waiting {
  readonly waitMs: number;
  /** `--wait FILE` is `--wait` and a file: the seconds may be left out. */
  readonly paths: readonly string[];
}

function waitOption(options: CommandOptions, paths: readonly string[]): Waiting {
  const { wait } = options;
  if (wait === false) return { waitMs: 0, paths };
  if (typeof wait !== 'string') return { waitMs: DEFAULT_WAIT_SECONDS * 1000, paths };
  if (/^\d{1,6}(?:\.\d+)?$/u.test(wait)) return { waitMs: Number(wait) * 1000, paths };
  if (wait === '-' || extname(wait) !== '') return { waitMs: DEFAULT_WAIT_SECONDS * 1000, paths: [wait, ...paths] };
  throw new UsageError(`--wait must be seconds, not "${wait}"`);
}

/** Options that describe a message have no meaning beside files. @throws UsageError */
function checkFilesAlone(options: CommandOptions): void {
  const texts = ['from', 'subject', 'text', 'html', 'at', 'importance'];
  const given = [
    ...texts.filter((name) => textOption(options, name) !== undefined),
    ...['to', 'cc', 'bcc', 'attach'].filter((name) => listOption(options, name).length > 0),
    ...(options.requestReceipt === true ? ['request-receipt'] : []),
  ];
  if (given.length > 0)
    throw new UsageError(
      `--${given[0] ?? ''} describes a new message, but files are sent as they are; leave out one of the two`,
    );
}

const send: CommandSpec = {
  usage: 'send [files...]',
  summary: 'Send a message.',
  help: [
    'Sends a message that the options describe, or messages from .eml (- is one on standard input) and .msg files, in one session:',
    'created in the Outbox, submitted, waited for, and then the session ends with a report.',
    'What is not sent in time stays in the outgoing queue for the next session.',
    'A recipient is a mail address, or a name of the address book (see: mapi address): whole, or its beginning if it fits',
    'one entry alone.',
    '',
    'An .eml file keeps its Message-ID; its Date becomes the time of sending.',
    '',
    'Exit codes: 0 sent to everybody; 1 nobody got it; 3 a part of the recipients failed, or something is still in the',
    'queue; 130 interrupted. With --json the state of a message is "failed" if nobody got it, and "sent" if a part of the',
    'recipients did: each has a state of its own.',
    '',
    'Example: mapi send --to ada@example.com --subject Hello --text "How are you?" --attach plan.pdf',
  ].join('\n'),
  options: [
    {
      flags: '--to <who>',
      description: 'recipient: address or name; several with commas or by repeating the option',
      repeat: true,
    },
    { flags: '--cc <who>', description: 'copy', repeat: true },
    { flags: '--bcc <who>', description: 'blind copy', repeat: true },
    { flags: '--from <address>', description: 'sender, where it is not the one of the profile' },
    { flags: '--subject <text>', description: 'subject' },
    { flags: '--text <text>', description: 'plain text; - reads standard input' },
    { flags: '--html <html>', description: 'HTML; - reads standard input' },
    { flags: '--attach <file>', description: 'attachment', repeat: true },
    { flags: '--at <time>', description: 'not before this time (ISO 8601)' },
    { flags: '--importance <level>', description: 'low, normal or high' },
    { flags: '--request-receipt', description: 'ask for delivery and read receipts' },
    {
      flags: '--wait [seconds]',
      description: `wait for the outcome, ${DEFAULT_WAIT_SECONDS} seconds if not said otherwise`,
    },
    {
      flags: '--no-wait',
      description: 'send nothing: the message stays in the queue for mapi serve or the next session',
    },
  ],
  run: async (context, args, options) => {
    const { waitMs, paths } = waitOption(options, listArg(args, 0));
    if (paths.length > 0) checkFilesAlone(options);
    const builders =
      paths.length === 0
        ? [draftBuilder(context, options)]
        : await Promise.all(paths.map((path) => fileBuilder(context, path)));
    const { result, end } = await context.withSession({ onlyFlushes: waitMs === 0 }, async (use) => {
      const { entryIds, refused } = await submitAll(use, builders);
      const kept = builders.length - entryIds.length - refused.length;
      return { waitedFor: await waitFor(context, use, entryIds, waitMs), refused, kept };
    });
    const messages = [...settled(result.waitedFor, end), ...result.refused];
    context.print(
      {
        messages: messages.map((message) => ({ ...outgoingJson(message), state: reportedState(message) })),
        end: endJson(end),
      },
      () =>
        [
          ...messages.map((message) => messageText(context, message)),
          endSummary(context.io.terminal, end, context.options.verbose),
        ].join('\n'),
    );
    const { left, held, unknown } = end.outgoing;
    if (left + held + unknown > 0)
      context.note('What is left is tried by the next session, such as: mapi flush. To see why it waits: mapi outbox');
    if (result.kept > 0) context.note(`not submitted, and not kept: ${countText(result.kept, 'message')}`);
    if (context.signal.aborted) return EXIT_INTERRUPTED;
    const code = exitCodeOf(messages);
    return code === EXIT_DONE && !end.completed ? EXIT_PARTIAL : code;
  },
};

/** The messages as they were at the end of the session, which may have finished what the waiting had not. */
function settled(messages: readonly OutgoingMessage[], end: EndReport): readonly OutgoingMessage[] {
  const atEnd = new Map(end.outgoing.messages.map((message) => [toHex(message.entryId), message]));
  return messages.map((message) => atEnd.get(toHex(message.entryId)) ?? message);
}

export const SEND_COMMANDS: readonly CommandSpec[] = [send];
