/**
 * Cuts a message into header blocks and bodies, in pieces of any size. RFC 2046 5.1
 *
 * - A delimiter of any open multipart ends everything within it, so one that is never closed costs nothing behind it.
 * - The line end before a delimiter is the delimiter's. What stands before the first part and behind the last is left out.
 * - Held are one header block and one line that may be a delimiter; bodies pass without being copied.
 */
import { concatBytes } from '@nodemapi/base';
import { delimiterLineMax, matchDelimiter } from './delimiter.ts';
import { HeaderCollector } from './header-collector.ts';

const CR = 0x0d;
const LF = 0x0a;
const DASH = 0x2d;
const LINE_OF_DASHES = Buffer.from('\n--', 'latin1');
const NOTHING: Uint8Array = new Uint8Array(0);

/** What a splitter tells of a message. */
export interface SplitterSink<P> {
  /**
   * A header block has ended.
   *
   * @param dropped bytes of it that were too many
   * @returns the part that it makes, and the delimiter of its parts if they are to be found: else it is one body
   */
  start(
    header: Uint8Array,
    parent: P | undefined,
    dropped: number,
  ): { readonly part: P; readonly delimiter: Buffer | undefined };
  body(part: P, bytes: Uint8Array): void;
  /** Each part that started ends, innermost first. */
  end(part: P): void;
}

export interface SplitterLimits {
  readonly headerBytesMax: number;
  readonly partsMax: number;
}

interface OpenMultipart<P> {
  readonly part: P;
  readonly delimiter: Buffer;
  /** Whether its last delimiter was met: what follows is no part of it. */
  ended: boolean;
}

export class MimeSplitter<P> {
  readonly #sink: SplitterSink<P>;
  readonly #partsMax: number;
  readonly #header: HeaderCollector;
  readonly #multiparts: OpenMultipart<P>[] = [];
  #state: 'header' | 'body' | 'between' = 'header';
  #leaf: P | undefined;
  #parts = 0;
  #passedOver = 0;
  /** Whether what comes next begins a line. */
  #atLineStart = true;
  #held = NOTHING;

  constructor(sink: SplitterSink<P>, { headerBytesMax, partsMax }: SplitterLimits) {
    this.#sink = sink;
    this.#partsMax = partsMax;
    this.#header = new HeaderCollector(headerBytesMax);
  }

  /** Parts beyond the limit, which were left out. */
  get passedOver(): number {
    return this.#passedOver;
  }

  write(piece: Uint8Array): void {
    const whole = this.#held.length === 0 ? piece : concatBytes([this.#held, piece]);
    this.#held = NOTHING;
    this.#take(Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength), false);
  }

  /** The message has ended. */
  end(): void {
    const rest = this.#held;
    this.#held = NOTHING;
    this.#take(Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength), true);
    if (this.#state === 'header' && (this.#parts === 0 || !this.#header.empty)) this.#endHeader();
    this.#close(0);
  }

  #take(bytes: Buffer, final: boolean): void {
    for (let at = 0; at < bytes.length; )
      at = this.#state === 'header' ? this.#takeHeader(bytes, at, final) : this.#takeBody(bytes, at, final);
  }

  /** One line of a header; answers where the next one begins. */
  #takeHeader(bytes: Buffer, at: number, final: boolean): number {
    const lineEnd = bytes.indexOf(LF, at);
    const end = lineEnd < 0 ? bytes.length : lineEnd + 1;
    const isWhole = lineEnd >= 0 || final;
    if (!isWhole && this.#atLineStart && end - at <= this.#delimiterLineMax()) return this.#hold(bytes, at);
    if (this.#atLineStart && bytes[at] === DASH && this.#meetDelimiter(bytes, at, end)) return end;
    // a copy, since the block outlives the piece
    if (this.#header.add(new Uint8Array(bytes.subarray(at, end)), isWhole)) this.#endHeader();
    else this.#atLineStart = lineEnd >= 0;
    return end;
  }

  /** A body, or what stands between parts, up to the next delimiter; answers where that ends. */
  #takeBody(bytes: Buffer, at: number, final: boolean): number {
    if (this.#multiparts.length === 0) return this.#pass(bytes, at, bytes.length, bytes.length);
    for (let from = at; ; ) {
      const isFirst = this.#atLineStart && from === at && bytes[at] === DASH && bytes[at + 1] === DASH;
      const before = isFirst ? -1 : bytes.indexOf(LINE_OF_DASHES, from);
      if (!isFirst && before < 0) return this.#passTail(bytes, at, final);
      const line = isFirst ? at : before + 1;
      const bodyEnd = isFirst ? at : before > at && bytes[before - 1] === CR ? before - 1 : before;
      const lineEnd = bytes.indexOf(LF, line);
      const end = lineEnd < 0 ? bytes.length : lineEnd + 1;
      if (lineEnd < 0 && !final) {
        if (end - line > this.#delimiterLineMax()) return this.#passTail(bytes, at, final);
        this.#pass(bytes, at, bodyEnd, bodyEnd);
        this.#atLineStart = isFirst;
        return this.#hold(bytes, bodyEnd);
      }
      const found = this.#find(bytes, line, end);
      if (found !== undefined) {
        this.#pass(bytes, at, bodyEnd, end);
        this.#delimit(found.index, found.kind);
        this.#atLineStart = true;
        return end;
      }
      from = Math.max(end - 1, from + 1);
    }
  }

  /** Passes what can belong to no delimiter and holds the rest. */
  #passTail(bytes: Buffer, at: number, final: boolean): number {
    const keep = final ? bytes.length : tailStart(bytes, at, this.#atLineStart);
    if (keep > at) {
      this.#pass(bytes, at, keep, keep);
      this.#atLineStart = false;
    }
    return this.#hold(bytes, keep);
  }

  #pass(bytes: Buffer, at: number, end: number, next: number): number {
    if (end > at && this.#leaf !== undefined)
      this.#sink.body(this.#leaf, new Uint8Array(bytes.buffer, bytes.byteOffset + at, end - at));
    return next;
  }

  #hold(bytes: Buffer, at: number): number {
    this.#held = new Uint8Array(bytes.subarray(at));
    return bytes.length;
  }

  /** Whether a line in a header is a delimiter: the part has no body then. */
  #meetDelimiter(bytes: Buffer, start: number, end: number): boolean {
    const found = this.#find(bytes, start, end);
    if (found === undefined) return false;
    if (!this.#header.empty) this.#endHeader();
    this.#delimit(found.index, found.kind);
    this.#atLineStart = true;
    return true;
  }

  #endHeader(): void {
    const { dropped } = this.#header;
    this.#parts++;
    const { part, delimiter } = this.#sink.start(this.#header.take(), this.#multiparts.at(-1)?.part, dropped);
    if (delimiter === undefined) this.#leaf = part;
    else this.#multiparts.push({ part, delimiter, ended: false });
    this.#state = delimiter === undefined ? 'body' : 'between';
    this.#atLineStart = true;
  }

  /** The innermost multipart whose delimiter a line is. */
  #find(
    bytes: Buffer,
    start: number,
    end: number,
  ): { readonly index: number; readonly kind: 'next' | 'last' } | undefined {
    for (let index = this.#multiparts.length - 1; index >= 0; index--) {
      const { delimiter, ended } = this.#multiparts[index] as OpenMultipart<P>;
      const kind = ended ? undefined : matchDelimiter(bytes, start, end, delimiter);
      if (kind !== undefined) return { index, kind };
    }
    return undefined;
  }

  #delimit(index: number, kind: 'next' | 'last'): void {
    const isBeforeFirst = this.#state === 'between' && this.#passedOver === 0 && index === this.#multiparts.length - 1;
    if (kind === 'last' && isBeforeFirst) return; // it ends nothing
    this.#close(index + 1);
    const multipart = this.#multiparts[index] as OpenMultipart<P>;
    if (kind === 'last') multipart.ended = true;
    else if (this.#parts >= this.#partsMax) this.#passedOver++;
    this.#state = kind === 'next' && this.#parts < this.#partsMax ? 'header' : 'between';
  }

  /** Ends the open body, and the multiparts from `depth` on. */
  #close(depth: number): void {
    if (this.#leaf !== undefined) this.#sink.end(this.#leaf);
    this.#leaf = undefined;
    while (this.#multiparts.length > depth) this.#sink.end((this.#multiparts.pop() as OpenMultipart<P>).part);
  }

  #delimiterLineMax(): number {
    return Math.max(2, ...this.#multiparts.map(({ delimiter }) => delimiterLineMax(delimiter)));
  }
}

/** Where the line end, or the begun delimiter, at the end of `bytes` begins; its length if there is none. */
function tailStart(bytes: Buffer, at: number, atLineStart: boolean): number {
  const { length } = bytes;
  const isDash = bytes[length - 1] === DASH;
  const line = isDash ? length - 1 : length;
  if (isDash && line === at && atLineStart) return at;
  if (line > at && bytes[line - 1] === LF) return line - 1 > at && bytes[line - 2] === CR ? line - 2 : line - 1;
  return !isDash && bytes[length - 1] === CR ? length - 1 : length;
}
