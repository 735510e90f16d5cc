import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert';
import fc from 'fast-check';
import { test } from 'vitest';
import { utf8Encode } from './bytes.ts';
import {
  charsetDecoder,
  charsetToCodePage,
  codePageToCharset,
  decodeCodePage,
  encodeCodePage,
  isKnownCharset,
} from './code-page.ts';
import { fromHex } from './hex.ts';

/** Charset, bytes, text; made with Python's codecs. */
const SAMPLES: readonly (readonly [string, string, string])[] = [
  ['windows-1252', '80e9 93', '€é“'],
  ['iso-8859-15', 'a4', '€'],
  ['windows-1251', 'cff0e8e2e5f2', 'Привет'],
  ['koi8-r', 'f0d2c9d7c5d4', 'Привет'],
  ['iso-8859-2', 'e8b9be', 'čšž'],
  ['shift_jis', '93fa967b8cea', '日本語'],
  ['euc-jp', 'c6fccbdcb8ec', '日本語'],
  ['iso-2022-jp', '1b2442467c4b5c386c1b2842', '日本語'],
  ['gb2312', 'd6d0cec4', '中文'],
  ['gb18030', 'd6d08139ee39', '中㐀'],
  ['big5', 'a4a4a4e5', '中文'],
  ['ks_c_5601-1987', 'c7d1b1db', '한글'],
  ['euc-kr', 'c7d1b1db', '한글'],
  ['utf-8', 'c3a9f09f9880', 'é😀'],
  ['utf-16le', 'e9003dd800de', 'é😀'],
  ['utf-16be', '00e9d83dde00', 'é😀'],
  ['utf-7', '2b41504d2d', 'ó'],
  ['ibm437', '8281', 'éü'],
  ['macintosh', '8e', 'é'],
];

const CODE_PAGES = [
  437, 850, 866, 874, 932, 936, 949, 950, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 20127, 20866, 21866,
  28591, 28592, 28605, 50220, 50221, 50222, 51932, 51949, 54936, 65000, 65001, 1200, 1201, 12000, 12001, 10000, 38598,
];

test.each(SAMPLES)('%s is decoded and encoded', (charset, hex, text) => {
  const bytes = fromHex(hex.replaceAll(' ', ''));
  deepStrictEqual(decodeCodePage(bytes, charset), { text });
  deepStrictEqual(encodeCodePage(text, charset), { bytes });
});

test.each(CODE_PAGES)('code page %i has a charset that leads back to it', (page) => {
  const charset = codePageToCharset(page);
  ok(charset !== undefined && isKnownCharset(charset));
  strictEqual(charsetToCodePage(charset), page);
});

test.each(CODE_PAGES)('code page %i: what it holds without loss survives', (page) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      const { bytes, lossy } = encodeCodePage(text, page);
      const decoded = decodeCodePage(bytes, page);
      return lossy === true ? decoded.text !== text : decoded.text === text && decoded.lossy === undefined;
    }),
  );
});

test.each(CODE_PAGES)('code page %i: hostile bytes give text, in pieces the same', (page) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 7 })), (parts) => {
      const { text } = decodeCodePage(Uint8Array.from(parts.flatMap((part) => [...part])), page);
      const decoder = charsetDecoder(page);
      deepStrictEqual(parts.map((part) => decoder.write(part)).join('') + decoder.end(), text);
    }),
  );
});

test('loss is told, on both ways', () => {
  deepStrictEqual(encodeCodePage('a€', 'us-ascii'), { bytes: utf8Encode('a?'), lossy: true });
  deepStrictEqual(decodeCodePage(fromHex('61ff'), 'utf-8'), { text: 'a\ufffd', lossy: true });
  deepStrictEqual(decodeCodePage(fromHex('61ff'), 20127), { text: 'a\ufffd', lossy: true });
  deepStrictEqual(decodeCodePage(fromHex('6181'), 1252), { text: 'a\ufffd', lossy: true });
  deepStrictEqual(encodeCodePage('a\ufffd', 1252), { bytes: utf8Encode('a?'), lossy: true });
  deepStrictEqual(decodeCodePage(fromHex('610062'), 1200).lossy, true);
});

test('a U+FFFD that was in the text is no loss', () => {
  deepStrictEqual(decodeCodePage(utf8Encode('\ufffd'), 65001), { text: '\ufffd' });
  deepStrictEqual(decodeCodePage(fromHex('fdff'), 1200), { text: '\ufffd' });
});

test('text without a place to cut is not held back for ever', () => {
  const decoder = charsetDecoder('gbk');
  const wide = new Uint8Array(200_000).fill(0xd6);
  const first = decoder.write(wide);
  ok(first.length > 0);
  strictEqual(first + decoder.end(), decodeCodePage(wide, 'gbk').text);
});

test('a byte order mark stays, except where it belongs to the charset', () => {
  deepStrictEqual(decodeCodePage(fromHex('efbbbf61'), 'utf-8').text, '\ufeffa');
  deepStrictEqual(decodeCodePage(fromHex('feff0061'), 'utf-16').text, 'a');
  deepStrictEqual(decodeCodePage(fromHex('fffe6100'), 'UTF-16').text, 'a');
});

test('names are found in any case and under their other names', () => {
  deepStrictEqual(
    ['UTF-8', ' utf8 ', 'Latin1', 'CP1252', 'windows-31j', 'x-sjis', 'GBK', 'cp65001', 'iso8859-1'].map(
      charsetToCodePage,
    ),
    [65001, 65001, 28591, 1252, 932, 932, 936, 65001, 28591],
  );
});

test('what is no charset is not known', () => {
  for (const name of ['', 'base64', 'hex', 'binary', 'constructor', '__proto__', 'klingon', 'cp99999', '1252; drop']) {
    deepStrictEqual([name, isKnownCharset(name), charsetToCodePage(name)], [name, false, undefined]);
  }
  for (const page of [0, 1, 99_999, -1, Number.NaN, 'klingon']) {
    throws(() => decodeCodePage(new Uint8Array(1), page), { code: 'MAPI_E_UNKNOWN_CPID' });
    throws(() => encodeCodePage('x', page), { code: 'MAPI_E_UNKNOWN_CPID' });
    throws(() => charsetDecoder(page), { code: 'MAPI_E_UNKNOWN_CPID' });
  }
});

test('every charset that is known by a code page can be decoded', () => {
  const names = Array.from({ length: 65_536 }, (_, page) => codePageToCharset(page)).filter(
    (name) => name !== undefined,
  );
  deepStrictEqual(names.length > 60, true);
  for (const name of names) deepStrictEqual([name, isKnownCharset(name), charsetDecoder(name).end()], [name, true, '']);
});
