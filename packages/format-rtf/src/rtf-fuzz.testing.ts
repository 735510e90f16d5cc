import { utf8Decode, utf8Encode } from '@nodemapi/base';
import type { FuzzTarget } from '@nodemapi/conformance';
import { compressRtf } from './compress-rtf.ts';
import { decompressRtf } from './decompress-rtf.ts';
import { encapsulateHtml } from './encapsulate-html.ts';
import { encapsulateText } from './encapsulate-text.ts';
import { readRtf, rtfToText } from './rtf-reader.ts';

const HTML = '<html><head><title>T</title></head><body><p>Grüße &lt; <b>λ</b><br>\r\n</p><!-- c --></body></html>';
const FOREIGN =
  "{\\rtf1\\ansi\\ansicpg932\\deff0{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset128 M;}}{\\colortbl;\\red1;}\\uc2\\f1 \\'82\\'a0 \\u12354\\'82\\'a0{\\pict\\bin3 abc}{\\upr{a}{\\*\\ud \\u1\\'20}}\\par}";

const WORDS = [
  "\\'82",
  '{',
  '}',
  '{\\*\\htmltag',
  '\\htmlrtf',
  '\\htmlrtf0',
  '\\u-10179',
  '\\uc',
  '\\bin',
  '\\f1',
  '\\fonttbl',
  '\\fcharset',
  '\\fromhtml1',
  '\\ansicpg',
  '\\upr',
  '\\*',
  '\\ud',
];

function seeds(): readonly Uint8Array[] {
  return [encapsulateHtml(HTML), encapsulateText('a\r\nλ\tb'), utf8Encode(FOREIGN)];
}

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'rtf',
    corpus: ['rtf'],
    seeds,
    words: WORDS.map(utf8Encode),
    run: (input) => [readRtf(input), rtfToText(input)],
  },
  {
    name: 'compressed-rtf',
    corpus: ['rtf'],
    seeds: () => seeds().flatMap((rtf) => [compressRtf(rtf), compressRtf(rtf, { stored: true })]),
    words: [utf8Encode('LZFu'), utf8Encode('MELA')],
    run: (input) => {
      const { rtf } = decompressRtf(input);
      return [readRtf(rtf), compressRtf(rtf)];
    },
  },
  {
    name: 'html-in-rtf',
    corpus: [],
    seeds: () => [utf8Encode(HTML), utf8Encode('<style>a</style><!-- b --><p class="c">&lt;&#955;</p><br/>')],
    words: ['<', '</', '>', '<!--', '-->', '&', ';', '&#', '<style', '"', "'", '\\', '{', '}'].map(utf8Encode),
    memoryPerByte: 512,
    run: (input) => {
      const html = utf8Decode(input);
      const body = readRtf(encapsulateHtml(html));
      if (body.kind !== 'html' || body.html !== html.replace(/\r\n?|\n/g, '\r\n'))
        throw new Error('it does not come back');
    },
  },
];
