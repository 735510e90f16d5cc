import assert from 'node:assert/strict';
import { concatBytes, encodeCodePage, utf8Encode } from '@nodemapi/base';
import { test } from 'vitest';
import { BodyTextDecoder, CHARSET_GUESS_BYTES_MAX, guessCharset, usableCharset } from './charset.ts';

function decoded(charset: string | undefined, bytes: Uint8Array, size: number): readonly [string, string | undefined] {
  const decoder = new BodyTextDecoder(charset);
  let text = '';
  for (let at = 0; at < bytes.length; at += size) text += decoder.write(bytes.subarray(at, at + size));
  text += decoder.end();
  return [text, decoder.charset];
}

test('a known charset is used however the characters are cut', () => {
  for (const charset of ['utf-8', 'shift_jis', 'iso-2022-jp', 'utf-16le', 'euc-kr', 'windows-1252']) {
    const text = charset === 'windows-1252' ? 'für 5 €' : charset === 'euc-kr' ? '한국어' : '日本語';
    assert.deepEqual(decoded(charset, encodeCodePage(text, charset).bytes, 1), [text, charset]);
  }
});

test('without a known charset the bytes decide', () => {
  assert.deepEqual(decoded(undefined, utf8Encode('žluť'), 1), ['žluť', 'utf-8']);
  assert.deepEqual(decoded('x-nobody', encodeCodePage('für 5 €', 1252).bytes, 3), ['für 5 €', 'windows-1252']);
  assert.deepEqual(decoded(undefined, new Uint8Array(0), 1), ['', 'utf-8']);
});

test('a guess is made on a bounded piece, and a character cut by the bound is no argument', () => {
  const bytes = concatBytes([utf8Encode('a'.repeat(CHARSET_GUESS_BYTES_MAX - 1)), utf8Encode('ž')]);
  assert.equal(decoded(undefined, bytes, CHARSET_GUESS_BYTES_MAX)[0].at(-1), 'ž');
  assert.equal(guessCharset(Uint8Array.of(0x61, 0xc5), true), 'utf-8');
  assert.equal(guessCharset(Uint8Array.of(0x61, 0xc5)), 'windows-1252');
  assert.equal(guessCharset(Uint8Array.of(0xc5, 0x61), true), 'windows-1252');
});

test('names are cleaned of quotes, and transfer encodings are no charsets', () => {
  assert.equal(usableCharset(' "UTF-8" '), 'utf-8');
  assert.equal(usableCharset('base64'), undefined);
  assert.equal(usableCharset(''), undefined);
});
