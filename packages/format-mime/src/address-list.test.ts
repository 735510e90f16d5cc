import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { formatAddresses, parseAddresses } from './address-list.ts';

describe('parseAddresses', () => {
  const samples: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['a@example.com', [['', 'a@example.com']]],
    [
      'Ann <a@example.com>, "Bob, Jr." <b@example.com>',
      [
        ['Ann', 'a@example.com'],
        ['Bob, Jr.', 'b@example.com'],
      ],
    ],
    ['=?utf-8?Q?J=C3=BCrgen?= <j@example.com>', [['Jürgen', 'j@example.com']]],
    ['"=?utf-8?B?SsO8cmdlbg==?=" <j@example.com>', [['Jürgen', 'j@example.com']]],
    ['a@example.com (Ann)', [['Ann', 'a@example.com']]],
    ['undisclosed-recipients:;', []],
    ['', []],
  ];
  for (const [header, expected] of samples) {
    test(header === '' ? '(empty)' : header, () => {
      assert.deepEqual(
        parseAddresses(header).map(({ name, address }) => [name, address]),
        expected,
      );
    });
  }

  test('members of a group know its name', () => {
    assert.deepEqual(parseAddresses('Team: Ann <a@example.com>, b@example.com;, c@example.com'), [
      { name: 'Ann', address: 'a@example.com', group: 'Team' },
      { name: '', address: 'b@example.com', group: 'Team' },
      { name: '', address: 'c@example.com' },
    ]);
  });

  test('plain lists are read as a parser for all lists reads them', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9]{1,8}$/);
    const local = fc.stringMatching(/^[A-Za-z0-9_-]{1,5}(?:[.+][A-Za-z0-9_-]{1,3})?$/);
    const address = fc.tuple(local, word, word).map(([name, host, top]) => `${name}@${host}.${top}`);
    const entry = fc
      .tuple(
        fc.constantFrom('', '"', "'"),
        fc.array(word, { maxLength: 3 }),
        address,
        fc.constantFrom('<>', '', '<', '>'),
      )
      .map(([quote, words, mail, brackets]) => {
        const name = words.join(' ');
        return `${quote}${name}${quote} ${brackets.slice(0, 1)}${mail}${brackets.slice(1)}`;
      });
    const list = fc.array(entry, { minLength: 1, maxLength: 4 }).map((entries) => entries.join(', '));
    // behind a group the same list is none that is plain
    const parsed = (header: string) => parseAddresses(`None:;, ${header}`);
    fc.assert(
      fc.property(list, (header) => {
        assert.deepEqual(parseAddresses(header), parsed(header));
      }),
      { numRuns: 500 },
    );
  });

  test('hostile headers end', () => {
    for (const header of [
      '<'.repeat(50_000),
      '"'.repeat(50_001),
      '('.repeat(50_000),
      'a:'.repeat(20_000),
      ','.repeat(50_000),
    ]) {
      assert.ok(Array.isArray(parseAddresses(header)));
    }
  });
});

test('names of any kind come back, and bring no header of their own', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
      const name = text
        .replaceAll(/\p{Cc}/gu, '')
        .replaceAll(/\s+/g, ' ')
        .trim();
      fc.pre(!name.includes('=?'));
      const header = formatAddresses([
        { name, address: 'a@example.com' },
        { name: '', address: 'b@example.com' },
      ]);
      assert.doesNotMatch(header, /[\r\n]/);
      const [first, second] = parseAddresses(header);
      assert.deepEqual([first?.address, second?.address], ['a@example.com', 'b@example.com']);
      assert.equal(first?.name === '' ? 'a@example.com' : first?.name, name === '' ? 'a@example.com' : name);
    }),
    { seed: 3, numRuns: 500 },
  );
});

test('a domain with other letters is written in ASCII, a local part stays', () => {
  assert.equal(formatAddresses([{ name: '', address: 'a@žluť.example' }]), 'a@xn--lu-yta1h.example');
  assert.equal(formatAddresses([{ name: 'Ž', address: 'ž@example.com' }]), '=?UTF-8?B?xb0=?= <ž@example.com>');
});

test('a broken address cannot break its neighbours', () => {
  const broken = ['"open', 'a, b', '(open', 'x <y', 'no at', 'ž ž', 'a:b;'].map((address) => ({ name: 'N', address }));
  const header = formatAddresses([...broken, { name: '', address: 'last@example.com' }]);
  assert.match(header, /^[\x20-\x7e]*$/);
  const read = parseAddresses(header);
  assert.deepEqual(
    read.map(({ address }) => address),
    ['open', 'ab', 'open', 'xy', 'noat', 'ab', 'last@example.com', ''],
  );
  assert.equal(formatAddresses([{ name: 'N', address: '' }]), 'N <>');
});

test('quoted local parts and numeric domains are addresses', () => {
  assert.equal(formatAddresses([{ name: 'J', address: '"j, s"@example.com' }]), 'J <"j, s"@example.com>');
  assert.equal(formatAddresses([{ name: 'J', address: 'j@[127.0.0.1]' }]), 'J <j@[127.0.0.1]>');
});
