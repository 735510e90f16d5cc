/** mapi show: one object. */
import {
  type DumpMessage,
  dumpMessage,
  dumpProps,
  type ExportDiagnostic,
  exportMime,
  exportMsg,
  type IMessage,
  isDumpIncomplete,
  MapiError,
  readBodies,
} from 'nodemapi';
import { BLIND_HINT, BLIND_OPTIONS, type BlindRecipients, blindOf, isBlind, lackingOf } from '../blind-recipients.ts';
import { type CommandSpec, EXIT_DONE, EXIT_PARTIAL, textArg, textOption, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { withEntry } from '../entry.ts';
import { lackOf, lossOf } from '../lack.ts';
import { messageText } from '../message-text.ts';
import { paint, printable } from '../terminal.ts';

const FORMS = ['props', 'eml', 'msg', 'text', 'html'] as const;

/** @returns the exit code */
async function showMessage(
  context: Context,
  message: IMessage,
  form: string | undefined,
  blind: BlindRecipients,
): Promise<number> {
  switch (form) {
    case 'eml':
      return await showMail(context, message, blind);
    case 'msg': {
      const { chunks, problems } = await exportMsg(message);
      for await (const chunk of chunks) await context.io.outBytes(chunk);
      for (const { code, detail } of problems) context.io.err(`left out: ${printable(detail)} (${code})`);
      return problems.length === 0 ? EXIT_DONE : EXIT_PARTIAL;
    }
    case 'text':
    case 'html': {
      const { body, diagnostics } = await readBodies(message);
      for (const { code, message: what } of diagnostics) context.io.err(`${printable(what)} (${code})`);
      const text = body[form];
      if (text === undefined && form === 'html')
        throw new MapiError('MAPI_E_NOT_FOUND', 'the message has no HTML body');
      context.io.out(text ?? '');
      return diagnostics.some(({ loss }) => loss) ? EXIT_PARTIAL : EXIT_DONE;
    }
    default: {
      const dump = await dumpMessage(message);
      context.print(dump, () => (form === 'props' ? propsText(context, dump.props ?? {}) : messageText(context, dump)));
      return isDumpIncomplete(dump) ? EXIT_PARTIAL : EXIT_DONE;
    }
  }
}

/** What the mail lacks is told when all of it has been written. */
async function showMail(context: Context, message: IMessage, blind: BlindRecipients): Promise<number> {
  const all: ExportDiagnostic[] = [];
  const includeBcc = blind === 'write';
  const mail = exportMime(message, { includeBcc, onDiagnostic: (one) => void all.push(one) });
  for await (const chunk of mail) await context.io.outBytes(chunk);
  const found = lackingOf(all, blind);
  const losses = found.filter(({ loss }) => loss);
  for (const loss of losses) context.io.err(`left out: ${printable(lossOf(loss))}`);
  if (losses.some(isBlind)) context.io.err(BLIND_HINT);
  const others = new Set(found.flatMap((one) => (one.loss ? [] : [lackOf(one)])));
  if (others.size > 0) context.io.err(`! .eml has no place for: ${printable([...others].join(', '))}`);
  return losses.length === 0 ? EXIT_DONE : EXIT_PARTIAL;
}

function propsText(context: Context, props: Readonly<Record<string, unknown>>): string {
  const width = Math.max(...Object.keys(props).map((name) => name.length));
  return Object.entries(props)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, value]) =>
        `${paint(context.io.terminal, 'bold', name.padEnd(width))}  ${printable(typeof value === 'string' ? value : JSON.stringify(value))}`,
    )
    .join('\n');
}

const show: CommandSpec = {
  usage: 'show <id>',
  summary: 'Show one object.',
  help: 'Shows one object: a message with its text, recipients and attachments, or the properties of a folder or an entry of the\naddress book. ID is an entry identifier (hex), or the end of one as mapi list and mapi address list show it.\n\n--as: props (every property), eml (the message as MIME), msg (as an .msg file), text or html (a body alone).\n\nBlind recipients stay out of eml, since files are passed on, and are named as missing; --bcc writes them, --no-bcc leaves them\nout in silence.\n\nExit codes: 0 everything; 1 nothing; 3 a part could not be read or written, and is named.',
  options: [{ flags: '--as <form>', description: FORMS.join(', ') }, ...BLIND_OPTIONS],
  run: async (context, args, options) => {
    const form = textOption(options, 'as');
    if (form !== undefined && !FORMS.some((known) => known === form))
      throw new UsageError(`--as must be one of ${FORMS.join(', ')}`);
    if (context.json && form !== undefined && form !== 'props')
      throw new UsageError(`--as ${form} prints no JSON; leave out one of the two`);
    const blind = blindOf(options);
    if (blind !== 'tell' && form !== 'eml') throw new UsageError('--bcc and --no-bcc are for --as eml');
    let code = EXIT_DONE;
    await context.withSession({ noMail: true }, async ({ session }) => {
      await withEntry(session, textArg(args, 0), async (object) => {
        if (object.iid === 'IMessage') {
          code = await showMessage(context, object, form, blind);
          return;
        }
        if (form !== undefined && form !== 'props')
          throw new UsageError(`--as ${form} is for messages; this is an ${object.iid}`);
        const unread: DumpMessage['diagnostics'][number][] = [];
        const props = await dumpProps(object, unread);
        for (const { message } of unread) context.note(message);
        if (unread.length > 0) code = EXIT_PARTIAL;
        context.print({ interface: object.iid, props }, () => `${object.iid}\n${propsText(context, props)}`);
      });
    });
    return code;
  },
};

export const SHOW_COMMANDS: readonly CommandSpec[] = [show];
