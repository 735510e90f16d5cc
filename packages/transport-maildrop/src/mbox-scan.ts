/**
 * Finds the messages of an mbox file: each begins at a line `From ` that is the first or follows an empty line.
 *
 * Memory: one piece of the file at a time. Lines may have any length.
 */
import { createHash, type Hash } from 'node:crypto';
import type { FileSystem } from '@nodemapi/base';
import { readPieces } from './mail-source.ts';

/** Where a message lies in its file, its `From ` line included. */
export interface MboxSpan {
  readonly start: number;
  readonly end: number;
  /** Whether a `From ` line begins it. */
  readonly hasSeparator: boolean;
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly hash: string;
  /** The same without what mail programs write into a message that lies there: `Status` and its kin. */
  readonly contentHash: string;
}

const LF = 0x0a;
const CR = 0x0d;
const FROM = Buffer.from('From ');
/** What is kept of the beginning of a line, to know it by. */
const LINE_START_BYTES = 32;
/** Header fields that mail programs change in a message that they keep in an mbox. */
const VOLATILE = /^(?:status|x-status|x-keywords|x-uid|x-imap|x-imapbase|content-length|lines)[ \t]*:/iu;

/** The message at `start` of a file that ends at `size`; `start` is less than `size`. */
export async function scanMbox(files: FileSystem, path: string, start: number, size: number): Promise<MboxSpan> {
  const scan = new Scan();
  for await (const piece of readPieces(files, path, start, size)) {
    if (scan.take(piece)) break;
  }
  return scan.end(start);
}

/** Whether a file whose last bytes these are ends as an mbox does: with an empty line. */
export function endsComplete(tail: Uint8Array): boolean {
  return /\n\r?\n$/u.test(Buffer.from(tail).toString('latin1'));
}

class Scan {
  readonly #all = createHash('sha256');
  readonly #content = createHash('sha256');
  /** Bytes of the message that are known to be its own. */
  #length = 0;
  /** The beginning of the line that is being read. */
  #lineStart: Buffer = Buffer.alloc(0);
  /** Pieces of that line which wait until it is known what the line is. */
  #held: Buffer[] = [];
  /** Whether that is known. */
  #decided = false;
  #isFirst = true;
  #hasSeparator = false;
  #afterBlank = false;
  #inHeader = true;
  #isVolatile = false;

  /** Takes the next bytes; true once the message has ended. */
  take(piece: Uint8Array): boolean {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const found = bytes.indexOf(LF, at);
      const next = found < 0 ? bytes.length : found + 1;
      if (this.#takeLinePart(bytes.subarray(at, next), found >= 0)) return true;
      at = next;
    }
    return false;
  }

  end(start: number): MboxSpan {
    if (this.#held.length > 0) this.#decide();
    const hash = (of: Hash): string => of.digest('hex');
    return {
      start,
      end: start + this.#length,
      hasSeparator: this.#hasSeparator,
      hash: hash(this.#all),
      contentHash: hash(this.#content),
    };
  }

  #takeLinePart(part: Buffer, isEnd: boolean): boolean {
    if (this.#decided) this.#add(part);
    else {
      this.#held.push(part);
      this.#lineStart = Buffer.concat([this.#lineStart, part.subarray(0, LINE_START_BYTES)]);
      if ((this.#lineStart.length >= LINE_START_BYTES || isEnd) && this.#decide()) return true;
    }
    if (isEnd) this.#endLine();
    return false;
  }

  /** Now the kind of the line is known; true if it begins the next message. */
  #decide(): boolean {
    const line = this.#lineStart;
    const isSeparator = line.subarray(0, FROM.length).equals(FROM);
    if (isSeparator && !this.#isFirst && this.#afterBlank) {
      this.#held = [];
      return true;
    }
    if (this.#isFirst) this.#hasSeparator = isSeparator;
    // A field goes on in lines that begin with a space.
    if (line[0] !== 0x20 && line[0] !== 0x09)
      this.#isVolatile = this.#inHeader && VOLATILE.test(line.toString('latin1'));
    this.#decided = true;
    for (const part of this.#held) this.#add(part);
    this.#held = [];
    return false;
  }

  #add(part: Buffer): void {
    this.#length += part.length;
    this.#all.update(part);
    if (!this.#isVolatile && !(this.#isFirst && this.#hasSeparator)) this.#content.update(part);
  }

  #endLine(): void {
    const line = this.#lineStart;
    this.#afterBlank = line[0] === LF || (line[0] === CR && line[1] === LF);
    if (this.#afterBlank) this.#inHeader = false;
    this.#lineStart = Buffer.alloc(0);
    this.#decided = false;
    this.#isFirst = false;
  }
}
