/** Which properties each attribute stands for. spec: mapping-of-tnef-attributes-to-mapi-properties */
import { ByteReader } from '@nodemapi/base';
import {
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_FILENAME,
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
  PR_RCVD_REPRESENTING_ADDRTYPE,
  PR_RCVD_REPRESENTING_EMAIL_ADDRESS,
  PR_RCVD_REPRESENTING_NAME,
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
  readDtr,
  readHexText,
  readMessageStatus,
  readOwner,
  readPriority,
  readTriple,
  type TnefAddress,
} from './attribute-values.ts';
import type { TextCodec } from './text-codec.ts';
import { ATTRIBUTES, MAIL_CLASSES } from './tnef-attributes.ts';
import type { TnefProp } from './tnef-message.ts';

/** The properties of an attribute; none where its value means nothing. @throws MAPI_E_CORRUPT_DATA if it is cut off */
export type AttributeReader = (data: Uint8Array, codec: TextCodec) => readonly TnefProp[];

function one<T>(tag: PropTag<T>, read: (data: Uint8Array, codec: TextCodec) => T | undefined): AttributeReader {
  return (data, codec) => {
    const value = read(data, codec);
    return value === undefined ? [] : [{ tag, value }];
  };
}

const text = (data: Uint8Array, codec: TextCodec): string => codec.ansi(data);
const key = (data: Uint8Array, codec: TextCodec): Uint8Array => readHexText(codec.ansi(data));
const bytes = (data: Uint8Array): Uint8Array => data;

function messageClass(data: Uint8Array, codec: TextCodec): string {
  const name = codec.ansi(data);
  return MAIL_CLASSES.get(name) ?? name;
}

type AddressTags = readonly [name: PropTag<string>, type: PropTag<string>, address: PropTag<string>];

const SENDER: AddressTags = [PR_SENDER_NAME, PR_SENDER_ADDRTYPE, PR_SENDER_EMAIL_ADDRESS];
const SENT_FOR: AddressTags = [
  PR_SENT_REPRESENTING_NAME,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
];
const OWNER: AddressTags = [
  PR_RCVD_REPRESENTING_NAME,
  PR_RCVD_REPRESENTING_ADDRTYPE,
  PR_RCVD_REPRESENTING_EMAIL_ADDRESS,
];

function person(tags: AddressTags, read: (data: Uint8Array, codec: TextCodec) => TnefAddress): AttributeReader {
  return (data, codec) => {
    const address = read(data, codec);
    const [nameTag, typeTag, addressTag] = tags;
    return [
      { tag: nameTag, value: address.name },
      { tag: typeTag, value: address.addrType },
      { tag: addressTag, value: address.address },
    ];
  };
}

export const MESSAGE_READERS: ReadonlyMap<number, AttributeReader> = new Map([
  [ATTRIBUTES.attFrom, person(SENDER, readTriple)],
  [ATTRIBUTES.attSentFor, person(SENT_FOR, readOwner)],
  [ATTRIBUTES.attOwner, person(OWNER, readOwner)],
  [ATTRIBUTES.attSubject, one(PR_SUBJECT, text)],
  [ATTRIBUTES.attBody, one(PR_BODY, text)],
  [ATTRIBUTES.attMessageClass, one(PR_MESSAGE_CLASS, messageClass)],
  [ATTRIBUTES.attOriginalMessageClass, one(PR_ORIG_MESSAGE_CLASS, messageClass)],
  [ATTRIBUTES.attDateSent, one(PR_CLIENT_SUBMIT_TIME, readDtr)],
  [ATTRIBUTES.attDateRecd, one(PR_MESSAGE_DELIVERY_TIME, readDtr)],
  [ATTRIBUTES.attDateModified, one(PR_LAST_MODIFICATION_TIME, readDtr)],
  [ATTRIBUTES.attDateStart, one(PR_START_DATE, readDtr)],
  [ATTRIBUTES.attDateEnd, one(PR_END_DATE, readDtr)],
  [ATTRIBUTES.attPriority, one(PR_PRIORITY, readPriority)],
  [ATTRIBUTES.attMessageStatus, one(PR_MESSAGE_FLAGS, readMessageStatus)],
  [ATTRIBUTES.attMessageID, one(PR_SEARCH_KEY, key)],
  [ATTRIBUTES.attParentID, one(PR_PARENT_KEY, key)],
  [ATTRIBUTES.attConversationID, one(PR_CONVERSATION_KEY, key)],
  [ATTRIBUTES.attAidOwner, one(PR_OWNER_APPT_ID, (data) => new ByteReader(data, 'attAidOwner').i32())],
  [ATTRIBUTES.attRequestRes, one(PR_RESPONSE_REQUESTED, (data) => new ByteReader(data, 'attRequestRes').u16() !== 0)],
  [ATTRIBUTES.attDelegate, () => []],
]);

export const ATTACHMENT_READERS: ReadonlyMap<number, AttributeReader> = new Map([
  [ATTRIBUTES.attAttachTitle, one(PR_ATTACH_FILENAME, text)],
  [ATTRIBUTES.attAttachTransportFilename, one(PR_ATTACH_TRANSPORT_NAME, text)],
  [ATTRIBUTES.attAttachData, one(PR_ATTACH_DATA_BIN, bytes)],
  [ATTRIBUTES.attAttachMetaFile, one(PR_ATTACH_RENDERING, bytes)],
  [ATTRIBUTES.attAttachCreateDate, one(PR_CREATION_TIME, readDtr)],
  [ATTRIBUTES.attAttachModifyDate, one(PR_LAST_MODIFICATION_TIME, readDtr)],
]);
