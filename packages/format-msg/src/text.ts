/** Text of streams: UTF-16LE or a code page, without what follows the end. */
import { decodeCodePage, encodeCodePage, MapiError } from '@nodemapi/base';

export const CODE_PAGE_UTF8 = 65001;
const CODE_PAGE_WINDOWS = 1252;

/** Text of UTF-16LE; zeros at the end are none of it, and half a character is dropped. */
export function utf16Text(bytes: Uint8Array): string {
  return trimmed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length & ~1).toString('utf16le'));
}

export function utf16Bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf16le'));
}

export interface AnsiText {
  readonly text: string;
  /** Characters were lost: the bytes are none of that code page. */
  readonly lossy: boolean;
}

/** Text of a code page; what claims to be UTF-8 and is not is taken for windows-1252. */
export function ansiText(bytes: Uint8Array, codePage: number): AnsiText {
  const { text, lossy } = decodeCodePage(bytes, codePage);
  if (lossy === true && codePage === CODE_PAGE_UTF8) {
    return { text: trimmed(decodeCodePage(bytes, CODE_PAGE_WINDOWS).text), lossy: false };
  }
  return { text: trimmed(text), lossy: lossy === true };
}

/** Bytes of HTML in a code page; what the code page lacks is written as `&#…;`. */
export function htmlBytes(html: string, codePage: number): Uint8Array {
  const { bytes, lossy } = encodeCodePage(html, codePage);
  if (lossy !== true) return bytes;
  let escaped = '';
  for (const character of html) {
    const isKnown = (character.codePointAt(0) ?? 0) < 0x80 || encodeCodePage(character, codePage).lossy !== true;
    escaped += isKnown ? character : `&#${character.codePointAt(0)};`;
  }
  return encodeCodePage(escaped, codePage).bytes;
}

/** @throws MAPI_E_BAD_CHARWIDTH if the code page lacks a character */
export function ansiBytes(text: string, codePage: number): Uint8Array {
  const { bytes, lossy } = encodeCodePage(text, codePage);
  if (lossy === true) throw new MapiError('MAPI_E_BAD_CHARWIDTH', `code page ${codePage} lacks a character of a text`);
  return bytes;
}

function trimmed(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end--;
  return end === text.length ? text : text.slice(0, end);
}
