/** The properties of a contact as lines of a vCard. [MS-OXVCARD] 2.1.3 */
import { type FileTime, fileTimeToDate } from '@nodemapi/base';
import {
  PidLidBusinessCardCardPicture,
  PidLidPostalAddressId,
  PidNameKeywords,
  PR_BIRTHDAY,
  PR_BODY,
  PR_COMPANY_NAME,
  PR_DEPARTMENT_NAME,
  PR_DISPLAY_NAME,
  PR_GENDER,
  PR_LAST_MODIFICATION_TIME,
  PR_OFFICE_LOCATION,
  PR_SENSITIVITY,
  PR_SUBJECT,
  PR_TELEX_NUMBER,
  PR_USER_X509_CERTIFICATE,
  PR_WEDDING_ANNIVERSARY,
} from '@nodemapi/mapi';
import { toBase64 } from './base64.ts';
import { dayText } from './contact-day.ts';
import { smtpAddressOf } from './contact-email.ts';
import {
  ADDRESS_FIELDS,
  CHILDREN_KEY,
  CLASSES,
  type ContactKey,
  EMAIL_FIELDS,
  GENDERS,
  IM_KEY,
  MAILING_KEYS,
  NAME_KEYS,
  PHONE_FIELDS,
  PidLidBirthdayLocal,
  PidLidWeddingAnniversaryLocal,
  TEXT_FIELDS,
  URL_FIELDS,
  USER_FIELDS,
} from './contact-fields.ts';
import type { ContactPhoto } from './contact-photo.ts';
import { escapeText, type VCardLine } from './vcard-line.ts';
import { vCardLine } from './vcard-writer.ts';

/** What a contact is written from. */
export interface ContactSource {
  readonly values: ReadonlyMap<ContactKey, unknown>;
  readonly photo: ContactPhoto | undefined;
  readonly version: '3.0' | '4.0';
}

export interface ContactLines {
  readonly lines: readonly VCardLine[];
  /** What a card cannot say, for a person. */
  readonly problems: readonly string[];
}

export function contactLines(source: ContactSource): ContactLines {
  return new ContactWriter(source).write();
}

class ContactWriter {
  readonly #source: ContactSource;
  readonly #lines: VCardLine[] = [];
  readonly #problems: string[] = [];

  constructor(source: ContactSource) {
    this.#source = source;
  }

  write(): ContactLines {
    this.#names();
    this.#emails();
    this.#phones();
    this.#addresses();
    for (const { type, key } of URL_FIELDS) this.#add('URL', escaped(this.#text(key)), { TYPE: type });
    this.#add('X-MS-IMADDRESS', escapeText(this.#text(IM_KEY)));
    this.#days();
    for (const name of this.#list(CHILDREN_KEY)) this.#person('CHILD', name);
    for (const key of USER_FIELDS) this.#add('X-MS-TEXT', escapeText(this.#text(key)));
    this.#add('CATEGORIES', this.#list(PidNameKeywords).map(escapeText).join(','));
    this.#add('NOTE', escapeText(this.#text(PR_BODY).trimEnd()));
    const sensitivity = Number(this.#get(PR_SENSITIVITY) ?? 0);
    if (sensitivity > 0) this.#add('CLASS', CLASSES[sensitivity] ?? '');
    this.#add(this.#is4 ? 'GENDER' : 'X-GENDER', GENDERS[Number(this.#get(PR_GENDER) ?? 0)] ?? '');
    this.#binaries();
    const changed = this.#get(PR_LAST_MODIFICATION_TIME);
    if (typeof changed === 'bigint') this.#add('REV', revision(changed));
    return { lines: this.#lines, problems: this.#problems };
  }

  get #is4(): boolean {
    return this.#source.version === '4.0';
  }

  #get(key: ContactKey): unknown {
    return this.#source.values.get(key);
  }

  #text(key: ContactKey): string {
    const value = this.#get(key);
    return typeof value === 'string' ? value : '';
  }

  #list(key: ContactKey): readonly string[] {
    const value = this.#get(key);
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string' && each !== '') : [];
  }

  #add(
    name: string,
    value: string,
    parameters: Readonly<Record<string, readonly string[] | string | undefined>> = {},
  ): void {
    if (value !== '') this.#lines.push(vCardLine(name, value, parameters));
  }

  #names(): void {
    const parts = NAME_KEYS.map((key) => this.#text(key));
    const [surname = '', given = '', middle = ''] = parts;
    const full = [given, middle, surname].filter((each) => each).join(' ');
    const name = this.#text(PR_DISPLAY_NAME) || this.#text(PR_SUBJECT) || full || this.#text(PR_COMPANY_NAME);
    // both versions want a name, even if there is none
    this.#lines.push(vCardLine('FN', escapeText(name)), vCardLine('N', parts.map(escapeText).join(';')));
    const organisation = [this.#text(PR_COMPANY_NAME), this.#text(PR_DEPARTMENT_NAME)];
    if (organisation.some((each) => each !== ''))
      this.#add('ORG', organisation.map(escapeText).join(';').replace(/;$/, ''));
    for (const { names, key, type } of TEXT_FIELDS) {
      if (key === SPOUSE?.key) this.#person('SPOUSE', this.#text(key));
      else this.#add(names[0] as string, escapeText(this.#text(key)), { TYPE: type });
    }
  }

  /** 4.0 has a line for persons beside this one; before it was a line of Outlook's. RFC 6350 6.6.6 */
  #person(kind: 'SPOUSE' | 'CHILD', name: string): void {
    if (this.#is4) this.#add('RELATED', escapeText(name), { TYPE: kind.toLowerCase(), VALUE: 'text' });
    else this.#add(`X-MS-${kind}`, escapeText(name), { TYPE: 'N' });
  }

  #emails(): void {
    for (const [index, field] of EMAIL_FIELDS.entries()) {
      const address = smtpAddressOf(this.#source.values, field);
      const type = this.#text(field.addressType);
      if (address === undefined) {
        const known = this.#text(field.emailAddress);
        if (known !== '')
          this.#problems.push(`e-mail address ${index + 1} is ${type}:${known}, which a card cannot hold`);
      } else if (this.#is4) this.#add('EMAIL', escapeText(address), index === 0 ? { PREF: '1' } : {});
      else this.#add('EMAIL', escapeText(address), { TYPE: index === 0 ? ['INTERNET', 'PREF'] : ['INTERNET'] });
    }
    this.#add('EMAIL', escapeText(this.#text(PR_TELEX_NUMBER)), { TYPE: 'TLX' });
  }

  #phones(): void {
    const written = new Set<ContactKey>();
    for (const { name, types, keys } of PHONE_FIELDS) {
      for (const key of keys.filter((each) => !written.has(each))) {
        written.add(key);
        const isPrimary = types[0] === 'pref';
        const parameters = isPrimary && this.#is4 ? { TYPE: 'voice', PREF: '1' } : { TYPE: types.map(upper) };
        this.#add(name, escapeText(this.#text(key)), parameters);
      }
    }
  }

  #addresses(): void {
    const mailing = Number(this.#get(PidLidPostalAddressId) ?? 0);
    for (const field of ADDRESS_FIELDS) {
      // before there were properties of the address at work, the one for mail was it
      const own = field.keys.map((key) => this.#text(key));
      const isOld = field.type === 'work' && mailing === 0 && own.every((each) => each === '');
      const [box = '', ...others] = isOld ? MAILING_KEYS.map((key) => this.#text(key)) : own;
      const extended = field.type === 'work' ? this.#text(PR_OFFICE_LOCATION) : '';
      const parts = [box, extended, ...others];
      const label = this.#text(field.label);
      const preferred = field.id === mailing;
      const type = [field.type, ...(preferred && !this.#is4 ? ['pref'] : [])].filter((each) => each).map(upper);
      const more = this.#is4 ? { PREF: preferred ? '1' : undefined, LABEL: label === '' ? undefined : label } : {};
      // 4.0 has a label with its address only
      if (parts.some((each) => each !== '') || (this.#is4 && label !== ''))
        this.#add('ADR', parts.map(escapeText).join(';'), { TYPE: type, ...more });
      if (label !== '' && !this.#is4) this.#add('LABEL', escapeText(label), { TYPE: type });
    }
    if (mailing > 0) this.#add('X-MS-OL-DEFAULT-POSTAL-ADDRESS', String(mailing));
  }

  #days(): void {
    const birthday = this.#get(PidLidBirthdayLocal) ?? this.#get(PR_BIRTHDAY);
    if (typeof birthday === 'bigint') this.#add('BDAY', this.#day(birthday));
    const wedding = this.#get(PidLidWeddingAnniversaryLocal) ?? this.#get(PR_WEDDING_ANNIVERSARY);
    if (typeof wedding === 'bigint') this.#add(this.#is4 ? 'ANNIVERSARY' : 'X-MS-ANNIVERSARY', this.#day(wedding));
  }

  #day(time: FileTime): string {
    return dayText(time);
  }

  #binaries(): void {
    const { photo } = this.#source;
    if (photo !== undefined) this.#bytes('PHOTO', photo.bytes, photo.mimeType);
    const card = this.#get(PidLidBusinessCardCardPicture);
    if (card instanceof Uint8Array) this.#bytes('X-MS-CARDPICTURE', card, 'image/jpeg');
    const certificates = this.#get(PR_USER_X509_CERTIFICATE);
    for (const each of Array.isArray(certificates) ? certificates : [])
      if (each instanceof Uint8Array) this.#bytes('KEY', each, 'application/pkix-cert');
  }

  #bytes(name: string, bytes: Uint8Array, mimeType: string): void {
    if (bytes.length === 0) return;
    const base64 = toBase64(bytes);
    const type = name === 'KEY' ? 'X509' : upper(mimeType.replace(/^.*\//, ''));
    if (this.#is4) this.#add(name, `data:${mimeType};base64,${base64}`);
    else this.#add(name, base64, { ENCODING: 'b', TYPE: type });
  }
}

const SPOUSE = TEXT_FIELDS.find(({ names }) => names[0] === 'X-MS-SPOUSE');

function upper(text: string): string {
  return text.toUpperCase();
}

/** Addresses of pages are no text: a comma in them has no backslash. */
function escaped(url: string): string {
  return url.replaceAll(/\s/g, '%20');
}

function revision(time: FileTime): string {
  return fileTimeToDate(time).toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '');
}
