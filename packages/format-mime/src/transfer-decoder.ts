/** Takes transfer encodings off bodies that arrive in pieces. RFC 2045 6 */

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

const PADDING = 64;
const FOREIGN = 255;
const SIXTET: Uint8Array = sixtets();

/** Skips what is not base64; padding ends a group, and more may follow it. */
export class Base64Decoder implements TransferDecoder {
  damaged = false;
  #bits = 0;
  #count = 0;

  write(bytes: Uint8Array): Uint8Array {
    const out = new Uint8Array(Math.floor(((bytes.length + this.#count) * 3) / 4) + 3);
    let length = 0;
    for (const byte of bytes) {
      const sixtet = SIXTET[byte] ?? FOREIGN;
      if (sixtet < PADDING) {
        this.#bits = (this.#bits << 6) | sixtet;
        this.#count += 1;
        if (this.#count < 4) continue;
        out[length++] = this.#bits >> 16;
        out[length++] = this.#bits >> 8;
        out[length++] = this.#bits;
        this.#bits = this.#count = 0;
      } else if (sixtet === PADDING) {
        length += this.#partGroup(out, length);
      } else if (byte > 0x20) {
        this.damaged = true;
      }
    }
    return out.subarray(0, length);
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

/** Keeps at most one line's trailing white space, or an unfinished `=XX`, between two pieces. */
export class QuotedPrintableDecoder implements TransferDecoder {
  damaged = false;
  /** White space that belongs to the text only if more of the line follows; more than this is text anyway. */
  static readonly #blankBytesMax = 1000;
  #blanks: number[] = [];
  #escape = '';

  write(bytes: Uint8Array): Uint8Array {
    const out = new Uint8Array(bytes.length + this.#blanks.length + this.#escape.length + 2);
    let length = 0;
    const put = (byte: number): void => {
      out[length++] = byte;
    };
    for (const byte of bytes) this.#take(byte, put);
    return out.subarray(0, length);
  }

  end(): Uint8Array {
    const out: number[] = [];
    if (this.#escape.length > 1 && this.#escape.trim() !== '=') this.#broken((byte) => out.push(byte));
    return Uint8Array.from(out);
  }

  #take(byte: number, put: (byte: number) => void): void {
    if (this.#escape !== '') {
      this.#takeEscaped(byte, put);
    } else if (byte === EQUALS) {
      this.#flush(put);
      this.#escape = '=';
    } else if (byte === 0x20 || byte === 0x09) {
      if (this.#blanks.length >= QuotedPrintableDecoder.#blankBytesMax) this.#flush(put);
      this.#blanks.push(byte);
    } else if (byte === CR || byte === LF) {
      this.#blanks = [];
      put(byte);
    } else {
      this.#flush(put);
      put(byte);
    }
  }

  #takeEscaped(byte: number, put: (byte: number) => void): void {
    const text = this.#escape + String.fromCharCode(byte);
    if (byte === LF && text.trim() === '=') {
      this.#escape = '';
    } else if (/^=[0-9A-Fa-f]{2}$/.test(text)) {
      this.#escape = '';
      put(Number.parseInt(text.slice(1), 16));
    } else if (/^=(?:[0-9A-Fa-f]|[ \t]{1,100}\r?|\r)$/.test(text)) {
      this.#escape = text;
    } else {
      this.#broken(put);
      this.#take(byte, put);
    }
  }

  /** Gives out an escape that is none as it stands. */
  #broken(put: (byte: number) => void): void {
    this.damaged = true;
    const broken = this.#escape;
    this.#escape = '';
    for (let index = 0; index < broken.length; index++) put(broken.charCodeAt(index));
  }

  #flush(put: (byte: number) => void): void {
    for (const blank of this.#blanks) put(blank);
    this.#blanks = [];
  }
}

function sixtets(): Uint8Array {
  const table = new Uint8Array(256).fill(FOREIGN);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  for (let value = 0; value < alphabet.length; value++) table[alphabet.charCodeAt(value)] = value;
  table[EQUALS] = PADDING;
  return table;
}
