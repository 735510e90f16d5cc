/** Takes a file of vCards apart, card by card and in the memory of one. */
import { charsetDecoder, concatBytes, utf8Encode } from '@nodemapi/base';

/** A card of more bytes is passed over: the photo of a person is no film. */
export const CARD_BYTES_MAX = 32 * 1024 * 1024;
/** The same for lines: a picture of that size has half as many. */
export const CARD_PHYSICAL_LINES_MAX = 1_000_000;
/** A line of so few bytes is its end, or nothing that a card knows. */
const BLANK_BYTES = 2;
/** Lines that become one piece: each by itself takes more memory than its bytes. */
const PIECE_LINES = 1024;

/** A card as it stands in its file; one that is too large is only counted. */
export type FoundCard =
  | { readonly kind: 'card'; readonly bytes: Uint8Array }
  | { readonly kind: 'tooLarge'; readonly size: number };

/** Whether a file begins like a vCard, in UTF-8 or UTF-16. */
export function isVCard(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 256)).toString('latin1');
  return /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*BEGIN[ \t]*:[ \t]*VCARD/i.test(text.replaceAll('\0', ''));
}

/** The cards of a file; what stands between them is passed over. */
export async function* splitVCards(
  chunks: AsyncIterable<Uint8Array>,
  cardBytesMax: number = CARD_BYTES_MAX,
): AsyncGenerator<FoundCard> {
  const cards = new CardCollector(cardBytesMax);
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of inUtf8(chunks)) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      const line = heldBytes === 0 ? chunk.slice(from, end + 1) : concatBytes([...held, chunk.subarray(from, end + 1)]);
      [held, heldBytes, from] = [[], 0, end + 1];
      const card = cards.line(line);
      if (card !== undefined) yield card;
    }
    held.push(chunk.slice(from));
    heldBytes += chunk.length - from;
    if (heldBytes > cardBytesMax) {
      cards.tooLong(heldBytes);
      [held, heldBytes] = [[], 0];
    }
  }
  const last = cards.line(concatBytes(held)) ?? cards.end();
  if (last !== undefined) yield last;
}

/** Collects the lines of a card until its end. */
class CardCollector {
  readonly #bytesMax: number;
  #pieces: Uint8Array[] = [];
  #lines: Uint8Array[] = [];
  #lineCount = 0;
  #size = 0;
  #depth = 0;
  #afterAgent = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Takes a line; gives the card that ends with it, or before it. */
  line(bytes: Uint8Array): FoundCard | undefined {
    if (bytes.length <= BLANK_BYTES && this.#depth > 0) return this.#blank(bytes);
    const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 32)).toString('latin1');
    const begins = /^(?:\xef\xbb\xbf)?[ \t]*BEGIN[ \t]*:[ \t]*VCARD/i.test(start);
    // 2.1 has the card of an agent within a card; any other beginning says that an end was forgotten
    const before = begins && this.#depth > 0 && !this.#afterAgent ? this.end() : undefined;
    if (begins) this.#depth++;
    if (this.#depth === 0) return undefined;
    if (start.trim() !== '') this.#afterAgent = /^AGENT[^:]*:\s*$/i.test(start);
    this.#size += bytes.length;
    this.#lineCount++;
    if (this.#isTooLarge) this.#forget();
    else this.#keep(bytes);
    if (!/^[ \t]*END[ \t]*:[ \t]*VCARD/i.test(start)) return before;
    this.#depth--;
    return this.#depth === 0 ? this.end() : undefined;
  }

  /** Most lines of a file that is meant to take long. */
  #blank(bytes: Uint8Array): undefined {
    this.#size += bytes.length;
    this.#lineCount++;
    if (this.#isTooLarge) this.#forget();
    else this.#keep(bytes);
  }

  /** A line that nobody keeps. */
  tooLong(size: number): void {
    if (this.#depth > 0) this.#size += size;
    this.#forget();
  }

  get #isTooLarge(): boolean {
    return this.#size > this.#bytesMax || this.#lineCount > CARD_PHYSICAL_LINES_MAX;
  }

  #keep(bytes: Uint8Array): void {
    this.#lines.push(bytes);
    if (this.#lines.length < PIECE_LINES) return;
    this.#pieces.push(concatBytes(this.#lines));
    this.#lines = [];
  }

  #forget(): void {
    this.#pieces = [];
    this.#lines = [];
  }

  /** The card that was begun; undefined if there is none. */
  end(): FoundCard | undefined {
    if (this.#size === 0) return undefined;
    const [size, isTooLarge, pieces] = [this.#size, this.#isTooLarge, [...this.#pieces, ...this.#lines]];
    [this.#size, this.#lineCount, this.#depth] = [0, 0, 0];
    this.#forget();
    return isTooLarge ? { kind: 'tooLarge', size } : { kind: 'card', bytes: concatBytes(pieces) };
  }
}

/** The same text in UTF-8 if it is UTF-16, with line feeds if it has carriage returns alone. */
async function* inUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let decode: ((bytes: Uint8Array) => Uint8Array) | undefined;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    decode ??= decoderFor(chunk);
    yield decode(chunk);
  }
}

function decoderFor(head: Uint8Array): (bytes: Uint8Array) => Uint8Array {
  const [first, second] = head;
  const littleEndian = (first === 0xff && second === 0xfe) || (second === 0 && first !== 0);
  if (littleEndian || (first === 0xfe && second === 0xff) || (first === 0 && second !== 0)) {
    const decoder = charsetDecoder(littleEndian ? 'utf-16le' : 'utf-16be');
    return (bytes) => utf8Encode(decoder.write(bytes));
  }
  return head.includes(0x0d) && !head.includes(0x0a) ? withLineFeeds : (bytes) => bytes;
}

function withLineFeeds(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => (byte === 0x0d ? 0x0a : byte));
}
