/** The identity of the logon: who sends, as properties of messages and of the status row. */
import {
  type EntryId,
  encodeOneOff,
  PR_IDENTITY_DISPLAY,
  PR_IDENTITY_ENTRYID,
  PR_IDENTITY_SEARCH_KEY,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SENDER_SEARCH_KEY,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_ENTRYID,
  PR_SENT_REPRESENTING_NAME,
  PR_SENT_REPRESENTING_SEARCH_KEY,
  type PropValue,
  prop,
  searchKeyOf,
} from '@nodemapi/mapi';
import type { SmtpConfig } from './smtp-config.ts';

export const SMTP_ADDRTYPE = 'SMTP';

type Identity = Pick<SmtpConfig, 'fromAddress' | 'fromName'>;

/** PR_SENDER_*, which a transport sets whatever the client wrote. spec: sending-messages-transport-provider-tasks */
export function senderProps(identity: Identity): readonly PropValue[] {
  return [
    prop(PR_SENDER_ENTRYID, entryIdOf(identity)),
    prop(PR_SENDER_NAME, identity.fromName),
    prop(PR_SENDER_ADDRTYPE, SMTP_ADDRTYPE),
    prop(PR_SENDER_EMAIL_ADDRESS, identity.fromAddress),
    prop(PR_SENDER_SEARCH_KEY, searchKeyOf(SMTP_ADDRTYPE, identity.fromAddress)),
  ];
}

/** PR_SENT_REPRESENTING_*, for a message that names nobody there. */
export function representingProps(identity: Identity): readonly PropValue[] {
  return [
    prop(PR_SENT_REPRESENTING_ENTRYID, entryIdOf(identity)),
    prop(PR_SENT_REPRESENTING_NAME, identity.fromName),
    prop(PR_SENT_REPRESENTING_ADDRTYPE, SMTP_ADDRTYPE),
    prop(PR_SENT_REPRESENTING_EMAIL_ADDRESS, identity.fromAddress),
    prop(PR_SENT_REPRESENTING_SEARCH_KEY, searchKeyOf(SMTP_ADDRTYPE, identity.fromAddress)),
  ];
}

/** PR_IDENTITY_*, for the status row. */
export function identityProps(identity: Identity): readonly PropValue[] {
  return [
    prop(PR_IDENTITY_DISPLAY, identity.fromName),
    prop(PR_IDENTITY_ENTRYID, entryIdOf(identity)),
    prop(PR_IDENTITY_SEARCH_KEY, searchKeyOf(SMTP_ADDRTYPE, identity.fromAddress)),
  ];
}

function entryIdOf({ fromName, fromAddress }: Identity): EntryId {
  return encodeOneOff({
    displayName: fromName,
    addrType: SMTP_ADDRTYPE,
    emailAddress: fromAddress,
    sendRichInfo: false,
  });
}
