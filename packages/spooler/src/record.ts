/**
 * The record that the spooler keeps of a message, in the message itself: one row of state per recipient.
 *
 * - What is open is decided by the recipient's state; where there is none yet, by PR_RESPONSIBILITY.
 * - A row is always written whole, since MODRECIP_MODIFY replaces the row.
 */
import type { FileTime } from '@nodemapi/base';
import {
  type AdrEntry,
  type EntryId,
  type IMAPITable,
  type IMessage,
  isPropError,
  MAPI_SUBMITTED,
  MAPI_TO,
  type OutgoingState,
  outgoingState,
  outgoingStateNumber,
  PR_ADDRTYPE,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_NUMBER,
  PR_DEFERRED_SEND_TIME,
  PR_DEFERRED_SEND_UNITS,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_NAME,
  PR_SPOOLER_ATTEMPTS,
  PR_SPOOLER_FAILURES,
  PR_SPOOLER_LAST_ATTEMPT,
  PR_SPOOLER_NEXT_ATTEMPT,
  PR_SPOOLER_REASON,
  PR_SPOOLER_RECIPIENT_ATTEMPTS,
  PR_SPOOLER_RECIPIENT_ERROR,
  PR_SPOOLER_RECIPIENT_REPORTED,
  PR_SPOOLER_RECIPIENT_STATE,
  PR_SPOOLER_STATE,
  PR_SUBJECT,
  PR_SUBMIT_FLAGS,
  type PropTag,
  type PropValue,
  prop,
  propId,
  propOf,
} from '@nodemapi/mapi';
import type { SendTimes } from './schedule.ts';

/** The identifiers of the properties that the spooler keeps with messages and recipients. */
const OWN_ID_FIRST = propId(PR_SPOOLER_STATE);
const OWN_ID_LAST = OWN_ID_FIRST + 0xf;

/** Whether a property is the spooler's own. */
export function isSpoolerTag(propTag: PropTag): boolean {
  return propId(propTag) >= OWN_ID_FIRST && propId(propTag) <= OWN_ID_LAST;
}

/** Rows read from a table at a time. */
export const TABLE_PAGE_ROWS = 100;

export interface RecipientRecord {
  readonly rowId: number;
  /** Every property of the row, without the errors. */
  readonly row: AdrEntry;
  readonly name: string;
  readonly addrType: string;
  readonly address: string;
  readonly entryId: EntryId | undefined;
  /** undefined: never looked at by a spooler. */
  readonly state: OutgoingState | undefined;
  readonly attempts: number;
  readonly error: string | undefined;
  readonly responsibility: boolean;
  readonly reported: boolean;
}

export interface MessageRecord extends SendTimes {
  readonly entryId: EntryId;
  readonly subject: string;
  readonly messageClass: string;
  readonly internetMessageId: string | undefined;
  readonly senderName: string | undefined;
  readonly senderAddress: string | undefined;
  readonly state: OutgoingState;
  readonly attempts: number;
  readonly lastAttempt: FileTime | undefined;
  readonly nextAttempt: FileTime | undefined;
  readonly reason: string | undefined;
  readonly failures: number;
  readonly submitFlags: number;
  readonly wantsDeliveryReport: boolean;
  readonly wantsNonDeliveryReport: boolean;
  readonly recipients: readonly RecipientRecord[];
}

/** Whether somebody still has to take the recipient. A MAPI_SUBMITTED row has been served before a resend. */
export function isOpen(recipient: RecipientRecord): boolean {
  const type = propOf(recipient.row, PR_RECIPIENT_TYPE) ?? MAPI_TO;
  if ((type & MAPI_SUBMITTED) !== 0) return false;
  if (recipient.state === undefined) return !recipient.responsibility;
  return recipient.state !== 'sent' && recipient.state !== 'failed';
}

/** Reads the record of a queued message. `entryId` is how the queue names it. */
export async function readRecord(message: IMessage, entryId: EntryId): Promise<MessageRecord> {
  const { values } = await message.getProps([
    PR_SUBJECT,
    PR_MESSAGE_CLASS,
    PR_INTERNET_MESSAGE_ID,
    PR_SENDER_NAME,
    PR_SENDER_EMAIL_ADDRESS,
    PR_CLIENT_SUBMIT_TIME,
    PR_DEFERRED_SEND_TIME,
    PR_DEFERRED_SEND_NUMBER,
    PR_DEFERRED_SEND_UNITS,
    PR_SPOOLER_STATE,
    PR_SPOOLER_ATTEMPTS,
    PR_SPOOLER_LAST_ATTEMPT,
    PR_SPOOLER_NEXT_ATTEMPT,
    PR_SPOOLER_REASON,
    PR_SPOOLER_FAILURES,
    PR_SUBMIT_FLAGS,
    PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
    PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
  ]);
  return {
    entryId,
    subject: values[0] ?? '',
    messageClass: values[1] ?? 'IPM.Note',
    internetMessageId: values[2],
    senderName: values[3],
    senderAddress: values[4],
    submitTime: values[5],
    deferredTime: values[6],
    deferredNumber: values[7],
    deferredUnits: values[8],
    state: outgoingState(values[9]),
    attempts: values[10] ?? 0,
    lastAttempt: values[11],
    nextAttempt: values[12],
    reason: values[13],
    failures: values[14] ?? 0,
    submitFlags: values[15] ?? 0,
    wantsDeliveryReport: values[16] ?? false,
    wantsNonDeliveryReport: values[17] ?? true,
    recipients: await readRecipients(message),
  };
}

/** Reads the recipient table, whole rows in the order of the table. */
export async function readRecipients(message: IMessage): Promise<readonly RecipientRecord[]> {
  await using table = await message.getRecipientTable();
  await table.setColumns(await columnsOf(table));
  const recipients: RecipientRecord[] = [];
  for (
    let rows = await table.queryRows(TABLE_PAGE_ROWS);
    rows.length > 0;
    rows = await table.queryRows(TABLE_PAGE_ROWS)
  ) {
    for (const row of rows) recipients.push(recipientOf(row.filter(isStored)));
  }
  return recipients;
}

const SPOOLER_COLUMNS: readonly PropTag[] = [
  PR_ROWID,
  PR_RECIPIENT_TYPE,
  PR_DISPLAY_NAME,
  PR_ADDRTYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_RESPONSIBILITY,
  PR_SPOOLER_RECIPIENT_STATE,
  PR_SPOOLER_RECIPIENT_ATTEMPTS,
  PR_SPOOLER_RECIPIENT_ERROR,
  PR_SPOOLER_RECIPIENT_REPORTED,
];

async function columnsOf(table: IMAPITable): Promise<readonly PropTag[]> {
  return [...new Set([...(await table.queryColumns({ all: true })), ...SPOOLER_COLUMNS])];
}

/** What is a property of the recipient, and not of the table. */
function isStored(value: PropValue): boolean {
  return !isPropError(value) && value.tag !== PR_INSTANCE_KEY;
}

/** The record in a recipient row. */
export function recipientOf(row: AdrEntry): RecipientRecord {
  const stored = propOf(row, PR_SPOOLER_RECIPIENT_STATE);
  const address = propOf(row, PR_EMAIL_ADDRESS) ?? '';
  return {
    rowId: propOf(row, PR_ROWID) ?? 0,
    row,
    name: propOf(row, PR_DISPLAY_NAME) ?? address,
    addrType: propOf(row, PR_ADDRTYPE) ?? '',
    address,
    entryId: propOf(row, PR_ENTRYID),
    state: stored === undefined ? undefined : outgoingState(stored),
    attempts: propOf(row, PR_SPOOLER_RECIPIENT_ATTEMPTS) ?? 0,
    error: propOf(row, PR_SPOOLER_RECIPIENT_ERROR),
    responsibility: propOf(row, PR_RESPONSIBILITY) ?? false,
    reported: propOf(row, PR_SPOOLER_RECIPIENT_REPORTED) ?? false,
  };
}

/** The row of a recipient with its state of now, as `modifyRecipients('modify')` takes it. */
export function recipientRow(recipient: RecipientRecord): AdrEntry {
  const own: PropValue[] = [
    prop(PR_RESPONSIBILITY, recipient.responsibility),
    prop(PR_SPOOLER_RECIPIENT_ATTEMPTS, recipient.attempts),
    prop(PR_SPOOLER_RECIPIENT_REPORTED, recipient.reported),
  ];
  if (recipient.state !== undefined) own.push(prop(PR_SPOOLER_RECIPIENT_STATE, outgoingStateNumber(recipient.state)));
  if (recipient.error !== undefined) own.push(prop(PR_SPOOLER_RECIPIENT_ERROR, recipient.error));
  return withValues(recipient.row, own, [PR_SPOOLER_RECIPIENT_ERROR]);
}

/** The list with `values` in place of those of the same tags, and without `dropped`. */
export function withValues(
  list: readonly PropValue[],
  values: readonly PropValue[],
  dropped: readonly PropTag[] = [],
): PropValue[] {
  const gone = new Set<PropTag>([...dropped, ...values.map((value) => value.tag)]);
  return [...list.filter((value) => !gone.has(value.tag)), ...values];
}

/** How people read a recipient. */
export function addressText(recipient: RecipientRecord): string {
  return recipient.address === '' ? recipient.name : recipient.address;
}
