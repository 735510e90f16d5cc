import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { PR_OTHER_TELEPHONE_NUMBER } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import type { ContactKey } from './contact-fields.ts';
import { readContact } from './contact-reader.ts';
import { contactLines } from './contact-writer.ts';
import { keptLines, keptTexts } from './kept-lines.ts';
import { extrasOf, withExtras } from './line-extras.ts';
import { readVCard } from './vcard-reader.ts';
import { writeVCard } from './vcard-writer.ts';

interface Way {
  readonly version?: '3.0' | '4.0';
  /** What a person changes between reading and writing. */
  readonly change?: (values: Map<ContactKey, unknown>) => void;
}

/** The lines of a card after it was a contact, and what was told. */
function through(lines: readonly string[], { version = '3.0', change }: Way = {}) {
  const { card } = readVCard(utf8Encode(['BEGIN:VCARD', ...lines, 'END:VCARD'].join('\r\n')));
  const contact = readContact(card);
  const extras = extrasOf(contact, card.version);
  const texts = keptTexts([...contact.kept, ...extras.kept], card.version, []);
  const values = new Map(contact.values);
  change?.(values);
  const own = contactLines({ values, photo: undefined, version }).lines;
  const text = writeVCard({ version, lines: withExtras(own, keptLines(texts, version), version) });
  const written = text.split('\r\n').filter((line) => /^(?!(?:BEGIN|END|VERSION|FN|N|):|$)/.test(line));
  return { written, problems: extras.problems };
}

const SKI = ['VERSION:3.0', 'item1.TEL:1', 'item1.X-ABLabel:Ski hut', 'item2.TEL;TYPE=HOME:2', 'item2.X-ABLabel:Attic'];

describe('what a line says besides its value', () => {
  test('labels of people stay with their lines, in both versions', () => {
    const lines = [
      'item2.TEL;TYPE=HOME:2',
      'item1.TEL;TYPE=VOICE:1',
      'item1.X-ABLABEL:Ski hut',
      'item2.X-ABLABEL:Attic',
    ];
    for (const version of ['3.0', '4.0'] as const)
      assert.deepEqual(through(SKI, { version }), { written: lines, problems: [] });
  });

  test('a number that was changed loses its label, and no other', () => {
    const { written } = through(SKI, { change: (values) => values.set(PR_OTHER_TELEPHONE_NUMBER, '3') });
    assert.deepEqual(written, ['item2.TEL;TYPE=HOME:2', 'TEL;TYPE=VOICE:3', 'item2.X-ABLABEL:Attic']);
  });

  test('words of TYPE and parameters stay; what says nothing is not written again', () => {
    const lines = [
      'VERSION:4.0',
      'EMAIL;TYPE=home;PREF=7:a@x',
      'TEL;TYPE="work,voice,x-desk";PREF=9:1',
      'ORG;SORT-AS="Co":The Co;Sales',
      'ADR;TYPE=work;GEO="geo:1,2";PREF=3:;;Elm St;;;;',
      'TITLE;LANGUAGE=fr:Patron',
      'URL;TYPE=work;MEDIATYPE=text/html:http://x',
    ];
    const { written, problems } = through(lines, { version: '4.0' });
    assert.deepEqual(problems, []);
    assert.deepEqual(written, [
      'ORG;SORT-AS=Co:The Co;Sales',
      'TITLE;LANGUAGE=fr:Patron',
      'EMAIL;PREF=1;TYPE=home:a@x',
      'TEL;TYPE=WORK,x-desk;PREF=9:1',
      'ADR;TYPE=WORK;LABEL=Elm St;GEO="geo:1,2";PREF=3:;;Elm St;;;;',
      'URL;TYPE=work;MEDIATYPE=text/html:http://x',
    ]);
    assert.deepEqual(through(['VERSION:2.1', 'TEL;WORK;VOICE:1', 'EMAIL;INTERNET:a@x']).written, [
      'EMAIL;TYPE=INTERNET,PREF:a@x',
      'TEL;TYPE=WORK:1',
    ]);
  });

  test('an address for messages is written as Outlook reads it, and as its service has it', () => {
    const { written } = through(['VERSION:3.0', 'IMPP;X-SERVICE-TYPE=Jabber:xmpp:jane@x', 'X-JABBER:jane@x']);
    const lines = ['X-MS-IMADDRESS:jane@x', 'IMPP;X-SERVICE-TYPE=Jabber:xmpp:jane@x'];
    assert.deepEqual(written.slice(0, 2), lines);
    assert.deepEqual(through(['VERSION:3.0', ...written]).written, written);
  });

  test('what cannot be found again is told', () => {
    const { problems } = through(['NOTE;LANGUAGE=en:a', 'item1.NOTE:b', 'item1.X-ABLabel:Mine']);
    assert.deepEqual(problems, ['LANGUAGE=en of NOTE is left out', 'the label "Mine" of NOTE is left out']);
  });

  test('thousands of such lines are told as far as anybody reads', () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => `item${index}.NOTE;LANGUAGE=l${index}:a`);
    assert.equal(through(lines).problems.length, 200);
  });
});
