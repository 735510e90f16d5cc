import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { utf8Decode } from './bytes.ts';
import { decodeIso2022Jp, encodeIso2022Jp, Iso2022JpDecoder } from './iso-2022-jp.ts';
import { MapiError } from './mapi-error.ts';

export interface DecodedText {
  readonly text: string;
  /** Bytes that mean nothing in the code page became U+FFFD or, where a character is cut off at the end, nothing. */
  readonly lossy?: true;
}

export interface EncodedText {
  readonly bytes: Uint8Array;
  /** Characters that the code page lacks became others, mostly `?`. */
  readonly lossy?: true;
}

/** Decodes bytes that arrive in pieces, which may cut characters in two. */
export interface CharsetDecoder {
  write(bytes: Uint8Array): string;
  end(): string;
}

/** One way of turning characters into bytes. */
interface Codec {
  decode(bytes: Uint8Array): string;
  encode(text: string): Uint8Array;
  decoder(): CharsetDecoder;
}

const ISO_2022_JP = 'iso-2022-jp';

/** Windows code page, preferred MIME charset, then further names. TextDecoder is not used: its windows-1252 is wrong on Node 20. */
const CODE_PAGES: readonly (readonly [number, string, ...string[]])[] = [
  [437, 'ibm437', 'cp437'],
  [737, 'ibm737', 'cp737'],
  [775, 'ibm775', 'cp775'],
  [850, 'ibm850', 'cp850'],
  [852, 'ibm852', 'cp852'],
  [855, 'ibm855', 'cp855'],
  [857, 'ibm857', 'cp857'],
  [858, 'ibm00858', 'cp858', 'ibm858'],
  [860, 'ibm860', 'cp860'],
  [861, 'ibm861', 'cp861'],
  [862, 'ibm862', 'cp862', 'dos-862'],
  [863, 'ibm863', 'cp863'],
  [864, 'ibm864', 'cp864'],
  [865, 'ibm865', 'cp865'],
  [866, 'ibm866', 'cp866'],
  [869, 'ibm869', 'cp869'],
  [874, 'windows-874', 'cp874', 'tis-620', 'iso-8859-11'],
  [932, 'shift_jis', 'sjis', 'shift-jis', 'x-sjis', 'ms_kanji', 'cp932', 'windows-31j', 'csshiftjis'],
  [936, 'gb2312', 'gbk', 'cp936', 'windows-936', 'x-gbk', 'csgb2312'],
  [949, 'ks_c_5601-1987', 'ks_c_5601', 'cp949', 'windows-949', 'uhc', 'korean'],
  [950, 'big5', 'cp950', 'windows-950', 'x-x-big5', 'csbig5'],
  [1200, 'utf-16le', 'ucs-2', 'ucs2', 'iso-10646-ucs-2', 'unicode'],
  [1201, 'utf-16be', 'unicodefffe'],
  [1250, 'windows-1250', 'cp1250', 'x-cp1250'],
  [1251, 'windows-1251', 'cp1251', 'x-cp1251'],
  [1252, 'windows-1252', 'cp1252', 'x-ansi', 'ansi'],
  [1253, 'windows-1253', 'cp1253'],
  [1254, 'windows-1254', 'cp1254'],
  [1255, 'windows-1255', 'cp1255'],
  [1256, 'windows-1256', 'cp1256'],
  [1257, 'windows-1257', 'cp1257'],
  [1258, 'windows-1258', 'cp1258'],
  [10000, 'macintosh', 'x-mac-roman', 'mac'],
  [10006, 'x-mac-greek', 'macgreek'],
  [10007, 'x-mac-cyrillic', 'maccyrillic'],
  [10029, 'x-mac-ce', 'maccenteuro'],
  [10079, 'x-mac-icelandic', 'maciceland'],
  [10081, 'x-mac-turkish', 'macturkish'],
  [12000, 'utf-32le', 'ucs-4le'],
  [12001, 'utf-32be', 'ucs-4be'],
  [20127, 'us-ascii', 'ascii', 'ansi_x3.4-1968', 'iso646-us'],
  [20866, 'koi8-r', 'koi8', 'koi'],
  [20932, 'x-euc-jp-20932'],
  [21866, 'koi8-u', 'koi8-ru'],
  [28591, 'iso-8859-1', 'latin1', 'l1', 'iso8859-1', 'iso_8859-1', 'cp819'],
  [28592, 'iso-8859-2', 'latin2', 'l2', 'iso8859-2', 'iso_8859-2'],
  [28593, 'iso-8859-3', 'latin3', 'l3', 'iso8859-3', 'iso_8859-3'],
  [28594, 'iso-8859-4', 'latin4', 'l4', 'iso8859-4', 'iso_8859-4'],
  [28595, 'iso-8859-5', 'cyrillic', 'iso8859-5', 'iso_8859-5'],
  [28596, 'iso-8859-6', 'arabic', 'iso8859-6', 'iso_8859-6'],
  [28597, 'iso-8859-7', 'greek', 'iso8859-7', 'iso_8859-7'],
  [28598, 'iso-8859-8', 'hebrew', 'iso8859-8', 'iso_8859-8', 'visual'],
  [28599, 'iso-8859-9', 'latin5', 'l5', 'iso8859-9', 'iso_8859-9'],
  [28600, 'iso-8859-10', 'latin6', 'l6', 'iso8859-10'],
  [28603, 'iso-8859-13', 'latin7', 'iso8859-13'],
  [28604, 'iso-8859-14', 'latin8', 'iso8859-14'],
  [28605, 'iso-8859-15', 'latin9', 'iso8859-15', 'iso_8859-15'],
  [28606, 'iso-8859-16', 'latin10', 'iso8859-16'],
  [38598, 'iso-8859-8-i', 'logical'],
  [50220, ISO_2022_JP, 'csiso2022jp'],
  [50221, 'csiso2022jp-kana'],
  [50222, 'iso-2022-jp-so'],
  [51932, 'euc-jp', 'x-euc-jp', 'x-euc', 'eucjp'],
  [51936, 'euc-cn', 'x-euc-cn'],
  [51949, 'euc-kr', 'euckr', 'cseuckr'],
  [54936, 'gb18030'],
  [65000, 'utf-7', 'unicode-1-1-utf-7', 'csunicode11utf7'],
  [65001, 'utf-8', 'utf8', 'unicode-1-1-utf-8', 'x-unicode-2-0-utf-8'],
];

/** What iconv-lite calls the code pages whose number it does not know. */
const ICONV_NAMES: Readonly<Record<number, string>> = {
  1200: 'utf-16le',
  1201: 'utf-16be',
  12000: 'utf-32le',
  12001: 'utf-32be',
  20127: 'us-ascii',
  20932: 'euc-jp',
  38598: 'iso-8859-8',
  51932: 'euc-jp',
  51936: 'gb2312',
  51949: 'euc-kr',
  54936: 'gb18030',
  65000: 'utf-7',
  65001: 'utf-8',
};

/** Charsets in which U+FFFD is a character like any other. */
const UNICODE = /^(?:utf|ucs|gb18030|cesu)/;
/** Text without a place to cut it, such as Chinese without spaces, is passed on beyond this. */
const heldBytesMax = 65_536;

const JAPANESE_PAGES: ReadonlySet<number> = new Set([50220, 50221, 50222]);
/** Names that iconv-lite answers to although they are no charsets. */
const NO_CHARSETS: ReadonlySet<string> = new Set(['base64', 'hex', 'binary', 'utf7imap', 'utf-7-imap']);

const BY_NAME: ReadonlyMap<string, number> = new Map(
  CODE_PAGES.flatMap(([page, ...names]) => names.map((name) => [name, page] as const)),
);
const BY_PAGE: ReadonlyMap<number, string> = new Map(CODE_PAGES.map(([page, charset]) => [page, charset]));

/** Windows code page of a MIME charset name in any case; undefined if it has none. */
export function charsetToCodePage(charset: string): number | undefined {
  const name = normalized(charset);
  const numbered = /^(?:cp|windows-)(\d{3,5})$/.exec(name)?.[1];
  return BY_NAME.get(name) ?? (numbered !== undefined && BY_PAGE.has(Number(numbered)) ? Number(numbered) : undefined);
}

/** Preferred MIME charset name of a Windows code page; undefined if we know none. */
export function codePageToCharset(codePage: number): string | undefined {
  return BY_PAGE.get(codePage);
}

/** Whether text can be decoded from and encoded to `charset`. */
export function isKnownCharset(charset: string): boolean {
  if (charsetToCodePage(charset) !== undefined) return true;
  const name = normalized(charset);
  return !NO_CHARSETS.has(name) && iconv.encodingExists(name);
}

/**
 * Text of `bytes` in a Windows code page or MIME charset; a byte order mark stays, except in `utf-16` and `utf-32`.
 *
 * @throws MAPI_E_UNKNOWN_CPID if there is no such code page
 */
export function decodeCodePage(bytes: Uint8Array, codePage: number | string): DecodedText {
  if (codePageOf(codePage) === 65001 && isUtf8(bytes)) return { text: utf8Decode(bytes) };
  const codec = codecFor(codePage);
  const text = codec.decode(bytes);
  const suspect = text.includes('\ufffd') || codePageOf(codePage) === 1200 || codePageOf(codePage) === 1201;
  return suspect && Buffer.compare(codec.encode(text), bytes) !== 0 ? { text, lossy: true } : { text };
}

/**
 * Bytes of `text` in a Windows code page or MIME charset.
 *
 * @throws MAPI_E_UNKNOWN_CPID if there is no such code page
 */
export function encodeCodePage(text: string, codePage: number | string): EncodedText {
  const codec = codecFor(codePage);
  const bytes = codec.encode(text);
  return codec.decode(bytes) === text ? { bytes } : { bytes, lossy: true };
}

/**
 * A decoder for text that arrives in pieces.
 *
 * @throws MAPI_E_UNKNOWN_CPID if there is no such charset
 */
export function charsetDecoder(charset: string | number): CharsetDecoder {
  return codecFor(charset).decoder();
}

function codecFor(codePage: number | string): Codec {
  const codec = codecOf(codePage);
  if (codec === undefined)
    throw new MapiError('MAPI_E_UNKNOWN_CPID', `code page ${JSON.stringify(codePage)} is unknown`);
  return codec;
}

function codecOf(codePage: number | string): Codec | undefined {
  const page = codePageOf(codePage);
  if (page !== undefined && JAPANESE_PAGES.has(page)) return JAPANESE;
  if (page !== undefined) return BY_PAGE.has(page) ? iconvCodec(ICONV_NAMES[page] ?? String(page)) : undefined;
  const name = normalized(String(codePage));
  return NO_CHARSETS.has(name) ? undefined : iconvCodec(name);
}

function codePageOf(codePage: number | string): number | undefined {
  return typeof codePage === 'number' ? codePage : charsetToCodePage(codePage);
}

function normalized(charset: string): string {
  return charset.trim().toLowerCase();
}

const JAPANESE: Codec = {
  decode: decodeIso2022Jp,
  encode: encodeIso2022Jp,
  decoder: () => new Iso2022JpDecoder(),
};

function iconvCodec(name: string): Codec | undefined {
  if (!iconv.encodingExists(name)) return undefined;
  const stripBOM = name === 'utf-16' || name === 'utf-32';
  const hasReplacement = UNICODE.test(name);
  return {
    decode: (bytes) => iconv.decode(bytes, name, { stripBOM }),
    // In a single-byte table iconv-lite would write U+FFFD as one of the bytes that mean nothing.
    encode: (text) => new Uint8Array(iconv.encode(hasReplacement ? text : text.replaceAll('\ufffd', '?'), name)),
    decoder: () => piecewise(iconv.getDecoder(name, { stripBOM })),
  };
}

/**
 * Feeds a decoder of iconv-lite pieces that end after a byte below 0x30.
 *
 * Such a byte is never the second half of a character, and iconv-lite swallows good bytes after a damaged character
 * that two pieces share.
 */
function piecewise(decoder: iconv.DecoderStream): CharsetDecoder {
  let held: Uint8Array = new Uint8Array(0);
  return {
    write: (bytes) => {
      const all = Buffer.concat([held, bytes]);
      let cut = all.length;
      while (cut > 0 && (all[cut - 1] ?? 0) >= 0x30) cut--;
      if (all.length - cut > heldBytesMax) cut = all.length;
      held = all.subarray(cut);
      return decoder.write(all.subarray(0, cut));
    },
    end: () => {
      const text = decoder.write(Buffer.from(held)) + (decoder.end() ?? '');
      held = new Uint8Array(0);
      return text;
    },
  };
}
