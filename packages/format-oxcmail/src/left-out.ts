/**
 * What a mail lacks of the properties, recipients and headers of its message.
 *
 * - Header lines are read again as a reader of the mail does: a property whose value does not come back is told.
 * - What a store computes or keeps for itself (`STAYS`) is no part of a message, and is not told.
 * - Bodies, attachments, calendars and vCards tell of themselves where they are written.
 */
import { utf8Encode } from '@nodemapi/base';
import { MimeHeaders } from '@nodemapi/format-mime';
import * as mapi from '@nodemapi/mapi';
import {
  type IMessage,
  isPropError,
  type PropTag,
  type PropValue,
  propById,
  propertyRange,
  propId,
} from '@nodemapi/mapi';
import { correspondent, replyAddresses } from './address-props.ts';
import { ORIGINAL_SENDER, RCVD_REPRESENTING, RECEIVED_BY, SENDER, SENT_REPRESENTING } from './address-roles.ts';
import { MEETING_NAMES, nameOf } from './calendar-props.ts';
import type { TellOfMessage } from './diagnostic.ts';
import { headerProps } from './header-props.ts';
import { unwrittenHeaders } from './kept-headers.ts';
import { tellRecipients } from './left-out-recipients.ts';
import { propSource, readSource } from './prop-source.ts';
import { tellProperties } from './told-properties.ts';

/** What was written of a message. */
export interface WrittenMessage {
  /** Its header lines. */
  readonly lines: readonly string[];
  readonly includesBcc: boolean;
  readonly isReport: boolean;
  /** A vCard, which tells of itself, or a winmail.dat goes along. */
  readonly hasOwnPart: boolean;
  readonly hasCalendar: boolean;
}

const idsOf = (tags: readonly (PropTag | undefined)[]): readonly number[] =>
  tags.flatMap((tag) => (tag === undefined ? [] : [propId(tag)]));

/** What is about the place of a message, or is computed from the rest of it. */
const STAYS: ReadonlySet<number> = new Set(
  idsOf([
    mapi.PR_CREATION_TIME,
    mapi.PR_LAST_MODIFICATION_TIME,
    mapi.PR_CREATOR_NAME,
    mapi.PR_CREATOR_ENTRYID,
    mapi.PR_LAST_MODIFIER_NAME,
    mapi.PR_LAST_MODIFIER_ENTRYID,
    mapi.PR_SEARCH_KEY,
    mapi.PR_STORE_SUPPORT_MASK,
    mapi.PR_STORE_ENTRYID,
    mapi.PR_STORE_RECORD_KEY,
    mapi.PR_MESSAGE_CODEPAGE,
    mapi.PR_MESSAGE_LOCALE_ID,
    mapi.PR_NORMALIZED_SUBJECT,
    mapi.PR_SUBJECT_PREFIX,
    mapi.PR_READ_RECEIPT_SEARCH_KEY,
    mapi.PR_REPORT_SEARCH_KEY,
    // how a body is written, not what it says
    mapi.PR_INTERNET_CPID,
    mapi.PR_NATIVE_BODY_INFO,
    mapi.PR_RTF_SYNC_BODY_COUNT,
    mapi.PR_RTF_SYNC_BODY_CRC,
    mapi.PR_RTF_SYNC_BODY_TAG,
    mapi.PR_RTF_SYNC_PREFIX_COUNT,
    mapi.PR_RTF_SYNC_TRAILING_COUNT,
    // in whose mailbox it came
    ...Object.values(RECEIVED_BY),
    ...Object.values(RCVD_REPRESENTING),
    mapi.PR_MESSAGE_TO_ME,
    mapi.PR_MESSAGE_CC_ME,
    mapi.PR_MESSAGE_RECIP_ME,
  ]),
);
/** What is written, or told of, elsewhere. */
const ELSEWHERE: ReadonlySet<number> = new Set(
  idsOf([mapi.PR_BODY, mapi.PR_HTML, mapi.PR_RTF_COMPRESSED, mapi.PR_TRANSPORT_MESSAGE_HEADERS]),
);
const ROLES = [SENDER, SENT_REPRESENTING] as const;
const OF_ROLES: ReadonlySet<number> = new Set(ROLES.flatMap((role) => idsOf(Object.values(role))));
const OF_REPLIES: ReadonlySet<number> = new Set(
  idsOf([mapi.PR_REPLY_RECIPIENT_ENTRIES, mapi.PR_REPLY_RECIPIENT_NAMES]),
);
/** What the parts of a report say. */
const OF_REPORTS: ReadonlySet<number> = new Set(
  idsOf([
    ...Object.values(ORIGINAL_SENDER),
    mapi.PR_CLIENT_SUBMIT_TIME,
    mapi.PR_CONVERSATION_TOPIC,
    mapi.PR_MESSAGE_CLASS,
    mapi.PR_ORIGINAL_SUBJECT,
    mapi.PR_ORIGINAL_SUBMIT_TIME,
    mapi.PR_REPORT_TEXT,
    mapi.PR_REPORT_TIME,
    mapi.PR_SUBJECT,
  ]),
);
/** What no header says if it is so, and what a reader who finds none takes it for. */
const USUAL: readonly PropValue[] = [
  mapi.prop(mapi.PR_IMPORTANCE, 1),
  mapi.prop(mapi.PR_PRIORITY, 0),
  mapi.prop(mapi.PR_SENSITIVITY, 0),
  mapi.prop(mapi.PR_READ_RECEIPT_REQUESTED, false),
  mapi.prop(mapi.PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, false),
  mapi.prop(mapi.PR_MESSAGE_CLASS, 'IPM.Note'),
];
/** Calendars and signed mail bring their class themselves. */
const OWN_CLASS = /^IPM\.(?:Note\.SMIME|Schedule\.Meeting|Appointment)/i;
/** A Date has whole seconds; the time of a delivery is that of the last Received, which another clock wrote. */
const SECOND_TICKS = 10_000_000n;
const DELIVERY_TICKS = 3600n * SECOND_TICKS;
const KEPT_BLOCK_BYTES_MAX = 4_194_304;

/** Tells of whatever a reader of the mail does not get. */
export async function tellLeftOut(message: IMessage, written: WrittenMessage, tell: TellOfMessage): Promise<void> {
  const back = new MimeHeaders(utf8Encode(written.lines.join('')));
  if (!written.isReport) await tellRecipients(message, back, written.includesBcc, tell);
  await tellHeaders(message, written.lines, tell);
  if (written.hasOwnPart) return;
  const tags = (await message.getPropList()).filter((tag) => isOfMessage(propId(tag)));
  const expected = [...headerProps(back, {}), ...USUAL];
  const props = await readOnly(message, tags, expected);
  const ofMeeting = written.hasCalendar ? await idsOfMeetings(message) : new Set<number>();
  const left = tags.filter((tag) => {
    const id = propId(tag);
    if (ofMeeting.has(id) || (written.isReport && OF_REPORTS.has(id))) return false;
    if (OF_ROLES.has(id)) return !ROLES.some((role) => isOfRole(role, id) && isSameRole(role, props, expected));
    if (OF_REPLIES.has(id)) return !isSameReplies(props, expected);
    const own = propById(props, id);
    return own === undefined || !isSame(own, propById(expected, id));
  });
  await tellProperties(message, left, tell);
}

/** Whether a property belongs to what a message says; what its range keeps in the store does not. */
function isOfMessage(id: number): boolean {
  if (STAYS.has(id) || ELSEWHERE.has(id)) return false;
  const tag = mapi.tagFromNumber(id * 0x1_0000);
  if (mapi.objectRange(tag) === 'store') return false;
  const range = propertyRange(tag);
  return range !== 'messageNontransmittable' && range !== 'providerNontransmittable';
}

/** Values of those properties that may come back; others need not be read. */
async function readOnly(
  message: IMessage,
  tags: readonly PropTag[],
  expected: readonly PropValue[],
): Promise<readonly PropValue[]> {
  const wanted = tags.filter((tag) => propById(expected, propId(tag)) !== undefined || OF_ROLES.has(propId(tag)));
  const replies = tags.filter((tag) => OF_REPLIES.has(propId(tag)) && !wanted.includes(tag));
  if (wanted.length + replies.length === 0) return [];
  const { props } = await message.getProps([...wanted, ...replies]);
  return props.filter((value) => !isPropError(value));
}

function isSame(own: PropValue, other: PropValue | undefined): boolean {
  const [a, b] = [own.value, other?.value];
  if (a === '' || (a instanceof Uint8Array && a.length === 0)) return b === undefined || b === a || !hasValue(b);
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    const isDelivery = propId(own.tag) === propId(mapi.PR_MESSAGE_DELIVERY_TIME);
    return distance(a, b) < (isDelivery ? DELIVERY_TICKS : SECOND_TICKS);
  }
  if (typeof a === 'string' && propId(own.tag) === propId(mapi.PR_MESSAGE_CLASS)) {
    return OWN_CLASS.test(a) || a.toLowerCase() === String(b).toLowerCase();
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return isSameBytes(own.tag, a, b);
  return a === b;
}

function hasValue(value: unknown): boolean {
  return value instanceof Uint8Array ? value.length > 0 : value !== '';
}

/** Identifiers are the same if they are of one address. */
function isSameBytes(tag: number, a: Uint8Array, b: Uint8Array): boolean {
  const isEntry =
    propId(tag) === propId(mapi.PR_READ_RECEIPT_ENTRYID) || propId(tag) === propId(mapi.PR_REPORT_ENTRYID);
  if (!isEntry) return Buffer.compare(a, b) === 0;
  const [own, other] = [a, b].map((entryId) => mapi.decodeOneOff(entryId)?.emailAddress.toLowerCase());
  return own !== undefined && own === other;
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a;
}

function isOfRole(role: (typeof ROLES)[number], id: number): boolean {
  return idsOf(Object.values(role)).includes(id);
}

/** Whether a correspondent comes back, by name and address, as one of mail. */
function isSameRole(
  role: (typeof ROLES)[number],
  props: readonly PropValue[],
  expected: readonly PropValue[],
): boolean {
  const [own, other] = [correspondent(props, role), correspondent(expected, role)];
  if (own === undefined || other === undefined) return false;
  const type = mapi.propOf(props, role.addrType) ?? 'SMTP';
  const email = mapi.propOf(props, role.emailAddress) || own.address;
  return (
    own.name === other.name && [own.address, email].every((each) => each === other.address) && /^smtp$/i.test(type)
  );
}

/** Those whom answers go to; nobody stands for the sender. */
function isSameReplies(props: readonly PropValue[], expected: readonly PropValue[]): boolean {
  const text = (values: readonly PropValue[]): string => JSON.stringify(replyAddresses(values));
  const count = mapi.replyRecipientsOf(props).length;
  if (count === 0) return !props.some(({ tag, value }) => OF_REPLIES.has(propId(tag)) && hasValue(value));
  return count === replyAddresses(props).length && text(props) === text(expected);
}

/** The identifiers that the properties of meetings have in this store. */
async function idsOfMeetings(message: IMessage): Promise<ReadonlySet<number>> {
  const tags = await message.getIDsFromNames(MEETING_NAMES.map(nameOf));
  return new Set([...idsOf([...tags]), ...idsOf([mapi.PR_START_DATE, mapi.PR_END_DATE])]);
}

async function tellHeaders(message: IMessage, lines: readonly string[], tell: TellOfMessage): Promise<void> {
  const source = await propSource(message, mapi.PR_TRANSPORT_MESSAGE_HEADERS);
  if (source === undefined) return;
  const block = new MimeHeaders(await readSource(source, KEPT_BLOCK_BYTES_MAX));
  for (const name of unwrittenHeaders(block, lines)) tell('headerLeftOut', name);
}
