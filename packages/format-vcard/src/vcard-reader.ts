/**
 * Reads the text of one vCard of any version. RFC 6350, RFC 2426, vCard 2.1
 *
 * - The version decides how lines are unfolded: 2.1 folds at blanks and keeps them, the others put one in.
 * - Bytes are of the charset that a line names (2.1), else UTF-8, else windows-1252.
 * - What is no line of a card is left out and told.
 */
import { decodeCodePage, isKnownCharset, MapiError } from '@nodemapi/base';
import { escapeText, type VCard, type VCardLine, type VCardVersion } from './vcard-line.ts';

/** Lines of a card that are read. */
export const CARD_LINES_MAX = 20_000;
/** Lines that are none and told one by one. */
const PROBLEMS_MAX = 100;
/** Characters before the value of a line: more of them are no name and parameters. */
const HEAD_CHARS_MAX = 1_000_000;

export interface ReadVCard {
  readonly card: VCard;
  /** What was left out, for a person. */
  readonly problems: readonly string[];
}

/** @throws MAPI_E_CORRUPT_DATA if the bytes do not begin a card */
export function readVCard(bytes: Uint8Array): ReadVCard {
  const physical = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('latin1')
    .split(/\r\n|\n|\r/);
  const first = physical.findIndex((line) => /^BEGIN[ \t]*:[ \t]*VCARD[ \t]*$/i.test(line));
  if (first < 0) throw new MapiError('MAPI_E_CORRUPT_DATA', 'the text holds no BEGIN:VCARD');
  const version = versionOf(physical);
  const problems: string[] = [];
  let noLines = 0;
  const told = (...last: readonly string[]): readonly string[] => [
    ...problems,
    ...(noLines > PROBLEMS_MAX ? [`${noLines - PROBLEMS_MAX} further lines are none of a card`] : []),
    ...last,
  ];
  const lines: VCardLine[] = [];
  const unfolded = new Unfolder(physical.slice(first + 1), version);
  for (let text = unfolded.next(); text !== undefined; text = unfolded.next()) {
    if (text.trim() === '') continue;
    if (/^END[ \t]*:/i.test(text)) return { card: { version, lines }, problems: told() };
    const line = /^BEGIN[ \t]*:/i.test(text) ? agentOf(unfolded, lines) : parseLine(text);
    if (line === undefined) {
      if (++noLines <= PROBLEMS_MAX) problems.push(`${JSON.stringify(text.slice(0, 60))} is no line of a card`);
    } else if (lines.length < CARD_LINES_MAX) {
      if (line.name !== 'VERSION') lines.push(line);
    } else {
      const detail = `lines after the first ${CARD_LINES_MAX} are left out`;
      return { card: { version, lines }, problems: told(detail) };
    }
  }
  return { card: { version, lines }, problems: told('the card has no end') };
}

function versionOf(lines: readonly string[]): VCardVersion {
  for (const line of lines) {
    const version = /^VERSION[ \t]*:[ \t]*(2\.1|3\.0|4\.0)/i.exec(line)?.[1];
    if (version !== undefined) return version as VCardVersion;
  }
  return '3.0';
}

/** Gives the lines as they were before they were folded. */
class Unfolder {
  readonly #lines: readonly string[];
  readonly #version: VCardVersion;
  #at = 0;

  constructor(lines: readonly string[], version: VCardVersion) {
    this.#lines = lines;
    this.#version = version;
  }

  next(): string | undefined {
    const first = this.#lines[this.#at++];
    if (first === undefined) return undefined;
    const head = (/^(?:"[^"]*"|[^":])*/.exec(first.slice(0, HEAD_CHARS_MAX))?.[0] ?? '')
      .replaceAll(/"[^"]*"/g, '')
      .toUpperCase();
    if (/;[ \t]*(?:ENCODING=)?QUOTED-PRINTABLE(?:;|$)/.test(head)) return this.#softBroken(first);
    const isBase64 = /;[ \t]*(?:ENCODING=)?(?:BASE64|B)(?:;|$)/.test(head);
    const pieces = [first];
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[++this.#at]) {
      if (/^[ \t]/.test(line)) pieces.push(isBase64 || this.#version !== '2.1' ? line.slice(1) : line);
      else if (isBase64 && /^[A-Za-z0-9+/]{2,}={0,2}$/.test(line)) pieces.push(line);
      else break;
    }
    return pieces.join('');
  }

  /** Quoted-printable goes on after a `=` at the end of a line. RFC 2045 6.7 */
  #softBroken(first: string): string {
    const pieces = [first];
    for (let last = first; last.endsWith('='); this.#at++) {
      const line = this.#lines[this.#at];
      if (line === undefined) break;
      pieces[pieces.length - 1] = last.slice(0, -1);
      pieces.push(line);
      last = line;
    }
    return pieces.join('');
  }
}

/** A card within a card, which 2.1 has for AGENT: it becomes the text that 3.0 has in its place. */
function agentOf(lines: Unfolder, before: VCardLine[]): VCardLine {
  const inner = ['BEGIN:VCARD'];
  for (let depth = 1; depth > 0; ) {
    const text = lines.next();
    if (text === undefined) break;
    if (/^BEGIN[ \t]*:/i.test(text)) depth++;
    if (/^END[ \t]*:/i.test(text)) depth--;
    inner.push(text);
  }
  const { name, value } = before.at(-1) ?? {};
  if (name === 'AGENT' && value === '') before.pop();
  const text = decodeText(Buffer.from(inner.join('\n'), 'latin1'), undefined);
  return { group: undefined, name: 'AGENT', parameters: new Map(), value: escapeText(text) };
}

const LINE = /^[ \t]*(?:([A-Za-z0-9_-]+)\.)?([A-Za-z0-9_/-]+)[ \t]*(?=[;:])/;
const PARAMETER = /;[ \t]*([^=;:"]*)(?:=((?:"[^"]*"|[^;:"])*))?/y;

/** @returns undefined for what is no line */
function parseLine(text: string): VCardLine | undefined {
  const head = text.slice(0, HEAD_CHARS_MAX);
  const [whole, group, name] = LINE.exec(head) ?? [];
  if (whole === undefined || name === undefined || /^(?:BEGIN|END)$/i.test(name)) return undefined;
  const found = new Map<string, string[]>();
  PARAMETER.lastIndex = whole.length;
  let at = whole.length;
  for (let match = PARAMETER.exec(head); match !== null; match = PARAMETER.exec(head)) {
    addParameter(found, match[1] ?? '', match[2]);
    at = PARAMETER.lastIndex;
  }
  if (head[at] !== ':') return undefined;
  const charset = found.get('CHARSET')?.[0];
  const encoding = found.get('ENCODING')?.[0]?.toUpperCase();
  found.delete('CHARSET');
  if (encoding === 'QUOTED-PRINTABLE' || encoding === '8BIT' || encoding === '7BIT') found.delete('ENCODING');
  const written = text.slice(at + 1);
  const raw = Buffer.from(written, 'latin1');
  const bytes = encoding === 'QUOTED-PRINTABLE' ? fromQuotedPrintable(raw) : raw;
  const parameters = new Map(
    [...found].map(([key, values]) => [key, values.map((each) => parameterText(each))] as const),
  );
  return { group: group?.toLowerCase(), name: name.toUpperCase(), parameters, value: decodeText(bytes, charset) };
}

function addParameter(found: Map<string, string[]>, name: string, value: string | undefined): void {
  const bare = name.trim().toUpperCase();
  const isEncoding = /^(?:BASE64|B|QUOTED-PRINTABLE|8BIT|7BIT)$/.test(bare);
  const key = value !== undefined ? bare : isEncoding ? 'ENCODING' : 'TYPE';
  const values = value === undefined ? [name] : (value.match(/(?:"[^"]*"|[^,"])+/g) ?? []);
  if (bare === '' || !/^[A-Z0-9-]+$/.test(key)) return;
  const all = found.get(key) ?? [];
  for (const each of values) all.push(each.trim());
  found.set(key, all);
}

/** Without its quotes, and with what 4.0 cannot put between them. RFC 6868 */
function parameterText(value: string): string {
  const text = decodeText(Buffer.from(value.replace(/^"(.*)"$/s, '$1'), 'latin1'), undefined);
  return text.replaceAll(/\^([n'^])/g, (_, char: string) => (char === 'n' ? '\n' : char === "'" ? '"' : '^'));
}

const EQUALS = 0x3d;

/** The bytes that stand for others, of a value whose soft breaks are gone; what is no code stays. RFC 2045 6.7 */
function fromQuotedPrintable(bytes: Uint8Array): Uint8Array {
  const decoded = new Uint8Array(bytes.length);
  let size = 0;
  for (let at = 0; at < bytes.length; at++) {
    const [high, low] = bytes[at] === EQUALS ? [hexDigit(bytes[at + 1]), hexDigit(bytes[at + 2])] : [-1, -1];
    const isCode = high >= 0 && low >= 0;
    decoded[size++] = isCode ? high * 16 + low : (bytes[at] as number);
    if (isCode) at += 2;
  }
  return decoded.subarray(0, size);
}

/** -1 for what is none */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Strings of MAPI end at a NUL, so there is none in a value. */
function decodeText(bytes: Uint8Array, charset: string | undefined): string {
  if (charset !== undefined && isKnownCharset(charset)) return withoutNul(decodeCodePage(bytes, charset).text);
  const utf8 = decodeCodePage(bytes, 'utf-8');
  return withoutNul(utf8.lossy === true ? decodeCodePage(bytes, 'windows-1252').text : utf8.text);
}

function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}
