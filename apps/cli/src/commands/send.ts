/** mapi send: one session that creates, submits, waits and ends with a report. */
import { basename, extname } from 'node:path';
import {
  composeMessage,
  type Draft,
  type DraftAttachment,
  type EndReport,
  type EntryId,
  getProp,
  type IMAPIFolder,
  type IMessage,
  importMime,
  MapiError,
  type OutgoingMessage,
  openDefaultStore,
  openSpecialFolder,
  PR_ENTRYID,
  PR_SENTMAIL_ENTRYID,
  parseAddress,
  prop,
  specialFolderId,
  toHex,
} from 'nodemapi';
import {
  type CommandOptions,
  type CommandSpec,
  EXIT_DONE,
  EXIT_FAILED,
  EXIT_INTERRUPTED,
  EXIT_PARTIAL,
  listArg,
  listOption,
  textOption,
  UsageError,
} from '../command.ts';
import type { Context, SessionInUse } from '../context.ts';
import { endJson, endText, outgoingJson } from '../end-text.ts';
import { openInput, readAllText } from '../input.ts';
import { Progress } from '../progress.ts';
import { paint, printable } from '../terminal.ts';

const DEFAULT_WAIT_SECONDS = 30;
const IMPORTANCES = ['low', 'normal', 'high'] as const;

/** Makes the saved but not yet submitted messages of the command. */
type Builder = (outbox: IMAPIFolder, sentMail: EntryId) => Promise<IMessage>;

function draftBuilder(context: Context, options: CommandOptions): Builder {
  const addresses = (name: string): readonly string[] => listOption(options, name).flatMap(splitAddresses);
  const to = addresses('to');
  const cc = addresses('cc');
  const bcc = addresses('bcc');
  if (to.length + cc.length + bcc.length === 0)
    throw new UsageError('say to whom with --to, --cc or --bcc, or name a file');
  for (const address of [...to, ...cc, ...bcc]) parseAddress(address);
  const importance = IMPORTANCES.find((name) => name === (textOption(options, 'importance') ?? 'normal'));
  if (importance === undefined) throw new UsageError(`--importance must be one of ${IMPORTANCES.join(', ')}`);
  const at = textOption(options, 'at');
  const sendAt = at === undefined ? undefined : new Date(at);
  if (sendAt !== undefined && Number.isNaN(sendAt.getTime()))
    throw new UsageError(`--at must be a time like 2026-12-24T18:00:00Z, not "${at}"`);
  const from = textOption(options, 'from');
  if (from !== undefined) parseAddress(from);
  return async (outbox, sentMail) => {
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
      to,
      cc,
      bcc,
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

/** Splits `a@b, "C, D" <e@f>` at the commas outside quotes. */
function splitAddresses(text: string): readonly string[] {
  return (text.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/gu) ?? []).map((part) => part.trim()).filter((part) => part !== '');
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

async function fileBuilder(context: Context, path: string): Promise<Builder> {
  if (extname(path).toLowerCase() === '.msg') {
    throw new MapiError('MAPI_E_NO_SUPPORT', `${path}: .msg files cannot be read yet; .eml files can`);
  }
  const source = await openInput(context, path);
  return async (outbox, sentMail) => {
    const message = await outbox.createMessage();
    try {
      await importMime(source, message, { unsent: true });
      await message.setProps([prop(PR_SENTMAIL_ENTRYID, sentMail)]);
      return message;
    } catch (error) {
      await message.release();
      throw MapiError.is(error) ? new MapiError(error.code, `${path}: ${error.detail}`, { cause: error }) : error;
    }
  };
}

/** Submits every message; answers their identifiers. */
async function submitAll(use: SessionInUse, builders: readonly Builder[]): Promise<readonly EntryId[]> {
  await using store = await openDefaultStore(use.session);
  const sentMail = await specialFolderId(store, 'sentMail');
  await using outbox = await openSpecialFolder(store, 'outbox');
  const entryIds: EntryId[] = [];
  for (const build of builders) {
    if (use.signal.aborted) break;
    await using message = await build(outbox, sentMail);
    await message.saveChanges({ keepOpenReadWrite: true });
    const entryId = await getProp(message, PR_ENTRYID);
    if (entryId === undefined)
      throw new MapiError('MAPI_E_CALL_FAILED', 'the store gave the new message no identifier');
    await message.submitMessage();
    entryIds.push(entryId);
  }
  return entryIds;
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
  const wanted = new Set(entryIds.map(toHex));
  return (await spooler.outgoing()).filter((message) => wanted.has(toHex(message.entryId)));
}

/** The state of a message in the words of the command's contract. */
function reportedState(state: OutgoingMessage['state']): string {
  return state === 'ready' || state === 'waiting' || state === 'sending' ? 'queued' : state;
}

function exitCodeOf(context: Context, messages: readonly OutgoingMessage[], end: EndReport): number {
  if (context.signal.aborted) return EXIT_INTERRUPTED;
  if (messages.some((message) => message.state === 'failed'))
    return messages.every((message) => message.state === 'failed') ? EXIT_FAILED : EXIT_PARTIAL;
  const unfinished = messages.some(
    (message) => message.state !== 'sent' || message.recipients.some((recipient) => recipient.state !== 'sent'),
  );
  return unfinished || !end.completed ? EXIT_PARTIAL : EXIT_DONE;
}

function messageText(context: Context, message: OutgoingMessage): string {
  const { terminal } = context.io;
  const colour = message.state === 'sent' ? 'green' : message.state === 'failed' ? 'red' : 'yellow';
  const lines = message.recipients.map((recipient) => {
    const error = recipient.lastError === null ? '' : `: ${printable(recipient.lastError)}`;
    return `    ${recipient.address}  ${recipient.state}${error}`;
  });
  const reason = message.reason === null ? '' : `  ${printable(message.reason)}`;
  return [
    `${paint(terminal, colour, reportedState(message.state))}  ${printable(message.subject) || '(no subject)'}${reason}`,
    ...lines,
  ].join('\n');
}

function waitOption(options: CommandOptions): number {
  const wait = options.wait;
  if (wait === false) return 0;
  if (typeof wait !== 'string') return DEFAULT_WAIT_SECONDS * 1000;
  if (!/^\d{1,6}(?:\.\d+)?$/u.test(wait)) throw new UsageError(`--wait must be seconds, not "${wait}"`);
  return Number(wait) * 1000;
}

const send: CommandSpec = {
  usage: 'send [files...]',
  summary: 'Send a message.',
  help: [
    'Sends a message that the options describe, or messages from .eml files (- is standard input), in one session:',
    'created in the Outbox, submitted, waited for, and then the session ends with a report.',
    'What is not sent in time stays in the outgoing queue for the next session.',
    '',
    'Exit codes: 0 sent; 1 failed for every recipient; 3 part of it failed or is still in the queue; 130 interrupted.',
    '',
    'Example: mapi send --to ada@example.com --subject Hello --text "How are you?" --attach plan.pdf',
  ].join('\n'),
  options: [
    { flags: '--to <address>', description: 'recipient; several with commas or by repeating the option', repeat: true },
    { flags: '--cc <address>', description: 'copy', repeat: true },
    { flags: '--bcc <address>', description: 'blind copy', repeat: true },
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
    { flags: '--no-wait', description: 'do not wait: the message stays in the queue for a running spooler' },
  ],
  run: async (context, args, options) => {
    const paths = listArg(args, 0);
    const waitMs = waitOption(options);
    const builders =
      paths.length === 0
        ? [draftBuilder(context, options)]
        : await Promise.all(paths.map((path) => fileBuilder(context, path)));
    const { result: messages, end } = await context.withSession({}, async (use) =>
      waitFor(context, use, await submitAll(use, builders), waitMs),
    );
    context.print(
      {
        messages: messages.map((message) => ({ ...outgoingJson(message), state: reportedState(message.state) })),
        end: endJson(end),
      },
      () => [...messages.map((message) => messageText(context, message)), endText(context.io.terminal, end)].join('\n'),
    );
    return exitCodeOf(context, messages, end);
  },
};

export const SEND_COMMANDS: readonly CommandSpec[] = [send];
