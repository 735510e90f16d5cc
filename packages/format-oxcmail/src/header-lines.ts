/** Properties of a message as header lines. spec: message-envelope */
import { type FileTime, utf8Decode } from '@nodemapi/base';
import {
  addressHeader,
  dateHeader,
  foldedHeader,
  type MailAddress,
  parseHeaderBlock,
  parseMessageIds,
  textHeader,
} from '@nodemapi/format-mime';
import {
  decodeOneOff,
  type EntryId,
  type IMessage,
  MAPI_BCC,
  MAPI_CC,
  MAPI_TO,
  MSGFLAG_UNSENT,
  PR_CLIENT_SUBMIT_TIME,
  PR_CONVERSATION_INDEX,
  PR_CONVERSATION_TOPIC,
  PR_EXPIRY_TIME,
  PR_IMPORTANCE,
  PR_IN_REPLY_TO_ID,
  PR_INTERNET_MESSAGE_ID,
  PR_INTERNET_ORGANIZATION,
  PR_INTERNET_REFERENCES,
  PR_MESSAGE_FLAGS,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_PRIORITY,
  PR_READ_RECEIPT_ENTRYID,
  PR_READ_RECEIPT_REQUESTED,
  PR_REPLY_RECIPIENT_ENTRIES,
  PR_REPLY_TIME,
  PR_REPORT_ENTRYID,
  PR_REPORT_NAME,
  PR_SENSITIVITY,
  PR_SUBJECT,
  PR_TRANSPORT_MESSAGE_HEADERS,
  type PropTag,
  type PropValue,
  propOf,
} from '@nodemapi/mapi';
import { correspondent, displayNameOf, mailAddressOf, replyAddresses } from './address-props.ts';
import { SENDER, SENT_REPRESENTING } from './address-roles.ts';
import { journeyHeaders, keptHeaders } from './kept-headers.ts';
import { propSource, readSource } from './prop-source.ts';
import { type OutgoingRecipient, readRecipients, resolved } from './recipients.ts';
import type { ReportMail } from './report-mail.ts';

/** What of the headers a caller may choose. */
export interface HeaderFormOptions {
  /** CCSF_INCLUDE_BCC */
  readonly includeBcc?: boolean;
  /** CCSF_NO_MSGID */
  readonly noMessageId?: boolean;
  /** CCSF_8BITHEADERS, CCSF_GLOBAL_MESSAGE: text that is not ASCII stands as UTF-8. */
  readonly utf8?: boolean;
  /** Finds the mail address of a recipient or sender who is known by something else. */
  readonly resolve?: (entryId: EntryId) => Promise<string | undefined>;
}

/** What the caller gives where the message has nothing, and how headers are written. */
export interface HeaderDefaults extends HeaderFormOptions {
  /** Message-ID with its angle brackets, for a message without PR_INTERNET_MESSAGE_ID. */
  readonly messageId?: string;
  /** Date of a message without PR_CLIENT_SUBMIT_TIME; without either there is no Date header. */
  readonly date?: FileTime;
  /** Writes X-Unsent for a message that has not been sent, as .eml files of drafts have it. */
  readonly unsent?: boolean;
  /** Writes what the journey of a received message added, such as Received, in front: for files, not to be sent. */
  readonly journey?: boolean;
}

/** Kept headers are read up to this size. */
const KEPT_BLOCK_BYTES_MAX = 4_194_304;

const HEADER_TAGS = [
  ...Object.values(SENDER),
  ...Object.values(SENT_REPRESENTING),
  PR_SUBJECT,
  PR_CLIENT_SUBMIT_TIME,
  PR_INTERNET_MESSAGE_ID,
  PR_IN_REPLY_TO_ID,
  PR_INTERNET_REFERENCES,
  PR_REPLY_RECIPIENT_ENTRIES,
  PR_CONVERSATION_TOPIC,
  PR_CONVERSATION_INDEX,
  PR_IMPORTANCE,
  PR_PRIORITY,
  PR_SENSITIVITY,
  PR_READ_RECEIPT_ENTRYID,
  PR_READ_RECEIPT_REQUESTED,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_REPORT_NAME,
  PR_REPORT_ENTRYID,
  PR_EXPIRY_TIME,
  PR_REPLY_TIME,
  PR_INTERNET_ORGANIZATION,
  PR_MESSAGE_FLAGS,
] as const satisfies readonly PropTag[];

/** A message's header lines, without Content-*; and its kept Content-Type, which says more of S/MIME than properties do. */
export interface MessageHeaderLines {
  readonly lines: readonly string[];
  readonly contentType: string | undefined;
}

/**
 * Reads what the headers of a message need and writes them; Bcc is among them only if that is asked for.
 *
 * @param report what the message reports, if it is a report: its recipients are whom it is about, not whom it goes to
 */
export async function headerLines(
  message: IMessage,
  defaults: HeaderDefaults,
  report?: Pick<ReportMail, 'props' | 'to'>,
): Promise<MessageHeaderLines> {
  const props = [...(report?.props ?? []), ...(await message.getProps(HEADER_TAGS)).props];
  const recipients = report?.to ?? (await readRecipients(message, defaults.resolve));
  const correspondents = {
    sender: await resolved(correspondent(props, SENDER), propOf(props, SENDER.entryId), defaults.resolve),
    from: await resolved(
      correspondent(props, SENT_REPRESENTING),
      propOf(props, SENT_REPRESENTING.entryId),
      defaults.resolve,
    ),
  };
  const own = [
    ...correspondentLines(props, correspondents, recipients, defaults),
    ...subjectLines(props, defaults),
    ...identifierLines(props, defaults),
    ...wishLines(props),
    ...(defaults.unsent === true && isUnsent(props) ? [foldedHeader('X-Unsent', '1')] : []),
    ...(report === undefined ? [] : [foldedHeader('Auto-Submitted', 'auto-replied')]),
    foldedHeader('MIME-Version', '1.0'),
  ];
  const source = await propSource(message, PR_TRANSPORT_MESSAGE_HEADERS);
  if (source === undefined) return { lines: own, contentType: undefined };
  const block = parseHeaderBlock(utf8Decode(await readSource(source, KEPT_BLOCK_BYTES_MAX)));
  const written = new Set(own.map((line) => line.slice(0, line.indexOf(':')).toLowerCase()));
  const journey = defaults.journey === true && !isUnsent(props) ? journeyHeaders(block) : [];
  return { lines: [...journey, ...own, ...keptHeaders(block, written)], contentType: block.get('Content-Type') };
}

interface Correspondents {
  readonly sender: MailAddress | undefined;
  readonly from: MailAddress | undefined;
}

function correspondentLines(
  props: readonly PropValue[],
  correspondents: Correspondents,
  recipients: readonly OutgoingRecipient[],
  form: HeaderFormOptions,
): readonly string[] {
  const { sender } = correspondents;
  const from = correspondents.from ?? sender;
  const lines: string[] = [];
  if (from !== undefined) lines.push(addressHeader('From', [from], form));
  if (sender !== undefined && from !== undefined && !sameCorrespondent(sender, from)) {
    lines.push(addressHeader('Sender', [sender], form));
  }
  const replies = replyAddresses(props);
  const [first] = replies;
  const usual = replies.length === 1 && [from, sender].some((own) => own && first && sameCorrespondent(own, first));
  if (replies.length > 0 && !usual) lines.push(addressHeader('Reply-To', replies, form));
  const ofType = (wanted: number): readonly MailAddress[] =>
    recipients.filter(({ type }) => type === wanted).map(({ address }) => address);
  const [to, cc, bcc] = [ofType(MAPI_TO), ofType(MAPI_CC), form.includeBcc === true ? ofType(MAPI_BCC) : []];
  if (to.length > 0) lines.push(addressHeader('To', to, form));
  if (cc.length > 0) lines.push(addressHeader('Cc', cc, form));
  if (bcc.length > 0) lines.push(addressHeader('Bcc', bcc, form));
  if (to.length + cc.length + bcc.length === 0) lines.push(foldedHeader('To', 'undisclosed-recipients:;'));
  return lines;
}

function subjectLines(props: readonly PropValue[], form: HeaderFormOptions): readonly string[] {
  const subject = propOf(props, PR_SUBJECT) ?? '';
  return subject === '' ? [] : [textHeader('Subject', subject, form)];
}

function identifierLines(props: readonly PropValue[], defaults: HeaderDefaults): readonly string[] {
  const lines: string[] = [];
  const date = propOf(props, PR_CLIENT_SUBMIT_TIME) ?? defaults.date;
  if (date !== undefined) lines.push(dateHeader('Date', date));
  const id = propOf(props, PR_INTERNET_MESSAGE_ID) ?? defaults.messageId;
  if (id !== undefined && defaults.noMessageId !== true) lines.push(...idLine('Message-ID', id));
  lines.push(...idLine('In-Reply-To', propOf(props, PR_IN_REPLY_TO_ID) ?? ''));
  lines.push(...idLine('References', propOf(props, PR_INTERNET_REFERENCES) ?? ''));
  const topic = propOf(props, PR_CONVERSATION_TOPIC);
  const index = propOf(props, PR_CONVERSATION_INDEX);
  if (topic !== undefined && topic !== '') lines.push(textHeader('Thread-Topic', topic, defaults));
  if (index !== undefined) lines.push(foldedHeader('Thread-Index', Buffer.from(index).toString('base64')));
  return lines;
}

const IMPORTANCE: readonly string[] = ['low', 'normal', 'high'];
const X_PRIORITY: readonly string[] = ['5', '3', '1'];
const PRIORITY: Readonly<Record<number, string>> = { '-1': 'non-urgent', 1: 'urgent' };
const SENSITIVITY: readonly string[] = ['', 'Personal', 'Private', 'Company-Confidential'];

function wishLines(props: readonly PropValue[]): readonly string[] {
  const lines: string[] = [];
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') lines.push(foldedHeader(name, value));
  };
  const importance = propOf(props, PR_IMPORTANCE) ?? 1;
  if (importance !== 1) {
    add('Importance', IMPORTANCE[importance]);
    add('X-Priority', X_PRIORITY[importance]);
  }
  add('Priority', PRIORITY[propOf(props, PR_PRIORITY) ?? 0]);
  add('Sensitivity', SENSITIVITY[propOf(props, PR_SENSITIVITY) ?? 0]);
  const answerTo = correspondent(props, SENDER) ?? correspondent(props, SENT_REPRESENTING);
  const receiptTo = oneOffOf(propOf(props, PR_READ_RECEIPT_ENTRYID), undefined) ?? answerTo;
  if (propOf(props, PR_READ_RECEIPT_REQUESTED) === true && receiptTo !== undefined) {
    lines.push(addressHeader('Disposition-Notification-To', [receiptTo]));
  }
  const reportTo = oneOffOf(propOf(props, PR_REPORT_ENTRYID), propOf(props, PR_REPORT_NAME)) ?? answerTo;
  if (propOf(props, PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED) === true && reportTo !== undefined) {
    lines.push(addressHeader('Return-Receipt-To', [reportTo]));
  }
  const expiry = propOf(props, PR_EXPIRY_TIME);
  const replyBy = propOf(props, PR_REPLY_TIME);
  if (expiry !== undefined) lines.push(dateHeader('Expires', expiry));
  if (replyBy !== undefined) lines.push(dateHeader('Reply-By', replyBy));
  const organization = propOf(props, PR_INTERNET_ORGANIZATION) ?? '';
  if (organization !== '') lines.push(textHeader('Organization', organization));
  return lines;
}

/** The address that an identifier holds; undefined if it holds none. */
function oneOffOf(entryId: EntryId | undefined, name: string | undefined): MailAddress | undefined {
  if (entryId === undefined) return undefined;
  const oneOff = decodeOneOff(entryId);
  const found = mailAddressOf({
    name: name ?? oneOff?.displayName,
    addrType: undefined,
    emailAddress: undefined,
    smtpAddress: undefined,
    entryId,
  });
  return found?.address === '' ? undefined : found;
}

function sameAddress(a: MailAddress, b: MailAddress): boolean {
  return a.address.toLowerCase() === b.address.toLowerCase();
}

function sameCorrespondent(a: MailAddress, b: MailAddress): boolean {
  return sameAddress(a, b) && displayNameOf(a) === displayNameOf(b);
}

function isUnsent(props: readonly PropValue[]): boolean {
  return ((propOf(props, PR_MESSAGE_FLAGS) ?? 0) & MSGFLAG_UNSENT) !== 0;
}

/** Identifiers as they were; none of what is not ASCII. */
function idLine(name: string, text: string): readonly string[] {
  const ids = parseMessageIds(text);
  const value = (ids.length > 0 ? ids.join(' ') : text).replaceAll(/[^\x21-\x7e ]/g, '').trim();
  return value === '' ? [] : [foldedHeader(name, value)];
}
