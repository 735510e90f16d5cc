/** Writes vCards 3.0 and 4.0. RFC 2426, RFC 6350 */
import { utf8Length } from '@nodemapi/base';
import type { VCard, VCardLine } from './vcard-line.ts';

/** Bytes of a line without its end. RFC 6350 3.2 */
const LINE_BYTES_MAX = 75;

/** Characters that no line may have. RFC 6350 3.3, "NON-ASCII" and "WSP" */
const CONTROLS = /(?!\t)\p{Cc}/gu;

/** A line of a card; parameters that are undefined are left out. */
export function vCardLine(
  name: string,
  value: string,
  parameters: Readonly<Record<string, readonly string[] | string | undefined>> = {},
): VCardLine {
  const given = Object.entries(parameters).flatMap(([key, each]) =>
    each === undefined || each.length === 0 ? [] : [[key, typeof each === 'string' ? [each] : each] as const],
  );
  return { group: undefined, name, parameters: new Map(given), value };
}

/** The text of a card, folded. Versions before 3.0 are written as 3.0. */
export function writeVCard({ version, lines }: VCard): string {
  const written = version === '4.0' ? '4.0' : '3.0';
  const text = ['BEGIN:VCARD', `VERSION:${written}`, ...lines.map((line) => lineText(line, written)), 'END:VCARD'];
  return text.map((line) => `${fold(line)}\r\n`).join('');
}

/** A line without its end, not folded. */
export function lineText({ group, name, parameters, value }: VCardLine, version: '3.0' | '4.0'): string {
  const head = [`${group === undefined ? '' : `${group}.`}${name}`];
  for (const [key, values] of parameters) {
    const each = values.map((one) => parameterText(one, version));
    // 4.0 has one encoding only, so it has no parameter for it
    if (key !== 'ENCODING' || version === '3.0') head.push(`${key}=${each.join(',')}`);
  }
  return `${head.join(';')}:${value.replaceAll(/[\r\n]+/g, ' ').replaceAll(CONTROLS, '')}`;
}

/** In quotes where it has to be; what quotes cannot hold is written as 4.0 does, or left out. RFC 6868 */
function parameterText(value: string, version: '3.0' | '4.0'): string {
  const plain =
    version === '4.0'
      ? value
          .replaceAll('^', '^^')
          .replaceAll(/\r\n?|\n/g, '^n')
          .replaceAll('"', "^'")
      : value.replaceAll('"', "'").replaceAll(/\s+/g, ' ');
  const text = plain.replaceAll(/\p{Cc}/gu, ' ');
  return /[;:,]/.test(text) ? `"${text}"` : text;
}

/** Lines of at most 75 bytes, none of which cuts a character in two. */
function fold(line: string): string {
  const size = utf8Length(line);
  if (size <= LINE_BYTES_MAX) return line;
  return (size === line.length ? asciiPieces(line) : textPieces(line)).join('\r\n ');
}

/** Pictures are long, and need no look at each character. */
function asciiPieces(line: string): readonly string[] {
  const pieces = [line.slice(0, LINE_BYTES_MAX)];
  for (let at = LINE_BYTES_MAX; at < line.length; at += LINE_BYTES_MAX - 1)
    pieces.push(line.slice(at, at + LINE_BYTES_MAX - 1));
  return pieces;
}

function textPieces(line: string): readonly string[] {
  const pieces: string[] = [];
  let from = 0;
  let room = LINE_BYTES_MAX;
  for (let at = 0; at < line.length; ) {
    const char = String.fromCodePoint(line.codePointAt(at) as number);
    const bytes = utf8Length(char);
    if (bytes > room) {
      pieces.push(line.slice(from, at));
      from = at;
      room = LINE_BYTES_MAX - 1; // the blank before it
    }
    room -= bytes;
    at += char.length;
  }
  pieces.push(line.slice(from));
  return pieces;
}
