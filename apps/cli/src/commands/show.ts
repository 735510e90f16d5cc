/** mapi show: one object. */
import {
  decodeCodePage,
  dumpMessage,
  dumpProps,
  exportMime,
  getProp,
  type IMessage,
  MapiError,
  PR_BODY,
  PR_HTML,
  PR_INTERNET_CPID,
} from 'nodemapi';
import { type CommandSpec, EXIT_DONE, textArg, textOption, UsageError } from '../command.ts';
import type { Context } from '../context.ts';
import { withEntry } from '../entry.ts';
import { reportTitle } from '../report-text.ts';
import { bytesText, paint, printable } from '../terminal.ts';

const FORMS = ['props', 'eml', 'text', 'html'] as const;

async function showMessage(context: Context, message: IMessage, form: string | undefined): Promise<void> {
  switch (form) {
    case 'eml':
      for await (const chunk of exportMime(message)) await context.io.outBytes(chunk);
      return;
    case 'text':
      context.io.out((await getProp(message, PR_BODY)) ?? '');
      return;
    case 'html': {
      const html = await getProp(message, PR_HTML);
      if (html === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the message has no HTML body');
      context.io.out(decodeCodePage(html, (await getProp(message, PR_INTERNET_CPID)) ?? 65001).text);
      return;
    }
    default: {
      const dump = await dumpMessage(message);
      context.print(dump, () => (form === 'props' ? propsText(context, dump.props ?? {}) : messageText(context, dump)));
    }
  }
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

function messageText(context: Context, dump: Awaited<ReturnType<typeof dumpMessage>>): string {
  const bold = (text: string): string => paint(context.io.terminal, 'bold', text);
  const person = (who: { name: string; address: string }): string =>
    printable(who.name === '' || who.name === who.address ? who.address : `${who.name} <${who.address}>`);
  const props = dump.props ?? {};
  const title = reportTitle(dump.messageClass);
  const subject = title === undefined ? dump.subject : `${title}: ${String(props.PR_ORIGINAL_SUBJECT ?? '')}`;
  const lines = [`${bold('subject')}  ${printable(subject)}`];
  if (dump.from !== null) lines.push(`${bold('from')}     ${person(dump.from)}`);
  for (const type of ['to', 'cc', 'bcc'] as const) {
    const people = dump.recipients.filter((recipient) => recipient.type === type).map(person);
    if (people.length > 0) lines.push(`${bold(type.padEnd(7))}  ${people.join(', ')}`);
  }
  const time = dump.deliveryTime ?? dump.submitTime;
  if (time !== null) lines.push(`${bold('time')}     ${time}`);
  for (const file of dump.attachments) {
    lines.push(
      `${bold('file')}     ${printable(file.name || '(no name)')}  ${file.mimeType ?? ''}  ${file.message === undefined ? bytesText(file.size) : 'message'}`,
    );
  }
  const text = dump.body?.text ?? (title === undefined ? '' : String(props.PR_REPORT_TEXT ?? ''));
  const body = text.split(/\r?\n/u).map(printable).join('\n');
  return [...lines, '', body === '' && dump.body?.html !== undefined ? '(HTML only: use --as html)' : body].join('\n');
}

const show: CommandSpec = {
  usage: 'show <id>',
  summary: 'Show one object.',
  help: 'Shows one object: a message with its text, recipients and attachments, or the properties of a folder or an entry of the\naddress book. ID is an entry identifier (hex), or the end of one as mapi list and mapi address list show it.\n\n--as: props (every property), eml (the message as MIME), text or html (a body alone).',
  options: [{ flags: '--as <form>', description: FORMS.join(', ') }],
  run: async (context, args, options) => {
    const form = textOption(options, 'as');
    if (form === 'msg') throw new MapiError('MAPI_E_NO_SUPPORT', '.msg files cannot be written yet; use --as eml');
    if (form !== undefined && !FORMS.some((known) => known === form))
      throw new UsageError(`--as must be one of ${FORMS.join(', ')}`);
    if (context.json && form !== undefined && form !== 'props')
      throw new UsageError(`--as ${form} prints no JSON; leave out one of the two`);
    await context.withSession({ noMail: true }, async ({ session }) => {
      await withEntry(session, textArg(args, 0), async (object) => {
        if (object.iid === 'IMessage') return await showMessage(context, object, form);
        if (form !== undefined && form !== 'props')
          throw new UsageError(`--as ${form} is for messages; this is an ${object.iid}`);
        const props = await dumpProps(object);
        context.print({ interface: object.iid, props }, () => `${object.iid}\n${propsText(context, props)}`);
      });
    });
    return EXIT_DONE;
  },
};

export const SHOW_COMMANDS: readonly CommandSpec[] = [show];
