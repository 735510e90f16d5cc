/**
 * The transparency of RFC 5321 4.5.2: dots at the start of a line are doubled, and lines end with CR LF whatever they
 * ended with before. A lone CR counts as the end of a line: there are servers that see one in it, and would take a dot
 * between two for the end of the message.
 */
import { concatBytes, utf8Encode } from '@nodemapi/base';

const LF = 0x0a;
const CR = 0x0d;
const DOT = 0x2e;

const LF_BYTES = utf8Encode('\n');
const LF_DOT_BYTES = utf8Encode('\n.');
const CR_BYTES = utf8Encode('\r');
const DOT_BYTES = utf8Encode('.');

/** Stuffs one message, piece by piece. */
export class DotStuffing {
  /** The last byte so far; LF before the first one, which starts a line. */
  #last = LF;

  /** The piece as it goes on the wire; the piece itself where nothing had to be changed. */
  next(piece: Uint8Array): Uint8Array {
    let parts: Uint8Array[] | undefined;
    let start = 0;
    let previous = this.#last;
    for (let index = 0; index < piece.length; index++) {
      const byte = piece[index] as number;
      // Nearly every byte is a printable one after a printable one.
      if (previous > CR && byte > CR) {
        previous = byte;
        continue;
      }
      const insert = insertBetween(previous, byte);
      previous = byte;
      if (insert === undefined) continue;
      parts ??= [];
      if (index > start) parts.push(piece.subarray(start, index));
      parts.push(insert);
      start = index;
    }
    this.#last = previous;
    if (parts === undefined) return piece;
    if (start < piece.length) parts.push(piece.subarray(start));
    return concatBytes(parts);
  }

  /** What ends the message. */
  end(): Uint8Array {
    if (this.#last === LF) return utf8Encode('.\r\n');
    return utf8Encode(this.#last === CR ? '\n.\r\n' : '\r\n.\r\n');
  }
}

/** What is missing between two bytes. */
function insertBetween(previous: number, byte: number): Uint8Array | undefined {
  if (previous === CR && byte !== LF) return byte === DOT ? LF_DOT_BYTES : LF_BYTES;
  if (byte === LF && previous !== CR) return CR_BYTES;
  return byte === DOT && previous === LF ? DOT_BYTES : undefined;
}
