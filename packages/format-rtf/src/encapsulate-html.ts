import { type HtmlPiece, htmlPieces } from './html-pieces.ts';
import { escapeRtf, rtfBytes, rtfHeader } from './rtf-writer.ts';

/** Where a tag stands and what it is, in the number of `\htmltag`; readers need not look at it. [MS-OXRTFEX] 2.1.3.1.4.1 */
const IN_HEAD = 0x1;
const IN_HTML = 0x2;
const OUT_HTML = 0x3;
const IN_PARAGRAPH = 0x4;
const CLOSES = 0x8;
const TYPES: ReadonlyMap<string, number> = new Map([
  ['html', 0x10 | OUT_HTML],
  ['head', 0x20 | IN_HTML],
  ['body', 0x30 | IN_HTML],
  ['p', 0x40],
  ['br', 0x50 | IN_PARAGRAPH],
  ['title', 0xb0 | IN_HEAD],
]);
const OTHER = 0xf0;
const REFERENCE = 0x50 | IN_PARAGRAPH;

/** What elements look like to a reader that shows the RTF: before and behind their content. */
const LOOKS: ReadonlyMap<string, readonly [string, string]> = new Map([
  ...['b', 'strong', 'th'].map((name): [string, readonly [string, string]] => [name, ['\\b', '\\b0']]),
  ...['i', 'em', 'cite'].map((name): [string, readonly [string, string]] => [name, ['\\i', '\\i0']]),
  ...['u', 'ins'].map((name): [string, readonly [string, string]] => [name, ['\\ul', '\\ulnone']]),
  ...['s', 'strike', 'del'].map((name): [string, readonly [string, string]] => [name, ['\\strike', '\\strike0']]),
  ...[
    'p',
    'div',
    'tr',
    'ul',
    'ol',
    'table',
    'blockquote',
    'h1',
    'h2',
    'h3',
    'h4',
    'h5',
    'h6',
    'pre',
    'title',
    'dl',
  ].map((name): [string, readonly [string, string]] => [name, ['', '\\par']]),
  ['td', ['', '\\tab']],
  ['li', ['\\bullet\\tab', '\\par']],
  ['br', ['\\line', '']],
  ['hr', ['\\line', '']],
]);

/** Characters that common references stand for, for readers that show the RTF. */
const CHARACTERS: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&apos;', "'"],
  ['&nbsp;', '\u00a0'],
  ['&copy;', '\u00a9'],
  ['&reg;', '\u00ae'],
  ['&euro;', '\u20ac'],
  ['&hellip;', '\u2026'],
  ['&ndash;', '\u2013'],
  ['&mdash;', '\u2014'],
  ['&lsquo;', '\u2018'],
  ['&rsquo;', '\u2019'],
  ['&ldquo;', '\u201c'],
  ['&rdquo;', '\u201d'],
  ['&bull;', '\u2022'],
]);

/**
 * RTF that shows the text of `html` and gives back `html` itself to a reader that knows encapsulation.
 *
 * What comes back is the same but for line ends, which are CRLF, and characters that no HTML may have.
 *
 * @see [MS-OXRTFEX] 3.1.4.2
 */
export function encapsulateHtml(html: string): Uint8Array {
  const pieces = [rtfHeader('fromhtml1'), '{\\*\\htmltag64}'];
  let isHead = false;
  for (const piece of htmlPieces(html)) {
    if (piece.kind === 'tag' && piece.name === 'head') isHead = !piece.closes;
    pieces.push(pieceToRtf(piece, isHead));
  }
  pieces.push('}');
  return rtfBytes(pieces);
}

function pieceToRtf(piece: HtmlPiece, isHead: boolean): string {
  switch (piece.kind) {
    case 'text':
      return isHead ? shownInTag(OTHER | IN_HEAD, piece.source) : textToRtf(piece.source);
    case 'reference':
      return shownInTag(REFERENCE, piece.source) + suppressed(escapeRtf(characterOf(piece.source)));
    case 'tag':
      return shownInTag(tagNumber(piece.name, piece.closes, isHead), piece.source) + look(piece.name, piece.closes);
    default:
      return shownInTag(OTHER | (isHead ? IN_HEAD : 0), piece.source);
  }
}

/** Line ends are white space in HTML and paragraphs in RTF. */
function textToRtf(text: string): string {
  return text
    .split(/(\r\n?|\n)/)
    .map((part, index) => {
      if (part === '') return '';
      return index % 2 === 1 ? `${shownInTag(OTHER, '\r\n')}${suppressed(' ')}` : escapeRtf(part);
    })
    .join('');
}

function shownInTag(number: number, source: string): string {
  return `{\\*\\htmltag${number} ${escapeRtf(source)}}`;
}

/** What only readers of RTF see. */
function suppressed(rtf: string): string {
  return rtf === '' ? '' : `\\htmlrtf ${rtf}\\htmlrtf0 `;
}

function look(name: string, closes: boolean): string {
  const words = LOOKS.get(name)?.[closes ? 1 : 0] ?? '';
  return words === '' ? '' : suppressed(`${words} `);
}

function tagNumber(name: string, closes: boolean, isHead: boolean): number {
  return (TYPES.get(name) ?? OTHER | (isHead ? IN_HEAD : 0)) | (closes ? CLOSES : 0);
}

function characterOf(reference: string): string {
  const known = CHARACTERS.get(reference);
  if (known !== undefined) return known;
  const number = /^&#(?:[xX]([0-9a-fA-F]+)|(\d+));?$/.exec(reference);
  if (number === null) return reference;
  const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16);
  return code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : '\ufffd';
}
