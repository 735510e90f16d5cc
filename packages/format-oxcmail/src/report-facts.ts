/** What a delivery or non-delivery report says, for its mail. spec: required-report-message-properties */
import type { FileTime } from '@nodemapi/base';
import type { MailAddress } from '@nodemapi/format-mime';
import {
  type IMessage,
  MAPI_P1,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_CLIENT_SUBMIT_TIME,
  PR_CONVERSATION_TOPIC,
  PR_DELIVER_TIME,
  PR_DISPLAY_NAME,
  PR_DSN_REMOTE_MTA,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_MESSAGE_DELIVERY_TIME,
  PR_NDR_STATUS_CODE,
  PR_ORIGINAL_DISPLAY_NAME,
  PR_ORIGINAL_SUBJECT,
  PR_ORIGINAL_SUBMIT_TIME,
  PR_RECIPIENT_TYPE,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_SMTP_ADDRESS,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  type Row,
  recipientKind,
} from '@nodemapi/mapi';
import { addressProps, correspondent, mailAddressOf } from './address-props.ts';
import { ORIGINAL_SENDER, RECEIVED_BY, SENDER, SENT_REPRESENTING } from './address-roles.ts';
import type { OutgoingRecipient } from './recipients.ts';

export type ReportKind = 'DR' | 'NDR';

/** What became of the message for every recipient in the report. RFC 3464 2.3.3 */
export type ReportAction = 'delivered' | 'expanded' | 'relayed' | 'delayed' | 'failed';

/** One recipient of the original, and what became of the message for it. */
export interface ReportedRecipient {
  readonly address: MailAddress;
  /** Such as 'SMTP'; '' if it is not known. */
  readonly addrType: string;
  /** PR_REPORT_TEXT; '' if there is none. */
  readonly text: string;
  /** PR_NDR_STATUS_CODE. */
  readonly statusCode: number | undefined;
  readonly remoteMta: string | undefined;
  readonly time: FileTime | undefined;
}

export interface ReportFacts {
  readonly kind: ReportKind;
  readonly action: ReportAction;
  readonly originalSubject: string;
  readonly originalSubmitTime: FileTime | undefined;
  readonly reported: readonly ReportedRecipient[];
  /** Subject, date and sender, where the report itself has none; they go before the properties of the report. */
  readonly props: readonly PropValue[];
  /** Whom the mail goes to: those whom its envelope names (MAPI_P1), else the sender of the original. */
  readonly to: readonly OutgoingRecipient[];
}

const ROWS_AT_A_TIME = 500;
const REPORT_CLASS = /^REPORT\..+?(?:\.(Delayed|Relayed|Expanded))?\.(DR|NDR)$/i;
const SUBJECT_PREFIX: Readonly<Record<ReportAction, string>> = {
  delivered: 'Delivered',
  expanded: 'Expanded',
  relayed: 'Relayed',
  delayed: 'Delayed',
  failed: 'Undeliverable',
};
/** Reports about a delivery that is no plain one have this before their suffix. [MS-OXCMAIL] 2.2.3.7.1.1 */
const ACTION_OF_DETAIL: Readonly<Record<string, ReportAction>> = {
  delayed: 'delayed',
  relayed: 'relayed',
  expanded: 'expanded',
};
/** Stands for a sender without address; the domain is one of RFC 2606. */
export const MAILER_DAEMON: MailAddress = { name: 'Mail Delivery System', address: 'mailer-daemon@localhost.invalid' };

/** What `missingProps` looks at. */
export const SENDER_AND_TIME = [
  ...Object.values(SENDER),
  ...Object.values(SENT_REPRESENTING),
  PR_SUBJECT,
  PR_CLIENT_SUBMIT_TIME,
  PR_REPORT_TIME,
  PR_MESSAGE_DELIVERY_TIME,
] as const satisfies readonly PropTag[];

const REPORT_TAGS = [
  ...SENDER_AND_TIME,
  ...Object.values(ORIGINAL_SENDER),
  ...Object.values(RECEIVED_BY),
  PR_ORIGINAL_SUBJECT,
  PR_CONVERSATION_TOPIC,
  PR_ORIGINAL_SUBMIT_TIME,
] as const satisfies readonly PropTag[];

const RECIPIENT_TAGS = [
  PR_RECIPIENT_TYPE,
  PR_DISPLAY_NAME,
  PR_ORIGINAL_DISPLAY_NAME,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_SMTP_ADDRESS,
  PR_ENTRYID,
  PR_REPORT_TEXT,
  PR_NDR_STATUS_CODE,
  PR_DSN_REMOTE_MTA,
  PR_DELIVER_TIME,
  PR_REPORT_TIME,
] as const satisfies readonly PropTag[];

/** @returns undefined if the message is no delivery or non-delivery report */
export async function readReport(message: IMessage, messageClass: string): Promise<ReportFacts | undefined> {
  const [, detail, suffix] = REPORT_CLASS.exec(messageClass) ?? [];
  if (suffix === undefined) return undefined;
  const kind = suffix.toUpperCase() === 'DR' ? 'DR' : 'NDR';
  const action = kind === 'NDR' ? 'failed' : (ACTION_OF_DETAIL[detail?.toLowerCase() ?? ''] ?? 'delivered');
  const { props } = await message.getProps(REPORT_TAGS);
  const originalSubject = propOf(props, PR_ORIGINAL_SUBJECT) || propOf(props, PR_CONVERSATION_TOPIC) || '';
  const sender = correspondent(props, ORIGINAL_SENDER) ?? correspondent(props, RECEIVED_BY);
  const { reported, envelope } = await readReported(message);
  const to = envelope.length > 0 || sender === undefined ? envelope : [sender];
  return {
    kind,
    action,
    originalSubject,
    originalSubmitTime: propOf(props, PR_ORIGINAL_SUBMIT_TIME),
    reported,
    props: missingProps(props, `${SUBJECT_PREFIX[action]}: ${originalSubject}`.trim()),
    to: to.map((address) => ({ type: MAPI_TO, address })),
  };
}

/** REPORT-021 leaves the subject to whoever shows the report, and a report is not submitted. */
export function missingProps(props: readonly PropValue[], subject: string): readonly PropValue[] {
  const missing: PropValue[] = [];
  if ((propOf(props, PR_SUBJECT) ?? '') === '') missing.push(prop(PR_SUBJECT, subject));
  const time =
    propOf(props, PR_CLIENT_SUBMIT_TIME) ?? propOf(props, PR_REPORT_TIME) ?? propOf(props, PR_MESSAGE_DELIVERY_TIME);
  if (time !== undefined) missing.push(prop(PR_CLIENT_SUBMIT_TIME, time));
  const from = correspondent(props, SENT_REPRESENTING) ?? correspondent(props, SENDER);
  if (from === undefined || from.address === '') {
    missing.push(...addressProps(SENDER, MAILER_DAEMON), ...addressProps(SENT_REPRESENTING, MAILER_DAEMON));
  }
  return missing;
}

interface Reported {
  readonly reported: readonly ReportedRecipient[];
  readonly envelope: readonly MailAddress[];
}

/** Those whom the report is about, and those whom it is sent to. */
async function readReported(message: IMessage): Promise<Reported> {
  const reported: ReportedRecipient[] = [];
  const envelope: MailAddress[] = [];
  await using table = await message.getRecipientTable();
  await table.setColumns(RECIPIENT_TAGS);
  for (;;) {
    const rows = await table.queryRows(ROWS_AT_A_TIME);
    if (rows.length === 0) return { reported, envelope };
    for (const row of rows) {
      const recipient = reportedRecipient(row);
      if (recipient === undefined) continue;
      if (recipientKind(propOf(row, PR_RECIPIENT_TYPE) ?? MAPI_TO) === MAPI_P1) envelope.push(recipient.address);
      else reported.push(recipient);
    }
  }
}

function reportedRecipient(row: Row): ReportedRecipient | undefined {
  const addrType = propOf(row, PR_ADDRTYPE);
  const address = mailAddressOf({
    name: propOf(row, PR_ORIGINAL_DISPLAY_NAME) ?? propOf(row, PR_DISPLAY_NAME),
    addrType,
    emailAddress: propOf(row, PR_EMAIL_ADDRESS),
    smtpAddress: propOf(row, PR_SMTP_ADDRESS),
    entryId: propOf(row, PR_ENTRYID),
  });
  if (address === undefined) return undefined;
  return {
    address,
    addrType: addrType ?? '',
    text: propOf(row, PR_REPORT_TEXT) ?? '',
    statusCode: propOf(row, PR_NDR_STATUS_CODE),
    remoteMta: propOf(row, PR_DSN_REMOTE_MTA),
    time: propOf(row, PR_DELIVER_TIME) ?? propOf(row, PR_REPORT_TIME),
  };
}
