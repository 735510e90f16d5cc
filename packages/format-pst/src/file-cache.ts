import type { RandomAccess } from '@nodemapi/base';
import { PstDamage } from './diagnostic.ts';

type TakePiece = (piece: Uint8Array) => void;

/** Pieces of memory that wait to be filled again: one reader and what is read ahead for it need no more. */
const spareMax = 2;

/** A piece on its way, and who waits for it. */
interface Reading {
  readonly takers: TakePiece[];
  readonly done: Promise<void>;
}

/**
 * A file in pieces of which the ones used last stay in memory.
 *
 * The memory of a piece that has to go is used for the next one. Without that each piece would grow old, be garbage
 * then, and be found by collections of the whole heap only, which cost more than the reading (decision 0391).
 */
export class FileCache {
  /** Length of the file in bytes. */
  readonly size: number;
  readonly #source: RandomAccess;
  readonly #pieceBytes: number;
  readonly #piecesMax: number;
  readonly #pieces = new Map<number, Uint8Array>();
  readonly #reading = new Map<number, Reading>();
  /** Memory of pieces that have gone, each of `#pieceBytes`. */
  readonly #spare: Uint8Array[] = [];
  /** The piece that is read before anybody asked for it. */
  #ahead = -1;

  constructor(source: RandomAccess, size: number, cacheBytesMax: number, pieceBytes = 256 * 1024) {
    this.size = size;
    this.#source = source;
    this.#pieceBytes = Math.max(1, Math.min(pieceBytes, Math.floor(cacheBytesMax / 2)));
    this.#piecesMax = Math.max(2, Math.floor(cacheBytesMax / this.#pieceBytes));
  }

  /** A copy of some bytes. @throws MAPI_E_CORRUPT_DATA unless `length` bytes lie at `offset`; `what` is named */
  async read(offset: number, length: number, what: string): Promise<Uint8Array> {
    return this.readNow(offset, length)?.slice() ?? (await this.#gather(offset, length, what));
  }

  /** Some bytes, if they are in memory in one piece: not to be written to, nor to be used after the next wait. */
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
      const from = offset + done - index * this.#pieceBytes;
      const part = Math.min(length - done, this.#pieceBytes - from);
      const at = done;
      await this.#piece(index, (piece) => result.set(piece.subarray(from, from + part), at));
      done += part;
    }
    return result;
  }

  /** Lets `take` have a piece at the moment when it is there: a moment later it may have gone. */
  async #piece(index: number, take: TakePiece): Promise<void> {
    const known = this.#pieces.get(index);
    if (known !== undefined) {
      this.#pieces.delete(index);
      this.#pieces.set(index, known); // the last in the map is the last used
      take(known);
      return;
    }
    const reading = this.#reading.get(index) ?? this.#start(index);
    reading.takers.push(take);
    if (index === this.#ahead || this.#pieces.has(index - 1)) this.#readAhead(index + 1);
    await reading.done;
  }

  #start(index: number): Reading {
    const takers: TakePiece[] = [];
    const reading = { takers, done: this.#load(index, takers) };
    this.#reading.set(index, reading);
    return reading;
  }

  /** Who reads one piece after another finds the next one there. A failure is that of whoever asks for the piece. */
  #readAhead(index: number): void {
    if (index * this.#pieceBytes >= this.size || this.#pieces.has(index) || this.#reading.has(index)) return;
    this.#ahead = index;
    this.#start(index).done.catch(() => undefined); // it is read again, and fails again, when it is needed
  }

  async #load(index: number, takers: readonly TakePiece[]): Promise<void> {
    let piece: Uint8Array;
    try {
      piece = await this.#fetch(index * this.#pieceBytes);
    } finally {
      this.#reading.delete(index); // whoever comes from here on finds the piece, or reads it anew
    }
    for (const [oldest, { buffer }] of this.#pieces) {
      if (this.#pieces.size < this.#piecesMax) break;
      this.#pieces.delete(oldest);
      if (this.#source.readInto !== undefined && this.#spare.length < spareMax)
        this.#spare.push(new Uint8Array(buffer));
    }
    this.#pieces.set(index, piece);
    for (const take of takers) take(piece);
  }

  async #fetch(start: number): Promise<Uint8Array> {
    const length = Math.min(this.#pieceBytes, this.size - start);
    if (this.#source.readInto === undefined) return this.#source.read(start, length);
    const piece = (this.#spare.pop() ?? new Uint8Array(this.#pieceBytes)).subarray(0, length);
    await this.#source.readInto(start, piece);
    return piece;
  }
}
