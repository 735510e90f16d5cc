import { utf8Encode } from '@nodemapi/base';

/** Characters that RTF writes otherwise than as they are. */
const SPECIAL = /[^\x20-\x5b\x5d-\x7a|~]/g;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['{', '\\{'],
  ['}', '\\}'],
  ['\t', '\\tab '],
  ['\r\n', '\\par\r\n'],
]);

/**
 * Text as RTF in ASCII, line ends as paragraphs; other characters are numbers with `?` for readers that know none.
 *
 * A lone CR or LF counts as a line end; other control characters, which RTF has no way to write, are written as numbers.
 */
export function escapeRtf(text: string): string {
  return text.replace(/\r\n?|\n/g, '\n').replace(SPECIAL, (character) => {
    if (character === '\n') return ESCAPES.get('\r\n') ?? '';
    return ESCAPES.get(character) ?? numbered(character.charCodeAt(0));
  });
}

/** RTF of ASCII characters as bytes. */
export function rtfBytes(pieces: readonly string[]): Uint8Array {
  return utf8Encode(pieces.join(''));
}

/** The start of RTF that says what it was made from. */
export function rtfHeader(origin: 'fromtext' | 'fromhtml1'): string {
  return (
    `{\\rtf1\\ansi\\ansicpg1252\\${origin} \\fbidis \\deff0{\\fonttbl\r\n` +
    '{\\f0\\fswiss\\fcharset0 Arial;}\r\n{\\f1\\fmodern\\fcharset0 Courier New;}}\r\n' +
    '{\\colortbl\\red0\\green0\\blue0;\\red0\\green0\\blue255;}\r\n' +
    '\\uc1\\pard\\plain\\deftab360 \\f0\\fs20\r\n'
  );
}

/** Numbers are signed 16-bit ones. */
function numbered(unit: number): string {
  return `\\u${unit > 0x7fff ? unit - 0x1_0000 : unit}?`;
}
