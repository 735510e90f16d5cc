/** A message for people: who, what, when, files, text. */
import { type DumpMessage, isContactClass } from 'nodemapi';
import { contactLines } from './contact-text.ts';
import type { Context } from './context.ts';
import { reportTitle } from './report-text.ts';
import { bytesText, paint, printable } from './terminal.ts';

/** The heading lines and the text of a message. */
export function messageText(context: Context, dump: DumpMessage, howToSeeHtml = 'use --as html'): string {
  const bold = (text: string): string => paint(context.io.terminal, 'bold', text);
  const person = (who: { name: string; address: string }): string =>
    printable(who.name === '' || who.name === who.address ? who.address : `${who.name} <${who.address}>`);
  const props = dump.props ?? {};
  const title = reportTitle(dump.messageClass);
  const subject = title === undefined ? dump.subject : `${title}: ${String(props.PR_ORIGINAL_SUBJECT ?? '')}`;
  const isContact = isContactClass(dump.messageClass);
  const lines = [`${bold(isContact ? 'name   ' : 'subject')}  ${printable(subject)}`];
  for (const { label, text } of isContact ? contactLines(props) : [])
    lines.push(`${bold(label.padEnd(7))}  ${printable(text)}`);
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
  for (const { code, message } of dump.diagnostics)
    lines.push(`${paint(context.io.terminal, 'red', '✗')}        ${printable(message)} (${code})`);
  const text = dump.body?.text ?? (title === undefined ? '' : String(props.PR_REPORT_TEXT ?? ''));
  const body = text.split(/\r?\n/u).map(printable).join('\n');
  return [...lines, '', body === '' && dump.body?.html !== undefined ? `(HTML only: ${howToSeeHtml})` : body].join(
    '\n',
  );
}
