/** The identity of the logon: who sends and who receives, as properties of messages and of the status row. */
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
import type { LocalConfig } from './local-config.ts';

/** What looks like an Internet address is one; any other is known in this home alone. */
export function addrTypeOf(address: string): 'SMTP' | 'LOCAL' {
  return /^[^@]+@[^@]+$/u.test(address) ? 'SMTP' : 'LOCAL';
}

/** PR_SENDER_*, which a transport sets whatever the client wrote. spec: sending-messages-transport-provider-tasks */
export function senderProps(config: LocalConfig): readonly PropValue[] {
  const [address] = config.addresses;
  return [
    prop(PR_SENDER_ENTRYID, entryIdOf(config)),
    prop(PR_SENDER_NAME, config.displayName),
    prop(PR_SENDER_ADDRTYPE, addrTypeOf(address)),
    prop(PR_SENDER_EMAIL_ADDRESS, address),
    prop(PR_SENDER_SEARCH_KEY, searchKeyOf(addrTypeOf(address), address)),
  ];
}

/** PR_SENT_REPRESENTING_*, for a message that names nobody there. */
export function representingProps(config: LocalConfig): readonly PropValue[] {
  const [address] = config.addresses;
  return [
    prop(PR_SENT_REPRESENTING_ENTRYID, entryIdOf(config)),
    prop(PR_SENT_REPRESENTING_NAME, config.displayName),
    prop(PR_SENT_REPRESENTING_ADDRTYPE, addrTypeOf(address)),
    prop(PR_SENT_REPRESENTING_EMAIL_ADDRESS, address),
    prop(PR_SENT_REPRESENTING_SEARCH_KEY, searchKeyOf(addrTypeOf(address), address)),
  ];
}

/** PR_IDENTITY_*, for the status row. */
export function identityProps(config: LocalConfig): readonly PropValue[] {
  const [address] = config.addresses;
  return [
    prop(PR_IDENTITY_DISPLAY, config.displayName),
    prop(PR_IDENTITY_ENTRYID, entryIdOf(config)),
    prop(PR_IDENTITY_SEARCH_KEY, searchKeyOf(addrTypeOf(address), address)),
  ];
}

function entryIdOf({ addresses: [address], displayName }: LocalConfig): EntryId {
  return encodeOneOff({ displayName, addrType: addrTypeOf(address), emailAddress: address, sendRichInfo: false });
}
