import { decodeCodePage, MapiError } from '@nodemapi/base';
import { DEFAULT_CODE_PAGE } from './rtf-charset.ts';

const FIRST_BYTES = 256;
/** Code pages in which a text of single bytes cannot be; RTF that names one means its bytes otherwise. */
const WIDE_CODE_PAGES: ReadonlySet<number> = new Set([1200, 1201, 12000, 12001]);
const LONE_SURROGATES = /[\ud800-\udfff]/gu;

/** What collecting the text met. */
export interface OutputProblem {
  readonly code: 'unknownCodePage' | 'undecodableText';
  readonly detail: string;
}

/**
 * Collects the text of an RTF document.
 *
 * Bytes are held until the code page changes or a character comes by its number, since a character may be cut into
 * two escapes, or into an escape and a plain byte.
 */
export class RtfOutput {
  readonly #pieces: string[] = [];
  readonly #report: (problem: OutputProblem) => void;
  readonly #usable = new Map<number, boolean>();
  #bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  #count = 0;
  /** Characters of the first `#measured` pieces. */
  #length = 0;
  #measured = 0;
  #ascii = true;
  #codePage = DEFAULT_CODE_PAGE;

  constructor(report: (problem: OutputProblem) => void) {
    this.#report = report;
  }

  /** One byte in a code page. */
  byte(byte: number, codePage: number): void {
    if (codePage !== this.#codePage) this.#useCodePage(codePage);
    if (this.#count === this.#bytes.length) this.#grow(this.#count + 1);
    this.#bytes[this.#count++] = byte;
    if (byte >= 0x80) this.#ascii = false;
  }

  /** The bytes from `from` to before `to`. */
  bytes(source: Uint8Array, from: number, to: number, codePage: number): void {
    if (codePage !== this.#codePage) this.#useCodePage(codePage);
    if (this.#count + to - from > this.#bytes.length) this.#grow(this.#count + to - from);
    let count = this.#count;
    let high = 0;
    for (let at = from; at < to; at++) {
      const byte = source[at] ?? 0;
      high |= byte;
      this.#bytes[count++] = byte;
    }
    this.#count = count;
    if (high >= 0x80) this.#ascii = false;
  }

  /** Characters that are known. */
  text(text: string): void {
    this.#flush();
    this.#pieces.push(text);
  }

  /** Characters so far, which is where the next one goes. */
  length(): number {
    this.#flush();
    for (; this.#measured < this.#pieces.length; this.#measured++) {
      this.#length += this.#pieces[this.#measured]?.length ?? 0;
    }
    return this.#length;
  }

  /** All of it; half a pair of surrogates becomes U+FFFD. */
  end(): string {
    this.#flush();
    return this.#pieces.join('').replace(LONE_SURROGATES, '\ufffd');
  }

  #useCodePage(codePage: number): void {
    this.#flush();
    this.#codePage = codePage;
  }

  #flush(): void {
    if (this.#count === 0) return;
    const bytes = this.#bytes.subarray(0, this.#count);
    this.#pieces.push(this.#ascii ? latin1(bytes) : this.#decoded(bytes));
    this.#count = 0;
    this.#ascii = true;
  }

  #decoded(bytes: Uint8Array): string {
    const { text, lossy } = decodeCodePage(bytes, this.#isUsable(this.#codePage) ? this.#codePage : DEFAULT_CODE_PAGE);
    if (lossy) this.#report({ code: 'undecodableText', detail: `bytes that mean nothing in ${this.#codePage}` });
    return text;
  }

  #isUsable(codePage: number): boolean {
    const known = this.#usable.get(codePage);
    if (known !== undefined) return known;
    const usable = !WIDE_CODE_PAGES.has(codePage) && isKnownCodePage(codePage);
    if (!usable)
      this.#report({ code: 'unknownCodePage', detail: `code page ${codePage} is read as ${DEFAULT_CODE_PAGE}` });
    this.#usable.set(codePage, usable);
    return usable;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, needed));
    larger.set(this.#bytes.subarray(0, this.#count));
    this.#bytes = larger;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function isKnownCodePage(codePage: number): boolean {
  try {
    decodeCodePage(new Uint8Array(0), codePage);
    return true;
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_UNKNOWN_CPID')) return false;
    throw error;
  }
}
