/** The encoding that mail had before MIME: 45 bytes a line, between `begin` and `end`. POSIX uuencode */
import { concatBytes } from '@nodemapi/base';

const lineBytes = 45;
const BLANK = 0x20;
/** Stands for a sixtet of 0, since blanks at the end of a line get lost. */
const ZERO = 0x60;
const CR = 0x0d;
const LF = 0x0a;

/** `begin` to `end` of a file, in lines that end in CRLF. A name without control characters is the caller's. */
export async function* uuencode(
  name: string,
  body: AsyncIterable<Uint8Array>,
  mode = '0644',
): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(`begin ${mode} ${name}\r\n`, 'utf8');
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of body) {
    const bytes = rest.length === 0 ? piece : concatBytes([rest, piece]);
    const whole = bytes.length - (bytes.length % lineBytes);
    if (whole > 0) yield uuLines(bytes.subarray(0, whole));
    rest = bytes.slice(whole);
  }
  if (rest.length > 0) yield uuLines(rest);
  yield Buffer.from('`\r\nend\r\n', 'latin1');
}

function uuLines(bytes: Uint8Array): Uint8Array {
  const lines = Math.ceil(bytes.length / lineBytes);
  const out = new Uint8Array(lines * 3 + Math.ceil(bytes.length / 3) * 4 + lines * 4);
  let place = 0;
  for (let start = 0; start < bytes.length; start += lineBytes) {
    const end = Math.min(start + lineBytes, bytes.length);
    out[place++] = character(end - start);
    for (let at = start; at < end; at += 3) {
      const a = bytes[at] as number;
      const b = at + 1 < end ? (bytes[at + 1] as number) : 0;
      const c = at + 2 < end ? (bytes[at + 2] as number) : 0;
      out[place++] = character(a >> 2);
      out[place++] = character(((a << 4) | (b >> 4)) & 63);
      out[place++] = character(((b << 2) | (c >> 6)) & 63);
      out[place++] = character(c & 63);
    }
    out[place++] = CR;
    out[place++] = LF;
  }
  return out.subarray(0, place);
}

function character(sixtet: number): number {
  return sixtet === 0 ? ZERO : sixtet + BLANK;
}

/** The bytes of one line without its line end; undefined if it is none. An empty array ends the file. */
export function uudecodeLine(line: string): Uint8Array | undefined {
  const length = (line.charCodeAt(0) - BLANK) & 63;
  const groups = Math.ceil(length / 3);
  if (line === '' || !/^[\x20-\x60]+$/.test(line) || line.length - 1 > groups * 4 + 2) return undefined;
  const padded = line.slice(1).padEnd(groups * 4, ' ');
  const out = new Uint8Array(groups * 3);
  for (let group = 0; group < groups; group++) {
    const [a, b, c, d] = [0, 1, 2, 3].map((at) => (padded.charCodeAt(group * 4 + at) - BLANK) & 63) as [
      number,
      number,
      number,
      number,
    ];
    out.set([(a << 2) | (b >> 4), ((b << 4) & 0xff) | (c >> 2), ((c << 6) & 0xff) | d], group * 3);
  }
  return out.subarray(0, length);
}

/** The name of the file that a line begins; undefined if it begins none. */
export function uuencodedName(line: string): string | undefined {
  return /^begin [0-7]{3,4} (.*\S)\s*$/.exec(line)?.[1];
}
