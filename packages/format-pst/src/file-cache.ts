import type { RandomAccess } from '@nodemapi/base';
import { PstDamage } from './diagnostic.ts';

/**
 * A file in pieces of which the ones used last stay in memory.
 *
 * What it answers may share memory with the cache and must not be written to.
 */
export class FileCache {
  /** Length of the file in bytes. */
  readonly size: number;
  readonly #source: RandomAccess;
  readonly #pieceBytes: number;
  readonly #piecesMax: number;
  readonly #pieces = new Map<number, Uint8Array>();
  readonly #reading = new Map<number, Promise<Uint8Array>>();
  /** The piece that is read before anybody asked for it. */
  #ahead = -1;

  constructor(source: RandomAccess, size: number, cacheBytesMax: number, pieceBytes = 256 * 1024) {
    this.size = size;
    this.#source = source;
    this.#pieceBytes = pieceBytes;
    this.#piecesMax = Math.max(2, Math.floor(cacheBytesMax / pieceBytes));
  }

  /** @throws MAPI_E_CORRUPT_DATA unless `length` bytes lie at `offset`; `what` is named */
  async read(offset: number, length: number, what: string): Promise<Uint8Array> {
    return this.readNow(offset, length) ?? (await this.#gather(offset, length, what));
  }

  /** What `read` would answer, if it is in memory. */
  readNow(offset: number, length: number): Uint8Array | undefined {
    const index = Math.floor(offset / this.#pieceBytes);
    const from = offset - index * this.#pieceBytes;
    const piece = this.#pieces.get(index);
    if (piece === undefined || !(from >= 0) || from + length > piece.length) return undefined;
    if (index === this.#ahead) this.#readAhead(index + 1);
    return piece.subarray(from, from + length);
  }

  async #gather(offset: number, length: number, what: string): Promise<Uint8Array> {
    if (!(Number.isSafeInteger(offset) && offset >= 0 && offset + length <= this.size))
      throw new PstDamage(`${what}: ${length} bytes do not lie within the file of ${this.size}`, offset);
    const result = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const index = Math.floor((offset + done) / this.#pieceBytes);
      const piece = await this.#piece(index);
      const from = offset + done - index * this.#pieceBytes;
      const part = piece.subarray(from, from + length - done);
      if (part.length === length) return part;
      result.set(part, done);
      done += part.length;
    }
    return result;
  }

  #piece(index: number): Promise<Uint8Array> | Uint8Array {
    const known = this.#pieces.get(index);
    if (known !== undefined) {
      this.#pieces.delete(index);
      this.#pieces.set(index, known); // the last in the map is the last used
      return known;
    }
    const reading = this.#reading.get(index) ?? this.#start(index);
    if (index === this.#ahead || this.#pieces.has(index - 1)) this.#readAhead(index + 1);
    return reading;
  }

  #start(index: number): Promise<Uint8Array> {
    const reading = this.#load(index).finally(() => this.#reading.delete(index));
    this.#reading.set(index, reading);
    return reading;
  }

  /** Who reads one piece after another finds the next one there. A failure is that of whoever asks for the piece. */
  #readAhead(index: number): void {
    if (index * this.#pieceBytes >= this.size || this.#pieces.has(index) || this.#reading.has(index)) return;
    this.#ahead = index;
    this.#start(index).catch(() => undefined); // it is read again, and fails again, when it is needed
  }

  async #load(index: number): Promise<Uint8Array> {
    const start = index * this.#pieceBytes;
    const piece = await this.#source.read(start, Math.min(this.#pieceBytes, this.size - start));
    for (const oldest of this.#pieces.keys()) {
      if (this.#pieces.size < this.#piecesMax) break;
      this.#pieces.delete(oldest);
    }
    this.#pieces.set(index, piece);
    return piece;
  }
}
