/**
 * Finds the messages of an mbox file: each begins at a line `From ` that is the first or follows an empty line.
 *
 * Memory: one piece of the file at a time. Lines may have any length.
 */
import { createHash } from 'node:crypto';
import { type FileStat, type FileSystem, fileTimeToMs } from '@nodemapi/base';
import { FileWindow } from './file-window.ts';
import { type MailSourcePorts, readPieces } from './mail-source.ts';

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

/** After that a last message without an empty line is complete. */
const SETTLED_MS = 10_000;
const LF = 0x0a;
const CR = 0x0d;
const FROM = Buffer.from('From ');
/** What is kept of the beginning of a line, to know it by. */
const LINE_START_BYTES = 32;
/** Header fields that mail programs change in a message that they keep in an mbox. */
const VOLATILE = /^(?:status|x-status|x-keywords|x-uid|x-imap|x-imapbase|content-length|lines)[ \t]*:/iu;

/** The message at `start` of a file that ends at `size`; `start` is less than `size`. */
export async function scanMbox(files: FileSystem, path: string, start: number, size: number): Promise<MboxSpan> {
  await using window = await FileWindow.open(files, path, size);
  return await scanNext(window, start, size);
}

/** The same in a file that is open already. */
export async function scanNext(window: FileWindow, start: number, size: number): Promise<MboxSpan> {
  const scan = new Scan();
  for await (const piece of window.pieces(start, size)) {
    if (scan.take(piece)) break;
  }
  const { length, ...found } = scan.end();
  return { start, end: start + length, ...found };
}

/** SHA-256 of a part of a file, in hexadecimal. */
export async function hashOf(files: FileSystem, path: string, start: number, end: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of readPieces(files, path, start, end)) hash.update(piece);
  return hash.digest('hex');
}

/** Whether the last message of a file has been written to its end: an empty line follows it, or it was left alone a while. */
export async function isWhole(
  { files, nowMs }: Pick<MailSourcePorts, 'files' | 'nowMs'>,
  path: string,
  { size, modified }: FileStat,
): Promise<boolean> {
  if (nowMs() - fileTimeToMs(modified) > SETTLED_MS) return true;
  await using file = await files.openRead(path);
  const length = Math.min(4, size);
  return endsComplete(await file.read(size - length, length));
}

/** Whether a file whose last bytes these are ends as an mbox does: with an empty line. */
function endsComplete(tail: Uint8Array): boolean {
  return /\n\r?\n$/u.test(Buffer.from(tail).toString('latin1'));
}

/** 'next': the line begins the next message. 'content': it counts in the hash of the content. */
type LineKind = 'next' | 'content' | 'other';

const NOTHING = Buffer.alloc(0);

class Scan {
  readonly #whole = createHash('sha256');
  readonly #content = createHash('sha256');
  /** Bytes of the message that are known to be its own. */
  #length = 0;
  /** What earlier pieces had of a line of which too little is known to tell its kind. */
  #held: Buffer = NOTHING;
  /** The kind of the line that is being read, once it is known. */
  #kind: LineKind | undefined;
  #isBlank = false;
  #isFirst = true;
  #hasSeparator = false;
  #afterBlank = false;
  #inHeader = true;
  #isVolatile = false;

  /** Takes the next bytes; true once the message has ended. */
  take(piece: Uint8Array): boolean {
    const given = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const bytes = this.#held.length === 0 ? given : Buffer.concat([this.#held, given]);
    this.#held = NOTHING;
    let run: number | undefined; // where content begins that is not in the hash yet
    const wholeTo = (end: number): void => {
      if (end > 0) this.#whole.update(bytes.subarray(0, end));
    };
    const hashTo = (end: number): void => {
      if (run !== undefined) this.#content.update(bytes.subarray(run, end));
      run = undefined;
    };
    for (let at = 0; at < bytes.length; ) {
      const found = bytes.indexOf(LF, at);
      const next = found < 0 ? bytes.length : found + 1;
      if (this.#kind === undefined && found < 0 && next - at < LINE_START_BYTES) {
        hashTo(at);
        wholeTo(at);
        this.#held = bytes.subarray(at);
        return false;
      }
      this.#kind ??= this.#kindOf(bytes.subarray(at, next));
      if (this.#kind === 'content') run ??= at;
      else hashTo(at);
      if (this.#kind === 'next') {
        wholeTo(at);
        return true;
      }
      this.#length += next - at;
      if (found >= 0) this.#endLine();
      at = next;
    }
    hashTo(bytes.length);
    wholeTo(bytes.length);
    return false;
  }

  /** The message, if nothing comes any more. */
  end(): Pick<MboxSpan, 'hasSeparator' | 'hash' | 'contentHash'> & { readonly length: number } {
    const kind = this.#held.length > 0 ? this.#kindOf(this.#held) : 'next';
    if (kind === 'content') this.#content.update(this.#held);
    if (kind !== 'next') {
      this.#length += this.#held.length;
      this.#whole.update(this.#held);
    }
    return {
      length: this.#length,
      hasSeparator: this.#hasSeparator,
      hash: this.#whole.digest('hex'),
      contentHash: this.#content.digest('hex'),
    };
  }

  /** @param line its beginning, or all of it */
  #kindOf(line: Buffer): LineKind {
    this.#isBlank = line[0] === LF || (line[0] === CR && line[1] === LF);
    const isSeparator = line[0] === FROM[0] && line.subarray(0, FROM.length).equals(FROM);
    if (this.#isFirst && isSeparator) {
      this.#hasSeparator = true;
      return 'other';
    }
    if (isSeparator && this.#afterBlank) return 'next';
    if (!this.#inHeader) return 'content';
    // A field goes on in lines that begin with a space.
    if (line[0] !== 0x20 && line[0] !== 0x09)
      this.#isVolatile = VOLATILE.test(line.subarray(0, LINE_START_BYTES).toString('latin1'));
    return this.#isVolatile ? 'other' : 'content';
  }

  #endLine(): void {
    this.#afterBlank = this.#isBlank;
    if (this.#isBlank) this.#inHeader = false;
    this.#kind = undefined;
    this.#isFirst = false;
  }
}
