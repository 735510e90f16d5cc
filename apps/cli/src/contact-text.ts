/** A contact for people: whom it names, and how to reach them. */
import * as mapi from 'nodemapi';

type Key = mapi.PropTag | { readonly guid: string; readonly id?: number; readonly name?: string };

/** One kind of line: what it begins with, and the properties, with a word that tells them apart. */
const LINES: readonly (readonly [string, readonly (readonly [Key, string])[]])[] = [
  [
    'company',
    [
      [mapi.PR_COMPANY_NAME, ''],
      [mapi.PR_DEPARTMENT_NAME, 'department'],
      [mapi.PR_OFFICE_LOCATION, 'office'],
    ],
  ],
  [
    'title',
    [
      [mapi.PR_TITLE, ''],
      [mapi.PR_PROFESSION, 'profession'],
    ],
  ],
  ['nick', [[mapi.PR_NICKNAME, '']]],
  [
    'email',
    [
      [mapi.PidLidEmail1EmailAddress, ''],
      [mapi.PidLidEmail2EmailAddress, ''],
      [mapi.PidLidEmail3EmailAddress, ''],
    ],
  ],
  [
    'phone',
    [
      [mapi.PR_PRIMARY_TELEPHONE_NUMBER, 'main'],
      [mapi.PR_MOBILE_TELEPHONE_NUMBER, 'mobile'],
      [mapi.PR_BUSINESS_TELEPHONE_NUMBER, 'work'],
      [mapi.PR_BUSINESS2_TELEPHONE_NUMBER, 'work'],
      [mapi.PR_HOME_TELEPHONE_NUMBER, 'home'],
      [mapi.PR_HOME2_TELEPHONE_NUMBER, 'home'],
      [mapi.PR_OTHER_TELEPHONE_NUMBER, 'other'],
      [mapi.PR_COMPANY_MAIN_PHONE_NUMBER, 'company'],
      [mapi.PR_ASSISTANT_TELEPHONE_NUMBER, 'assistant'],
      [mapi.PR_CALLBACK_TELEPHONE_NUMBER, 'callback'],
      [mapi.PR_CAR_TELEPHONE_NUMBER, 'car'],
      [mapi.PR_RADIO_TELEPHONE_NUMBER, 'radio'],
      [mapi.PR_PAGER_TELEPHONE_NUMBER, 'pager'],
      [mapi.PR_ISDN_NUMBER, 'ISDN'],
      [mapi.PR_TTYTDD_PHONE_NUMBER, 'text'],
    ],
  ],
  [
    'fax',
    [
      [mapi.PR_BUSINESS_FAX_NUMBER, 'work'],
      [mapi.PR_HOME_FAX_NUMBER, 'home'],
      [mapi.PR_PRIMARY_FAX_NUMBER, ''],
    ],
  ],
  ['chat', [[mapi.PidLidInstantMessagingAddress, '']]],
  [
    'web',
    [
      [mapi.PR_BUSINESS_HOME_PAGE, 'work'],
      [mapi.PR_PERSONAL_HOME_PAGE, 'own'],
    ],
  ],
  ['born', [[mapi.PR_BIRTHDAY, '']]],
  ['wedding', [[mapi.PR_WEDDING_ANNIVERSARY, '']]],
  [
    'person',
    [
      [mapi.PR_SPOUSE_NAME, 'spouse'],
      [mapi.PR_CHILDRENS_NAMES, 'child'],
      [mapi.PR_MANAGER_NAME, 'manager'],
      [mapi.PR_ASSISTANT, 'assistant'],
    ],
  ],
  ['tags', [[mapi.PidNameKeywords, '']]],
];

/** Parts of an address, the way it is read aloud. */
const ADDRESSES: readonly (readonly [string, readonly Key[]])[] = [
  [
    'work',
    [
      mapi.PidLidWorkAddressPostOfficeBox,
      mapi.PidLidWorkAddressStreet,
      mapi.PidLidWorkAddressPostalCode,
      mapi.PidLidWorkAddressCity,
      mapi.PidLidWorkAddressState,
      mapi.PidLidWorkAddressCountry,
    ],
  ],
  [
    'home',
    [
      mapi.PR_HOME_ADDRESS_POST_OFFICE_BOX,
      mapi.PR_HOME_ADDRESS_STREET,
      mapi.PR_HOME_ADDRESS_POSTAL_CODE,
      mapi.PR_HOME_ADDRESS_CITY,
      mapi.PR_HOME_ADDRESS_STATE_OR_PROVINCE,
      mapi.PR_HOME_ADDRESS_COUNTRY,
    ],
  ],
  [
    'other',
    [
      mapi.PR_OTHER_ADDRESS_POST_OFFICE_BOX,
      mapi.PR_OTHER_ADDRESS_STREET,
      mapi.PR_OTHER_ADDRESS_POSTAL_CODE,
      mapi.PR_OTHER_ADDRESS_CITY,
      mapi.PR_OTHER_ADDRESS_STATE_OR_PROVINCE,
      mapi.PR_OTHER_ADDRESS_COUNTRY,
    ],
  ],
];

/** What a contact says besides its name and note, as pairs of what it is and a text. */
export function contactLines(
  props: Readonly<Record<string, unknown>>,
): readonly { readonly label: string; readonly text: string }[] {
  const values = (key: Key): readonly string[] =>
    [props[nameOf(key)]].flat().flatMap((value) => (typeof value === 'string' && value !== '' ? [value] : []));
  const lines = LINES.flatMap(([label, fields]) =>
    fields.flatMap(([key, kind]) =>
      values(key).map((value) => ({ label, text: withKind(isDay(key) ? value.slice(0, 10) : value, kind) })),
    ),
  );
  const addresses = ADDRESSES.flatMap(([kind, keys]) => {
    const text = keys.flatMap(values).join(', ');
    return text === '' ? [] : [{ label: 'address', text: withKind(text, kind) }];
  });
  return [...lines, ...addresses];
}

/** The name that `dumpProps` gives a property. */
function nameOf(key: Key): string {
  if (typeof key === 'number') return mapi.tagName(key);
  const id = `0x${(key.id ?? 0).toString(16).padStart(4, '0').toUpperCase()}`;
  return `{${key.guid}}:${key.name ?? id}`;
}

function isDay(key: Key): boolean {
  return key === mapi.PR_BIRTHDAY || key === mapi.PR_WEDDING_ANNIVERSARY;
}

function withKind(text: string, kind: string): string {
  return kind === '' ? text : `${text} (${kind})`;
}
