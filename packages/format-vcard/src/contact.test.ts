import assert from 'node:assert/strict';
import { fileTimeFromMs, utf8Encode } from '@nodemapi/base';
import {
  decodeOneOff,
  type EntryId,
  PidLidBusinessCardCardPicture,
  PidLidEmail1EmailAddress,
  PidLidEmail1OriginalEntryId,
  PidLidEmail2EmailAddress,
  PidLidEmail3EmailAddress,
  PidLidFileUnder,
  PidLidHomeAddress,
  PidLidInstantMessagingAddress,
  PidLidPostalAddressId,
  PidLidWorkAddress,
  PidLidWorkAddressCity,
  PidLidWorkAddressStreet,
  PidNameKeywords,
  PR_ASSISTANT_TELEPHONE_NUMBER,
  PR_BIRTHDAY,
  PR_BODY,
  PR_BUSINESS_FAX_NUMBER,
  PR_BUSINESS_HOME_PAGE,
  PR_BUSINESS_TELEPHONE_NUMBER,
  PR_BUSINESS2_TELEPHONE_NUMBER,
  PR_CHILDRENS_NAMES,
  PR_COMPANY_NAME,
  PR_DEPARTMENT_NAME,
  PR_DISPLAY_NAME,
  PR_GENDER,
  PR_GIVEN_NAME,
  PR_HOME_ADDRESS_STREET,
  PR_HOME_FAX_NUMBER,
  PR_LOCALITY,
  PR_MOBILE_TELEPHONE_NUMBER,
  PR_OFFICE_LOCATION,
  PR_OTHER_TELEPHONE_NUMBER,
  PR_PRIMARY_TELEPHONE_NUMBER,
  PR_SENSITIVITY,
  PR_SPOUSE_NAME,
  PR_STREET_ADDRESS,
  PR_SURNAME,
  PR_TELEX_NUMBER,
  PR_USER_X509_CERTIFICATE,
  PR_WEDDING_ANNIVERSARY,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { dayText } from './contact-day.ts';
import { type ContactKey, EMAIL_FIELDS, TEXT_FIELDS, USER_FIELDS } from './contact-fields.ts';
import { type Contact, readContact } from './contact-reader.ts';
import { contactLines } from './contact-writer.ts';
import { keptLines, keptTexts } from './kept-lines.ts';
import { readVCard } from './vcard-reader.ts';
import { writeVCard } from './vcard-writer.ts';

function contactOf(...lines: string[]): Contact {
  return readContact(readVCard(utf8Encode(['BEGIN:VCARD', ...lines, 'END:VCARD'].join('\r\n'))).card);
}

/** The values of some keys, in their order. */
function valuesOf({ values }: Contact, ...keys: ContactKey[]): readonly unknown[] {
  return keys.map((key) => values.get(key));
}

const keptOf = ({ kept }: Contact): readonly string[] => kept.map(({ name, value }) => `${name}:${value}`);
const day = (year: number, month: number, date: number): bigint => fileTimeFromMs(Date.UTC(year, month - 1, date));

function written(values: ReadonlyMap<ContactKey, unknown>, version: '3.0' | '4.0' = '3.0'): string {
  const { lines, problems } = contactLines({ values, photo: undefined, version });
  assert.deepEqual(problems, []);
  return writeVCard({ version, lines });
}

describe('a vCard as a contact', () => {
  test('names and the organisation', () => {
    const contact = contactOf('VERSION:3.0', 'N:Doe;Jane;;;', 'FN:Jane D.', 'ORG:Co\\, Ltd;Sales;East');
    const keys = [PR_SURNAME, PR_GIVEN_NAME, PR_DISPLAY_NAME, PR_COMPANY_NAME, PR_DEPARTMENT_NAME, PidLidFileUnder];
    assert.deepEqual(valuesOf(contact, ...keys), ['Doe', 'Jane', 'Jane D.', 'Co, Ltd', 'Sales; East', 'Doe, Jane']);
    assert.deepEqual(valuesOf(contactOf('ORG:Co'), PR_DISPLAY_NAME, PidLidFileUnder), ['Co', 'Co']);
  });

  test('telephones by their words; what has no place is kept', () => {
    const contact = contactOf(
      'TEL;WORK;VOICE:1',
      'TEL;TYPE=work,pref:2',
      'TEL;WORK:3',
      'TEL;WORKFAX:4',
      'TEL:5',
      'TEL;TYPE=cell;VALUE=uri:tel:+6',
      'TEL;TYPE=voice;PREF=1:7',
      'X-MS-TEL;VOICE;ASSISTANT:8',
      'TEL;HOME:',
    );
    const keys = [
      PR_BUSINESS_TELEPHONE_NUMBER,
      PR_BUSINESS2_TELEPHONE_NUMBER,
      PR_BUSINESS_FAX_NUMBER,
      PR_OTHER_TELEPHONE_NUMBER,
      PR_MOBILE_TELEPHONE_NUMBER,
      PR_PRIMARY_TELEPHONE_NUMBER,
      PR_ASSISTANT_TELEPHONE_NUMBER,
    ];
    assert.deepEqual(valuesOf(contact, ...keys), ['1', '2', '4', '5', '+6', '7', '8']);
    assert.deepEqual(keptOf(contact), ['TEL:3']);
    assert.deepEqual(valuesOf(contactOf('TEL;CONSTRUCTOR;__PROTO__:9'), PR_OTHER_TELEPHONE_NUMBER), ['9']);
  });

  test('addresses: the label, the office, and the copy that mail goes to', () => {
    const contact = contactOf(
      'VERSION:3.0',
      'ADR;TYPE=home:;Back house;1 Elm St;Ely;;CB7;UK',
      'ADR;TYPE=WORK,PREF:;Room 5;2 Ash St;Bath;Avon;BA1;UK',
      'LABEL;TYPE=work:2 Ash St\\nBath',
      'ADR;TYPE=work:;;3 Oak St;;;;',
    );
    const keys = [PR_HOME_ADDRESS_STREET, PidLidHomeAddress, PR_OFFICE_LOCATION, PidLidWorkAddressStreet];
    assert.deepEqual(valuesOf(contact, ...keys), [
      'Back house\r\n1 Elm St',
      'Back house\r\n1 Elm St\r\nEly, CB7\r\nUK',
      'Room 5',
      '2 Ash St',
    ]);
    const mailing = [PidLidWorkAddress, PidLidPostalAddressId, PR_STREET_ADDRESS, PR_LOCALITY];
    assert.deepEqual(valuesOf(contact, ...mailing), ['2 Ash St\r\nBath', 2, '2 Ash St', 'Bath']);
    assert.deepEqual(keptOf(contact), ['ADR:;;3 Oak St;;;;']);
  });

  test('three e-mail addresses, the preferred first, with what MAPI wants of each; others are kept', () => {
    const contact = contactOf('EMAIL:a@x', 'EMAIL:b@x', 'EMAIL;PREF;INTERNET:c@x', 'EMAIL:d@x', 'EMAIL;TLX:99');
    const keys = [PidLidEmail1EmailAddress, PidLidEmail2EmailAddress, PidLidEmail3EmailAddress, PR_TELEX_NUMBER];
    assert.deepEqual(valuesOf(contact, ...keys), ['c@x', 'a@x', 'b@x', '99']);
    assert.equal(decodeOneOff(contact.values.get(PidLidEmail1OriginalEntryId) as EntryId)?.emailAddress, 'c@x');
    assert.deepEqual(keptOf(contact), ['EMAIL:d@x']);
  });

  test('days, words and lists; half a day is kept', () => {
    const contact = contactOf(
      'VERSION:4.0',
      'BDAY:19800322T101112Z',
      'ANNIVERSARY:2001-02-28',
      'GENDER:F',
      'CLASS:CONFIDENTIAL',
      'CATEGORIES:a,b\\,c',
      'NOTE:one',
      'NOTE:two',
      'RELATED;TYPE=spouse;VALUE=text:Bo',
      'RELATED;TYPE=child:Cy',
      'RELATED;TYPE=child;VALUE=uri:urn:uuid:1',
      'IMPP:xmpp:jane@x',
    );
    const keys = [PR_BIRTHDAY, PR_WEDDING_ANNIVERSARY, PR_GENDER, PR_SENSITIVITY, PidNameKeywords, PR_BODY];
    const values = [day(1980, 3, 22), day(2001, 2, 28), 1, 3, ['a', 'b,c'], 'one\r\n\r\ntwo'];
    assert.deepEqual(valuesOf(contact, ...keys), values);
    const people = [PR_SPOUSE_NAME, PR_CHILDRENS_NAMES, PidLidInstantMessagingAddress];
    assert.deepEqual(valuesOf(contact, ...people), ['Bo', ['Cy'], 'jane@x']);
    assert.deepEqual(keptOf(contact), ['RELATED:urn:uuid:1']);
    assert.deepEqual(keptOf(contactOf('BDAY:--0322', 'ANNIVERSARY:20010229', 'BDAY;VALUE=text:circa 1800')), [
      'BDAY:--0322',
      'ANNIVERSARY:20010229',
      'BDAY:circa 1800',
    ]);
  });

  test('Outlook writes the midnight of its zone: the nearest one counts', () => {
    for (const hours of [-12, -5, 0, 2, 11])
      assert.equal(dayText(day(1980, 3, 22) + BigInt(hours) * 36_000_000_000n), '19800322');
  });

  test('pictures, certificates and pages', () => {
    const jpeg = Buffer.from([0xff, 0xd8, 1]).toString('base64');
    const contact = contactOf(
      `PHOTO;ENCODING=b;TYPE=JPEG:${jpeg}`,
      'PHOTO:data:image/png;base64,iVBORw==',
      `X-MS-CARDPICTURE;TYPE=JPEG;ENCODING=BASE64:${jpeg}`,
      'KEY;X509;ENCODING=BASE64:MIIB',
      'KEY;TYPE=PGP:http://k',
      'URL;WORK:http://w/a,b',
    );
    assert.deepEqual([contact.photo?.fileName, contact.photo?.bytes.length], ['ContactPicture.jpg', 3]);
    const keys = [PidLidBusinessCardCardPicture, PR_USER_X509_CERTIFICATE, PR_BUSINESS_HOME_PAGE];
    const certificate = new Uint8Array(Buffer.from('MIIB', 'base64'));
    assert.deepEqual(valuesOf(contact, ...keys), [Uint8Array.of(0xff, 0xd8, 1), [certificate], 'http://w/a,b']);
    assert.deepEqual(keptOf(contact), ['PHOTO:data:image/png;base64,iVBORw==', 'KEY:http://k']);
  });

  test('labels of Apple and Google name who is meant', () => {
    const contact = contactOf(
      'item1.X-ABRELATEDNAMES:Bo',
      'item1.X-ABLabel:_$!<Spouse>!$_',
      'item2.X-ABDATE:2001-02-28',
      'item2.X-ABLabel:Anniversary',
      'item3.X-ABRELATEDNAMES:Di',
      'item3.X-ABLabel:Rival',
    );
    assert.deepEqual(valuesOf(contact, PR_SPOUSE_NAME, PR_WEDDING_ANNIVERSARY), ['Bo', day(2001, 2, 28)]);
    assert.deepEqual(keptOf(contact), ['X-ABRELATEDNAMES:Di', 'X-ABLABEL:Rival']);
  });
});

describe('what other programs write', () => {
  test('numbers are read from their URIs, words of TYPE from one pair of quotes, in any version', () => {
    const contact = contactOf(
      'VERSION:3.0',
      'TEL;VALUE=uri;TYPE="work,voice":tel:+1-555-0100;ext=22',
      'TEL;VALUE=uri;TYPE="home,fax":tel:555-0101;phone-context=+44',
      'TEL;VALUE=uri;TYPE=cell:tel:%2B49-1',
      'ANNIVERSARY:20010228',
      'GENDER:F',
    );
    const keys = [PR_BUSINESS_TELEPHONE_NUMBER, PR_HOME_FAX_NUMBER, PR_MOBILE_TELEPHONE_NUMBER];
    assert.deepEqual(valuesOf(contact, ...keys), ['+1-555-0100 x22', '+44 555-0101', '+49-1']);
    assert.deepEqual(valuesOf(contact, PR_WEDDING_ANNIVERSARY, PR_GENDER), [day(2001, 2, 28), 1]);
    assert.deepEqual([keptOf(contact), contact.problems], [[], []]);
  });

  test('what a line that is understood says besides is told', () => {
    const { problems, values } = contactOf(
      'VERSION:4.0',
      'GENDER:M;he\\, mostly',
      'BDAY:19800322T101112Z',
      'ANNIVERSARY:20010228T000000Z',
      'N:Doe;Jane;;;;Smith',
      'LABEL;TYPE=home:Here',
      'ADR;TYPE=home;LABEL=There:;;Elm St;;;;',
    );
    assert.equal(values.get(PR_GENDER), 2);
    assert.deepEqual(problems, [
      '"he, mostly", the words of GENDER, has no place in a contact and is left out',
      '"101112Z", the time of BDAY, has no place in a contact and is left out',
      '"Smith", a further component, has no place in a contact and is left out',
      'a second label of one address, "There", has no place in a contact and is left out',
    ]);
  });

  test('days without a year, and those of other calendars, are kept as they are', () => {
    const contact = contactOf('BDAY;X-APPLE-OMIT-YEAR=1604:1604-03-22', 'ANNIVERSARY;CALSCALE=chinese:20010101');
    assert.deepEqual(keptOf(contact), ['BDAY:1604-03-22', 'ANNIVERSARY:20010101']);
  });

  test('the lower number of PREF comes first', () => {
    const contact = contactOf('VERSION:4.0', 'EMAIL:a@x', 'EMAIL;PREF=50:b@x', 'EMAIL;PREF=2:c@x');
    const keys = [PidLidEmail1EmailAddress, PidLidEmail2EmailAddress, PidLidEmail3EmailAddress];
    assert.deepEqual(valuesOf(contact, ...keys), ['c@x', 'b@x', 'a@x']);
  });

  test('labels of Apple say what a number is; a label that labels nothing is kept', () => {
    const contact = contactOf(
      'item1.TEL:1',
      'item1.X-ABLabel:_$!<Mobile>!$_',
      'item2.X-ABLabel:Nothing',
      'X-ABLabel:Nobody',
    );
    assert.deepEqual(valuesOf(contact, PR_MOBILE_TELEPHONE_NUMBER), ['1']);
    assert.deepEqual([keptOf(contact), contact.labels], [['X-ABLABEL:Nothing', 'X-ABLABEL:Nobody'], []]);
  });
});

describe('a contact as a vCard', () => {
  const values = new Map<ContactKey, unknown>([
    [PR_DISPLAY_NAME, 'Jane; Doe'],
    [PR_SURNAME, 'Doe'],
    [PidLidEmail1EmailAddress, 'j@x'],
    [PR_BIRTHDAY, day(1980, 3, 22)],
    [PR_SPOUSE_NAME, 'Bo'],
    [PidLidWorkAddressCity, 'Bath'],
    [PidLidWorkAddress, '1, Bath\r\nUK'],
    [PidLidPostalAddressId, 2],
    [PR_GENDER, 2],
  ]);

  test('in the words of 3.0', () => {
    assert.deepEqual(written(values).split('\r\n'), [
      'BEGIN:VCARD',
      'VERSION:3.0',
      'FN:Jane\\; Doe',
      'N:Doe;;;;',
      'X-MS-SPOUSE;TYPE=N:Bo',
      'EMAIL;TYPE=INTERNET,PREF:j@x',
      'ADR;TYPE=WORK,PREF:;;;Bath;;;',
      'LABEL;TYPE=WORK,PREF:1\\, Bath\\nUK',
      'X-MS-OL-DEFAULT-POSTAL-ADDRESS:2',
      'BDAY:19800322',
      'X-GENDER:M',
      'END:VCARD',
      '',
    ]);
  });

  test('in the words of 4.0', () => {
    assert.deepEqual(written(values, '4.0').split('\r\n'), [
      'BEGIN:VCARD',
      'VERSION:4.0',
      'FN:Jane\\; Doe',
      'N:Doe;;;;',
      'RELATED;TYPE=spouse;VALUE=text:Bo',
      'EMAIL;PREF=1:j@x',
      'ADR;TYPE=WORK;PREF=1;LABEL="1, Bath^nUK":;;;Bath;;;',
      'X-MS-OL-DEFAULT-POSTAL-ADDRESS:2',
      'BDAY:19800322',
      'GENDER:M',
      'END:VCARD',
      '',
    ]);
  });

  test('a label without its address is kept in both versions, an empty note in none', () => {
    const label = new Map<ContactKey, unknown>([
      [PidLidHomeAddress, 'At home'],
      [PR_BODY, '\r\n'],
    ]);
    for (const version of ['3.0', '4.0'] as const) {
      const text = written(label, version);
      assert.equal(readContact(readVCard(utf8Encode(text)).card).values.get(PidLidHomeAddress), 'At home');
      assert.doesNotMatch(text, /NOTE/);
    }
  });

  test('control characters of a contact stay out of its card', () => {
    assert.match(written(new Map<ContactKey, unknown>([[PR_SURNAME, 'a\u0001\tb\u0000']])), /^N:a\tb;;;;$/m);
  });

  test('an address of an organisation goes out as the SMTP address that it shows, else it is told', () => {
    const [field] = EMAIL_FIELDS;
    assert.ok(field !== undefined);
    const ex = [
      [field.addressType, 'EX'],
      [field.emailAddress, '/o=x/cn=jane'],
    ] as const;
    const shown = new Map<ContactKey, unknown>([...ex, [field.displayName, 'Jane (jane@x)']]);
    assert.match(written(shown), /^EMAIL;TYPE=INTERNET,PREF:jane@x$/m);
    const { problems } = contactLines({ values: new Map<ContactKey, unknown>(ex), photo: undefined, version: '3.0' });
    assert.deepEqual(problems, ['e-mail address 1 is EX:/o=x/cn=jane, which a card cannot hold']);
  });

  test('no line is longer than 75 bytes, and no character is cut', () => {
    const text = written(new Map<ContactKey, unknown>([[PR_BODY, '€🙂é'.repeat(100)]]));
    for (const line of text.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 75, line);
    assert.equal(readContact(readVCard(utf8Encode(text)).card).values.get(PR_BODY), '€🙂é'.repeat(100));
  });

  test('what is written is read again, in both versions', () => {
    const text = fc
      .string({ unit: fc.constantFrom(...'aZ9 ;:,\\"^=é🙂.-+'), minLength: 1, maxLength: 20 })
      .map((value) => `x${value}x`);
    const keys: readonly ContactKey[] = [
      ...TEXT_FIELDS.filter(({ names }) => names[0] !== 'NICKNAME').map(({ key }) => key),
      ...USER_FIELDS,
      PR_DISPLAY_NAME,
      PR_SURNAME,
      PR_GIVEN_NAME,
      PR_COMPANY_NAME,
      PR_DEPARTMENT_NAME,
      PR_BODY,
      PidLidWorkAddressStreet,
      PidLidWorkAddress,
      PR_HOME_ADDRESS_STREET,
      PR_MOBILE_TELEPHONE_NUMBER,
      PidLidEmail1EmailAddress,
    ];
    fc.assert(
      fc.property(fc.array(text, { minLength: keys.length, maxLength: keys.length }), fc.boolean(), (texts, is4) => {
        const given = new Map(keys.map((key, index) => [key, texts[index]] as const));
        const card = readVCard(utf8Encode(written(given, is4 ? '4.0' : '3.0')));
        assert.deepEqual(card.problems, []);
        const { values: read, kept } = readContact(card.card);
        assert.deepEqual(kept, []);
        for (const key of keys) assert.equal(read.get(key), given.get(key), JSON.stringify(key));
      }),
      { seed: 4, numRuns: 60 },
    );
  });

  test('kept lines are written again in either version, as far as there is room for them', () => {
    const { kept } = contactOf('VERSION:2.1', 'SOUND;WAVE;ENCODING=BASE64: QUJD', 'X-A;B=c,"d;e":1\\;2;3,4', 'UID:5');
    const problems: { detail: string; loss: boolean }[] = [];
    const texts = keptTexts(kept, '2.1', problems);
    assert.deepEqual(texts, ['SOUND;TYPE=WAVE;ENCODING=b:QUJD', 'X-A;B=c,"d;e":1\\;2;3\\,4', 'UID:5']);
    assert.deepEqual(
      keptLines(texts, '4.0').map(({ value }) => value),
      ['data:application/octet-stream;base64,QUJD', '1\\;2;3\\,4', '5'],
    );
    const many = keptTexts(contactOf(`X-A:${'a'.repeat(70_000)}`, 'X-B:1').kept, '3.0', problems);
    assert.deepEqual(many, ['X-B:1']);
    assert.deepEqual(problems, [
      { detail: 'X-A (70000 characters) has no place in a contact and is left out', loss: true },
    ]);
    assert.deepEqual(keptLines(['X-A:1\r\nEND:VCARD\r\nX-B:2'], '3.0').length, 1);
    assert.deepEqual(keptLines('no list', '3.0'), []);
  });
});
