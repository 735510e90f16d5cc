import { deepStrictEqual, ok } from 'node:assert';
import Encoding from 'encoding-japanese';
import fc from 'fast-check';
import { test } from 'vitest';
import { fromHex } from './hex.ts';
import { decodeIso2022Jp, encodeIso2022Jp, Iso2022JpDecoder } from './iso-2022-jp.ts';

const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

test('Japanese and ASCII alternate with escapes, and the text ends in ASCII', () => {
  deepStrictEqual(encodeIso2022Jp('日本語abc\n日'), latin('\x1b$BF|K\\8l\x1b(Babc\n\x1b$BF|\x1b(B'));
  deepStrictEqual(decodeIso2022Jp(latin('\x1b$BF|K\\8l\x1b(Babc\n\x1b$@F|\x1b(J!')), '日本語abc\n日!');
});

test('the characters of NEC and IBM have their places, in the way of Windows', () => {
  deepStrictEqual(encodeIso2022Jp('①㈱髙'), latin('\x1b$B-!-j|b\x1b(B'));
  deepStrictEqual(decodeIso2022Jp(latin('\x1b$B-!-j|b!A\x1b(B')), '①㈱髙～');
});

test('half-width katakana have an escape of their own', () => {
  deepStrictEqual(encodeIso2022Jp('ｱｲｳ'), latin('\x1b(I123\x1b(B'));
  deepStrictEqual(decodeIso2022Jp(latin('\x1b(I123\x1b(B')), 'ｱｲｳ');
});

test('JIS X 0212 is read', () => {
  deepStrictEqual(decodeIso2022Jp(latin('\x1b$(D+S\x1b(B')), 'ö');
});

test('what has no place becomes a question mark, also an escape', () => {
  deepStrictEqual(encodeIso2022Jp('€😀\x1b$B'), latin('???$B'));
});

test('damage becomes U+FFFD and does not spread over the line', () => {
  deepStrictEqual(decodeIso2022Jp(latin('\x1b$BF|F')), '日\ufffd');
  deepStrictEqual(decodeIso2022Jp(latin('\x1b$BF|F\nABC')), '日\ufffd\nABC');
  deepStrictEqual(decodeIso2022Jp(fromHex('80ff417f')), '\ufffd\ufffdA\x7f');
  deepStrictEqual(decodeIso2022Jp(latin('\x1bZx\x1b')), '\ufffdZx\ufffd');
  deepStrictEqual(decodeIso2022Jp(latin('\x1b(I\x7e1')), '\ufffdｱ');
});

test('every character of the two-byte table survives, and agrees with encoding-japanese', () => {
  let checked = 0;
  for (let row = 0x21; row <= 0x7e; row++) {
    for (let cell = 0x21; cell <= 0x7e; cell++) {
      const bytes = Uint8Array.of(0x1b, 0x24, 0x42, row, cell, 0x1b, 0x28, 0x42);
      const text = decodeIso2022Jp(bytes);
      if (text.includes('\ufffd') || (text >= '\ue000' && text <= '\uf8ff')) continue;
      deepStrictEqual(decodeIso2022Jp(encodeIso2022Jp(text)), text);
      const other = Encoding.codeToString(Encoding.convert(bytes, { from: 'JIS', to: 'UNICODE', type: 'array' }));
      if (other !== '?') deepStrictEqual(other, text, `${row.toString(16)}${cell.toString(16)}`);
      checked++;
    }
  }
  ok(checked > 7000, `${checked} characters`);
});

test('pieces of any size give the same text as the whole', () => {
  const pieces = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 5 }),
      fc.constantFrom(...['\x1b$B', '\x1b(B', 'F|', '\x1b(I', '\n'].map(latin)),
    ),
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const decoder = new Iso2022JpDecoder();
      const text = parts.map((part) => decoder.write(part)).join('') + decoder.end();
      deepStrictEqual(text, decodeIso2022Jp(Uint8Array.from(parts.flatMap((part) => [...part]))));
    }),
  );
});
