import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { decodeWords, encodeWords } from './encoded-word.ts';

describe('decodeWords', () => {
  const samples: readonly (readonly [string, string])[] = [
    ['plain', 'plain'],
    ['=?iso-8859-1?Q?Patrik_F=E4ltstr=F6m?=', 'Patrik Fältström'],
    ['=?utf-8?B?xb5sdcWlb3XEjWvDvQ==?=', 'žluťoučký'],
    ['=?windows-1252?q?=80_euro?=', '€ euro'],
    ['=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=', '日本'],
    ['=?shift_jis?B?k/qWew==?=', '日本'],
    ['=?koi8-r?B?8NLJ18XU?=', 'Привет'],
    ['=?utf-8*en?Q?tagged?=', 'tagged'],
    ['a =?utf-8?Q?b?= c', 'a b c'],
    ['=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=', 'ab'],
    ['=?utf-8?B?xb4?= =?utf-8?B?xb4=?=', 'žž'],
    ['=?utf-8?B?8J+Y?= =?utf-8?B?gA==?=', '😀'],
    ['=?utf-8?Q?not closed', '=?utf-8?Q?not closed'],
    ['=?utf-8?X?abc?=', '=?utf-8?X?abc?='],
    ['=?utf-8?Q?bad=ZZescape?=', 'bad=ZZescape'],
  ];
  for (const [header, text] of samples) {
    test(header, () => assert.equal(decodeWords(header), text));
  }

  test('an unknown charset is guessed', () => {
    assert.equal(decodeWords('=?x-nobody?Q?=C3=A4?='), 'ä');
    assert.equal(decodeWords('=?x-nobody?Q?=E4?='), 'ä');
  });
});

describe('encodeWords', () => {
  test('ASCII stays as it is, and no line break survives', () => {
    assert.equal(encodeWords('Hello (world)'), 'Hello (world)');
    assert.equal(encodeWords('one\r\nBcc: two'), 'one Bcc: two');
  });

  test('what looks like an encoded word is encoded', () => {
    const text = 'literally =?utf-8?Q?x?=';
    assert.notEqual(encodeWords(text), text);
    assert.equal(decodeWords(encodeWords(text)), text);
  });

  test('no word is longer than 75 characters', () => {
    const words = encodeWords('žluťoučký kůň úpěl ďábelské ódy '.repeat(20)).split(' ');
    assert.ok(words.every((word) => word.length <= 75));
  });

  test('any text comes back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const clean = text.replaceAll(/[\r\n\0]+[ \t]*/g, ' ');
        if (!clean.includes('=?')) assert.equal(decodeWords(encodeWords(clean)), clean);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
