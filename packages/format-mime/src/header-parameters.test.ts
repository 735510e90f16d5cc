import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { formatParameters, parseParameters } from './header-parameters.ts';

function parameter(header: string, name: string): string | undefined {
  return parseParameters(header).parameters.get(name);
}

describe('parseParameters', () => {
  test('values are lower case, parameters keep theirs; comments go', () => {
    const parsed = parseParameters('Text/PLAIN (a comment); CHARSET="UTF-8"; format=flowed');
    assert.equal(parsed.value, 'text/plain');
    assert.deepEqual(
      [...parsed.parameters],
      [
        ['charset', 'UTF-8'],
        ['format', 'flowed'],
      ],
    );
  });

  test('a header with plain parameters is read as one with a comment, in which nothing is taken for plain', () => {
    const name = fc.constantFrom('charset', 'BOUNDARY', 'name', 'filename', 'Format', 'type', 'x-y', 'Report-Type');
    const value = fc.oneof(
      fc.stringMatching(/^[\w.+-]{1,12}$/),
      fc.stringMatching(/^"[\w.+/:=-]{1,8}(?: [\w.+/:=-]{1,8})?"$/),
    );
    const blanks = fc.constantFrom('', ' ', '\t');
    fc.assert(
      fc.property(
        fc.constantFrom('text/plain', 'Multipart/X-a', 'inline'),
        fc.array(fc.tuple(blanks, name, value), { minLength: 1, maxLength: 4 }),
        (type, given) => {
          const header = `${type}${given.map(([blank, key, text]) => `;${blank}${key}=${text}`).join('')}`;
          assert.deepEqual(parseParameters(header), parseParameters(`${header} (comment)`));
        },
      ),
      { seed: 11, numRuns: 1000 },
    );
  });

  test('RFC 2231 pieces are joined and decoded in their charset', () => {
    assert.equal(parameter("attachment; filename*=windows-1252''%80uro.txt", 'filename'), '€uro.txt');
    assert.equal(
      parameter('attachment; filename*0*=utf-8\'\'%C5%BE; filename*1=" and "; filename*2*=%C5%BE', 'filename'),
      'ž and ž',
    );
  });

  test('encoded words in a parameter are decoded though they should not be there', () => {
    assert.equal(parameter('image/png; name="=?utf-8?B?xb4ucG5n?="', 'name'), 'ž.png');
  });

  test('broken headers give what they hold', () => {
    assert.equal(parseParameters('').value, '');
    assert.equal(parseParameters(';;; =; "').parameters.get('charset'), undefined);
    assert.equal(parameter('text/plain; charset', 'charset'), '');
  });
});

test('any parameter comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 150 }), (text) => {
      const clean = text.replaceAll(/\p{Cc}/gu, '').trim();
      fc.pre(clean !== '' && !clean.includes('=?'));
      assert.equal(parameter(formatParameters('attachment', [['filename', clean]]), 'filename'), clean);
    }),
    { seed: 2, numRuns: 500 },
  );
});
