/** The header block of a message or part, as it was received and as text. RFC 5322 2.2 */
import { isAscii, isUtf8 } from 'node:buffer';
import { decodeUnlabelled } from './charset.ts';
import { decodeWords } from './encoded-word.ts';

/** One header field. */
export interface HeaderField {
  /** As written; compare without case. */
  readonly name: string;
  /** Unfolded and trimmed, raw bytes above 0x7F read as `decodeUnlabelled` does, encoded words left as they are. */
  readonly value: string;
}

export class MimeHeaders {
  /** The block byte for byte, up to and with its empty line. */
  readonly raw: Uint8Array;
  readonly fields: readonly HeaderField[];
  /** Lines that are no header fields; they are in `raw` only. */
  readonly badLines: readonly string[];
  readonly #likely: string | undefined;
  #byName: ReadonlyMap<string, readonly string[]> | undefined;

  /** @param likely the charset of raw bytes that are not UTF-8, where the block names none in its own Content-Type */
  constructor(raw: Uint8Array, likely?: string) {
    this.raw = raw;
    const lines = unfoldedLines(raw);
    this.#likely = ownCharset(lines) ?? likely;
    const isPlain = isAscii(raw); // as most blocks are: then no line has to be looked at
    const fields: HeaderField[] = [];
    const badLines: string[] = [];
    for (const line of lines) {
      const name = fieldName(line);
      if (name === undefined) badLines.push(line);
      else fields.push({ name, value: textOf(line.slice(line.indexOf(':') + 1), isPlain, this.#likely) });
    }
    this.fields = fields;
    this.badLines = badLines;
  }

  /** Whether there are raw bytes that are not UTF-8 and no charset to go by. */
  get unlabelled(): boolean {
    return this.#likely === undefined && !isUtf8(this.raw);
  }

  /** The same block, where it names no charset itself read in `likely`. */
  inCharset(likely: string | undefined): MimeHeaders {
    return new MimeHeaders(this.raw, likely);
  }

  /** The same block without the fields of that name. */
  without(name: string): MimeHeaders {
    const wanted = name.toLowerCase();
    return this.get(name) === undefined
      ? this
      : new MimeHeaders(this.rawFields((each) => each.toLowerCase() !== wanted));
  }

  /** The value of the first field of that name, in any case. */
  get(name: string): string | undefined {
    return this.getAll(name)[0];
  }

  getAll(name: string): readonly string[] {
    this.#byName ??= valuesByName(this.fields);
    return this.#byName.get(name.toLowerCase()) ?? [];
  }

  /** The first field of that name with its encoded words decoded. */
  text(name: string): string | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : decodeWords(value);
  }

  /** The fields with such names byte for byte, folding kept, each with its line end. */
  rawFields(isWanted: (name: string) => boolean): Uint8Array {
    const block = Buffer.from(this.raw.buffer, this.raw.byteOffset, this.raw.byteLength).toString('latin1');
    const fields = block.match(/[^\n]+(?:\n[ \t]+[^\n]*)*\n?/g) ?? [];
    const wanted = fields.filter((field) => isWanted(field.slice(0, Math.max(field.indexOf(':'), 0)).trimEnd()));
    return new Uint8Array(
      Buffer.from(wanted.map((field) => (field.endsWith('\n') ? field : `${field}\r\n`)).join(''), 'latin1'),
    );
  }

  /** The whole block as text with CRLF line ends, folding kept; without the empty line. */
  blockText(): string {
    const text = isUtf8(this.raw) ? decodeUnlabelled(this.raw) : lineByLine(this.raw, this.#likely);
    const even = OTHER_LINE_END.test(text) ? text.replaceAll(/\r+\n?|\n/g, '\r\n') : text;
    return even.trimEnd().concat('\r\n');
  }
}

/** What stands before the colon, and the blanks before that; undefined if that is no name. */
function fieldName(line: string): string | undefined {
  let end = line.indexOf(':');
  while (end > 0 && isBlank(line.charCodeAt(end - 1))) end--;
  if (end <= 0) return undefined;
  for (let at = 0; at < end; at++) {
    const code = line.charCodeAt(at);
    if (code < 0x21 || code > 0x7e) return undefined;
  }
  return line.slice(0, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** A line end that is not CRLF. */
const OTHER_LINE_END = /\r(?!\n)|(?<!\r)\n/;

function valuesByName(fields: readonly HeaderField[]): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const { name, value } of fields) {
    const key = name.toLowerCase();
    const former = values.get(key);
    if (former === undefined) values.set(key, [value]);
    else former.push(value);
  }
  return values;
}

/** Reads a header block that was kept as text, such as PR_TRANSPORT_MESSAGE_HEADERS. */
export function parseHeaderBlock(text: string): MimeHeaders {
  return new MimeHeaders(new Uint8Array(Buffer.from(text, 'utf8')));
}

/** Lines of Latin-1 characters, one per byte. */
function unfoldedLines(raw: Uint8Array): readonly string[] {
  const block = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1');
  const lines: string[] = [];
  for (const part of block.split('\n')) {
    const line = part.endsWith('\r') ? part.slice(0, -1) : part;
    const last = lines.length - 1;
    if ((line.startsWith(' ') || line.startsWith('\t')) && last >= 0) lines[last] += line;
    else if (line.trim() !== '' && !line.startsWith('From ') && !line.startsWith('>From ')) lines.push(line);
  }
  return lines;
}

/** Lines may be in several charsets: each is UTF-8 where it can be. */
function lineByLine(raw: Uint8Array, likely: string | undefined): string {
  const block = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1');
  const textOfLine = (line: string): string => decodeUnlabelled(new Uint8Array(Buffer.from(line, 'latin1')), likely);
  return block.split('\n').map(textOfLine).join('\n');
}

/** The charset that the block's Content-Type names, as it stands there. */
function ownCharset(lines: readonly string[]): string | undefined {
  const contentType =
    lines.find((line) => (line[0] === 'C' || line[0] === 'c') && /^content-type[ \t]*:/i.test(line)) ?? '';
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1];
}

function textOf(latin1: string, isPlain: boolean, likely: string | undefined): string {
  const trimmed = latin1.trim();
  if (isPlain || /^[\0-\x7f]*$/.test(trimmed)) return trimmed;
  return decodeUnlabelled(new Uint8Array(Buffer.from(trimmed, 'latin1')), likely);
}
