/**
 * What a vCard says of a person, as properties of a contact. [MS-OXVCARD] 2.1.3
 *
 * - A line that no property has a place for is kept as it is, and written again with the contact: the fourth e-mail
 *   address, a sound, what other programs add.
 * - Days are midnight UTC.
 */
import {
  encodeOneOff,
  PidLidAddressBookProviderArrayType,
  PidLidAddressBookProviderEmailList,
  PidLidBusinessCardCardPicture,
  PidLidFileUnder,
  PidLidHtml,
  PidLidPostalAddressId,
  PidNameKeywords,
  PR_BIRTHDAY,
  PR_BODY,
  PR_BUSINESS_HOME_PAGE,
  PR_COMPANY_NAME,
  PR_DEPARTMENT_NAME,
  PR_DISPLAY_NAME,
  PR_GENDER,
  PR_GIVEN_NAME,
  PR_MIDDLE_NAME,
  PR_OFFICE_LOCATION,
  PR_PERSONAL_HOME_PAGE,
  PR_POSTAL_ADDRESS,
  PR_SENSITIVITY,
  PR_SUBJECT,
  PR_SURNAME,
  PR_TELEX_NUMBER,
  PR_USER_X509_CERTIFICATE,
  PR_WEDDING_ANNIVERSARY,
} from '@nodemapi/mapi';
import { dayOf } from './contact-day.ts';
import {
  ADDRESS_FIELDS,
  type AddressField,
  ANNIVERSARY_NAMES,
  CHILDREN_KEY,
  CHILDREN_NAMES,
  CLASSES,
  type ContactKey,
  EMAIL_FIELDS,
  GENDERS,
  IM_KEY,
  IM_NAMES,
  MAILING_KEYS,
  NAME_KEYS,
  PHONE_FIELDS,
  PidLidBirthdayLocal,
  PidLidWeddingAnniversaryLocal,
  TEXT_FIELDS,
  URL_FIELDS,
  USER_FIELDS,
} from './contact-fields.ts';
import { phoneNumber, phoneTypes } from './contact-phone.ts';
import { type ContactPhoto, photoOf } from './contact-photo.ts';
import { GroupLabels } from './group-labels.ts';
import {
  bytesOf,
  componentsOf,
  isPreferred,
  listOf,
  preferenceOf,
  textOf,
  typesOf,
  type VCard,
  type VCardLine,
} from './vcard-line.ts';

export interface Contact {
  readonly values: ReadonlyMap<ContactKey, unknown>;
  readonly photo: ContactPhoto | undefined;
  /** What no property has a place for. */
  readonly kept: readonly VCardLine[];
  /** What became properties; of these a label of Apple's is among the words of TYPE. */
  readonly taken: readonly VCardLine[];
  /** X-ABLABEL of lines that became properties, but for those that were read with them. */
  readonly labels: readonly VCardLine[];
  /** What of a line that became a property is left out, for a person. */
  readonly problems: readonly string[];
}

/** The contact that a card describes. */
export function readContact(card: VCard): Contact {
  return new ContactReader(card).contact();
}

/** Takes a line; false if there is no place for it. */
type Taker = (line: VCardLine) => boolean;

/** What says nothing of the person: which program wrote the card, and when. */
const PASSED_OVER: ReadonlySet<string> = new Set(['PRODID', 'REV', 'PROFILE', 'X-ABADR']);
const PROBLEMS_MAX = 100;

class ContactReader {
  readonly #card: VCard;
  readonly #values = new Map<ContactKey, unknown>();
  readonly #kept: VCardLine[] = [];
  #taken: VCardLine[] = [];
  readonly #problems = new Set<string>();
  readonly #emails: VCardLine[] = [];
  readonly #notes: string[] = [];
  readonly #labels: GroupLabels;
  #photo: ContactPhoto | undefined;
  #mailing: AddressField | undefined;

  constructor(card: VCard) {
    this.#card = card;
    this.#labels = new GroupLabels(card);
  }

  contact(): Contact {
    const { lines } = this.#card;
    const takers = this.#takers();
    for (const line of lines) {
      if (PASSED_OVER.has(line.name) || line.name === 'X-ABLABEL') continue;
      const labelled = this.#labels.asType(line);
      if (takers.get(line.name)?.(labelled) === true) this.#taken.push(labelled);
      else this.#kept.push(line);
    }
    this.#putEmails();
    this.#putNames();
    this.#putAddresses();
    const { kept, labels } = this.#labels.split(this.#kept, this.#taken);
    return {
      values: this.#values,
      photo: this.#photo,
      kept: [...this.#kept, ...kept],
      taken: this.#taken,
      labels,
      problems: [...this.#problems].slice(0, PROBLEMS_MAX),
    };
  }

  #takers(): ReadonlyMap<string, Taker> {
    const takers = new Map<string, Taker>([
      ['FN', (line) => this.#put(PR_DISPLAY_NAME, this.#text(line))],
      ['N', (line) => this.#putParts(NAME_KEYS, componentsOf(line, this.#card.version))],
      ['ORG', (line) => this.#organisation(line)],
      ['ADR', (line) => this.#address(line)],
      ['LABEL', (line) => this.#put(addressField(line).label, this.#text(line))],
      ['TEL', (line) => this.#phone(line)],
      ['X-MS-TEL', (line) => this.#phone(line)],
      ['EMAIL', (line) => this.#email(line)],
      ['URL', (line) => this.#url(line)],
      ['NOTE', (line) => this.#notes.push(this.#text(line)) > 0],
      ['CATEGORIES', (line) => this.#append(PidNameKeywords, listOf(line, this.#card.version))],
      ['CLASS', (line) => this.#word(PR_SENSITIVITY, CLASSES, this.#text(line))],
      ['GENDER', (line) => this.#gender(line)],
      ['X-GENDER', (line) => this.#word(PR_GENDER, GENDERS, this.#text(line).slice(0, 1))],
      ['X-WAB-GENDER', (line) => this.#word(PR_GENDER, ['', '1', '2'], this.#text(line))],
      ['BDAY', (line) => this.#day(line, PR_BIRTHDAY, PidLidBirthdayLocal)],
      ['PHOTO', (line) => this.#picture(line)],
      ['X-MS-CARDPICTURE', (line) => this.#put(PidLidBusinessCardCardPicture, bytesOf(line))],
      ['KEY', (line) => this.#key(line)],
      ['X-MS-OL-DEFAULT-POSTAL-ADDRESS', (line) => this.#mailingAddress(line)],
      ['X-MS-TEXT', (line) => USER_FIELDS.some((key) => this.#put(key, this.#text(line)))],
      ['RELATED', (line) => this.#related(line, [...typesOf(line)])],
      ['X-ABRELATEDNAMES', (line) => this.#related(line, [this.#labels.read(line)])],
      ['X-ABDATE', (line) => this.#labels.read(line) === 'anniversary' && this.#anniversary(line)],
    ]);
    for (const { names, key } of TEXT_FIELDS)
      for (const name of names) takers.set(name, (line) => this.#put(key, this.#texts(line)));
    for (const name of IM_NAMES) takers.set(name, (line) => this.#messenger(line));
    for (const name of CHILDREN_NAMES) takers.set(name, (line) => this.#append(CHILDREN_KEY, [this.#text(line)]));
    for (const name of ANNIVERSARY_NAMES) takers.set(name, (line) => this.#anniversary(line));
    return takers;
  }

  #text(line: VCardLine): string {
    return textOf(line, this.#card.version);
  }

  /** NICKNAME is a list; the others have no commas that would separate anything. */
  #texts(line: VCardLine): string | undefined {
    return line.name === 'NICKNAME' ? listOf(line, this.#card.version)?.join(', ') : this.#text(line);
  }

  /** Sets what is not set; nothing says nothing, and has its place anywhere. */
  #put(key: ContactKey, value: unknown): boolean {
    if (value === '') return true;
    if (value === undefined || this.#values.has(key)) return false;
    this.#values.set(key, typeof value === 'string' ? value.replaceAll(/\r?\n/g, '\r\n') : value);
    return true;
  }

  #append(key: ContactKey, values: readonly unknown[] | undefined): boolean {
    if (values === undefined) return false;
    const given = values.filter((each) => each !== '');
    const before = this.#values.get(key);
    if (given.length > 0) this.#values.set(key, [...(Array.isArray(before) ? before : []), ...given]);
    return true;
  }

  /** Structured values: all components, or none if the place is taken. */
  #putParts(keys: readonly ContactKey[], parts: readonly string[] | undefined): boolean {
    if (parts === undefined || keys.some((key) => this.#values.has(key))) return false;
    for (const more of parts.slice(keys.length))
      if (more !== '') this.#tell(`${JSON.stringify(more.slice(0, 60))}, a further component, has no place`);
    for (const [index, key] of keys.entries()) this.#put(key, parts[index] ?? '');
    return true;
  }

  #organisation(line: VCardLine): boolean {
    const components = componentsOf(line, this.#card.version);
    if (components === undefined) return false;
    const [company = '', ...units] = components;
    return this.#putParts([PR_COMPANY_NAME, PR_DEPARTMENT_NAME], [company, units.filter((each) => each).join('; ')]);
  }

  #address(line: VCardLine): boolean {
    const field = addressField(line);
    const components = componentsOf(line, this.#card.version);
    if (components === undefined) return false;
    const [box = '', extended = '', street = '', ...others] = components;
    const isOffice = field.type === 'work' && extended !== '' && !this.#values.has(PR_OFFICE_LOCATION);
    const lines = isOffice || extended === '' ? street : [extended, street].filter((each) => each).join('\n');
    if (!this.#putParts(field.keys, [box, lines, ...others])) return false;
    if (isOffice) this.#put(PR_OFFICE_LOCATION, extended);
    const label = line.parameters.get('LABEL')?.[0];
    if (label !== undefined && !this.#put(field.label, label.replaceAll('\\n', '\n')))
      this.#tell(`a second label of one address, ${JSON.stringify(label.slice(0, 60))}, has no place`);
    if (isPreferred(line)) this.#mailing ??= field;
    return true;
  }

  #phone(line: VCardLine): boolean {
    const types = phoneTypes(line);
    const field = PHONE_FIELDS.find((each) => each.name === line.name && each.types.every((type) => types.has(type)));
    const number = phoneNumber(this.#text(line));
    return field?.keys.some((key) => this.#put(key, number)) ?? false;
  }

  #email(line: VCardLine): boolean {
    const types = typesOf(line);
    if (types.has('tlx')) return this.#put(PR_TELEX_NUMBER, this.#text(line));
    if (types.has('x400')) return false;
    if (this.#text(line) !== '') this.#emails.push(line);
    return true;
  }

  #putEmails(): void {
    const ordered = [...this.#emails].sort((a, b) => preferenceOf(a) - preferenceOf(b));
    for (const [index, field] of EMAIL_FIELDS.entries()) {
      const line = ordered[index];
      if (line === undefined) break;
      const address = this.#text(line)
        .replace(/^mailto:/i, '')
        .replaceAll('\0', '');
      this.#put(field.displayName, address);
      this.#put(field.addressType, 'SMTP');
      this.#put(field.emailAddress, address);
      this.#put(field.originalDisplayName, address);
      const oneOff = { displayName: address, addrType: 'SMTP', emailAddress: address, sendRichInfo: false };
      this.#put(field.originalEntryId, encodeOneOff(oneOff));
      this.#append(PidLidAddressBookProviderEmailList, [index]);
      this.#values.set(PidLidAddressBookProviderArrayType, (1 << (index + 1)) - 1);
    }
    const rest = new Set(ordered.slice(EMAIL_FIELDS.length));
    this.#kept.push(...rest);
    this.#taken = this.#taken.filter((line) => !rest.has(line));
  }

  #url(line: VCardLine): boolean {
    const types = typesOf(line);
    const key = URL_FIELDS.find(({ type }) => types.has(type))?.key ?? PR_PERSONAL_HOME_PAGE;
    if (key === PR_BUSINESS_HOME_PAGE) this.#put(PidLidHtml, this.#text(line));
    return this.#put(key, this.#text(line));
  }

  #word(key: ContactKey, words: readonly string[], word: string): boolean {
    const index = words.indexOf(word.toUpperCase());
    return word !== '' && index >= 0 && this.#put(key, index);
  }

  /** A letter, and what the person says besides. RFC 6350 6.2.7 */
  #gender(line: VCardLine): boolean {
    const [letter = '', text = ''] = componentsOf(line, this.#card.version) ?? [];
    if (!this.#word(PR_GENDER, GENDERS, letter)) return false;
    if (text !== '') this.#tell(`${JSON.stringify(text.slice(0, 60))}, the words of GENDER, has no place`);
    return true;
  }

  /** The first that there is; the same address for another program has the same place. */
  #messenger(line: VCardLine): boolean {
    const address = imAddress(this.#text(line));
    return this.#put(IM_KEY, address) || this.#values.get(IM_KEY) === address;
  }

  #day(line: VCardLine, key: ContactKey, local: ContactKey): boolean {
    const text = this.#text(line);
    const day = isYearless(line) ? undefined : dayOf(text);
    if (day === undefined || !this.#put(key, day)) return text === '';
    const [, time] = /[T ](.*)$/.exec(text) ?? [];
    if (time !== undefined && /[1-9]/.test(time.replace(/[+-].*$/, '')))
      this.#tell(`${JSON.stringify(time.slice(0, 60))}, the time of ${line.name}, has no place`);
    return this.#put(local, day);
  }

  #anniversary(line: VCardLine): boolean {
    return this.#day(line, PR_WEDDING_ANNIVERSARY, PidLidWeddingAnniversaryLocal);
  }

  #picture(line: VCardLine): boolean {
    const bytes = bytesOf(line);
    if (bytes === undefined || bytes.length === 0 || this.#photo !== undefined) return false;
    this.#photo = photoOf(bytes);
    return true;
  }

  #key(line: VCardLine): boolean {
    const bytes = bytesOf(line);
    const isX509 = typesOf(line).has('x509') || /^data:application\/(?:pkix-cert|x-x509)/i.test(line.value);
    return bytes !== undefined && bytes.length > 0 && isX509 && this.#append(PR_USER_X509_CERTIFICATE, [bytes]);
  }

  #mailingAddress(line: VCardLine): boolean {
    const id = Number(this.#text(line));
    this.#mailing = ADDRESS_FIELDS.find((each) => each.id === id) ?? this.#mailing;
    return Number.isInteger(id) && id >= 0 && id <= ADDRESS_FIELDS.length;
  }

  /** A person beside this one; what is an address of a card stays that. */
  #related(line: VCardLine, kinds: readonly string[]): boolean {
    const name = this.#text(line);
    const isText = line.parameters.get('VALUE')?.[0]?.toLowerCase() === 'text';
    if (!isText && /^[a-z][a-z0-9+.-]*:\S+$/i.test(name)) return false;
    if (kinds.includes('child')) return this.#append(CHILDREN_KEY, [name]);
    const kind = kinds.includes('agent')
      ? 'ASSISTANT'
      : kinds.find((each) => /^(?:spouse|manager|assistant)$/.test(each));
    const field = TEXT_FIELDS.find(({ names }) => kind !== undefined && names[0] === `X-MS-${kind.toUpperCase()}`);
    return field !== undefined && this.#put(field.key, name);
  }

  #tell(what: string): void {
    this.#problems.add(`${what} in a contact and is left out`);
  }

  #putNames(): void {
    const value = (key: ContactKey): string => String(this.#values.get(key) ?? '');
    if (this.#notes.some((note) => note !== '')) this.#put(PR_BODY, this.#notes.filter((note) => note).join('\n\n'));
    const given = [value(PR_GIVEN_NAME), value(PR_MIDDLE_NAME)].filter((each) => each).join(' ');
    const sorted = [value(PR_SURNAME), given].filter((each) => each).join(', ');
    const full = [given, value(PR_SURNAME)].filter((each) => each).join(' ');
    const email = EMAIL_FIELDS[0] === undefined ? '' : value(EMAIL_FIELDS[0].emailAddress);
    const name = value(PR_DISPLAY_NAME) || full || value(PR_COMPANY_NAME) || email;
    this.#put(PR_DISPLAY_NAME, name);
    this.#put(PR_SUBJECT, name);
    this.#put(PidLidFileUnder, sorted || name);
  }

  /** Labels that the card lacks, and the copy that is the address for mail. */
  #putAddresses(): void {
    for (const { keys, label } of ADDRESS_FIELDS) {
      const [box = '', street = '', city = '', state = '', code = '', country = ''] = keys.map((key) =>
        String(this.#values.get(key) ?? ''),
      );
      const place = [city, [state, code].filter((each) => each).join(' ')].filter((each) => each).join(', ');
      if (!this.#values.has(label)) this.#put(label, [box, street, place, country].filter((each) => each).join('\n'));
    }
    const mailing = this.#mailing;
    if (mailing === undefined || !mailing.keys.some((key) => this.#values.has(key))) return;
    this.#values.set(PidLidPostalAddressId, mailing.id);
    for (const [index, key] of MAILING_KEYS.entries())
      this.#put(key, this.#values.get(mailing.keys[index] as ContactKey));
    this.#put(PR_POSTAL_ADDRESS, this.#values.get(mailing.label));
  }
}

function addressField(line: VCardLine): AddressField {
  const types = typesOf(line);
  return (ADDRESS_FIELDS.find(({ type }) => type === '' || types.has(type)) ?? ADDRESS_FIELDS.at(-1)) as AddressField;
}

/** Without the scheme of IMPP, which says only which program it is for. */
function imAddress(text: string): string {
  return text.replace(/^(?:aim|gg|gtalk|icq|im|irc|jabber|msnim|qq|sip|skype|x-apple|xmpp|ymsgr):/i, '');
}

/** Apple writes the year 1604 for a day whose year nobody knows; days of other calendars are none of ours. */
function isYearless({ parameters, value }: VCardLine): boolean {
  const [year] = parameters.get('X-APPLE-OMIT-YEAR') ?? [];
  const [calendar = 'gregorian'] = parameters.get('CALSCALE') ?? [];
  return (year !== undefined && value.trim().startsWith(year)) || calendar.toLowerCase() !== 'gregorian';
}
