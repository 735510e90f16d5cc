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

  test('a header with one plain parameter is read as one with more, in which nothing is taken for plain', () => {
    const name = fc.constantFrom('charset', 'BOUNDARY', 'name', 'filename', 'Format', 'type');
    const value = fc.oneof(
      fc.stringMatching(/^[\w.+-]{1,12}$/),
      fc.stringMatching(/^"[\w.+/:-]{1,8}(?: [\w.+/:-]{1,8})?"$/),
    );
    const blanks = fc.constantFrom('', ' ', '\t');
    fc.assert(
      fc.property(
        fc.constantFrom('text/plain', 'Multipart/X-a', 'inline'),
        blanks,
        name,
        value,
        (type, blank, key, text) => {
          const header = `${type};${blank}${key}=${text}`;
          const { value: found, parameters } = parseParameters(`${header}; other=1`);
          assert.deepEqual(parseParameters(header), {
            value: found,
            parameters: new Map([...parameters].filter(([each]) => each !== 'other')),
          });
        },
      ),
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
