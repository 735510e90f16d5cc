/** The text of a mail from before MIME, and the files that stand in it by uuencode. spec: attached-files-and-messages */
import { concatBytes } from '@nodemapi/base';
import { uudecodeLine, uuencodedName } from '@nodemapi/format-mime';

const LF = 0x0a;
/** A longer line is none of uuencode. */
const lineBytesMax = 65_536;

/** A file in the text, which can be read once. */
export interface UuFile {
  readonly kind: 'file';
  readonly name: string;
  pieces(): AsyncIterable<Uint8Array>;
}

/** What comes next in the text; a file is read to its end before the next is asked for. */
export type UuPiece = { readonly kind: 'text'; readonly bytes: Uint8Array } | UuFile;

/** Cuts a text into what is text and what are files. @param damaged is told of a file without its end */
export async function* uuPieces(
  source: AsyncIterable<Uint8Array>,
  damaged: (name: string) => void,
): AsyncGenerator<UuPiece, void, undefined> {
  const lines = linesOf(source);
  let waiting: Uint8Array | undefined;
  for (;;) {
    const bytes = waiting ?? (await next(lines));
    waiting = undefined;
    if (bytes === undefined) return;
    const name = uuencodedName(textOf(bytes));
    if (name === undefined) {
      yield { kind: 'text', bytes };
      continue;
    }
    const first = await next(lines);
    if (first === undefined || !isFileLine(textOf(first))) {
      yield { kind: 'text', bytes };
      waiting = first;
      continue;
    }
    const bytesOfFile = fileBytes(first, lines, () => damaged(name));
    yield { kind: 'file', name, pieces: () => bytesOfFile };
  }
}

async function* fileBytes(
  first: Uint8Array,
  lines: AsyncIterator<Uint8Array>,
  damaged: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let isWhole = true;
  for (let bytes: Uint8Array | undefined = first; bytes !== undefined; bytes = await next(lines)) {
    const line = textOf(bytes);
    if (line === 'end') {
      if (!isWhole) damaged();
      return;
    }
    const decoded = uudecodeLine(line);
    if (decoded === undefined && line !== '') isWhole = false;
    if (decoded !== undefined && decoded.length > 0) yield decoded;
  }
  damaged();
}

function isFileLine(line: string): boolean {
  return line === 'end' || uudecodeLine(line) !== undefined;
}

async function next(lines: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const step = await lines.next();
  return step.done === true ? undefined : step.value;
}

/** Lines with their ends; longer ones in pieces. */
async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let held: Uint8Array = new Uint8Array(0);
  for await (const piece of source) {
    const bytes = held.length === 0 ? piece : concatBytes([held, piece]);
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      yield bytes.subarray(start, end + 1);
      start = end + 1;
    }
    held = bytes.slice(start);
    if (held.length > lineBytesMax) {
      yield held;
      held = new Uint8Array(0);
    }
  }
  if (held.length > 0) yield held;
}

function textOf(line: Uint8Array): string {
  return Buffer.from(line.buffer, line.byteOffset, line.byteLength)
    .toString('latin1')
    .replace(/\r*\n?$/, '');
}
