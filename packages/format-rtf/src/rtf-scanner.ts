/** What the scanner can meet. */
export const END = 0;
export const OPEN = 1;
export const CLOSE = 2;
/** `\word`, `\word12`. */
export const WORD = 3;
/** `\~` and the like; line ends after a backslash too. */
export const SYMBOL = 4;
/** `\'e4`. */
export const HEX = 5;
/** A run of plain bytes without line ends. */
export const TEXT = 6;

const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const QUOTE = 0x27;
const wordBytesMax = 32;
/** Digits of a number that is still read as one; longer ones are cut. */
const digitsMax = 10;

/**
 * Cuts RTF into tokens, without copying: after `next()` the fields describe the token.
 *
 * Never fails and always moves on: what is no RTF is text.
 */
export class RtfScanner {
  readonly bytes: Uint8Array;
  /** Where the token begins and ends; of TEXT the bytes themselves. */
  start = 0;
  end = 0;
  /** The control word of WORD. */
  word = '';
  /** The number behind a WORD, undefined without one; the byte of HEX; the character of SYMBOL. */
  value: number | undefined;
  readonly #words = new WordCache();

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Steps to the next token and tells its kind. */
  next(): number {
    const { bytes } = this;
    let at = this.end;
    while (bytes[at] === 0x0d || bytes[at] === 0x0a) at++;
    this.start = at;
    const byte = bytes[at];
    if (byte === undefined) {
      this.end = at;
      return END;
    }
    if (byte === BACKSLASH) return this.#control(at + 1);
    if (byte === BRACE_OPEN || byte === BRACE_CLOSE) {
      this.end = at + 1;
      return byte === BRACE_OPEN ? OPEN : CLOSE;
    }
    do at++;
    while (at < bytes.length && isText(bytes[at] ?? 0));
    this.end = at;
    return TEXT;
  }

  /** Steps over the bytes of `\binN`; fewer are there if the RTF is cut off. */
  skip(count: number): void {
    this.end = Math.min(this.bytes.length, this.end + Math.max(0, count));
  }

  #control(at: number): number {
    const first = this.bytes[at];
    if (first === undefined) {
      this.end = at;
      return END;
    }
    if (isLetter(first)) return this.#word(at);
    if (first === QUOTE) return this.#hex(at + 1);
    this.value = first;
    this.end = at + 1;
    if (first === 0x0d && this.bytes[at + 1] === 0x0a) this.end++;
    return SYMBOL;
  }

  #word(from: number): number {
    const { bytes } = this;
    let at = from;
    while (at - from < wordBytesMax && isLetter(bytes[at] ?? 0)) at++;
    this.word = this.#words.get(bytes, from, at);
    const negative = bytes[at] === 0x2d;
    let digit = negative ? at + 1 : at;
    const digits = digit;
    let value = 0;
    for (; isDigit(bytes[digit] ?? 0); digit++) {
      if (digit - digits < digitsMax) value = value * 10 + (bytes[digit] ?? 0) - 0x30;
    }
    this.value = digit === digits ? undefined : negative ? -value : value;
    if (digit > digits) at = digit;
    this.end = bytes[at] === 0x20 ? at + 1 : at;
    return WORD;
  }

  #hex(at: number): number {
    const high = hexValue(this.bytes[at]);
    const low = hexValue(this.bytes[at + 1]);
    if (high < 0 || low < 0) {
      this.value = QUOTE;
      this.end = at;
      return SYMBOL;
    }
    this.value = high * 16 + low;
    this.end = at + 2;
    return HEX;
  }
}

/** Strings of the control words that occur, so that each is made once. */
class WordCache {
  readonly #slots: (string | undefined)[] = new Array<string | undefined>(512).fill(undefined);

  get(bytes: Uint8Array, from: number, to: number): string {
    let hash = 0;
    for (let at = from; at < to; at++) hash = (hash * 31 + (bytes[at] ?? 0)) & 0x1ff;
    const known = this.#slots[hash];
    if (known !== undefined && isWordAt(known, bytes, from, to)) return known;
    const word = String.fromCharCode(...bytes.subarray(from, to));
    this.#slots[hash] = word;
    return word;
  }
}

function isWordAt(word: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (word.length !== to - from) return false;
  for (let at = from; at < to; at++) if (word.charCodeAt(at - from) !== bytes[at]) return false;
  return true;
}

function isText(byte: number): boolean {
  return byte !== BACKSLASH && byte !== BRACE_OPEN && byte !== BRACE_CLOSE && byte !== 0x0d && byte !== 0x0a;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (isDigit(byte)) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
