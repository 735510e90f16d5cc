/** What a message gets before its first attempt: a Message-ID that stays the same, and a sender. */
import { type Random, toHex } from '@nodemapi/base';
import type { SessionIdentity } from '@nodemapi/kit';
import {
  PR_INTERNET_MESSAGE_ID,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SENDER_SEARCH_KEY,
  type PropValue,
  prop,
  searchKeyOf,
} from '@nodemapi/mapi';
import type { MessageRecord } from './record.ts';

/** Random bytes of a Message-ID: no two are ever the same. */
const MESSAGE_ID_BYTES = 16;
/** Stands for the sender's domain where there is none; RFC 2606. */
const DOMAIN_UNKNOWN = 'localhost.invalid';

/** The properties that the message lacks. */
export function stampOf(
  record: MessageRecord,
  identity: SessionIdentity | undefined,
  random: Random,
): readonly PropValue[] {
  const values: PropValue[] = [];
  if (record.internetMessageId === undefined || record.internetMessageId === '') {
    const address = record.senderAddress ?? identity?.emailAddress;
    values.push(prop(PR_INTERNET_MESSAGE_ID, newMessageId(random, address)));
  }
  if (record.senderName === undefined) values.push(...senderProps(identity));
  return values;
}

/** PR_SENDER_* of the session; the name "Unknown" if it has no identity. spec: pidtagsendername-canonical-property */
export function senderProps(identity: SessionIdentity | undefined): readonly PropValue[] {
  if (identity === undefined) return [prop(PR_SENDER_NAME, 'Unknown')];
  return [
    prop(PR_SENDER_NAME, identity.displayName),
    prop(PR_SENDER_ADDRTYPE, identity.addrType),
    prop(PR_SENDER_EMAIL_ADDRESS, identity.emailAddress),
    prop(PR_SENDER_ENTRYID, identity.entryId),
    prop(PR_SENDER_SEARCH_KEY, searchKeyOf(identity.addrType, identity.emailAddress)),
  ];
}

function newMessageId(random: Random, address: string | undefined): string {
  const domain = /@([A-Za-z0-9.-]+)$/u.exec(address ?? '')?.[1] ?? DOMAIN_UNKNOWN;
  return `<${toHex(random.bytes(MESSAGE_ID_BYTES))}@${domain}>`;
}
