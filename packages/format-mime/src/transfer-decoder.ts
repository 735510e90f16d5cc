/** Takes transfer encodings off bodies that arrive in pieces. RFC 2045 6 */
import { UuDecoder } from './uu-decoder.ts';

/** Decodes one body. Damaged input gives its good part, and `damaged` says so. */
export interface TransferDecoder {
  readonly damaged: boolean;
  write(bytes: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** The decoder of a Content-Transfer-Encoding in lower case; undefined for an encoding that is unknown. */
export function transferDecoder(encoding: string): TransferDecoder | undefined {
  switch (encoding) {
    case 'base64':
      return new Base64Decoder();
    case 'quoted-printable':
      return new QuotedPrintableDecoder();
    case 'x-uuencode':
    case 'x-uue':
    case 'uuencode':
      return new UuDecoder();
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
      return new IdentityDecoder();
    default:
      return undefined;
  }
}

/** Bodies that are what they are. */
export class IdentityDecoder implements TransferDecoder {
  readonly damaged = false;

  write(bytes: Uint8Array): Uint8Array {
    return bytes;
  }

  end(): Uint8Array {
    return NOTHING;
  }
}

const EQUALS = 0x3d;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

const PADDING = 64;
const FOREIGN = 255;
const SIXTET: Uint8Array = sixtets();
const HEX: Int8Array = hexDigits();

/** Skips what is not base64; padding ends a group, and more may follow it. */
export class Base64Decoder implements TransferDecoder {
  damaged = false;
  #bits = 0;
  #count = 0;

  write(bytes: Uint8Array): Uint8Array {
    const out = new Uint8Array(Math.floor(((bytes.length + this.#count) * 3) / 4) + 3);
    let length = 0;
    for (let at = 0; at < bytes.length; ) {
      if (this.#count === 0) {
        const groups = decodeGroups(bytes, at, out, length);
        at += groups * 4;
        length += groups * 3;
        if (at >= bytes.length) break;
      }
      length += this.#take(bytes[at++] as number, out, length);
    }
    return out.subarray(0, length);
  }

  /** One character that is in no whole group; answers how many bytes it completes. */
  #take(byte: number, out: Uint8Array, at: number): number {
    const sixtet = SIXTET[byte] as number;
    if (sixtet === PADDING) return this.#partGroup(out, at);
    if (sixtet > PADDING) {
      if (byte > 0x20) this.damaged = true;
      return 0;
    }
    this.#bits = (this.#bits << 6) | sixtet;
    this.#count += 1;
    if (this.#count < 4) return 0;
    out[at] = this.#bits >> 16;
    out[at + 1] = this.#bits >> 8;
    out[at + 2] = this.#bits;
    this.#bits = this.#count = 0;
    return 3;
  }

  end(): Uint8Array {
    const out = new Uint8Array(2);
    if (this.#count > 0) this.damaged = true;
    return out.subarray(0, this.#partGroup(out, 0));
  }

  /** Writes the bytes of a group of two or three characters. */
  #partGroup(out: Uint8Array, at: number): number {
    const count = this.#count;
    const bits = this.#bits;
    this.#bits = this.#count = 0;
    if (count === 2) out[at] = bits >> 4;
    if (count === 3) {
      out[at] = bits >> 10;
      out[at + 1] = bits >> 2;
    }
    if (count === 1) this.damaged = true;
    return Math.max(count - 1, 0);
  }
}

/** Decodes whole groups of four characters from `at` on, up to the first that is none; answers how many. */
function decodeGroups(bytes: Uint8Array, at: number, out: Uint8Array, to: number): number {
  const end = bytes.length - 3;
  let from = at;
  let place = to;
  while (from < end) {
    const a = SIXTET[bytes[from] as number] as number;
    const b = SIXTET[bytes[from + 1] as number] as number;
    const c = SIXTET[bytes[from + 2] as number] as number;
    const d = SIXTET[bytes[from + 3] as number] as number;
    if ((a | b | c | d) >= PADDING) break;
    out[place] = (a << 2) | (b >> 4);
    out[place + 1] = (b << 4) | (c >> 2);
    out[place + 2] = (c << 6) | d;
    from += 4;
    place += 3;
  }
  return (from - at) >> 2;
}

/** White space at the end of a line is no text, unless there is more of it than this. */
const blankBytesMax = 1000;

/** Keeps at most the white space at the end of a piece, or an unfinished `=XX`, between two pieces. */
export class QuotedPrintableDecoder implements TransferDecoder {
  damaged = false;
  /** White space that belongs to the text only if more of the line follows. */
  #blanks: Uint8Array = NOTHING;
  #escape = '';
  #out: Uint8Array = NOTHING;
  #length = 0;
  /** Where the text in `#out` ends and white space begins. */
  #textEnd = 0;

  write(bytes: Uint8Array): Uint8Array {
    this.#begin(bytes.length);
    for (let at = 0; at < bytes.length; ) {
      if (this.#escape === '') at = this.#takePlain(bytes, at);
      else if (this.#takeEscaped(bytes[at] as number)) at++;
    }
    this.#blanks = this.#out.slice(this.#textEnd, this.#length);
    if (this.#blanks.length > blankBytesMax) {
      this.#textEnd = this.#length;
      this.#blanks = NOTHING;
    }
    return this.#out.subarray(0, this.#textEnd);
  }

  end(): Uint8Array {
    this.#blanks = NOTHING;
    this.#begin(0);
    if (this.#escape.length > 1 && this.#escape.trim() !== '=') this.#broken();
    return this.#out.subarray(0, this.#textEnd);
  }

  #begin(bytes: number): void {
    this.#out = new Uint8Array(bytes + this.#blanks.length + this.#escape.length + 2);
    this.#out.set(this.#blanks);
    this.#length = this.#blanks.length;
    this.#textEnd = 0;
  }

  /** Text up to the next `=`, which begins an escape; answers where it goes on. */
  #takePlain(bytes: Uint8Array, from: number): number {
    const out = this.#out;
    let length = this.#length;
    let textEnd = this.#textEnd;
    let at = from;
    while (at < bytes.length) {
      const byte = bytes[at++] as number;
      if (byte === EQUALS) {
        const value = at + 1 < bytes.length ? hexPair(bytes[at] as number, bytes[at + 1] as number) : -1;
        if (value < 0) {
          textEnd = length;
          this.#escape = '=';
          break;
        }
        at += 2;
        out[length++] = value;
        textEnd = length;
        continue;
      }
      if (byte === CR || byte === LF) length = textEnd;
      out[length++] = byte;
      if (byte !== SPACE && byte !== TAB) textEnd = length;
    }
    this.#length = length;
    this.#textEnd = textEnd;
    return at;
  }

  /** Whether the byte was taken; if not, the escape is over and it is text. */
  #takeEscaped(byte: number): boolean {
    const text = this.#escape + String.fromCharCode(byte);
    if (byte === LF && text.trim() === '=') {
      this.#escape = '';
      return true;
    }
    if (/^=[0-9A-Fa-f]{2}$/.test(text)) {
      this.#escape = '';
      this.#put(Number.parseInt(text.slice(1), 16));
      return true;
    }
    if (/^=(?:[0-9A-Fa-f]|[ \t]{1,100}\r?|\r)$/.test(text)) {
      this.#escape = text;
      return true;
    }
    this.#broken();
    return false;
  }

  /** Gives out an escape that is none as it stands. */
  #broken(): void {
    this.damaged = true;
    const broken = this.#escape;
    this.#escape = '';
    for (let index = 0; index < broken.length; index++) this.#put(broken.charCodeAt(index));
  }

  #put(byte: number): void {
    this.#out[this.#length++] = byte;
    this.#textEnd = this.#length;
  }
}

/** The value of two hexadecimal digits; negative if they are none. */
function hexPair(high: number, low: number): number {
  const a = HEX[high] as number;
  const b = HEX[low] as number;
  return (a | b) < 0 ? -1 : (a << 4) | b;
}

function hexDigits(): Int8Array {
  const table = new Int8Array(256).fill(-1);
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    table[digit.charCodeAt(0)] = value;
    table[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return table;
}

function sixtets(): Uint8Array {
  const table = new Uint8Array(256).fill(FOREIGN);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (let value = 0; value < alphabet.length; value++) table[alphabet.charCodeAt(value)] = value;
  table[EQUALS] = PADDING;
  return table;
}
