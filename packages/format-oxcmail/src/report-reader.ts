/**
 * What a multipart/report says, as the properties of a report message. [MS-OXCMAIL] 2.2.3.7; RFC 3464, RFC 8098
 *
 * - A report about delivery takes the class of its gravest action; only the recipients of that action are in it.
 * - What the original says of itself, in the last part, makes PR_ORIGINAL_*.
 * - The parts stay what they are, a body and attachments, so that nothing is lost.
 */
import type { FileTime } from '@nodemapi/base';
import { type MimeHeaders, type MimePart, parseAddresses, parseMailDate, parseMessageIds } from '@nodemapi/format-mime';
import {
  type AdrEntry,
  MAPI_TO,
  ndrCodes,
  PR_CLIENT_SUBMIT_TIME,
  PR_DELIVER_TIME,
  PR_DSN_REMOTE_MTA,
  PR_IN_REPLY_TO_ID,
  PR_MESSAGE_CLASS,
  PR_NDR_DIAG_CODE,
  PR_NDR_REASON_CODE,
  PR_NDR_STATUS_CODE,
  PR_ORIG_MESSAGE_CLASS,
  PR_ORIGINAL_DISPLAY_CC,
  PR_ORIGINAL_DISPLAY_NAME,
  PR_ORIGINAL_DISPLAY_TO,
  PR_ORIGINAL_SEARCH_KEY,
  PR_ORIGINAL_SUBJECT,
  PR_ORIGINAL_SUBMIT_TIME,
  PR_RECEIPT_TIME,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_SUPPLEMENTARY_INFO,
  type PropValue,
  PT_UNICODE,
  prop,
  propOf,
  searchKeyOf,
  tag,
} from '@nodemapi/mapi';
import { addressProps, displayNameOf, recipientRow } from './address-props.ts';
import { ORIGINAL_SENDER } from './address-roles.ts';
import type { ReportAction } from './report-facts.ts';
import {
  recipientAddress,
  type StatusFields,
  statusGroups,
  statusText,
  typedValue,
  withoutComments,
} from './status-fields.ts';

/** PidTagReportingMessageTransferAgent: the system that made the report. */
export const PR_REPORTING_MTA = tag(0x6820, PT_UNICODE);

/** A report as properties; `recipients` are those it is about, undefined where the report is about its sender. */
export interface ReadReport {
  readonly props: readonly PropValue[];
  readonly recipients: readonly AdrEntry[] | undefined;
}

export type ReportPartKind = 'delivery' | 'disposition';

/** What is known of the report as a mail. */
export interface ReportEnvelope {
  /** The class without a report. */
  readonly messageClass: string;
  readonly sent: FileTime | undefined;
}

/** In the order of their gravity. */
const ACTIONS: readonly ReportAction[] = ['delivered', 'expanded', 'relayed', 'delayed', 'failed'];
const SUFFIX: Readonly<Record<ReportAction, string>> = {
  delivered: 'DR',
  expanded: 'Expanded.DR',
  relayed: 'Relayed.DR',
  delayed: 'Delayed.DR',
  failed: 'NDR',
};
/** Dispositions of a message that somebody, or something, has looked at. RFC 8098 3.2.6.2, RFC 3798 */
const SEEN: ReadonlySet<string> = new Set(['displayed', 'dispatched', 'processed']);

/** Whether a part is the one for programs of a report: in a multipart/report that is the whole message. */
export function reportKindOf(part: MimePart): ReportPartKind | undefined {
  if (part.parent?.contentType !== 'multipart/report' || part.parent.depth !== 0) return undefined;
  if (/^message\/(?:global-)?delivery-status$/u.test(part.contentType)) return 'delivery';
  return /^message\/(?:global-)?disposition-notification$/u.test(part.contentType) ? 'disposition' : undefined;
}

/** @returns undefined if the part says nothing that makes the message a report */
export function readStatusPart(
  kind: ReportPartKind,
  body: Uint8Array,
  envelope: ReportEnvelope,
): ReadReport | undefined {
  const groups = statusGroups(body);
  return kind === 'delivery' ? deliveryReport(groups, envelope) : dispositionReport(groups, envelope);
}

/** PR_ORIGINAL_* of what the message that the report is about says in its own headers. */
export function originalHeaderProps(headers: MimeHeaders): readonly PropValue[] {
  const names = (field: string): string =>
    headers
      .getAll(field)
      .flatMap((value) => parseAddresses(value).map(displayNameOf))
      .join('; ');
  const subject = headers.text('Subject');
  const date = parseMailDate(headers.get('Date') ?? '');
  const messageId = parseMessageIds(headers.get('Message-ID') ?? '')[0];
  const [from] = headers.getAll('From').flatMap((value) => parseAddresses(value));
  return [
    ...(subject === undefined ? [] : [prop(PR_ORIGINAL_SUBJECT, subject)]),
    ...(date === undefined ? [] : [prop(PR_ORIGINAL_SUBMIT_TIME, date)]),
    ...(messageId === undefined ? [] : [prop(PR_IN_REPLY_TO_ID, messageId)]),
    ...(from === undefined ? [] : addressProps(ORIGINAL_SENDER, from)),
    prop(PR_ORIGINAL_DISPLAY_TO, names('To')),
    prop(PR_ORIGINAL_DISPLAY_CC, names('Cc')),
  ];
}

function deliveryReport(
  [message, ...groups]: readonly StatusFields[],
  envelope: ReportEnvelope,
): ReadReport | undefined {
  // The fields of the message come first; a report without them begins with a recipient.
  const recipients = message?.has('action') ? [message, ...groups] : groups;
  const gravest = Math.max(...recipients.map(gravityOf));
  const action = ACTIONS[gravest];
  if (action === undefined) return undefined;
  const about = recipients.filter((fields) => gravityOf(fields) === gravest);
  const rows = about.flatMap((fields) => recipientOf(fields, action, envelope));
  const mta = typedValue(message?.get('reporting-mta'))?.value;
  const text = rows.map((row) => `${propOf(row, PR_ORIGINAL_DISPLAY_NAME)}: ${propOf(row, PR_REPORT_TEXT)}`);
  return {
    props: [
      ...reportProps(envelope, SUFFIX[action]),
      ...(mta === undefined ? [] : [prop(PR_REPORTING_MTA, mta)]),
      prop(PR_REPORT_TEXT, text.join('\r\n')),
    ],
    recipients: rows,
  };
}

/** The place of the action in `ACTIONS`; -1 for one that is unknown. */
function gravityOf(fields: StatusFields): number {
  const word = withoutComments(fields.get('action') ?? '').toLowerCase();
  return (ACTIONS as readonly string[]).indexOf(word);
}

function recipientOf(fields: StatusFields, action: ReportAction, { sent }: ReportEnvelope): readonly AdrEntry[] {
  const address = recipientAddress(fields.get('original-recipient')) ?? recipientAddress(fields.get('final-recipient'));
  if (address === undefined) return [];
  const name = statusText(fields.get('x-display-name') ?? '');
  const status = /^\s*([245]\.\d{1,3}\.\d{1,3})/u.exec(fields.get('status') ?? '')?.[1];
  const remote = typedValue(fields.get('remote-mta'))?.value;
  const diagnostic = statusText(typedValue(fields.get('diagnostic-code'))?.value ?? '');
  const text = diagnostic || (status === undefined ? action : `${action}, ${status}`);
  const values: PropValue[] = [
    prop(PR_ORIGINAL_DISPLAY_NAME, name || address),
    prop(PR_ORIGINAL_SEARCH_KEY, searchKeyOf('SMTP', address)),
    prop(PR_REPORT_TEXT, text),
    prop(PR_SUPPLEMENTARY_INFO, fields.get('x-supplementary-info') ?? supplementaryInfo(remote, status, diagnostic)),
  ];
  if (remote !== undefined) values.push(prop(PR_DSN_REMOTE_MTA, remote));
  const time = parseMailDate(fields.get('last-attempt-date') ?? '') ?? sent;
  if (time !== undefined) values.push(prop(PR_REPORT_TIME, time));
  if (action === 'failed' || action === 'delayed') values.push(...failureProps(status));
  else if (time !== undefined) values.push(prop(PR_DELIVER_TIME, time));
  return [[...recipientRow(MAPI_TO, { name, address }), ...values]];
}

function failureProps(enhancedStatus: string | undefined): readonly PropValue[] {
  const { reason, diagnostic, status } = ndrCodes(enhancedStatus === undefined ? {} : { enhancedStatus });
  const props = [prop(PR_NDR_REASON_CODE, reason), prop(PR_NDR_DIAG_CODE, diagnostic)];
  return status === undefined ? props : [...props, prop(PR_NDR_STATUS_CODE, status)];
}

/** [MS-OXCMAIL] 2.2.3.7.1.2 */
function supplementaryInfo(remote: string | undefined, status: string | undefined, diagnostic: string): string {
  return `<${[remote, `#${status ?? ''}`, diagnostic].filter((each) => each !== undefined && each !== '').join(' ')}>`;
}

function dispositionReport([fields]: readonly StatusFields[], envelope: ReportEnvelope): ReadReport | undefined {
  const disposition = /^[^;]*;\s*([A-Za-z-]+)/u.exec(withoutComments(fields?.get('disposition') ?? ''))?.[1];
  if (fields === undefined || disposition === undefined) return undefined;
  const wasRead = SEEN.has(disposition.toLowerCase());
  const original = parseMessageIds(fields.get('original-message-id') ?? '')[0];
  const props = [...reportProps(envelope, wasRead ? 'IPNRN' : 'IPNNRN'), prop(PR_REPORT_TEXT, disposition)];
  if (original !== undefined) props.push(prop(PR_IN_REPLY_TO_ID, original));
  if (wasRead && envelope.sent !== undefined) props.push(prop(PR_RECEIPT_TIME, envelope.sent));
  return { props, recipients: undefined };
}

function reportProps({ messageClass, sent }: ReportEnvelope, suffix: string): readonly PropValue[] {
  return [
    prop(PR_MESSAGE_CLASS, `REPORT.${messageClass}.${suffix}`),
    prop(PR_ORIG_MESSAGE_CLASS, messageClass),
    ...(sent === undefined ? [] : [prop(PR_REPORT_TIME, sent), prop(PR_CLIENT_SUBMIT_TIME, sent)]),
  ];
}
