/**
 * Reads every vCard of a corpus: nothing may be lost, and what is written must be read as the same contact.
 *
 * `npm run corpus -- DIR` gives the folder; without it the one test says so.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8Encode } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { type Contact, readContact } from './contact-reader.ts';
import { contactLines } from './contact-writer.ts';
import { keptLines, keptTexts } from './kept-lines.ts';
import { readVCard } from './vcard-reader.ts';
import { splitVCards } from './vcard-split.ts';
import { writeVCard } from './vcard-writer.ts';

const samples = join(process.env.NODEMAPI_CORPUS ?? '', 'eml');
const isThere = process.env.NODEMAPI_CORPUS !== undefined && existsSync(samples);

/** What a card says that is none, by its file. */
const KNOWN: Readonly<Record<string, string>> = {
  'aspose-java__ContactsSaqib_Razzaq.vcf': 'a line of the note stands by itself',
};

describe.skipIf(isThere)('corpus of vCards', () => {
  test.skip('no corpus: npm run corpus -- DIR', () => {});
});

describe.runIf(isThere)('corpus of vCards', () => {
  test('every card is read whole, and read again as it was written', async () => {
    const counts = { files: 0, cards: 0 };
    for (const name of readdirSync(samples).filter((each) => each.endsWith('.vcf'))) {
      counts.files++;
      const bytes = async function* (): AsyncIterable<Uint8Array> {
        yield readFileSync(join(samples, name));
      };
      for await (const found of splitVCards(bytes())) {
        assert.ok(found.kind === 'card', name);
        counts.cards++;
        const { card, problems } = readVCard(found.bytes);
        if (KNOWN[name] === undefined) assert.deepEqual(problems, [], name);
        const contact = readContact(card);
        const texts = keptTexts(contact.kept, card.version, []);
        for (const version of ['3.0', '4.0'] as const) {
          const { lines } = contactLines({ ...contact, version });
          const text = writeVCard({ version, lines: [...lines, ...keptLines(texts, version)] });
          assert.deepEqual(shown(readContact(readVCard(utf8Encode(text)).card)), shown(contact), `${name} ${version}`);
        }
      }
    }
    assert.ok(counts.cards > 0);
    console.log(`vcf: ${counts.files} files, ${counts.cards} cards, all read again as written`);
  });
});

function shown({ values, photo }: Contact): unknown {
  return [
    photo,
    [...values]
      .map(([key, value]) => [JSON.stringify(key), value])
      .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  ];
}
