/** Collects the lines of one header block up to a limit; what is beyond is left out and counted. */
import { concatBytes } from '@nodemapi/base';

/** The least a line counts for, since it costs more memory than its bytes once it is parsed. */
const lineBytesMin = 64;
/** One field may take this part of what is left, so that those behind a huge one are read. */
const fieldShare = 0.5;

const SPACE = 0x20;
const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;
const CRLF = Uint8Array.of(CR, LF);

export class HeaderCollector {
  readonly #bytesMax: number;
  #pieces: Uint8Array[] = [];
  #cost = 0;
  /** What the field that has begun may cost at most. */
  #fieldRoom = 0;
  /** Whether a line has begun and not ended. */
  #inLine = false;
  /** Whether the rest of the field is left out. */
  #isDropping = false;
  #dropped = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether there is nothing yet. */
  get empty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Bytes that were left out. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Takes a line, or a piece of one.
   *
   * @param ends whether the piece is the last of its line
   * @returns whether it was the empty line that ends the block
   */
  add(piece: Uint8Array, ends: boolean): boolean {
    if (!this.#inLine && isEmptyLine(piece)) {
      this.#pieces.push(piece);
      return true;
    }
    const starts = !this.#inLine;
    if (starts && piece[0] !== SPACE && piece[0] !== TAB) {
      this.#fieldRoom = (this.#bytesMax - this.#cost) * fieldShare;
      this.#isDropping = false;
    }
    this.#inLine = !ends;
    const cost = starts ? Math.max(piece.length, lineBytesMin) : piece.length;
    if (!this.#isDropping && cost > this.#fieldRoom) {
      this.#isDropping = true;
      if (!starts) this.#pieces.push(CRLF); // the line is cut, and ends here
    }
    if (this.#isDropping) {
      this.#dropped += piece.length;
      return false;
    }
    this.#pieces.push(piece);
    this.#cost += cost;
    this.#fieldRoom -= cost;
    return false;
  }

  /** The block, which begins anew. */
  take(): Uint8Array {
    const block = concatBytes(this.#pieces);
    this.#pieces = [];
    this.#cost = this.#dropped = 0;
    this.#inLine = this.#isDropping = false;
    return block;
  }
}

function isEmptyLine(line: Uint8Array): boolean {
  return (line.length === 1 && line[0] === LF) || (line.length === 2 && line[0] === CR && line[1] === LF);
}
