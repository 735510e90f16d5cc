/** Puts transfer encodings on bodies that arrive in pieces; lines end in CRLF. RFC 2045 6 */
import { concatBytes } from '@nodemapi/base';
import { uuencode } from './uuencode.ts';

export type TransferEncoding = '7bit' | '8bit' | 'quoted-printable' | 'base64' | 'x-uuencode';

/** Longest line that may travel unencoded. RFC 5322 2.1.1 */
export const LINE_BYTES_MAX = 998;
/** Bytes behind one line of base64. */
const BASE64_LINE_BYTES = 57;
const QP_LINE_MAX = 75;

const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;

/** The bytes of `body` in a transfer encoding; '7bit' and '8bit' only turn single LF into CRLF. */
export function encodeTransfer(body: AsyncIterable<Uint8Array>, encoding: TransferEncoding): AsyncIterable<Uint8Array> {
  if (encoding === 'base64') return base64(body);
  if (encoding === 'x-uuencode') return uuencode('body', body);
  if (encoding === 'quoted-printable') return quotedPrintable(body);
  return withCrLf(body);
}

/** Looks at a text once, in pieces, to choose how it travels. */
export class EncodingChooser {
  #bytes = 0;
  #high = 0;
  #line = 0;
  #longest = 0;
  #control = false;
  #bareLf = false;
  #previous = 0;

  write(bytes: Uint8Array): void {
    // Each byte of a text comes through here: what changes with every one is kept in variables.
    let high = 0;
    let line = this.#line;
    let longest = this.#longest;
    let previous = this.#previous;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte >= 0x80) high++;
      else if (byte === 0 || byte === 0x7f) this.#control = true;
      if (previous === CR && byte !== LF) this.#control = true;
      if (byte === LF) {
        if (previous !== CR) this.#bareLf = true;
        line = 0;
      } else if (byte !== CR) {
        line++;
        if (line > longest) longest = line;
      }
      previous = byte;
    }
    this.#high += high;
    this.#line = line;
    this.#longest = longest;
    this.#previous = previous;
    this.#bytes += bytes.length;
  }

  /** Whether every byte is below 0x80. */
  get ascii(): boolean {
    return this.#high === 0;
  }

  /** Whether it may travel as it is, in lines of any bytes but 0: as 8bit, or as 7bit if it is `ascii`. RFC 2045 2.8 */
  get plain(): boolean {
    return !this.#control && this.#longest <= LINE_BYTES_MAX && this.#previous !== CR;
  }

  /** Whether a quarter of the bytes or more are above 0x7F. */
  get binary(): boolean {
    return this.#high * 4 >= this.#bytes && this.#high > 0;
  }

  /** Whether a line ends in LF alone, which becomes CRLF in every encoding but base64. */
  get bareLf(): boolean {
    return this.#bareLf;
  }

  /** 7bit where lines are at most `lineMax` bytes of plain ASCII, base64 where most is not ASCII, else quoted-printable. */
  choose(lineMax: number): '7bit' | 'quoted-printable' | 'base64' {
    if (this.#high * 3 > this.#bytes) return 'base64';
    const plain = this.ascii && !this.#control && this.#previous !== CR;
    return plain && this.#longest <= lineMax ? '7bit' : 'quoted-printable';
  }
}

async function* base64(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of body) {
    const bytes = rest.length === 0 ? piece : concatBytes([rest, piece]);
    const whole = bytes.length - (bytes.length % BASE64_LINE_BYTES);
    if (whole > 0) yield base64Lines(bytes.subarray(0, whole));
    rest = bytes.slice(whole);
  }
  if (rest.length > 0) yield base64Lines(rest);
}

function base64Lines(bytes: Uint8Array): Uint8Array {
  const lines: string[] = [];
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; at += BASE64_LINE_BYTES) {
    lines.push(buffer.subarray(at, at + BASE64_LINE_BYTES).toString('base64'), '\r\n');
  }
  return new Uint8Array(Buffer.from(lines.join(''), 'latin1'));
}

/** Line breaks stay line breaks (LF becomes CRLF); a CR of its own is encoded. */
async function* quotedPrintable(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const encoder = new QuotedPrintableEncoder();
  for await (const piece of body) yield encoder.write(piece);
  yield encoder.end();
}

/** A byte takes at most three, with a soft break before them six; most take one. */
const QP_BYTES_PER_BYTE = 6;
const HEX_DIGITS = '0123456789ABCDEF';

class QuotedPrintableEncoder {
  #column = 0;
  /** A blank or CR whose successor decides how it is written. */
  #pending = 0;
  #out = new Uint8Array(0);
  #length = 0;

  write(bytes: Uint8Array): Uint8Array {
    this.#out = new Uint8Array((bytes.length + 1) * QP_BYTES_PER_BYTE);
    this.#length = 0;
    for (const byte of bytes) this.#take(byte);
    return this.#out.slice(0, this.#length);
  }

  end(): Uint8Array {
    this.#out = new Uint8Array(QP_BYTES_PER_BYTE);
    this.#length = 0;
    if (this.#pending !== 0) this.#escape(this.#pending);
    this.#pending = 0;
    return this.#out.slice(0, this.#length);
  }

  #take(byte: number): void {
    const pending = this.#pending;
    this.#pending = 0;
    if (byte === LF) {
      if (pending === 0x20 || pending === 0x09) this.#escape(pending);
      this.#out[this.#length++] = CR;
      this.#out[this.#length++] = LF;
      this.#column = 0;
      return;
    }
    if (pending === CR || (pending !== 0 && byte === CR)) this.#escape(pending);
    else if (pending !== 0) this.#literal(pending);
    if (byte === CR || byte === 0x20 || byte === 0x09) this.#pending = byte;
    else if (byte > 0x20 && byte < 0x7f && byte !== EQUALS) this.#literal(byte);
    else this.#escape(byte);
  }

  #literal(byte: number): void {
    this.#room(1);
    this.#out[this.#length++] = byte;
  }

  #escape(byte: number): void {
    this.#room(3);
    this.#out[this.#length++] = EQUALS;
    this.#out[this.#length++] = HEX_DIGITS.charCodeAt(byte >> 4);
    this.#out[this.#length++] = HEX_DIGITS.charCodeAt(byte & 15);
  }

  /** Breaks the line if it has no room for so many more characters. */
  #room(count: number): void {
    this.#column += count;
    if (this.#column <= QP_LINE_MAX) return;
    this.#out[this.#length++] = EQUALS;
    this.#out[this.#length++] = CR;
    this.#out[this.#length++] = LF;
    this.#column = count;
  }
}

async function* withCrLf(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let previous = 0;
  for await (const piece of body) {
    const single = singleLfs(piece, previous);
    previous = piece.at(-1) ?? previous;
    yield single.length === 0 ? piece : withCrBefore(piece, single);
  }
}

/** Where the LF are that have no CR before them; `previous` is the byte before the piece. */
function singleLfs(piece: Uint8Array, previous: number): readonly number[] {
  const found: number[] = [];
  for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) {
    if ((at === 0 ? previous : piece[at - 1]) !== CR) found.push(at);
  }
  return found;
}

function withCrBefore(piece: Uint8Array, places: readonly number[]): Uint8Array {
  const out = new Uint8Array(piece.length + places.length);
  let from = 0;
  for (const [count, at] of places.entries()) {
    out.set(piece.subarray(from, at), from + count);
    out[at + count] = CR;
    from = at;
  }
  out.set(piece.subarray(from), from + places.length);
  return out;
}
