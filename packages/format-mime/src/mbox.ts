/**
 * mbox files (the mboxrd form), read as a stream of messages.
 *
 * A message begins at a line `From ` that is the first line or follows an empty one; `>From ` inside a message
 * loses one `>`. Memory: one chunk of the file at a time and one line, of `lineBytesMax` at most.
 */
import { concatBytes, MapiError } from '@nodemapi/base';

/** A longer line is passed on in pieces. */
const lineBytesMax = 1 << 20;

const LF = 0x0a;
const FROM = new TextEncoder().encode('From ');

/** Splits an mbox into messages; each one is read to its end, or skipped, before the next one begins. */
export async function* splitMbox(source: AsyncIterable<Uint8Array>): AsyncGenerator<AsyncIterable<Uint8Array>> {
  const lines = new LineReader(source);
  let separator = await lines.next();
  if (separator === undefined) return;
  if (!startsWith(separator, FROM))
    throw new MapiError('MAPI_E_CORRUPT_DATA', 'not an mbox: the first line does not begin with "From "');
  while (separator !== undefined) {
    const message = new MboxMessage(lines);
    yield message;
    for await (const _ of message) {
      // What the reader left is passed over.
    }
    separator = message.separator;
  }
}

class MboxMessage implements AsyncIterable<Uint8Array> {
  readonly #lines: LineReader;
  #done = false;
  #pendingBlank: Uint8Array | undefined;
  /** The `From ` line that ended the message. */
  separator: Uint8Array | undefined;

  constructor(lines: LineReader) {
    this.#lines = lines;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (!this.#done) {
      const line = await this.#lines.next();
      if (line === undefined || (this.#pendingBlank !== undefined && startsWith(line, FROM))) {
        this.#done = true;
        this.separator = line;
        return;
      }
      const before = this.#pendingBlank;
      this.#pendingBlank = undefined;
      if (before !== undefined) yield before;
      if (isBlank(line)) this.#pendingBlank = line;
      else yield unquote(line);
    }
  }
}

function startsWith(line: Uint8Array, prefix: Uint8Array): boolean {
  return line.length >= prefix.length && prefix.every((byte, index) => line[index] === byte);
}

function isBlank(line: Uint8Array): boolean {
  return line.length === 1 || (line.length === 2 && line[0] === 0x0d);
}

function unquote(line: Uint8Array): Uint8Array {
  let quotes = 0;
  while (line[quotes] === 0x3e) quotes++;
  return quotes > 0 && startsWith(line.subarray(quotes), FROM) ? line.subarray(1) : line;
}

class LineReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next line with its end; undefined after the last. */
  async next(): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const end = this.#rest.indexOf(LF);
      if (end >= 0) {
        parts.push(this.#rest.subarray(0, end + 1));
        this.#rest = this.#rest.subarray(end + 1);
        return concatBytes(parts);
      }
      if (this.#rest.length > 0) parts.push(this.#rest);
      size += this.#rest.length;
      this.#rest = new Uint8Array(0);
      if (this.#ended) return size === 0 ? undefined : concatBytes(parts);
      if (size >= lineBytesMax) return concatBytes(parts);
      const chunk = await this.#source.next();
      if (chunk.done === true) this.#ended = true;
      else this.#rest = chunk.value;
    }
  }
}

/** Writes one message in mboxrd form, with its `From ` line and the empty line behind it. */
export async function* mboxEntry(
  message: AsyncIterable<Uint8Array>,
  sender: string,
  date: Date,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const day = date.toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/u, '$1 $3 $2 $5 $4');
  yield encoder.encode(`From ${sender.replaceAll(/\s/gu, '') || 'MAILER-DAEMON'} ${day}\n`);
  const lines = new LineReader(message);
  for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
    let text =
      line.length >= 2 && line[line.length - 2] === 0x0d && line[line.length - 1] === LF
        ? concatBytes([line.subarray(0, -2), new Uint8Array([LF])])
        : line;
    if (text[text.length - 1] !== LF) text = concatBytes([text, new Uint8Array([LF])]);
    let quotes = 0;
    while (text[quotes] === 0x3e) quotes++;
    yield startsWith(text.subarray(quotes), FROM) ? concatBytes([encoder.encode('>'), text]) : text;
  }
  yield new Uint8Array([LF]);
}
