import assert from 'node:assert/strict';
import { concatBytes, encodeCodePage, utf8Decode, utf8Encode } from '@nodemapi/base';
import { test } from 'vitest';
import { mail } from './collect.testing.ts';
import { MimeHeaders, parseHeaderBlock } from './mime-headers.ts';

const headers = new MimeHeaders(
  mail('From x@y Mon Jan 1 00:00:00 2001\nSubject: one\n two\nX-Raw: f\xfcr\nno header\nReceived : a\nReceived: b\n\n'),
);

test('fields are unfolded, names compare without case, an mbox line is none', () => {
  assert.equal(headers.get('subject'), 'one two');
  assert.deepEqual(headers.getAll('RECEIVED'), ['a', 'b']);
  assert.equal(headers.get('from'), undefined);
  assert.deepEqual(headers.badLines, ['no header']);
});

test('a name is what stands before the first colon, of printable characters without blanks', () => {
  const block = new MimeHeaders(utf8Encode('A: 1\nB \t:2:3\n: 4\n :5\nC D: 6\nE\u00e9: 7\nno\n!~;x:\n\n'));
  assert.deepEqual(
    block.fields.map(({ name, value }) => [name, value]),
    [
      ['A', '1'],
      ['B', '2:3'],
      ['!~;x', ''],
    ],
  );
  assert.equal(block.badLines.length, 4);
});

test('raw 8-bit values are UTF-8 or windows-1252', () => {
  assert.equal(headers.get('X-Raw'), 'für');
  assert.equal(new MimeHeaders(utf8Encode('X-Raw: žluť\n')).get('X-Raw'), 'žluť');
});

test('raw 8-bit values that are not UTF-8 are in the charset of the body, if they are valid in it', () => {
  const block = (charset: string, text: string): Uint8Array =>
    concatBytes([
      utf8Encode('X-Utf: žluť\nSubject: '),
      encodeCodePage(text, 'big5').bytes,
      utf8Encode(`\nContent-Type: text/plain; charset="${charset}"\n\n`),
    ]);
  const own = new MimeHeaders(block('Big5', '回覆 測試'));
  assert.equal(own.get('Subject'), '回覆 測試');
  assert.equal(own.get('X-Utf'), 'žluť');
  assert.match(own.blockText(), /^X-Utf: žluť\r\nSubject: 回覆 測試\r\n/);
  assert.equal(own.unlabelled, false);
  for (const charset of ['us-ascii', 'utf-8', 'iso-2022-jp', 'x-nobody', 'utf-16']) {
    assert.match(new MimeHeaders(block(charset, '測試')).get('Subject') ?? '', /^´ú/, charset);
  }
});

test('ISO 8859-1 means windows-1252', () => {
  const raw = concatBytes([
    utf8Encode('Content-Type: text/plain; charset=iso-8859-1\nSubject: 5 '),
    Uint8Array.of(0x80),
  ]);
  assert.equal(new MimeHeaders(raw).get('Subject'), '5 €');
});

test('a block that names no charset is read in the one that is given', () => {
  const raw = concatBytes([utf8Encode('Subject: '), encodeCodePage('проба', 'koi8-r').bytes, utf8Encode('\n\n')]);
  const headers = new MimeHeaders(raw);
  assert.equal(headers.unlabelled, true);
  assert.equal(headers.inCharset('koi8-r').get('Subject'), 'проба');
  assert.equal(headers.inCharset(undefined).get('Subject'), headers.get('Subject'));
  assert.equal(new MimeHeaders(utf8Encode('Subject: žluť\n')).unlabelled, false);
});

test('the block keeps everything, with CRLF', () => {
  assert.match(headers.blockText(), /Subject: one\r\n two\r\nX-Raw: für\r\nno header\r\n/);
  assert.equal(parseHeaderBlock(headers.blockText()).get('X-Raw'), 'für');
});

test('single fields come out byte for byte', () => {
  const part = new MimeHeaders(mail('Content-Type: a/b;\n\tx=y\nSubject: s\nContent-ID: <c>'));
  assert.equal(
    utf8Decode(part.rawFields((name) => /^content-/i.test(name))),
    'Content-Type: a/b;\r\n\tx=y\r\nContent-ID: <c>\r\n',
  );
});

test('hostile blocks end', () => {
  assert.equal(new MimeHeaders(utf8Encode(' a\n'.repeat(100_000))).fields.length, 0);
  assert.equal(new MimeHeaders(utf8Encode(`A:${'\r'.repeat(200_000)}`)).fields.length, 1);
});
