/**
 * The record that the spooler keeps of a message, in the queue of its store, with what it has to know of the message.
 *
 * What is open is decided by the recipient's state; where there is none yet, by PR_RESPONSIBILITY.
 */
import {
  type AdrEntry,
  type EntryId,
  type IMAPITable,
  type IMessage,
  isPropError,
  MAPI_SUBMITTED,
  MAPI_TO,
  NEW_STANDING,
  type OutgoingRecords,
  type OutgoingStanding,
  type OutgoingState,
  outgoingState,
  PR_ADDRTYPE,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_NUMBER,
  PR_DEFERRED_SEND_TIME,
  PR_DEFERRED_SEND_UNITS,
  PR_DELIVER_TIME,
  PR_DISPLAY_NAME,
  PR_DSN_REMOTE_MTA,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_CLASS,
  PR_NDR_DIAG_CODE,
  PR_NDR_REASON_CODE,
  PR_NDR_STATUS_CODE,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
  PR_RECIPIENT_TYPE,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_NAME,
  PR_SPOOLER_RECIPIENT_ATTEMPTS,
  PR_SPOOLER_RECIPIENT_ERROR,
  PR_SPOOLER_RECIPIENT_REPORTED,
  PR_SPOOLER_RECIPIENT_STATE,
  PR_SPOOLER_STATE,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  prop,
  propId,
  propOf,
  type RecipientStanding,
  withStanding,
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
  /** What the row got from us besides: the time of delivery, what its report says. */
  readonly added: readonly PropValue[];
}

export interface MessageRecord extends SendTimes, OutgoingStanding {
  readonly entryId: EntryId;
  /** The number of the last taking of the lock, or of its giving back. */
  readonly lock: number;
  /** Of an attempt that was cut off: whether the message was offered to anybody; undefined: nobody knows. */
  readonly offered?: boolean;
  readonly subject: string;
  readonly messageClass: string;
  readonly internetMessageId: string | undefined;
  readonly senderName: string | undefined;
  readonly senderAddress: string | undefined;
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

/** Reads the record of a queued message that is open. @throws MAPI_E_NOT_IN_QUEUE */
export async function readRecord(
  records: OutgoingRecords,
  message: IMessage,
  entryId: EntryId,
): Promise<MessageRecord> {
  const { standing, rows, ...rest } = await records.readOutgoing(message);
  return { ...(await readFacts(message)), ...standing, ...rest, entryId, recipients: rows.map(recipientOf) };
}

/** What a message would have for a record that no spooler has seen. */
export async function newRecord(message: IMessage, entryId: EntryId): Promise<MessageRecord> {
  const recipients = await readRecipients(message);
  return { ...(await readFacts(message)), ...NEW_STANDING, entryId, lock: 0, submitFlags: 0, recipients };
}

type Facts = Omit<
  MessageRecord,
  keyof OutgoingStanding | 'entryId' | 'lock' | 'submitFlags' | 'offered' | 'recipients'
>;

/** What the spooler has to know of the message itself. */
async function readFacts(message: IMessage): Promise<Facts> {
  const { values } = await message.getProps(FACTS);
  return {
    subject: values[0] ?? '',
    messageClass: values[1] ?? 'IPM.Note',
    internetMessageId: values[2],
    senderName: values[3],
    senderAddress: values[4],
    submitTime: values[5],
    deferredTime: values[6],
    deferredNumber: values[7],
    deferredUnits: values[8],
    wantsDeliveryReport: values[9] ?? false,
    wantsNonDeliveryReport: values[10] ?? true,
  };
}

const FACTS = [
  PR_SUBJECT,
  PR_MESSAGE_CLASS,
  PR_INTERNET_MESSAGE_ID,
  PR_SENDER_NAME,
  PR_SENDER_EMAIL_ADDRESS,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_SEND_TIME,
  PR_DEFERRED_SEND_NUMBER,
  PR_DEFERRED_SEND_UNITS,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_ORIGINATOR_NON_DELIVERY_REPORT_REQUESTED,
] as const;

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
    added: row.filter(({ tag }) => ADDED_TAGS.has(tag)),
  };
}

/** The properties that an outcome gives to a row. */
const ADDED_TAGS: ReadonlySet<PropTag> = new Set<PropTag>([
  PR_DELIVER_TIME,
  PR_NDR_REASON_CODE,
  PR_NDR_DIAG_CODE,
  PR_NDR_STATUS_CODE,
  PR_REPORT_TEXT,
  PR_REPORT_TIME,
  PR_DSN_REMOTE_MTA,
]);

/** The recipient with more properties in its row. */
export function withAdded(recipient: RecipientRecord, values: readonly PropValue[]): RecipientRecord {
  return { ...recipient, row: withValues(recipient.row, values), added: withValues(recipient.added, values) };
}

/** What the store keeps of a recipient. */
export function standingOf(recipient: RecipientRecord): RecipientStanding {
  const { rowId, state = 'ready', attempts, error, responsibility, reported, added } = recipient;
  return { rowId, state, attempts, error, responsibility, reported, added };
}

/** The row of a recipient with its state of now, as `modifyRecipients('modify')` takes it: whole, since it is replaced. */
export function recipientRow(recipient: RecipientRecord): AdrEntry {
  if (recipient.state !== undefined) return withStanding(recipient.row, standingOf(recipient));
  return withValues(recipient.row, [prop(PR_RESPONSIBILITY, recipient.responsibility)]);
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
