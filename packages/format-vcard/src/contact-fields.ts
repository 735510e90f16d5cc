/**
 * Which line of a card is which property of a contact. [MS-OXVCARD] 2.1.3, [MS-OXOCNTC] 2.2.1
 *
 * The tables serve both directions: the first name of a row is the one that is written.
 */
import {
  type NamedProperty,
  PidLidContactUserField1,
  PidLidContactUserField2,
  PidLidContactUserField3,
  PidLidContactUserField4,
  PidLidEmail1AddressType,
  PidLidEmail1DisplayName,
  PidLidEmail1EmailAddress,
  PidLidEmail1OriginalDisplayName,
  PidLidEmail1OriginalEntryId,
  PidLidEmail2AddressType,
  PidLidEmail2DisplayName,
  PidLidEmail2EmailAddress,
  PidLidEmail2OriginalDisplayName,
  PidLidEmail2OriginalEntryId,
  PidLidEmail3AddressType,
  PidLidEmail3DisplayName,
  PidLidEmail3EmailAddress,
  PidLidEmail3OriginalDisplayName,
  PidLidEmail3OriginalEntryId,
  PidLidFreeBusyLocation,
  PidLidHomeAddress,
  PidLidInstantMessagingAddress,
  PidLidOtherAddress,
  PidLidWorkAddress,
  PidLidWorkAddressCity,
  PidLidWorkAddressCountry,
  PidLidWorkAddressPostalCode,
  PidLidWorkAddressPostOfficeBox,
  PidLidWorkAddressState,
  PidLidWorkAddressStreet,
  PidLidYomiCompanyName,
  PidLidYomiFirstName,
  PidLidYomiLastName,
  PR_ASSISTANT,
  PR_ASSISTANT_TELEPHONE_NUMBER,
  PR_BUSINESS_FAX_NUMBER,
  PR_BUSINESS_HOME_PAGE,
  PR_BUSINESS_TELEPHONE_NUMBER,
  PR_BUSINESS2_TELEPHONE_NUMBER,
  PR_CALLBACK_TELEPHONE_NUMBER,
  PR_CAR_TELEPHONE_NUMBER,
  PR_CHILDRENS_NAMES,
  PR_COMPANY_MAIN_PHONE_NUMBER,
  PR_COUNTRY,
  PR_DISPLAY_NAME_PREFIX,
  PR_GENERATION,
  PR_GIVEN_NAME,
  PR_HOBBIES,
  PR_HOME_ADDRESS_CITY,
  PR_HOME_ADDRESS_COUNTRY,
  PR_HOME_ADDRESS_POST_OFFICE_BOX,
  PR_HOME_ADDRESS_POSTAL_CODE,
  PR_HOME_ADDRESS_STATE_OR_PROVINCE,
  PR_HOME_ADDRESS_STREET,
  PR_HOME_FAX_NUMBER,
  PR_HOME_TELEPHONE_NUMBER,
  PR_HOME2_TELEPHONE_NUMBER,
  PR_ISDN_NUMBER,
  PR_LOCALITY,
  PR_MANAGER_NAME,
  PR_MIDDLE_NAME,
  PR_MOBILE_TELEPHONE_NUMBER,
  PR_NICKNAME,
  PR_OTHER_ADDRESS_CITY,
  PR_OTHER_ADDRESS_COUNTRY,
  PR_OTHER_ADDRESS_POST_OFFICE_BOX,
  PR_OTHER_ADDRESS_POSTAL_CODE,
  PR_OTHER_ADDRESS_STATE_OR_PROVINCE,
  PR_OTHER_ADDRESS_STREET,
  PR_OTHER_TELEPHONE_NUMBER,
  PR_PAGER_TELEPHONE_NUMBER,
  PR_PERSONAL_HOME_PAGE,
  PR_POST_OFFICE_BOX,
  PR_POSTAL_CODE,
  PR_PRIMARY_FAX_NUMBER,
  PR_PRIMARY_TELEPHONE_NUMBER,
  PR_PROFESSION,
  PR_RADIO_TELEPHONE_NUMBER,
  PR_SPOUSE_NAME,
  PR_STATE_OR_PROVINCE,
  PR_STREET_ADDRESS,
  PR_SURNAME,
  PR_TITLE,
  PR_TTYTDD_PHONE_NUMBER,
  type PropTag,
  PS_PUBLIC_STRINGS,
  PSETID_Address,
  PT_MV_UNICODE,
  PT_SYSTIME,
} from '@nodemapi/mapi';

/** A property of a contact: a tag, or a name. */
export type ContactKey = PropTag | NamedProperty;
type TextKey = PropTag<string> | NamedProperty;

/** Lines of a card that no property has a place for, as they are written in 3.0; written again with the contact. */
export const VCARD_LINES: NamedProperty = {
  guid: PS_PUBLIC_STRINGS,
  name: 'nodemapi:vcard-lines',
  type: PT_MV_UNICODE,
};
/** The birthday as a day, without a time zone. [MS-OXOCNTC] 2.2.1.5.3 */
export const PidLidBirthdayLocal: NamedProperty = { guid: PSETID_Address, id: 0x80de, type: PT_SYSTIME };
/** The wedding anniversary as a day. [MS-OXOCNTC] 2.2.1.5.4 */
export const PidLidWeddingAnniversaryLocal: NamedProperty = { guid: PSETID_Address, id: 0x80df, type: PT_SYSTIME };

/** Components of N, in their order. RFC 6350 6.2.2 */
export const NAME_KEYS: readonly PropTag<string>[] = [
  PR_SURNAME,
  PR_GIVEN_NAME,
  PR_MIDDLE_NAME,
  PR_DISPLAY_NAME_PREFIX,
  PR_GENERATION,
];

/** A line of one text. */
export interface TextField {
  readonly names: readonly string[];
  readonly key: TextKey;
  /** TYPE that Outlook writes with it. */
  readonly type?: string;
}

export const TEXT_FIELDS: readonly TextField[] = [
  { names: ['NICKNAME'], key: PR_NICKNAME },
  { names: ['TITLE'], key: PR_TITLE },
  { names: ['ROLE'], key: PR_PROFESSION },
  { names: ['FBURL'], key: PidLidFreeBusyLocation },
  { names: ['X-MS-SPOUSE', 'X-SPOUSE', 'X-EVOLUTION-SPOUSE'], key: PR_SPOUSE_NAME, type: 'N' },
  { names: ['X-MS-MANAGER', 'X-MANAGER', 'X-EVOLUTION-MANAGER'], key: PR_MANAGER_NAME, type: 'N' },
  { names: ['X-MS-ASSISTANT', 'X-ASSISTANT', 'X-EVOLUTION-ASSISTANT'], key: PR_ASSISTANT, type: 'N' },
  { names: ['X-MS-INTERESTS', 'X-INTERESTS'], key: PR_HOBBIES },
  { names: ['X-PHONETIC-FIRST-NAME'], key: PidLidYomiFirstName },
  { names: ['X-PHONETIC-LAST-NAME'], key: PidLidYomiLastName },
  { names: ['X-PHONETIC-ORG'], key: PidLidYomiCompanyName },
];

/** X-MS-TEXT, in the order of the lines. */
export const USER_FIELDS: readonly NamedProperty[] = [
  PidLidContactUserField1,
  PidLidContactUserField2,
  PidLidContactUserField3,
  PidLidContactUserField4,
];

/** What names an address for instant messages; the first that there is counts. */
export const IM_NAMES: ReadonlySet<string> = new Set(
  'X-MS-IMADDRESS IMPP X-AIM X-ICQ X-JABBER X-MSN X-YAHOO X-SKYPE X-SKYPE-USERNAME X-GTALK X-GOOGLE-TALK X-GROUPWISE X-QQ'.split(
    ' ',
  ),
);
export const IM_KEY = PidLidInstantMessagingAddress;
export const CHILDREN_NAMES: ReadonlySet<string> = new Set(['X-MS-CHILD', 'X-CHILD']);
export const CHILDREN_KEY = PR_CHILDRENS_NAMES;
export const ANNIVERSARY_NAMES: ReadonlySet<string> = new Set([
  'X-MS-ANNIVERSARY',
  'ANNIVERSARY',
  'X-ANNIVERSARY',
  'X-EVOLUTION-ANNIVERSARY',
]);

/** A telephone: the words that a line must have, and the properties that are filled one after the other. */
export interface PhoneField {
  readonly name: 'TEL' | 'X-MS-TEL';
  readonly types: readonly string[];
  readonly keys: readonly PropTag<string>[];
}

/** The first row of which a line has every word counts. */
export const PHONE_FIELDS: readonly PhoneField[] = [
  { name: 'X-MS-TEL', types: ['assistant'], keys: [PR_ASSISTANT_TELEPHONE_NUMBER] },
  { name: 'X-MS-TEL', types: ['callback'], keys: [PR_CALLBACK_TELEPHONE_NUMBER] },
  { name: 'X-MS-TEL', types: ['company'], keys: [PR_COMPANY_MAIN_PHONE_NUMBER] },
  { name: 'X-MS-TEL', types: ['radio'], keys: [PR_RADIO_TELEPHONE_NUMBER] },
  { name: 'X-MS-TEL', types: ['ttytdd'], keys: [PR_TTYTDD_PHONE_NUMBER] },
  { name: 'TEL', types: ['home', 'fax'], keys: [PR_HOME_FAX_NUMBER] },
  { name: 'TEL', types: ['work', 'fax'], keys: [PR_BUSINESS_FAX_NUMBER] },
  { name: 'TEL', types: ['fax'], keys: [PR_PRIMARY_FAX_NUMBER] },
  { name: 'TEL', types: ['cell'], keys: [PR_MOBILE_TELEPHONE_NUMBER] },
  { name: 'TEL', types: ['pager'], keys: [PR_PAGER_TELEPHONE_NUMBER] },
  { name: 'TEL', types: ['car'], keys: [PR_CAR_TELEPHONE_NUMBER] },
  { name: 'TEL', types: ['isdn'], keys: [PR_ISDN_NUMBER] },
  { name: 'TEL', types: ['textphone'], keys: [PR_TTYTDD_PHONE_NUMBER] },
  { name: 'TEL', types: ['home'], keys: [PR_HOME_TELEPHONE_NUMBER, PR_HOME2_TELEPHONE_NUMBER] },
  { name: 'TEL', types: ['work'], keys: [PR_BUSINESS_TELEPHONE_NUMBER, PR_BUSINESS2_TELEPHONE_NUMBER] },
  { name: 'TEL', types: ['pref'], keys: [PR_PRIMARY_TELEPHONE_NUMBER] },
  { name: 'TEL', types: ['main'], keys: [PR_PRIMARY_TELEPHONE_NUMBER] },
  { name: 'TEL', types: ['voice'], keys: [PR_OTHER_TELEPHONE_NUMBER] },
];

/** A postal address; the keys are in the order of ADR, without the extended address. RFC 6350 6.3.1 */
export interface AddressField {
  /** TYPE, '' for an address that is neither at home nor at work. */
  readonly type: 'work' | 'home' | '';
  /** PidLidPostalAddressId */
  readonly id: number;
  readonly keys: readonly TextKey[];
  readonly label: NamedProperty;
}

export const ADDRESS_FIELDS: readonly AddressField[] = [
  {
    type: 'work',
    id: 2,
    keys: [
      PidLidWorkAddressPostOfficeBox,
      PidLidWorkAddressStreet,
      PidLidWorkAddressCity,
      PidLidWorkAddressState,
      PidLidWorkAddressPostalCode,
      PidLidWorkAddressCountry,
    ],
    label: PidLidWorkAddress,
  },
  {
    type: 'home',
    id: 1,
    keys: [
      PR_HOME_ADDRESS_POST_OFFICE_BOX,
      PR_HOME_ADDRESS_STREET,
      PR_HOME_ADDRESS_CITY,
      PR_HOME_ADDRESS_STATE_OR_PROVINCE,
      PR_HOME_ADDRESS_POSTAL_CODE,
      PR_HOME_ADDRESS_COUNTRY,
    ],
    label: PidLidHomeAddress,
  },
  {
    type: '',
    id: 3,
    keys: [
      PR_OTHER_ADDRESS_POST_OFFICE_BOX,
      PR_OTHER_ADDRESS_STREET,
      PR_OTHER_ADDRESS_CITY,
      PR_OTHER_ADDRESS_STATE_OR_PROVINCE,
      PR_OTHER_ADDRESS_POSTAL_CODE,
      PR_OTHER_ADDRESS_COUNTRY,
    ],
    label: PidLidOtherAddress,
  },
];

/** The address that mail goes to: a copy of one of the others. [MS-OXOCNTC] 2.2.1.3 */
export const MAILING_KEYS: readonly PropTag<string>[] = [
  PR_POST_OFFICE_BOX,
  PR_STREET_ADDRESS,
  PR_LOCALITY,
  PR_STATE_OR_PROVINCE,
  PR_POSTAL_CODE,
  PR_COUNTRY,
];

/** The properties of one e-mail address. [MS-OXOCNTC] 2.2.1.2 */
export interface EmailField {
  readonly displayName: NamedProperty;
  readonly addressType: NamedProperty;
  readonly emailAddress: NamedProperty;
  readonly originalDisplayName: NamedProperty;
  readonly originalEntryId: NamedProperty;
}

export const EMAIL_FIELDS: readonly EmailField[] = [
  {
    displayName: PidLidEmail1DisplayName,
    addressType: PidLidEmail1AddressType,
    emailAddress: PidLidEmail1EmailAddress,
    originalDisplayName: PidLidEmail1OriginalDisplayName,
    originalEntryId: PidLidEmail1OriginalEntryId,
  },
  {
    displayName: PidLidEmail2DisplayName,
    addressType: PidLidEmail2AddressType,
    emailAddress: PidLidEmail2EmailAddress,
    originalDisplayName: PidLidEmail2OriginalDisplayName,
    originalEntryId: PidLidEmail2OriginalEntryId,
  },
  {
    displayName: PidLidEmail3DisplayName,
    addressType: PidLidEmail3AddressType,
    emailAddress: PidLidEmail3EmailAddress,
    originalDisplayName: PidLidEmail3OriginalDisplayName,
    originalEntryId: PidLidEmail3OriginalEntryId,
  },
];

/** Pages of the web by the TYPE of their line. */
export const URL_FIELDS: readonly { readonly type: string; readonly key: PropTag<string> }[] = [
  { type: 'work', key: PR_BUSINESS_HOME_PAGE },
  { type: 'home', key: PR_PERSONAL_HOME_PAGE },
];

/** PR_SENSITIVITY by the words of CLASS, in the order of the numbers. [MS-OXVCARD] 2.1.3.7.1 */
export const CLASSES: readonly string[] = ['PUBLIC', 'PERSONAL', 'PRIVATE', 'CONFIDENTIAL'];
/** PR_GENDER by the letters of GENDER, in the order of the numbers. RFC 6350 6.2.7 */
export const GENDERS: readonly string[] = ['', 'F', 'M'];
