import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { unwrapText, wrapText } from './wrap-text.ts';

test('MIME-017: a line ends without a blank, a wrapped one in one, a broken word in two', () => {
  assert.equal(wrapText('one two three   \nfour', 8), 'one two \r\nthree\r\nfour');
  assert.equal(wrapText('abcdefghij kl', 8), 'abcdef  \r\nghij kl');
  assert.equal(wrapText('a\r\n\r\nb\rc', 8), 'a\r\n\r\nb\r\nc');
  assert.equal(wrapText('\u{1f600}\u{1f600}\u{1f600}\u{1f600}', 7), '\u{1f600}\u{1f600}  \r\n\u{1f600}\u{1f600}');
});

test('MIME-017: no line is longer than it may be, and the paragraphs can be told again', () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  const paragraph = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
  fc.assert(
    fc.property(fc.array(paragraph, { maxLength: 5 }), fc.integer({ min: 4, max: 20 }), (paragraphs, columns) => {
      const wrapped = wrapText(paragraphs.join('\n'), columns);
      assert.ok(wrapped.split('\r\n').every((line) => line.length <= columns));
      assert.equal(unwrapText(wrapped), paragraphs.join('\r\n'));
    }),
    { seed: 3, numRuns: 300 },
  );
});
