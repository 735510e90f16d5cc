/**
 * Attributes that are written for readers that know no block of properties. spec: mapping-of-tnef-attributes-to-mapi-properties
 *
 * Each says whether something was lost, in which case the block has the property too.
 */
import { ByteWriter, encodeCodePage, FILETIME_MAX, type FileTime, fileTimeToDate } from '@nodemapi/base';
import {
  MSGFLAG_HASATTACH,
  MSGFLAG_READ,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNMODIFIED,
  MSGFLAG_UNSENT,
  PR_ATTACH_FILENAME,
  PR_ATTACH_LONG_FILENAME,
  PR_ATTACH_RENDERING,
  PR_ATTACH_TRANSPORT_NAME,
  PR_BODY,
  PR_CLIENT_SUBMIT_TIME,
  PR_CONVERSATION_KEY,
  PR_CREATION_TIME,
  PR_END_DATE,
  PR_LAST_MODIFICATION_TIME,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_ORIG_MESSAGE_CLASS,
  PR_OWNER_APPT_ID,
  PR_PARENT_KEY,
  PR_PRIORITY,
  PR_RESPONSE_REQUESTED,
  PR_SEARCH_KEY,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_NAME,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_NAME,
  PR_START_DATE,
  PR_SUBJECT,
  type PropTag,
} from '@nodemapi/mapi';
import {
  DTR,
  FMS_HASATTACH,
  FMS_LOCAL,
  FMS_MODIFIED,
  FMS_READ,
  FMS_SUBMITTED,
  type TnefAddress,
  TRP,
  TRPID_ONE_OFF,
} from './attribute-values.ts';
import { ansiBytes } from './text-codec.ts';
import { ATTRIBUTES, MAIL_CLASSES } from './tnef-attributes.ts';
import { type TnefProp, tnefProp } from './tnef-message.ts';

export interface WrittenAttribute {
  readonly id: number;
  readonly data: Uint8Array;
  /** Properties that the attribute holds in full. */
  readonly whole: readonly PropTag[];
}

type Writer = (props: readonly TnefProp[], codePage: number) => WrittenAttribute | undefined;

const TICKS_PER_SECOND = 10_000_000n;
const yearMax = 0xffff;

/** An attribute of one property; undefined from `encode` means that the attribute cannot say it at all. */
function one<T>(
  id: number,
  tag: PropTag<T>,
  encode: (value: T, codePage: number) => { readonly data: Uint8Array; readonly lossy: boolean } | undefined,
): Writer {
  return (props, codePage) => {
    const value = tnefProp(props, tag);
    const encoded = value === undefined ? undefined : encode(value, codePage);
    return encoded === undefined ? undefined : { id, data: encoded.data, whole: encoded.lossy ? [] : [tag] };
  };
}

const text = (value: string, codePage: number) => {
  const { bytes, lossy = false } = encodeCodePage(`${value}\0`, codePage);
  return { data: bytes, lossy: lossy || value.includes('\0') };
};

const OLD_CLASSES: ReadonlyMap<string, string> = new Map([...MAIL_CLASSES].map(([old, name]) => [name, old]));
const messageClass = (value: string, codePage: number) => text(OLD_CLASSES.get(value) ?? value, codePage);

const date = (value: FileTime) => {
  if (value > FILETIME_MAX) return undefined;
  const moment = fileTimeToDate(value);
  if (moment.getUTCFullYear() > yearMax) return undefined;
  const data = DTR.encode({
    wYear: moment.getUTCFullYear(),
    wMonth: moment.getUTCMonth() + 1,
    wDay: moment.getUTCDate(),
    wHour: moment.getUTCHours(),
    wMinute: moment.getUTCMinutes(),
    wSecond: moment.getUTCSeconds(),
    wDayOfWeek: moment.getUTCDay(),
  });
  return { data, lossy: value % TICKS_PER_SECOND !== 0n };
};

const hex = (value: Uint8Array, codePage: number) => ({
  data: ansiBytes(Buffer.from(value).toString('hex').toUpperCase(), codePage),
  lossy: false,
});

const priority = (value: number) => {
  if (value < -1 || value > 1) return undefined;
  return { data: new ByteWriter().u16(2 - value).toBytes(), lossy: false };
};

const STATUS_FLAGS = MSGFLAG_UNSENT | MSGFLAG_SUBMIT | MSGFLAG_READ | MSGFLAG_HASATTACH | MSGFLAG_UNMODIFIED;
const status = (flags: number) => {
  const byte =
    (flags & MSGFLAG_UNMODIFIED ? 0 : FMS_MODIFIED) |
    (flags & MSGFLAG_UNSENT ? FMS_LOCAL : 0) |
    (flags & MSGFLAG_SUBMIT ? FMS_SUBMITTED : 0) |
    (flags & MSGFLAG_READ ? FMS_READ : 0) |
    (flags & MSGFLAG_HASATTACH ? FMS_HASATTACH : 0);
  return { data: new Uint8Array([byte]), lossy: (flags & ~STATUS_FLAGS) !== 0 };
};

/** An address is more than its three texts, so the properties stay in the block. */
function person(
  id: number,
  tags: readonly [PropTag<string>, PropTag<string>, PropTag<string>],
  encode: (address: TnefAddress, codePage: number) => Uint8Array,
): Writer {
  return (props, codePage) => {
    const [name = '', addrType = '', address] = tags.map((tag) => tnefProp(props, tag));
    return address === undefined ? undefined : { id, data: encode({ name, addrType, address }, codePage), whole: [] };
  };
}

/** attFrom: a TRP, the name to an even count, `TYPE:address`. */
function triple({ name, addrType, address }: TnefAddress, codePage: number): Uint8Array {
  const named = even(ansiBytes(name, codePage));
  const addressed = even(ansiBytes(`${addrType}:${address}`, codePage));
  const cbgrtrp = 2 * TRP.size + named.length + addressed.length;
  const trp = TRP.encode({ trpid: TRPID_ONE_OFF, cbgrtrp, cch: named.length, cb: addressed.length });
  return new ByteWriter().bytes(trp).bytes(named).bytes(addressed).zeros(TRP.size).toBytes();
}

/** attSentFor: the name and `TYPE:address`, each behind its length. */
function owner({ name, addrType, address }: TnefAddress, codePage: number): Uint8Array {
  const [named, addressed] = [ansiBytes(name, codePage), ansiBytes(`${addrType}:${address}`, codePage)];
  return new ByteWriter().u16(named.length).bytes(named).u16(addressed.length).bytes(addressed).toBytes();
}

function even(bytes: Uint8Array): Uint8Array {
  return bytes.length % 2 === 0 ? bytes : Uint8Array.from([...bytes, 0]);
}

/** In the order of the syntax: the class first. */
export const MESSAGE_WRITERS: readonly Writer[] = [
  one(ATTRIBUTES.attMessageClass, PR_MESSAGE_CLASS, messageClass),
  person(ATTRIBUTES.attFrom, [PR_SENDER_NAME, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS], triple),
  person(
    ATTRIBUTES.attSentFor,
    [PR_SENT_REPRESENTING_NAME, PR_SENT_REPRESENTING_ADDRTYPE, PR_SENT_REPRESENTING_EMAIL_ADDRESS],
    owner,
  ),
  one(ATTRIBUTES.attOriginalMessageClass, PR_ORIG_MESSAGE_CLASS, messageClass),
  one(ATTRIBUTES.attSubject, PR_SUBJECT, text),
  one(ATTRIBUTES.attDateSent, PR_CLIENT_SUBMIT_TIME, date),
  one(ATTRIBUTES.attDateRecd, PR_MESSAGE_DELIVERY_TIME, date),
  one(ATTRIBUTES.attMessageStatus, PR_MESSAGE_FLAGS, status),
  one(ATTRIBUTES.attMessageID, PR_SEARCH_KEY, hex),
  one(ATTRIBUTES.attParentID, PR_PARENT_KEY, hex),
  one(ATTRIBUTES.attConversationID, PR_CONVERSATION_KEY, hex),
  one(ATTRIBUTES.attBody, PR_BODY, text),
  one(ATTRIBUTES.attPriority, PR_PRIORITY, priority),
  one(ATTRIBUTES.attDateModified, PR_LAST_MODIFICATION_TIME, date),
  one(ATTRIBUTES.attDateStart, PR_START_DATE, date),
  one(ATTRIBUTES.attDateEnd, PR_END_DATE, date),
  one(ATTRIBUTES.attAidOwner, PR_OWNER_APPT_ID, (value) => ({
    data: new ByteWriter().i32(value).toBytes(),
    lossy: false,
  })),
  one(ATTRIBUTES.attRequestRes, PR_RESPONSE_REQUESTED, (value) => ({
    data: new ByteWriter().u16(value ? 1 : 0).toBytes(),
    lossy: false,
  })),
];

export const ATTACHMENT_WRITERS: readonly Writer[] = [
  one(ATTRIBUTES.attAttachCreateDate, PR_CREATION_TIME, date),
  one(ATTRIBUTES.attAttachModifyDate, PR_LAST_MODIFICATION_TIME, date),
  (props, codePage) => {
    const title = tnefProp(props, PR_ATTACH_LONG_FILENAME) ?? tnefProp(props, PR_ATTACH_FILENAME);
    if (title === undefined) return undefined;
    return { id: ATTRIBUTES.attAttachTitle, data: ansiBytes(title, codePage), whole: [] };
  },
  one(ATTRIBUTES.attAttachTransportFilename, PR_ATTACH_TRANSPORT_NAME, text),
  one(ATTRIBUTES.attAttachMetaFile, PR_ATTACH_RENDERING, (data) => ({ data, lossy: false })),
];
