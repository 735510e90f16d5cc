/** Every kind of report as the mail that carries it. RFC 3462 */
import type { MailAddress } from '@nodemapi/format-mime';
import { foldedHeader, formatMailDate } from '@nodemapi/format-mime';
import {
  type IMessage,
  PR_CONVERSATION_TOPIC,
  PR_IN_REPLY_TO_ID,
  PR_MESSAGE_CLASS,
  PR_ORIGINAL_SUBJECT,
  PR_ORIGINAL_SUBMIT_TIME,
  PR_REPORT_TEXT,
  type PropTag,
  type PropValue,
  propOf,
} from '@nodemapi/mapi';
import { correspondent } from './address-props.ts';
import { SENDER, SENT_REPRESENTING } from './address-roles.ts';
import type { OutgoingRecipient } from './recipients.ts';
import { MAILER_DAEMON, missingProps, readReport, SENDER_AND_TIME } from './report-facts.ts';
import { deliveryStatus, finalRecipient, oneLine, reportText } from './report-text.ts';

export interface ReportMail {
  /** The parameter of multipart/report; the part for programs is message/ and this. */
  readonly reportType: 'delivery-status' | 'disposition-notification';
  /** For people, where the report has no text of its own. */
  readonly text: string;
  /** For programs. */
  readonly status: string;
  /** Subject, date and sender, where the report itself has none; they go before the properties of the report. */
  readonly props: readonly PropValue[];
  /** Whom the mail goes to; undefined: the recipients of the message. */
  readonly to: readonly OutgoingRecipient[] | undefined;
}

const READ_CLASS = /^REPORT\..+\.(IPNRN|IPNNRN)$/i;
const READ_TAGS = [
  ...SENDER_AND_TIME,
  PR_ORIGINAL_SUBJECT,
  PR_CONVERSATION_TOPIC,
  PR_ORIGINAL_SUBMIT_TIME,
  PR_REPORT_TEXT,
  PR_IN_REPLY_TO_ID,
] as const satisfies readonly PropTag[];

/** @returns undefined if the message is no report */
export async function readReportMail(message: IMessage): Promise<ReportMail | undefined> {
  const messageClass = (await message.getProps([PR_MESSAGE_CLASS])).values[0] ?? '';
  const suffix = READ_CLASS.exec(messageClass)?.[1]?.toUpperCase();
  if (suffix !== undefined) return readStatusMail(message, suffix === 'IPNRN');
  const report = await readReport(message, messageClass);
  if (report === undefined) return undefined;
  const { props, to } = report;
  return { reportType: 'delivery-status', text: reportText(report), status: deliveryStatus(report), props, to };
}

/** A read or nonread report goes to its own recipients and is about its sender. RFC 8098 */
async function readStatusMail(message: IMessage, wasRead: boolean): Promise<ReportMail> {
  const { props } = await message.getProps(READ_TAGS);
  const subject = propOf(props, PR_ORIGINAL_SUBJECT) || propOf(props, PR_CONVERSATION_TOPIC) || '';
  const reader = correspondent(props, SENT_REPRESENTING) ?? correspondent(props, SENDER) ?? MAILER_DAEMON;
  return {
    reportType: 'disposition-notification',
    text: textForPeople(props, subject, wasRead),
    status: disposition(reader, propOf(props, PR_IN_REPLY_TO_ID), wasRead),
    props: missingProps(props, `${wasRead ? 'Read' : 'Not read'}: ${subject}`.trim()),
    to: undefined,
  };
}

function textForPeople(props: readonly PropValue[], subject: string, wasRead: boolean): string {
  const said = oneLine(propOf(props, PR_REPORT_TEXT) ?? '');
  const lines = [said || `Your message was ${wasRead ? 'read' : 'deleted without being read'}.`, ''];
  if (subject !== '') lines.push(`Subject: ${oneLine(subject)}`);
  const sent = propOf(props, PR_ORIGINAL_SUBMIT_TIME);
  if (sent !== undefined) lines.push(`Sent: ${formatMailDate(sent)}`);
  return lines.map((line) => `${line}\r\n`).join('');
}

/** The body of message/disposition-notification. RFC 8098 3 */
function disposition(reader: MailAddress, originalId: string | undefined, wasRead: boolean): string {
  const fields = [
    foldedHeader('Reporting-UA', 'nodemapi'),
    foldedHeader('Final-Recipient', finalRecipient({ address: reader, addrType: '' })),
  ];
  const id = oneLine(originalId ?? '');
  if (/^<[\x21-\x7e]+>$/.test(id)) fields.push(foldedHeader('Original-Message-ID', id));
  const what = wasRead ? 'displayed' : 'deleted';
  fields.push(foldedHeader('Disposition', `manual-action/MDN-sent-automatically; ${what}`));
  return fields.join('');
}
