/** The identity of a transport's logon, as properties of messages and of the status row. */
import type { FileTime } from '@nodemapi/base';
import {
  type EntryId,
  encodeOneOff,
  type IMessage,
  MapiError,
  PR_CLIENT_SUBMIT_TIME,
  PR_IDENTITY_DISPLAY,
  PR_IDENTITY_ENTRYID,
  PR_IDENTITY_SEARCH_KEY,
  PR_PROVIDER_SUBMIT_TIME,
  PR_SENDER_ADDRTYPE,
  PR_SENDER_EMAIL_ADDRESS,
  PR_SENDER_ENTRYID,
  PR_SENDER_NAME,
  PR_SENDER_SEARCH_KEY,
  PR_SENDER_SMTP_ADDRESS,
  PR_SENT_REPRESENTING_ADDRTYPE,
  PR_SENT_REPRESENTING_EMAIL_ADDRESS,
  PR_SENT_REPRESENTING_ENTRYID,
  PR_SENT_REPRESENTING_NAME,
  PR_SENT_REPRESENTING_SEARCH_KEY,
  type PropValue,
  prop,
  searchKeyOf,
} from '@nodemapi/mapi';
import { setPropList } from './prop-access.ts';

/** Who sends and receives through a logon. */
export interface Identity {
  readonly displayName: string;
  readonly addrType: string;
  readonly emailAddress: string;
}

/** PR_SENDER_*, which a transport sets whatever the client wrote. spec: sending-messages-transport-provider-tasks */
export function senderProps(identity: Identity): readonly PropValue[] {
  return [
    prop(PR_SENDER_ENTRYID, entryIdOf(identity)),
    prop(PR_SENDER_NAME, identity.displayName),
    prop(PR_SENDER_ADDRTYPE, identity.addrType),
    prop(PR_SENDER_EMAIL_ADDRESS, identity.emailAddress),
    prop(PR_SENDER_SEARCH_KEY, searchKeyOf(identity.addrType, identity.emailAddress)),
    ...(isSmtp(identity) ? [prop(PR_SENDER_SMTP_ADDRESS, identity.emailAddress)] : []),
  ];
}

/** PR_SENT_REPRESENTING_*, for a message that names nobody there. */
export function representingProps(identity: Identity): readonly PropValue[] {
  return [
    prop(PR_SENT_REPRESENTING_ENTRYID, entryIdOf(identity)),
    prop(PR_SENT_REPRESENTING_NAME, identity.displayName),
    prop(PR_SENT_REPRESENTING_ADDRTYPE, identity.addrType),
    prop(PR_SENT_REPRESENTING_EMAIL_ADDRESS, identity.emailAddress),
    prop(PR_SENT_REPRESENTING_SEARCH_KEY, searchKeyOf(identity.addrType, identity.emailAddress)),
  ];
}

/** PR_IDENTITY_*, for the status row. */
export function identityProps(identity: Identity): readonly PropValue[] {
  return [
    prop(PR_IDENTITY_DISPLAY, identity.displayName),
    prop(PR_IDENTITY_ENTRYID, entryIdOf(identity)),
    prop(PR_IDENTITY_SEARCH_KEY, searchKeyOf(identity.addrType, identity.emailAddress)),
  ];
}

/**
 * Writes the sender into a message that is to be sent; the one whom it represents stays as the client wrote it.
 *
 * @param now PR_PROVIDER_SUBMIT_TIME of a message that does not say when it was submitted
 * @returns when the client submitted it, if the message says so
 */
export async function identifySender(
  message: IMessage,
  identity: Identity,
  now: FileTime,
): Promise<FileTime | undefined> {
  const { values } = await message.getProps([
    PR_CLIENT_SUBMIT_TIME,
    PR_SENT_REPRESENTING_EMAIL_ADDRESS,
    PR_SENT_REPRESENTING_NAME,
  ]);
  const [submitTime, representing, representingName] = values;
  const nobody = representing === undefined && representingName === undefined;
  const isNameless = identity.displayName === identity.emailAddress;
  const isSelf = representing?.toLowerCase() === identity.emailAddress.toLowerCase();
  // Who has no name but the one that the client wrote for the same address is no other sender.
  const named =
    isNameless && isSelf ? { ...identity, displayName: representingName ?? identity.displayName } : identity;
  // What was read from a mail has its sender there, too, and whoever writes a header looks there first.
  if (!isSmtp(identity)) await message.deleteProps([PR_SENDER_SMTP_ADDRESS]);
  const [problem] = await setPropList(message, [
    ...senderProps(named),
    ...(nobody ? representingProps(identity) : []),
    prop(PR_PROVIDER_SUBMIT_TIME, submitTime ?? now),
  ]);
  if (problem !== undefined) throw new MapiError(problem.code, 'the sender could not be written into the message');
  return submitTime;
}

function isSmtp({ addrType }: Identity): boolean {
  return addrType.toUpperCase() === 'SMTP';
}

function entryIdOf({ displayName, addrType, emailAddress }: Identity): EntryId {
  return encodeOneOff({ displayName, addrType, emailAddress, sendRichInfo: false });
}
