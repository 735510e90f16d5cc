import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { parseAddress } from './compose.ts';

describe('parseAddress', () => {
  test.each([
    ['ada@example.com', 'ada@example.com', 'ada@example.com'],
    ['Ada Lovelace <ada@example.com>', 'Ada Lovelace', 'ada@example.com'],
    ['"Lovelace, Ada \\"Countess\\"" <ada@example.com>', 'Lovelace, Ada "Countess"', 'ada@example.com'],
    ['<ada@example.com>', 'ada@example.com', 'ada@example.com'],
    ['Žofie <žofie@příklad.cz>', 'Žofie', 'žofie@příklad.cz'],
    ['"a b"@example.com', '"a b"@example.com', '"a b"@example.com'],
  ])('%s', (text, name, address) => {
    assert.deepEqual(parseAddress(text), { name, address });
  });

  test.each([
    '',
    'ada',
    'ada@',
    '@example.com',
    'a b@example.com',
    'ada@example.com, bob@example.com',
    'ada@ex\r\nBcc: x@y.z',
    'Ada <ada>',
  ])('refuses %j', (text) => {
    assert.throws(() => parseAddress(text), { code: 'MAPI_E_INVALID_PARAMETER' });
  });

  test('takes the two parts as they are', () => {
    assert.deepEqual(parseAddress({ name: 'A', address: 'a@b.c' }), { name: 'A', address: 'a@b.c' });
    assert.throws(() => parseAddress({ address: 'nobody' }), { code: 'MAPI_E_INVALID_PARAMETER' });
  });
});
