/**
 * Reads RTF for its text, and the HTML or text that was encapsulated in it.
 *
 * - Time is linear in the input; memory is a small multiple of it, whatever is nested how deep.
 * - Nothing is an error: what is not understood is left out, and what is damaged is read as far as it goes.
 *
 * [MS-OXRTFEX] 3.1.5, Rich Text Format 1.9.1
 */
import type { RtfDiagnostic } from './diagnostic.ts';
import { charsetCodePage, DEFAULT_CODE_PAGE } from './rtf-charset.ts';
import { RtfOutput } from './rtf-output.ts';
import { CLOSE, END, HEX, OPEN, RtfScanner, SYMBOL, TEXT, WORD } from './rtf-scanner.ts';
import { type Destination, SYMBOLS, WORDS, type WordEffect } from './rtf-words.ts';

/** The body in RTF, in the form in which it was written before it became RTF. */
export type RtfBody = {
  /** `\ansicpgN`, or that of the options. */
  readonly codePage: number;
  readonly diagnostics: readonly RtfDiagnostic[];
} & (
  | { readonly kind: 'html'; readonly html: string }
  /** `text` was plain text before; `rtf` was always RTF, and its formatting is lost here. */
  | {
      readonly kind: 'text' | 'rtf';
      readonly text: string;
      /** Characters of `text` that stand for attachments, in the order of their PR_RENDERING_POSITION. */
      readonly attachments: readonly number[];
    }
);

export interface RtfReadOptions {
  /** Code page of RTF that names none; windows-1252 if omitted. */
  readonly codePage?: number;
}

type Mode = 'html' | 'text';

/** Groups within groups whose state is kept; deeper ones share it. */
const groupDepthMax = 4000;
/** Tokens within which RTF says what it encapsulates. [MS-OXRTFEX] 2.2.3.1 */
const recognitionTokensMax = 10;
const diagnosticsMax = 100;

/** What a group restores when it ends. */
interface GroupState {
  readonly destination: Destination;
  readonly suppressed: boolean;
  readonly fallbackCount: number;
  readonly font: number;
}

/**
 * The body in `rtf`: its HTML if that is encapsulated, else its text.
 *
 * @param rtf uncompressed
 */
export function readRtf(rtf: Uint8Array, options: RtfReadOptions = {}): RtfBody {
  const origin = originOf(rtf);
  const reader = new RtfReader(rtf, origin === 'html' ? 'html' : 'text', options.codePage);
  const read = reader.read();
  const { codePage, diagnostics } = reader;
  if (origin === 'html') return { kind: 'html', html: read, codePage, diagnostics };
  return { kind: origin ?? 'rtf', text: read, attachments: reader.attachments, codePage, diagnostics };
}

/** The text that a reader of RTF shows, also where HTML is encapsulated. */
export function rtfToText(rtf: Uint8Array): string {
  return new RtfReader(rtf, 'text').read();
}

/** What the first tokens say that the RTF was made from. */
function originOf(rtf: Uint8Array): Mode | undefined {
  const scanner = new RtfScanner(rtf);
  for (let count = 0; count < recognitionTokensMax; count++) {
    const kind = scanner.next();
    if (kind !== OPEN && kind !== WORD) return undefined;
    if (kind === WORD && scanner.word === 'fromtext') return 'text';
    if (kind === WORD && scanner.word === 'fromhtml' && (scanner.value ?? 1) !== 0) return 'html';
  }
  return undefined;
}

class RtfReader {
  readonly diagnostics: RtfDiagnostic[] = [];
  readonly attachments: number[] = [];
  codePage: number;
  readonly #scanner: RtfScanner;
  readonly #mode: Mode;
  readonly #output: RtfOutput;
  readonly #fonts = new Map<number, number>();
  readonly #groups: GroupState[] = [];
  /** Groups that are open beyond those that are kept. */
  #deeper = 0;
  #destination: Destination = 'body';
  /** Between `\htmlrtf` and `\htmlrtf0`. */
  #suppressed = false;
  /** Characters of fallback behind `\uN`, and how many of them are still to come. */
  #fallbackCount = 1;
  #fallbackLeft = 0;
  #font = -1;
  #defaultFont = -1;
  /** After `\*`: the group is left out unless its word is known. */
  #starred = false;
  #textCodePage: number;

  constructor(rtf: Uint8Array, mode: Mode, codePage = DEFAULT_CODE_PAGE) {
    this.codePage = codePage;
    this.#textCodePage = codePage;
    this.#scanner = new RtfScanner(rtf);
    this.#mode = mode;
    this.#output = new RtfOutput(({ code, detail }) => this.#report(code, detail));
  }

  read(): string {
    const scanner = this.#scanner;
    for (let kind = scanner.next(); kind !== END; kind = scanner.next()) {
      if (kind === TEXT) this.#text(scanner.start, scanner.end);
      else if (kind === WORD) this.#word(scanner.word, scanner.value);
      else if (kind === HEX) this.#hex(scanner.value ?? 0);
      else if (kind === SYMBOL) this.#symbol(scanner.value ?? 0);
      else if (kind === OPEN) this.#open();
      else if (kind === CLOSE && this.#close()) return this.#output.end();
    }
    if (this.#groups.length > 0) this.#report('cutOff', `${this.#groups.length + this.#deeper} groups do not end`);
    return this.#output.end();
  }

  #open(): void {
    this.#fallbackLeft = 0;
    this.#starred = false;
    if (this.#groups.length >= groupDepthMax) {
      if (this.#deeper++ === 0)
        this.#report('nestedTooDeep', `groups within ${groupDepthMax} others share their state`);
      return;
    }
    this.#groups.push({
      destination: this.#destination,
      suppressed: this.#suppressed,
      fallbackCount: this.#fallbackCount,
      font: this.#font,
    });
  }

  /** Whether that was the end of the document. */
  #close(): boolean {
    this.#fallbackLeft = 0;
    this.#starred = false;
    if (this.#deeper > 0) {
      this.#deeper -= 1;
      return false;
    }
    const group = this.#groups.pop();
    if (group === undefined) {
      this.#report('unbalancedGroup', 'a group ends that did not begin');
      return false;
    }
    this.#destination = group.destination;
    this.#suppressed = group.suppressed;
    this.#fallbackCount = group.fallbackCount;
    this.#useFont(group.font);
    return this.#groups.length === 0;
  }

  #text(start: number, end: number): void {
    this.#starred = false;
    let from = start;
    if (this.#fallbackLeft > 0) {
      const skipped = Math.min(this.#fallbackLeft, end - from);
      this.#fallbackLeft -= skipped;
      from += skipped;
    }
    if (from < end && this.#isShown()) this.#output.bytes(this.#scanner.bytes, from, end, this.#codePageOfText());
  }

  #hex(byte: number): void {
    if (this.#isFallback()) return;
    if (this.#isShown()) this.#output.byte(byte, this.#codePageOfText());
  }

  #symbol(character: number): void {
    if (character === 0x2a) {
      this.#starred = true;
      return;
    }
    const symbol = SYMBOLS.get(character);
    if (symbol !== undefined && !this.#isFallback()) this.#put(symbol.text, symbol.html);
  }

  #word(word: string, value: number | undefined): void {
    const starred = this.#starred;
    this.#starred = false;
    const effect = WORDS.get(word);
    if (effect !== undefined) {
      this.#effect(effect);
      return;
    }
    switch (word) {
      case 'u':
        this.#unicode(value ?? 0);
        break;
      case 'uc':
        this.#fallbackCount = Math.max(0, value ?? 1);
        break;
      case 'f':
        this.#useFont(value ?? 0);
        break;
      case 'plain':
        this.#useFont(this.#defaultFont);
        break;
      case 'deff':
        this.#defaultFont = value ?? 0;
        break;
      case 'htmlrtf':
        this.#suppressed = value !== 0;
        break;
      case 'objattph':
        if (this.#isShown()) this.attachments.push(this.#output.length());
        break;
      case 'bin':
        this.#scanner.skip(value ?? 0);
        break;
      case 'ud':
        // inside of \upr, whose own text is the fallback
        if (this.#destination === 'alternative') this.#destination = 'body';
        break;
      case 'fcharset':
      case 'cpg':
        if (this.#destination === 'fonts') this.#fontCharset(word, value);
        break;
      default:
        this.#otherWord(word, value, starred);
        break;
    }
  }

  #otherWord(word: string, value: number | undefined, starred: boolean): void {
    if (word === 'ansicpg' && value !== undefined && value > 0) this.codePage = value;
    else if (word === 'mac') this.codePage = 10000;
    else if (word === 'pc') this.codePage = 437;
    else if (word === 'pca') this.codePage = 850;
    else if (starred) this.#destination = 'skipped';
    else return;
    this.#useFont(this.#font);
  }

  #effect(effect: WordEffect): void {
    if (effect.kind === 'text') {
      // a line end is no fallback: it is what writers put behind one
      if (effect.text === '\r\n' || !this.#isFallback()) this.#put(effect.text, effect.html);
      return;
    }
    const isDropped = this.#destination === 'skipped' || (effect.destination === 'htmlTag' && this.#mode !== 'html');
    const kept = effect.destination === 'number' && this.#mode === 'text' ? this.#destination : effect.destination;
    this.#destination = isDropped ? 'skipped' : kept;
  }

  #unicode(value: number): void {
    this.#fallbackLeft = this.#fallbackCount;
    if (this.#isShown()) this.#output.text(String.fromCharCode(value & 0xffff));
  }

  /** Takes what comes as one character of the fallback, if one is due. */
  #isFallback(): boolean {
    if (this.#fallbackLeft === 0) return false;
    this.#fallbackLeft -= 1;
    return true;
  }

  #put(text: string, html: string | undefined): void {
    if (!this.#isShown()) return;
    const asHtml = this.#mode === 'html' && this.#destination === 'body';
    if (text.length === 1 && text < '\x80') this.#output.byte(text.charCodeAt(0), this.#codePageOfText());
    else this.#output.text(asHtml ? (html ?? text) : text);
  }

  #isShown(): boolean {
    if (this.#destination === 'body') return !(this.#suppressed && this.#mode === 'html');
    return this.#destination === 'htmlTag';
  }

  /** Tags are in the code page of the document, text in that of its font. */
  #codePageOfText(): number {
    return this.#destination === 'htmlTag' ? this.codePage : this.#textCodePage;
  }

  #useFont(font: number): void {
    this.#font = font;
    this.#textCodePage = this.#fonts.get(font < 0 ? this.#defaultFont : font) ?? this.codePage;
  }

  #fontCharset(word: string, value = 0): void {
    const codePage = word === 'cpg' ? value : charsetCodePage(value);
    if (codePage === undefined) this.#fonts.delete(this.#font);
    else this.#fonts.set(this.#font, codePage);
  }

  #report(code: RtfDiagnostic['code'], detail: string): void {
    if (this.diagnostics.length < diagnosticsMax) this.diagnostics.push({ code, detail, offset: this.#scanner.start });
  }
}
