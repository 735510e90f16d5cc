import iconv from 'iconv-lite';

/**
 * ISO-2022-JP as Windows has it (code pages 50220 to 50222), with the characters of CP932.
 *
 * Characters are looked up in CP932 and EUC-JP; here are only the escape sequences and the arithmetic between the three:
 *
 *   ESC ( B   ASCII                 ESC $ @, ESC $ B   JIS X 0208 with the extensions of NEC and IBM
 *   ESC ( J   JIS X 0201 Roman      ESC $ ( D          JIS X 0212, read only
 *   ESC ( I   JIS X 0201 Katakana
 */
type Mode = 'ascii' | 'katakana' | 'jis0208' | 'jis0212';

const ESC = 0x1b;
const REPLACEMENT = '\ufffd';
const QUESTION = 0x3f;

/** Roman reads as ASCII: backslash and tilde stand where mail means them to. */
const ESCAPES: Readonly<Record<string, Mode>> = {
  '(B': 'ascii',
  '(J': 'ascii',
  '(I': 'katakana',
  '$@': 'jis0208',
  $B: 'jis0208',
  '$(B': 'jis0208',
  '$(@': 'jis0208',
  '$(D': 'jis0212',
};
const ESCAPE_OF: Readonly<Record<'ascii' | 'katakana' | 'jis0208', string>> = {
  ascii: '\x1b(B',
  katakana: '\x1b(I',
  jis0208: '\x1b$B',
};

/** IBM's extensions are in CP932 twice; only the rows that NEC selected have a place in ISO-2022-JP. */
const necRowOf: (char: string) => readonly [number, number] | undefined = (() => {
  let rows: ReadonlyMap<string, readonly [number, number]> | undefined; // made when it is first asked for: that takes a while
  return (char) => {
    rows ??= necRows();
    return rows.get(char);
  };
})();

/** Decodes bytes that arrive in pieces. What is not ISO-2022-JP becomes U+FFFD; a line feed goes back to ASCII. */
export class Iso2022JpDecoder {
  #mode: Mode = 'ascii';
  #rest: Uint8Array = new Uint8Array(0);

  write(bytes: Uint8Array): string {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let text = '';
    let at = 0;
    for (let next = this.#step(all, at); next !== undefined; next = this.#step(all, at)) {
      at += next.length;
      text += next.text;
    }
    this.#rest = all.slice(at);
    return text;
  }

  /** What an unfinished escape or character at the end becomes. */
  end(): string {
    const unfinished = this.#rest.length > 0;
    this.#rest = new Uint8Array(0);
    this.#mode = 'ascii';
    return unfinished ? REPLACEMENT : '';
  }

  /** The next escape or character; undefined while it is incomplete. */
  #step(bytes: Uint8Array, at: number): { readonly length: number; readonly text: string } | undefined {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    if (byte === ESC) return this.#escape(bytes, at);
    if (byte === 0x0a || byte === 0x0d) this.#mode = 'ascii'; // RFC 1468: a line starts and ends in ASCII
    if (byte >= 0x80) return { length: 1, text: REPLACEMENT };
    if (this.#mode === 'ascii' || byte <= 0x20 || byte === 0x7f) return { length: 1, text: String.fromCharCode(byte) };
    if (this.#mode === 'katakana') {
      return { length: 1, text: byte < 0x60 ? String.fromCharCode(0xff40 + byte) : REPLACEMENT };
    }
    const second = bytes[at + 1];
    if (second === undefined) return undefined;
    if (second < 0x21 || second > 0x7e) return { length: 1, text: REPLACEMENT };
    return { length: 2, text: this.#mode === 'jis0208' ? fromJis0208(byte, second) : fromJis0212(byte, second) };
  }

  #escape(bytes: Uint8Array, at: number): { readonly length: number; readonly text: string } | undefined {
    const ahead = String.fromCharCode(...bytes.subarray(at + 1, at + 4));
    for (const [sequence, mode] of Object.entries(ESCAPES)) {
      if (ahead.startsWith(sequence)) {
        this.#mode = mode;
        return { length: 1 + sequence.length, text: '' };
      }
      if (sequence.startsWith(ahead)) return undefined; // may still become this one
    }
    return { length: 1, text: REPLACEMENT };
  }
}

export function decodeIso2022Jp(bytes: Uint8Array): string {
  const decoder = new Iso2022JpDecoder();
  return decoder.write(bytes) + decoder.end();
}

/** Encodes `text`, back in ASCII before each line's end and at the end; what has no place becomes `?`. */
export function encodeIso2022Jp(text: string): Uint8Array {
  const out: number[] = [];
  let mode: keyof typeof ESCAPE_OF = 'ascii';
  for (const char of text) {
    const [needed, codes] = toJis(char);
    if (needed !== mode) {
      out.push(...Buffer.from(ESCAPE_OF[needed], 'latin1'));
      mode = needed;
    }
    out.push(...codes);
  }
  if (mode !== 'ascii') out.push(...Buffer.from(ESCAPE_OF.ascii, 'latin1'));
  return Uint8Array.from(out);
}

function toJis(char: string): readonly [keyof typeof ESCAPE_OF, readonly number[]] {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return ['ascii', [code === ESC ? QUESTION : code]]; // an escape in the text would start a mode
  if (code >= 0xff61 && code <= 0xff9f) return ['katakana', [code - 0xff40]];
  const [lead = 0, trail] = iconv.encode(char, 'cp932');
  if (trail === undefined) return ['ascii', [QUESTION]];
  const necRow = lead >= 0xfa ? necRowOf(char) : ([lead, trail] as const);
  if (necRow === undefined || necRow[0] >= 0xf0) return ['ascii', [QUESTION]];
  return ['jis0208', jisOfShiftJis(necRow[0], necRow[1])];
}

function fromJis0208(row: number, cell: number): string {
  const lead = ((row - 0x21) >> 1) + (row < 0x5f ? 0x81 : 0xc1);
  const odd = (row & 1) === 1;
  const trail = odd ? cell + (cell < 0x60 ? 0x1f : 0x20) : cell + 0x7e;
  return oneCharacter(iconv.decode(Uint8Array.of(lead, trail), 'cp932'));
}

function fromJis0212(row: number, cell: number): string {
  return oneCharacter(iconv.decode(Uint8Array.of(0x8f, row | 0x80, cell | 0x80), 'euc-jp'));
}

/** A pair without a character must not turn into two. */
function oneCharacter(text: string): string {
  return text.length === 1 ? text : REPLACEMENT;
}

/** The inverse of the arithmetic in `fromJis0208`. */
function jisOfShiftJis(lead: number, trail: number): readonly [number, number] {
  const row = ((lead - (lead < 0xa0 ? 0x81 : 0xc1)) << 1) + 0x21;
  if (trail >= 0x9f) return [row + 1, trail - 0x7e];
  return [row, trail - (trail < 0x7f ? 0x1f : 0x20)];
}

function necRows(): ReadonlyMap<string, readonly [number, number]> {
  const rows = new Map<string, readonly [number, number]>();
  for (const lead of [0xed, 0xee]) {
    for (let trail = 0x40; trail <= 0xfc; trail++) {
      const char = iconv.decode(Uint8Array.of(lead, trail), 'cp932');
      if (char.length === 1 && char !== REPLACEMENT) rows.set(char, [lead, trail]);
    }
  }
  return rows;
}
