/**
 * Text in whatever charset a message names, or in none.
 *
 * Where the charset is unknown or missing the bytes decide: UTF-8 if they are valid UTF-8, else windows-1252, which
 * gives every byte a meaning.
 */
import { isUtf8 } from 'node:buffer';
import {
  type CharsetDecoder,
  charsetDecoder,
  concatBytes,
  decodeCodePage,
  isKnownCharset,
  utf8Decode,
} from '@nodemapi/base';

/** Bytes of a body that are looked at to guess its charset; what follows is decoded alike. */
export const CHARSET_GUESS_BYTES_MAX = 1_048_576;

/**
 * The charset that `bytes` seem to be in.
 *
 * @param goesOn whether more follows, so that a character cut off at the end is no argument against UTF-8
 */
export function guessCharset(bytes: Uint8Array, goesOn = false): 'utf-8' | 'windows-1252' {
  return isUtf8(goesOn ? withoutCutCharacter(bytes) : bytes) ? 'utf-8' : 'windows-1252';
}

/** The charset to use for what claims to be in `charset`; undefined if that names none that is known. */
export function usableCharset(charset: string | undefined): string | undefined {
  const name = charset
    ?.trim()
    .toLowerCase()
    .replaceAll(/["'\s]/g, '');
  return name !== undefined && name !== '' && isKnownCharset(name) ? name : undefined;
}

/**
 * Charsets in which bytes above 0x7F mean nothing, or that are ruled out where the bytes are not valid UTF-8; and
 * ISO 8859-1, which people write for windows-1252.
 */
const NOT_RAW = /^(?:us-ascii$|utf-|utf8|unicode|ucs-|iso-2022-|hz-|iso-?8859-1$|latin-?1$)/;

/**
 * Text of bytes that do not say in what charset they are, as raw 8-bit header bytes do not.
 *
 * @param likely a charset that speaks for itself elsewhere in the message; taken if the bytes are not valid UTF-8 and
 *   are valid in it
 */
export function decodeUnlabelled(bytes: Uint8Array, likely?: string): string {
  if (isUtf8(bytes)) return utf8Decode(bytes);
  const charset = usableCharset(likely);
  if (charset !== undefined && !NOT_RAW.test(charset)) {
    const { text } = decodeCodePage(bytes, charset);
    if (!text.includes('\ufffd')) return text;
  }
  return decodeCodePage(bytes, 'windows-1252').text;
}

/** Decodes a body that arrives in pieces; holds at most `CHARSET_GUESS_BYTES_MAX` bytes while it has to guess. */
export class BodyTextDecoder {
  #decoder: CharsetDecoder | undefined;
  #charset: string | undefined;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  /** @param charset as the message gives it; unknown or undefined means to guess */
  constructor(charset: string | undefined) {
    this.#charset = usableCharset(charset);
    if (this.#charset !== undefined) this.#decoder = charsetDecoder(this.#charset);
  }

  /** The charset in use; undefined until it has been guessed. */
  get charset(): string | undefined {
    return this.#charset;
  }

  write(bytes: Uint8Array): string {
    if (this.#decoder !== undefined) return this.#decoder.write(bytes);
    this.#held.push(bytes.slice());
    this.#heldBytes += bytes.length;
    return this.#heldBytes < CHARSET_GUESS_BYTES_MAX ? '' : this.#guess(true);
  }

  end(): string {
    const head = this.#decoder === undefined ? this.#guess(false) : '';
    return head + (this.#decoder?.end() ?? '');
  }

  #guess(goesOn: boolean): string {
    const bytes = concatBytes(this.#held);
    this.#held = [];
    this.#charset = guessCharset(bytes, goesOn);
    this.#decoder = charsetDecoder(this.#charset);
    return this.#decoder.write(bytes);
  }
}

function withoutCutCharacter(bytes: Uint8Array): Uint8Array {
  let lead = bytes.length - 1;
  while (lead > 0 && lead > bytes.length - 4 && ((bytes[lead] ?? 0) & 0xc0) === 0x80) lead--;
  return lead >= 0 && (bytes[lead] ?? 0) >= 0xc0 ? bytes.subarray(0, lead) : bytes;
}
