/** Internet addresses as MAPI properties: every address is an SMTP one-off. spec: message-envelope, one-off-addresses */
import { MapiError } from '@nodemapi/base';
import type { MailAddress } from '@nodemapi/format-mime';
import {
  type AdrEntry,
  DT_MAILUSER,
  decodeOneOff,
  type EntryId,
  encodeOneOff,
  MAPI_MAILUSER,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  PR_RECIPIENT_TYPE,
  PR_SEARCH_KEY,
  PR_SEND_RICH_INFO,
  PR_SMTP_ADDRESS,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  replyRecipientProps,
  replyRecipientsOf,
  searchKeyOf,
} from '@nodemapi/mapi';

/** The properties that together name one correspondent of a message. */
export interface AddressTags {
  readonly name: PropTag<string>;
  readonly addrType: PropTag<string>;
  readonly emailAddress: PropTag<string>;
  readonly entryId: PropTag<Uint8Array>;
  readonly searchKey: PropTag<Uint8Array>;
  readonly smtpAddress?: PropTag<string>;
}

/** The display name of an address: its name, or the address where there is none. */
export function displayNameOf({ name, address }: MailAddress): string {
  return name === '' ? address : name;
}

export function entryIdOf(address: MailAddress): EntryId {
  return encodeOneOff({
    displayName: displayNameOf(address).replaceAll('\0', ''),
    addrType: 'SMTP',
    emailAddress: address.address.replaceAll('\0', ''),
    sendRichInfo: false,
  });
}

/** What identifies an address; one that has several roles in a message needs it only once. */
export interface AddressIdentity {
  readonly entryId: EntryId;
  readonly searchKey: Uint8Array;
}

export function identityOf(address: MailAddress): AddressIdentity {
  return { entryId: entryIdOf(address), searchKey: searchKeyOf('SMTP', address.address) };
}

/** An address under the properties of one role, such as PR_SENDER_*. */
export function addressProps(
  tags: AddressTags,
  address: MailAddress,
  { entryId, searchKey }: AddressIdentity = identityOf(address),
): readonly PropValue[] {
  const props: PropValue[] = [
    prop(tags.name, displayNameOf(address)),
    prop(tags.addrType, 'SMTP'),
    prop(tags.emailAddress, address.address),
    prop(tags.entryId, entryId),
    prop(tags.searchKey, searchKey),
  ];
  if (tags.smtpAddress !== undefined) props.push(prop(tags.smtpAddress, address.address));
  return props;
}

/** An address as a recipient. */
export function recipientRow(recipientType: number, address: MailAddress): AdrEntry {
  return [
    prop(PR_RECIPIENT_TYPE, recipientType),
    prop(PR_DISPLAY_NAME, displayNameOf(address)),
    prop(PR_ADDRTYPE, 'SMTP'),
    prop(PR_EMAIL_ADDRESS, address.address),
    prop(PR_SMTP_ADDRESS, address.address),
    prop(PR_ENTRYID, entryIdOf(address)),
    prop(PR_SEARCH_KEY, searchKeyOf('SMTP', address.address)),
    prop(PR_OBJECT_TYPE, MAPI_MAILUSER),
    prop(PR_DISPLAY_TYPE, DT_MAILUSER),
    prop(PR_SEND_RICH_INFO, false),
  ];
}

/** What is known of a correspondent, from which the address for the wire is taken. */
export interface AddressFacts {
  readonly name: string | undefined;
  readonly addrType: string | undefined;
  readonly emailAddress: string | undefined;
  readonly smtpAddress: string | undefined;
  readonly entryId: EntryId | undefined;
}

/** The address to write into a header; undefined if there is neither a name nor an address. */
export function mailAddressOf(facts: AddressFacts): MailAddress | undefined {
  const own = facts.addrType?.toUpperCase() === 'SMTP' ? facts.emailAddress : undefined;
  const address = facts.smtpAddress || own || oneOffAddress(facts.entryId)?.address || facts.emailAddress || '';
  const name = facts.name ?? '';
  return name === '' && address === '' ? undefined : { name: name === address ? '' : name, address };
}

/** The address that a message has in one role; undefined if it has none. */
export function correspondent(props: readonly PropValue[], tags: AddressTags): MailAddress | undefined {
  return mailAddressOf({
    name: propOf(props, tags.name),
    addrType: propOf(props, tags.addrType),
    emailAddress: propOf(props, tags.emailAddress),
    smtpAddress: tags.smtpAddress === undefined ? undefined : propOf(props, tags.smtpAddress),
    entryId: propOf(props, tags.entryId),
  });
}

/** Those whom answers go to, by their names and one-offs. */
export function replyProps(
  addresses: readonly MailAddress[],
  entryIdFor: (address: MailAddress) => EntryId = entryIdOf,
): readonly PropValue[] {
  return replyRecipientProps(addresses.map((each) => ({ name: displayNameOf(each), entryId: entryIdFor(each) })));
}

/** The one-off addresses in PR_REPLY_RECIPIENT_ENTRIES; entries of address books are left out, as is what is damaged. */
export function replyAddresses(props: readonly PropValue[]): readonly MailAddress[] {
  return replyRecipientsOf(props).flatMap(({ entryId }) => oneOffAddress(entryId) ?? []);
}

function oneOffAddress(entryId: EntryId | undefined): MailAddress | undefined {
  if (entryId === undefined) return undefined;
  try {
    const oneOff = decodeOneOff(entryId);
    if (oneOff === undefined) return undefined;
    return { name: oneOff.displayName === oneOff.emailAddress ? '' : oneOff.displayName, address: oneOff.emailAddress };
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_INVALID_ENTRYID')) return undefined;
    throw error;
  }
}
