import { PropBag, PropObject } from '@nodemapi/kit';
import {
  DT_MAILUSER,
  type EntryId,
  encodeOneOff,
  type IMailUser,
  isInternetShaped,
  MAPI_MAILUSER,
  MapiError,
  type OneOff,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  PR_RECORD_KEY,
  PR_SEARCH_KEY,
  PR_SEND_RICH_INFO,
  type PropValue,
  prop,
  searchKeyOf,
} from '@nodemapi/mapi';

/**
 * Makes a one-off identifier; rich text is announced unless it is refused or the address looks like the Internet's.
 *
 * @throws MAPI_E_INVALID_PARAMETER without a type or an address
 */
export function makeOneOff(
  displayName: string | null,
  addrType: string,
  emailAddress: string,
  noRichInfo: boolean,
): EntryId {
  if (addrType === '' || emailAddress === '') {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a one-off address needs a type and an address');
  }
  const sendRichInfo = !noRichInfo && !isInternetShaped(emailAddress);
  return encodeOneOff({ displayName: displayName ?? emailAddress, addrType, emailAddress, sendRichInfo });
}

/** What a one-off identifier tells of its recipient. spec: one-off-entry-identifiers */
export function oneOffProps(entryId: EntryId, oneOff: OneOff): readonly PropValue[] {
  return [
    prop(PR_ENTRYID, entryId),
    prop(PR_OBJECT_TYPE, MAPI_MAILUSER),
    prop(PR_DISPLAY_TYPE, DT_MAILUSER),
    prop(PR_DISPLAY_NAME, oneOff.displayName),
    prop(PR_ADDRTYPE, oneOff.addrType),
    prop(PR_EMAIL_ADDRESS, oneOff.emailAddress),
    prop(PR_SEND_RICH_INFO, oneOff.sendRichInfo),
    prop(PR_RECORD_KEY, entryId),
    prop(PR_SEARCH_KEY, searchKeyOf(oneOff.addrType, oneOff.emailAddress)),
  ];
}

/** A recipient that stands in no address book. */
export class OneOffUser extends PropObject implements IMailUser {
  readonly iid = 'IMailUser';

  constructor(entryId: EntryId, oneOff: OneOff) {
    super(new PropBag(oneOffProps(entryId, oneOff), { namedProperties: false }), { writable: false });
  }
}
