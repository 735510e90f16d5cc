import assert from 'node:assert/strict';
import { MapiError, utf8Encode } from '@nodemapi/base';
import fc from 'fast-check';
import { test } from 'vitest';
import { foldedHeader, parameterHeader, textHeader } from './header-writer.ts';
import { MimeHeaders } from './mime-headers.ts';

test('long headers are folded before blanks and read as they were', () => {
  const text = 'a long subject with many words '.repeat(10).trim();
  const line = textHeader('Subject', text);
  assert.ok(line.split('\r\n').every((part) => part.length <= 76));
  assert.equal(new MimeHeaders(utf8Encode(line)).text('Subject'), text);
});

test('no value brings a header of its own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (text) => {
      for (const line of [
        textHeader('Subject', text),
        parameterHeader('Content-Type', 'a/b', [['name', text]]),
        foldedHeader('X', text),
      ]) {
        assert.equal(new MimeHeaders(utf8Encode(line)).fields.length, 1);
        assert.ok(
          line
            .split('\r\n')
            .slice(1, -1)
            .every((part) => /^[ \t]+[^ \t]/.test(part)),
        );
      }
    }),
    { seed: 6, numRuns: 500 },
  );
});

test('a name that is none is refused', () => {
  for (const name of ['', 'a b', 'a:b', 'a\r\nb', 'ä']) {
    assert.throws(
      () => foldedHeader(name, 'x'),
      (error) => MapiError.is(error, 'MAPI_E_INVALID_PARAMETER'),
    );
  }
});
