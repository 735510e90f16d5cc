import { utf8Encode } from '@nodemapi/base';
import type { FuzzTarget } from '@nodemapi/conformance';
import { readContact } from './contact-reader.ts';
import { contactLines } from './contact-writer.ts';
import { keptLines, keptTexts } from './kept-lines.ts';
import { readVCard } from './vcard-reader.ts';
import { splitVCards } from './vcard-split.ts';
import { writeVCard } from './vcard-writer.ts';

const SEEDS: readonly string[] = [
  'BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=utf-8;ENCODING=QUOTED-PRINTABLE:D=C3=\r\n=B6e;J\r\nTEL;WORK;VOICE:1\r\nAGENT:\r\n' +
    'BEGIN:VCARD\r\nFN:x\r\nEND:VCARD\r\nPHOTO;JPEG;ENCODING=BASE64:\r\n /9j/4AA\r\n\r\nEND:VCARD\r\n',
  'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\\, b\r\nitem1.ADR;TYPE=WORK,pref:;;s;c;r;z;l\r\nitem1.X-ABLabel:_$!<Home>!$_\r\n' +
    'BDAY:1980-03-22\r\nCATEGORIES:a,b\r\nX-MS-CARDPICTURE;ENCODING=b:AAAA\r\nSOUND:x\r\nEND:VCARD\r\n',
  'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\nTEL;VALUE=uri;TYPE="work,cell":tel:+1;ext=2\r\nADR;LABEL="a^nb":;;;;;;\r\n' +
    'KEY:data:application/pkix-cert;base64,MIIB\r\nRELATED;TYPE=child;VALUE=text:y\r\nEND:VCARD\r\n',
];

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'vcard',
    corpus: ['eml'],
    seeds: () => SEEDS.map(utf8Encode),
    words: ['BEGIN:VCARD\n', 'END:VCARD\n', 'VERSION:2.1\n', ';ENCODING=b:', ';QUOTED-PRINTABLE:', '=\n', '\\;'].map(
      utf8Encode,
    ),
    msPerKilobyte: 4, // each line is read, kept, and read and written twice
    run: async (input) => {
      const chunks = async function* (): AsyncIterable<Uint8Array> {
        yield input;
      };
      for await (const found of splitVCards(chunks())) {
        if (found.kind !== 'card') continue;
        const { card } = readVCard(found.bytes);
        const { values, photo, kept } = readContact(card);
        const texts = keptTexts(kept, card.version, []);
        for (const version of ['3.0', '4.0'] as const) {
          const { lines } = contactLines({ values, photo, version });
          const text = writeVCard({ version, lines: [...lines, ...keptLines(texts, version)] });
          if (readVCard(utf8Encode(text)).problems.length > 0) throw new Error(`written badly: ${text.slice(0, 500)}`);
        }
      }
    },
  },
];
