/** Headers of a received message as properties. spec: message-envelope, setting-properties-on-incoming-messages */
import { type FileTime, utf8Encode } from '@nodemapi/base';
import {
  type MailAddress,
  type MimeHeaders,
  parseAddresses,
  parseMailDate,
  parseMessageIds,
} from '@nodemapi/format-mime';
import {
  type AdrEntry,
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
  PR_MESSAGE_CC_ME,
  PR_MESSAGE_DELIVERY_TIME,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIP_ME,
  PR_MESSAGE_TO_ME,
  PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED,
  PR_PRIORITY,
  PR_READ_RECEIPT_ENTRYID,
  PR_READ_RECEIPT_REQUESTED,
  PR_READ_RECEIPT_SEARCH_KEY,
  PR_REPLY_TIME,
  PR_REPORT_ENTRYID,
  PR_REPORT_NAME,
  PR_SENSITIVITY,
  PR_SUBJECT,
  PR_TNEF_CORRELATION_KEY,
  type PropValue,
  prop,
  searchKeyOf,
} from '@nodemapi/mapi';
import { addressProps, displayNameOf, entryIdOf, identityOf, recipientRow, replyProps } from './address-props.ts';
import { RCVD_REPRESENTING, RECEIVED_BY, SENDER, SENT_REPRESENTING } from './address-roles.ts';

/** What the transport knows of a delivery and the message does not. */
export interface DeliveryFacts {
  /** PR_MESSAGE_DELIVERY_TIME; else the date of the topmost Received header, or Date. */
  readonly deliveryTime?: FileTime;
  /** The mailbox; makes PR_RECEIVED_BY_*, PR_RCVD_REPRESENTING_* and PR_MESSAGE_TO_ME, _CC_ME, _RECIP_ME. */
  readonly receivedBy?: MailAddress;
}

const RECIPIENT_HEADERS: readonly (readonly [string, number])[] = [
  ['To', MAPI_TO],
  ['Cc', MAPI_CC],
  ['Bcc', MAPI_BCC],
];

/** The recipients of a message, in the order To, Cc, Bcc. */
export function headerRecipients(headers: MimeHeaders): readonly AdrEntry[] {
  return RECIPIENT_HEADERS.flatMap(([name, type]) =>
    addressesIn(headers, name).map((address) => recipientRow(type, address)),
  );
}

/** Everything that single headers say, but for the kept block. */
export function headerProps(headers: MimeHeaders, facts: DeliveryFacts): readonly PropValue[] {
  return [
    prop(PR_SUBJECT, headers.text('Subject') ?? ''),
    ...correspondents(headers),
    ...times(headers, facts),
    ...identifiers(headers),
    ...wishes(headers),
    ...receiver(headers, facts.receivedBy),
  ];
}

function correspondents(headers: MimeHeaders): readonly PropValue[] {
  const from = addressesIn(headers, 'From')[0];
  const sender = addressesIn(headers, 'Sender')[0];
  const props: PropValue[] = [];
  const representing = from ?? sender;
  const sending = sender ?? from;
  const own = representing === undefined ? undefined : identityOf(representing);
  const other = sending === undefined || sending === representing ? own : identityOf(sending);
  if (representing !== undefined) props.push(...addressProps(SENT_REPRESENTING, representing, own));
  if (sending !== undefined) props.push(...addressProps(SENDER, sending, other));
  const replyTo = addressesIn(headers, 'Reply-To');
  if (replyTo.length > 0 || sending === undefined) return [...props, ...replyProps(replyTo)];
  return [...props, ...replyProps([sending], () => other?.entryId ?? entryIdOf(sending))];
}

function times(headers: MimeHeaders, facts: DeliveryFacts): readonly PropValue[] {
  const props: PropValue[] = [];
  const date = dateIn(headers.get('Date'));
  const received = dateIn(headers.get('Received')?.replace(/^.*;/s, ''));
  const delivered = facts.deliveryTime ?? received ?? date;
  if (date !== undefined) props.push(prop(PR_CLIENT_SUBMIT_TIME, date));
  if (delivered !== undefined) props.push(prop(PR_MESSAGE_DELIVERY_TIME, delivered));
  const expiry = dateIn(headers.get('Expiry-Date') ?? headers.get('Expires'));
  if (expiry !== undefined) props.push(prop(PR_EXPIRY_TIME, expiry));
  const replyBy = dateIn(headers.get('Reply-By'));
  if (replyBy !== undefined) props.push(prop(PR_REPLY_TIME, replyBy));
  return props;
}

function identifiers(headers: MimeHeaders): readonly PropValue[] {
  const props: PropValue[] = [];
  const messageId = headers.get('Message-ID')?.trim();
  if (messageId !== undefined && messageId !== '') {
    props.push(prop(PR_INTERNET_MESSAGE_ID, parseMessageIds(messageId)[0] ?? messageId));
    props.push(prop(PR_TNEF_CORRELATION_KEY, utf8Encode(`${messageId}\0`)));
  }
  const inReplyTo = parseMessageIds(headers.get('In-Reply-To') ?? '');
  if (inReplyTo.length > 0) props.push(prop(PR_IN_REPLY_TO_ID, inReplyTo.join(' ')));
  const references = parseMessageIds(headers.get('References') ?? '');
  if (references.length > 0) props.push(prop(PR_INTERNET_REFERENCES, references.join(' ')));
  const topic = headers.text('Thread-Topic');
  if (topic !== undefined) props.push(prop(PR_CONVERSATION_TOPIC, topic));
  const index = Buffer.from(headers.get('Thread-Index') ?? '', 'base64');
  if (index.length >= 22) props.push(prop(PR_CONVERSATION_INDEX, new Uint8Array(index)));
  const organization = headers.text('Organization');
  if (organization !== undefined) props.push(prop(PR_INTERNET_ORGANIZATION, organization));
  return props;
}

/** PR_IMPORTANCE by Importance, X-Priority and X-MSMail-Priority; PR_PRIORITY by Priority; PR_SENSITIVITY. */
const IMPORTANCE: Readonly<Record<string, number>> = {
  low: 0,
  normal: 1,
  high: 2,
  '5': 0,
  '4': 0,
  '3': 1,
  '2': 2,
  '1': 2,
};
const PRIORITY: Readonly<Record<string, number>> = { 'non-urgent': -1, normal: 0, urgent: 1 };
const SENSITIVITY: Readonly<Record<string, number>> = { normal: 0, personal: 1, private: 2, 'company-confidential': 3 };

function wishes(headers: MimeHeaders): readonly PropValue[] {
  const props: PropValue[] = [];
  const importance =
    choice(headers, 'Importance', IMPORTANCE) ??
    choice(headers, 'X-Priority', IMPORTANCE) ??
    choice(headers, 'X-MSMail-Priority', IMPORTANCE);
  const priority = choice(headers, 'Priority', PRIORITY);
  const sensitivity = choice(headers, 'Sensitivity', SENSITIVITY);
  if (importance !== undefined) props.push(prop(PR_IMPORTANCE, importance));
  if (priority !== undefined) props.push(prop(PR_PRIORITY, priority));
  if (sensitivity !== undefined) props.push(prop(PR_SENSITIVITY, sensitivity));
  props.push(...readReceipt(headers));
  const report = addressesIn(headers, 'Return-Receipt-To')[0];
  if (report !== undefined) {
    props.push(prop(PR_ORIGINATOR_DELIVERY_REPORT_REQUESTED, true));
    props.push(prop(PR_REPORT_NAME, displayNameOf(report)), prop(PR_REPORT_ENTRYID, entryIdOf(report)));
  }
  if (headers.get('X-Unsent')?.trim() === '1') props.push(prop(PR_MESSAGE_FLAGS, MSGFLAG_UNSENT));
  return props;
}

/**
 * Who wants to know that the message was read. Nobody is told without being asked if several are named, or somebody to
 * whom a failed delivery would not go back: the request may be a stranger's. RFC 8098 2.1
 */
function readReceipt(headers: MimeHeaders): readonly PropValue[] {
  const named = addressesIn(headers, 'Disposition-Notification-To').filter(({ address }) => address !== '');
  const [to] = named;
  if (to === undefined) return [];
  const key = ({ address }: MailAddress): string => address.toLowerCase();
  const back = headers.get('Return-Path') === undefined ? to : addressesIn(headers, 'Return-Path')[0];
  const isSure = back !== undefined && [...named, back].every((each) => key(each) === key(to));
  return [
    prop(PR_READ_RECEIPT_REQUESTED, isSure),
    prop(PR_READ_RECEIPT_ENTRYID, entryIdOf(to)),
    prop(PR_READ_RECEIPT_SEARCH_KEY, searchKeyOf('SMTP', to.address)),
  ];
}

function receiver(headers: MimeHeaders, receivedBy: MailAddress | undefined): readonly PropValue[] {
  if (receivedBy === undefined) return [];
  const own = receivedBy.address.toLowerCase();
  const names = (header: string): boolean =>
    addressesIn(headers, header).some(({ address }) => address.toLowerCase() === own);
  const toMe = names('To');
  const ccMe = names('Cc');
  return [
    ...addressProps(RECEIVED_BY, receivedBy),
    ...addressProps(RCVD_REPRESENTING, receivedBy),
    prop(PR_MESSAGE_TO_ME, toMe),
    prop(PR_MESSAGE_CC_ME, ccMe),
    prop(PR_MESSAGE_RECIP_ME, toMe || ccMe || names('Bcc')),
  ];
}

function addressesIn(headers: MimeHeaders, name: string): readonly MailAddress[] {
  return headers.getAll(name).flatMap((value) => parseAddresses(value));
}

function dateIn(value: string | undefined): FileTime | undefined {
  return value === undefined ? undefined : parseMailDate(value);
}

function choice(headers: MimeHeaders, name: string, values: Readonly<Record<string, number>>): number | undefined {
  const word = /[\w-]+/.exec(headers.get(name) ?? '')?.[0]?.toLowerCase() ?? '';
  return Object.hasOwn(values, word) ? values[word] : undefined;
}
