import assert from 'node:assert/strict';
import { utf8Decode, utf8Encode } from '@nodemapi/base';
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

test('raw 8-bit values are UTF-8 or windows-1252', () => {
  assert.equal(headers.get('X-Raw'), 'für');
  assert.equal(new MimeHeaders(utf8Encode('X-Raw: žluť\n')).get('X-Raw'), 'žluť');
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
