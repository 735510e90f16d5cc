/** Encoded words: non-ASCII text in headers. RFC 2047, with the charsets of `base`. */
import { concatBytes, decodeCodePage, utf8Decode, utf8Encode } from '@nodemapi/base';
import libmime from 'libmime';
import { guessCharset, usableCharset } from './charset.ts';

const WORD = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([BbQq])\?([^?]*)\?=/g;
/** Room for the text of one word, so that the whole stays within 75 characters. */
const WORD_TEXT_MAX = 52;

interface Word {
  readonly charset: string;
  readonly bytes: Uint8Array;
}

/**
 * Text with its encoded words decoded; what only looks like one stays as it is, and zero characters go.
 *
 * White space between two words is dropped, and bytes of neighbours in one charset are joined before they are decoded,
 * since many mailers cut characters in two.
 */
export function decodeWords(text: string): string {
  if (!text.includes('=?')) return text;
  let result = '';
  let run: Word[] = [];
  let end = 0;
  for (const match of text.matchAll(WORD)) {
    const between = text.slice(end, match.index);
    if (run.length > 0 && !/^\s*$/.test(between)) {
      result += decodeRun(run);
      run = [];
    }
    if (run.length === 0) result += between;
    run.push({ charset: (match[1] ?? '').toLowerCase(), bytes: wordBytes(match[2] ?? '', match[3] ?? '') });
    end = match.index + match[0].length;
  }
  return (result + decodeRun(run) + text.slice(end)).replaceAll('\0', '');
}

/** Text as it stands in a header: unchanged if it is plain ASCII that nobody takes for an encoded word. */
export function encodeWords(text: string): string {
  const clean = text.replaceAll(/[\r\n]+[ \t]*/g, ' ').replaceAll('\0', '');
  if (/^[\x20-\x7e\t]*$/.test(clean) && !clean.includes('=?') && clean.trim() === clean && !/\S{300}/.test(clean)) {
    return clean;
  }
  return encodeWholly(clean);
}

/** Text as encoded words whatever it holds. */
export function encodeWholly(text: string): string {
  let ascii = 0;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) < 0x80) ascii++;
  return libmime.encodeWord(utf8Decode(utf8Encode(text)), ascii * 3 > text.length * 2 ? 'Q' : 'B', WORD_TEXT_MAX);
}

function decodeRun(run: readonly Word[]): string {
  let text = '';
  for (let start = 0; start < run.length; ) {
    const charset = run[start]?.charset ?? '';
    let end = start;
    while (end < run.length && run[end]?.charset === charset) end++;
    const words = run.slice(start, end).map((word) => word.bytes);
    const selfContained = charset.startsWith('iso-2022') || charset.startsWith('utf-7');
    text += selfContained
      ? words.map((bytes) => decodeIn(bytes, charset)).join('')
      : decodeIn(concatBytes(words), charset);
    start = end;
  }
  return text;
}

function decodeIn(bytes: Uint8Array, charset: string): string {
  return decodeCodePage(bytes, usableCharset(charset) ?? guessCharset(bytes)).text;
}

function wordBytes(encoding: string, text: string): Uint8Array {
  if (encoding === 'B' || encoding === 'b') return new Uint8Array(Buffer.from(text, 'base64'));
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const hex = text[index] === '=' ? /^[0-9A-Fa-f]{2}/.exec(text.slice(index + 1, index + 3))?.[0] : undefined;
    if (hex !== undefined) {
      bytes.push(Number.parseInt(hex, 16));
      index += 2;
      continue;
    }
    const character = text[index] === '_' ? ' ' : (text[index] ?? '');
    if (character.charCodeAt(0) < 0x80) bytes.push(character.charCodeAt(0));
    else bytes.push(...Buffer.from(character, 'utf8')); // raw 8-bit text inside a word: wrong, and seen
  }
  return Uint8Array.from(bytes);
}
