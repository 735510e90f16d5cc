/** The two forms in which a report's mail says what became of a message: for people, and for programs. RFC 3464 */
import { encodeWords, foldedHeader, formatMailDate } from '@nodemapi/format-mime';
import type { ReportAction, ReportedRecipient, ReportFacts } from './report-facts.ts';

const FIRST_LINE: Readonly<Record<ReportAction, string>> = {
  delivered: 'Your message was delivered to the following recipients.',
  expanded: 'Your message was delivered to the following lists.',
  relayed: 'Your message was handed on to systems that report no delivery, for the following recipients.',
  delayed: 'Your message has not been delivered yet to the following recipients. It is still being tried.',
  failed: 'Your message was not delivered to the following recipients.',
};
/** An SMTP reply as text: its code, and its enhanced code if it has one. */
const SMTP_REPLY = /^([2-5]\d\d)(?:[ -]|$)/;
const ENHANCED = /(?:^|\s)([45]\.\d{1,3}\.\d{1,3})(?=\s|$)/;

/** The text of a report without a body: every recipient with what is said of it. */
export function reportText(report: ReportFacts): string {
  const lines = [FIRST_LINE[report.action], ''];
  if (report.originalSubject !== '') lines.push(`Subject: ${oneLine(report.originalSubject)}`);
  if (report.originalSubmitTime !== undefined) lines.push(`Sent: ${formatMailDate(report.originalSubmitTime)}`);
  if (lines.length > 2) lines.push('');
  for (const recipient of report.reported) {
    lines.push(`${addressText(recipient)}: ${oneLine(recipient.text) || report.action}`);
    if (recipient.remoteMta !== undefined && !recipient.text.includes(recipient.remoteMta)) {
      lines.push(`    reported by ${oneLine(recipient.remoteMta)}`);
    }
  }
  return lines.map((line) => `${line}\r\n`).join('');
}

/** The body of message/delivery-status: fields of the message, then of each recipient. RFC 3464 2 */
export function deliveryStatus(report: ReportFacts): string {
  const fields = [foldedHeader('Reporting-MTA', 'x-mapi; nodemapi')];
  if (report.originalSubmitTime !== undefined) {
    fields.push(foldedHeader('Arrival-Date', formatMailDate(report.originalSubmitTime)));
  }
  return [fields, ...report.reported.map((recipient) => recipientFields(report, recipient))]
    .map((group) => group.join(''))
    .join('\r\n');
}

function recipientFields({ kind, action }: ReportFacts, recipient: ReportedRecipient): readonly string[] {
  const fields = [
    foldedHeader('Final-Recipient', finalRecipient(recipient)),
    foldedHeader('Action', action),
    foldedHeader('Status', statusOf(action, recipient)),
  ];
  const remote = ascii(recipient.remoteMta ?? '');
  if (remote !== '') fields.push(foldedHeader('Remote-MTA', `dns; ${remote}`));
  const text = oneLine(recipient.text);
  if ((kind === 'NDR' || action === 'delayed') && text !== '') {
    const type = SMTP_REPLY.test(text) ? 'smtp' : 'x-mapi';
    fields.push(foldedHeader('Diagnostic-Code', `${type}; ${encodeWords(text)}`));
  }
  if (recipient.time !== undefined) fields.push(foldedHeader('Last-Attempt-Date', formatMailDate(recipient.time)));
  return fields;
}

/** The enhanced code of the reply, else of PR_NDR_STATUS_CODE, which may also be the plain code of the reply. RFC 3463 */
function statusOf(action: ReportAction, { text, statusCode }: ReportedRecipient): string {
  if (action !== 'failed' && action !== 'delayed') return '2.0.0';
  const enhanced = ENHANCED.exec(text)?.[1];
  if (enhanced !== undefined) return enhanced;
  const digits = /^[45]\d{2,4}$/.exec(String(statusCode ?? ''))?.[0];
  if (digits === undefined) return action === 'delayed' ? '4.0.0' : '5.0.0';
  if (SMTP_REPLY.exec(text)?.[1] === digits) return `${digits[0]}.0.0`;
  return `${digits[0]}.${digits[1]}.${digits.slice(2)}`;
}

/** An address that is not ASCII is written in the form of RFC 6533 3 for bodies that are. */
export function finalRecipient({ address, addrType }: Pick<ReportedRecipient, 'address' | 'addrType'>): string {
  const text = oneLine(address.address || address.name);
  const isMail = address.address.includes('@');
  if (!/^[\x20-\x7e]*$/.test(text)) {
    return `utf-8; ${text.replaceAll(/[^\x21-\x7e]|[+=\\]/gu, (other) => `\\x{${hexOf(other)}}`)}`;
  }
  if (isMail) return `rfc822; ${text}`;
  const type = addrType.toLowerCase().replaceAll(/[^a-z0-9-]/g, '');
  return `x-${type || 'mapi'}; ${text}`;
}

function addressText({ address: { name, address } }: ReportedRecipient): string {
  if (address === '') return oneLine(name);
  return name === '' ? `<${oneLine(address)}>` : `${oneLine(name)} <${oneLine(address)}>`;
}

function hexOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0');
}

export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
}

function ascii(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/g, '');
}
