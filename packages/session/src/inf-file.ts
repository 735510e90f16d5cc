/** Files of sections and `key=value` lines, as Windows keeps its settings in. Whatever is read is a stranger's. */
import { MapiError } from '@nodemapi/base';

/** What a file may have at most. */
export const INF_LIMITS = {
  fileBytesMax: 4 * 1024 * 1024,
  linesMax: 100_000,
  lineCharsMax: 16_384,
  sectionsMax: 10_000,
} as const;

export interface InfEntry {
  /** From 1. */
  readonly line: number;
  readonly key: string;
  readonly value: string;
}

export interface InfSection {
  readonly name: string;
  readonly line: number;
  readonly entries: readonly InfEntry[];
}

/** What is wrong with a line; it is left out. */
export interface InfProblem {
  readonly line: number;
  readonly message: string;
}

export interface InfFile {
  /** The section of a name, in whatever case it is written. */
  section(name: string): InfSection | undefined;
  readonly problems: readonly InfProblem[];
}

/**
 * Reads a file in UTF-16 or UTF-8 if it says so or is so, else in the Windows code page 1252.
 *
 * Of two sections with one name the first counts, as on Windows.
 *
 * @throws MAPI_E_TOO_BIG for a file beyond `INF_LIMITS`
 */
export function readInf(bytes: Uint8Array): InfFile {
  if (bytes.length > INF_LIMITS.fileBytesMax) throw tooBig(`${bytes.length} bytes`);
  const lines = decode(bytes).split(/\r\n|\r|\n/u);
  if (lines.length > INF_LIMITS.linesMax) throw tooBig(`${lines.length} lines`);
  const reader = new InfReader();
  for (const [index, line] of lines.entries()) reader.take(index + 1, line.trim());
  return reader;
}

class InfReader implements InfFile {
  readonly problems: InfProblem[] = [];
  readonly #sections = new Map<string, InfSection>();
  #entries: InfEntry[] | undefined;

  section(name: string): InfSection | undefined {
    return this.#sections.get(name.toLowerCase());
  }

  take(line: number, text: string): void {
    if (text === '' || text.startsWith(';')) return;
    if (text.length > INF_LIMITS.lineCharsMax) {
      this.#refuse(line, `has ${text.length} characters`);
      return;
    }
    const header = /^\[(.*)\]$/u.exec(text);
    if (header !== null) {
      this.#begin(line, header[1]?.trim() ?? '');
      return;
    }
    const equals = text.indexOf('=');
    if (equals <= 0) {
      this.#refuse(line, 'is neither a section nor key=value');
      return;
    }
    if (this.#entries === undefined) {
      this.#refuse(line, 'stands in no section that counts');
      return;
    }
    this.#entries.push({ line, key: text.slice(0, equals).trim(), value: unquoted(text.slice(equals + 1).trim()) });
  }

  #begin(line: number, name: string): void {
    const key = name.toLowerCase();
    this.#entries = undefined;
    if (this.#sections.size >= INF_LIMITS.sectionsMax) throw tooBig(`more than ${INF_LIMITS.sectionsMax} sections`);
    if (name === '' || this.#sections.has(key)) {
      this.#refuse(line, `[${name}] is there already, or has no name`);
      return;
    }
    const entries: InfEntry[] = [];
    this.#entries = entries;
    this.#sections.set(key, { name, line, entries });
  }

  #refuse(line: number, what: string): void {
    this.problems.push({ line, message: what });
  }
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return new TextDecoder('windows-1252').decode(bytes);
    throw error;
  }
}

function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

function tooBig(what: string): MapiError {
  return new MapiError('MAPI_E_TOO_BIG', `a settings file of ${what} is not read`);
}
