/** mapi headers: what waits at accounts that fetch only what is asked for. */
import { fileTimeToIso, MapiError } from 'nodemapi';
import {
  type CommandOptions,
  type CommandSpec,
  EXIT_DONE,
  EXIT_INTERRUPTED,
  EXIT_PARTIAL,
  listArg,
  numberOption,
  type OptionSpec,
  textOption,
  UsageError,
} from '../command.ts';
import type { Context, SessionInUse } from '../context.ts';
import { shortIds } from '../short-id.ts';
import { bytesText, countText, layOut, paint, printable } from '../terminal.ts';
import {
  type AccountHeaders,
  type HeaderAction,
  listWaiting,
  processWaiting,
  unlisted,
  type WaitingMessage,
  waitingBeside,
  waitingJson,
} from '../waiting-mail.ts';

const OPTIONS: readonly OptionSpec[] = [
  { flags: '--account <name>', description: 'only the accounts whose names contain this' },
  { flags: '--timeout <seconds>', description: 'give up after this time', default: '600' },
];
const EXIT_CODES = 'Exit codes: 0 done; 3 something failed, or an account does not work; 130 interrupted.';

/** Runs `work` in a session in which nothing else is sent or received; the folders are released after it. */
async function withLists<T>(
  context: Context,
  options: CommandOptions,
  work: (use: SessionInUse, listed: readonly AccountHeaders[], signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const seconds = numberOption(options, 'timeout') ?? 600;
  const { result } = await context.withSession({ onlyFlushes: true }, async (use) => {
    const late = AbortSignal.timeout(seconds * 1000);
    const signal = AbortSignal.any([use.signal, late]);
    let listed: readonly AccountHeaders[] = [];
    try {
      listed = await listWaiting(use, textOption(options, 'account'), signal);
      return await work(use, listed, signal);
    } catch (cause) {
      if (!late.aborted || cause !== late.reason) throw cause;
      const text = `not done within ${seconds} s (--timeout); what is not fetched or deleted yet still waits`;
      throw new MapiError('MAPI_E_TIMEOUT', text, { cause });
    } finally {
      for (const { folder } of listed) await folder.release();
    }
  });
  return result;
}

function listText(context: Context, messages: readonly WaitingMessage[]): string {
  if (messages.length === 0) return 'Nothing waits.';
  const ids = shortIds(messages.map(({ entryId }) => entryId));
  const accounts = new Set(messages.map(({ account }) => account));
  const rows = messages.map((message, index) => [
    ids[index] ?? '',
    message.time === null ? '' : `${fileTimeToIso(message.time).slice(0, 16).replace('T', ' ')}Z`,
    message.from.name || message.from.address,
    message.subject || '(no subject)',
    bytesText(message.size),
    ...(accounts.size > 1 ? [message.account] : []),
    message.note ?? '',
  ]);
  const titles = ['id', 'time', 'from', 'subject', 'size', ...(accounts.size > 1 ? ['account'] : []), 'note'];
  return layOut(context.io.terminal, titles, rows);
}

function accountsJson(listed: readonly AccountHeaders[]): readonly object[] {
  return listed.map(({ account: { name, works, status } }) => ({ name, works, status }));
}

/** Names the accounts that do not work; answers whether there are none. */
function noteBroken(context: Context, listed: readonly AccountHeaders[]): boolean {
  const broken = listed.filter(({ account }) => !account.works);
  for (const { account } of broken) {
    context.note(`${printable(account.name)} does not work: ${printable(account.status)}`);
  }
  return broken.length === 0;
}

const list: CommandSpec = {
  usage: 'headers list',
  summary: 'List what waits, without fetching it.',
  help: `Lists what waits at the accounts that show headers first (mapi service set SERVICE remote=true, for a maildir or an\nmbox). Nothing is fetched. The id is enough for the other commands; --json has it whole.\n\n${EXIT_CODES}`,
  options: OPTIONS,
  isDefault: true,
  run: async (context, _args, options) => {
    const listed = await withLists(context, options, async (_use, all) => all);
    const messages = listed.flatMap((one) => one.messages);
    const json = { headers: messages.map(waitingJson), accounts: accountsJson(listed) };
    context.print(json, () => listText(context, messages));
    for (const { name, status } of unlisted(listed)) context.note(`${printable(name)}: ${printable(status)}`);
    return noteBroken(context, listed) ? EXIT_DONE : EXIT_PARTIAL;
  },
};

interface ActionWords {
  readonly summary: string;
  readonly help: string;
  /** The count of these in `--json`. */
  readonly done: 'downloaded' | 'deleted' | 'moved';
}

interface Told {
  readonly message: WaitingMessage;
  readonly text: string;
  readonly failed: boolean;
}

/** What is to be told of the messages that were asked for: to be taken away and still there is a failure. */
function toldOf(
  action: HeaderAction,
  asked: readonly WaitingMessage[],
  after: readonly AccountHeaders[],
): readonly Told[] {
  const waiting = new Map(after.flatMap(({ messages }) => messages).map((message) => [message.entryId, message]));
  return asked.flatMap((message) => {
    const now = waiting.get(message.entryId);
    if (now === undefined)
      return action === 'download' ? { message, text: 'It does not wait any more.', failed: true } : [];
    const failed = action !== 'download' || now.failed;
    if (!failed && now.note === null) return [];
    return { message, text: now.note ?? 'It still waits.', failed };
  });
}

function actionCommand(action: HeaderAction, { summary, help, done }: ActionWords): CommandSpec {
  return {
    usage: `headers ${action} [ids...]`,
    summary,
    help: `${help}\n\n${EXIT_CODES}`,
    options: [...OPTIONS, { flags: '--all', description: 'everything that waits' }],
    run: async (context, args, options) => {
      const ids = listArg(args, 0);
      const isAll = options.all === true;
      if (isAll === ids.length > 0) throw new UsageError('write the ids of the messages, or --all');
      const { asked, after } = await withLists(context, options, (use, listed, signal) =>
        processWaiting(use, listed, action, isAll ? 'all' : ids, signal),
      );
      const told = toldOf(action, asked, after);
      const failed = told.filter((one) => one.failed);
      const count = asked.length - failed.length;
      const json = {
        [done]: count,
        failed: failed.map(({ message, text }) => ({
          entryId: message.entryId,
          subject: message.subject,
          message: text,
        })),
        headers: after.flatMap(({ messages }) => messages).map(waitingJson),
        accounts: accountsJson(after),
      };
      context.print(json, () => {
        const good = failed.length === 0;
        return `${paint(context.io.terminal, good ? 'green' : 'yellow', good ? '✓' : '!')} ${countText(count, 'message')} ${done}`;
      });
      for (const { message, text } of told) {
        context.note(`${printable(message.subject || '(no subject)')}: ${printable(text)}`);
      }
      const others = isAll ? waitingBeside(asked, after) : 0;
      if (others > 0) context.note(`more that waits: ${countText(others, 'message')}; see: mapi headers`);
      const works = noteBroken(context, after);
      if (context.signal.aborted) return EXIT_INTERRUPTED;
      return works && failed.length === 0 ? EXIT_DONE : EXIT_PARTIAL;
    },
  };
}

export const HEADERS_COMMANDS: readonly CommandSpec[] = [
  list,
  actionCommand('download', {
    summary: 'Fetch messages, and leave them where they wait.',
    help: 'Fetches messages into the Inbox; they also stay where they wait. One that was fetched before is not fetched again.',
    done: 'downloaded',
  }),
  actionCommand('move', {
    summary: 'Fetch messages, and delete them where they wait.',
    help: 'Fetches messages into the Inbox; when they are on the disk, they are deleted where they waited. One that could not be\nfetched stays.',
    done: 'moved',
  }),
  actionCommand('delete', {
    summary: 'Delete messages where they wait, without fetching them.',
    help: 'Deletes messages where they wait. They are not fetched, and nothing brings them back.',
    done: 'deleted',
  }),
];
