/** Read and nonread reports: what IMAPISupport::ReadReceipt makes of an empty message. spec: imapisupport-readreceipt */
import type { FileTime } from '@nodemapi/base';
import {
  type AdrEntry,
  decodeOneOff,
  type EntryId,
  encodeOneOff,
  type IMessage,
  MAPI_TO,
  MapiError,
  PR_ADDRTYPE,
  PR_DELETE_AFTER_SUBMIT,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_IN_REPLY_TO_ID,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_ORIG_MESSAGE_CLASS,
  PR_ORIGINAL_DELIVERY_TIME,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
  PR_PARENT_KEY,
  PR_READ_RECEIPT_ENTRYID,
  PR_READ_RECEIPT_REQUESTED,
  PR_RECEIPT_TIME,
  PR_RECIPIENT_TYPE,
  PR_REPORT_ENTRYID,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_SEARCH_KEY,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SUBJECT,
  type PropValue,
  prop,
  searchKeyOf,
} from '@nodemapi/mapi';
import { originalProps, sessionSenderProps } from './report-props.ts';
import type { SessionIdentity } from './spooler-port.ts';

/** Longest PR_MESSAGE_CLASS. */
const MESSAGE_CLASS_CHARS_MAX = 255;

/** Name, address type and address of a recipient. */
export interface ReportAddress {
  readonly displayName: string;
  readonly addrType: string;
  readonly emailAddress: string;
  readonly entryId: EntryId;
}

export interface ReadReportParts {
  /** MAPI_NON_READ: the message went unread. */
  readonly nonRead: boolean;
  readonly now: FileTime;
  /** Who read it, or did not. */
  readonly identity: SessionIdentity | undefined;
  /** The address behind an identifier of an address book; undefined if it cannot be had. */
  readonly lookUp: (entryId: EntryId) => Promise<ReportAddress | undefined>;
}

/**
 * Fills an empty message with the report about `original`; submitting it is left to the store.
 *
 * It goes to whom PR_READ_RECEIPT_ENTRYID names, else PR_REPORT_ENTRYID, else to the sender; it asks for no report about
 * itself, and goes away when it has been sent.
 *
 * @throws MAPI_E_NO_RECIPIENTS if nobody is named who has an address
 */
export async function fillReadReport(original: IMessage, report: IMessage, parts: ReadReportParts): Promise<void> {
  const { nonRead, now, identity } = parts;
  const { values } = await original.getProps([
    PR_MESSAGE_CLASS,
    PR_MESSAGE_DELIVERY_TIME,
    PR_SEARCH_KEY,
    PR_INTERNET_MESSAGE_ID,
    PR_SUBJECT,
  ]);
  const [messageClass = 'IPM.Note', delivered, searchKey, messageId, subject = ''] = values;
  const to = await reportAddress(original, parts);
  const suffix = nonRead ? 'IPNNRN' : 'IPNRN';
  const reportClass = `REPORT.${messageClass}`.slice(0, MESSAGE_CLASS_CHARS_MAX - suffix.length - 1);
  const props: PropValue[] = [
    ...(await originalProps(original)),
    ...sessionSenderProps(identity),
    prop(PR_MESSAGE_CLASS, `${reportClass}.${suffix}`),
    prop(PR_ORIG_MESSAGE_CLASS, messageClass),
    prop(PR_REPORT_TIME, now),
    prop(PR_REPORT_TEXT, reportText(subject, identity, nonRead)),
    prop(PR_DELETE_AFTER_SUBMIT, true),
    prop(PR_READ_RECEIPT_REQUESTED, false),
    prop(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, false),
    prop(PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED, false),
  ];
  if (!nonRead) props.push(prop(PR_RECEIPT_TIME, now));
  if (delivered !== undefined) props.push(prop(PR_ORIGINAL_DELIVERY_TIME, delivered));
  if (searchKey !== undefined) props.push(prop(PR_PARENT_KEY, searchKey));
  if (messageId !== undefined) props.push(prop(PR_IN_REPLY_TO_ID, messageId));
  await report.setProps(props);
  await report.modifyRecipients('replace', [recipientRow(to)]);
}

function reportText(subject: string, identity: SessionIdentity | undefined, nonRead: boolean): string {
  const reader = identity?.displayName ?? 'The recipient';
  return nonRead
    ? `${reader} has deleted the message "${subject}" without reading it.`
    : `${reader} has read the message "${subject}".`;
}

/** Whom the report goes to. */
async function reportAddress(original: IMessage, { lookUp }: ReadReportParts): Promise<ReportAddress> {
  const { values } = await original.getProps([
    PR_READ_RECEIPT_ENTRYID,
    PR_REPORT_ENTRYID,
    PR_SENDER_ENTRYID,
    PR_SENDER_NAME,
    PR_SENDER_ADDRTYPE,
    PR_SENDER_EMAIL_ADDRESS,
  ]);
  const [readReceiptId, reportId, senderId, senderName, addrType = '', emailAddress = ''] = values;
  for (const entryId of [readReceiptId, reportId]) {
    const found = entryId === undefined ? undefined : await addressOf(entryId, lookUp);
    if (found !== undefined) return found;
  }
  if (addrType !== '' && emailAddress !== '') {
    const displayName = senderName ?? emailAddress;
    const oneOff = { displayName, addrType, emailAddress, sendRichInfo: false };
    return { displayName, addrType, emailAddress, entryId: senderId ?? encodeOneOff(oneOff) };
  }
  const sender = senderId === undefined ? undefined : await addressOf(senderId, lookUp);
  if (sender !== undefined) return sender;
  throw new MapiError('MAPI_E_NO_RECIPIENTS', 'the message does not say to whom its reports go');
}

async function addressOf(entryId: EntryId, lookUp: ReadReportParts['lookUp']): Promise<ReportAddress | undefined> {
  const oneOff = decodeOneOff(entryId);
  return oneOff === undefined ? lookUp(entryId) : { ...oneOff, entryId };
}

function recipientRow({ displayName, addrType, emailAddress, entryId }: ReportAddress): AdrEntry {
  return [
    prop(PR_RECIPIENT_TYPE, MAPI_TO),
    prop(PR_DISPLAY_NAME, displayName),
    prop(PR_ADDRTYPE, addrType),
    prop(PR_EMAIL_ADDRESS, emailAddress),
    prop(PR_ENTRYID, entryId),
    prop(PR_SEARCH_KEY, searchKeyOf(addrType, emailAddress)),
  ];
}
