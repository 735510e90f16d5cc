import assert from 'node:assert/strict';
import {
  MAPI_CC,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_BODY,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  PR_RECIPIENT_TYPE,
  PR_ROWID,
  PR_SEARCH_KEY,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { parseAddress, recipientRow } from './compose.ts';

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

describe('recipientRow', () => {
  test('RECIP-017: a recipient has every property that the system needs, and the two that help', () => {
    const row = recipientRow('Ann <ann@example.org>', MAPI_TO);
    const has = new Set(row.map(({ tag }) => tag));
    const needed = [PR_ADDRTYPE, PR_DISPLAY_NAME, PR_DISPLAY_TYPE, PR_ENTRYID, PR_OBJECT_TYPE];
    for (const tag of [...needed, PR_EMAIL_ADDRESS, PR_SEARCH_KEY]) assert.ok(has.has(tag), tag.toString(16));
  });

  test('a row from an address book stays who it is, and gets the search key it lacks', () => {
    const entryId = Uint8Array.of(1, 2, 3);
    const row = recipientRow(
      [
        prop(PR_ENTRYID, entryId),
        prop(PR_DISPLAY_NAME, 'Ada'),
        prop(PR_ADDRTYPE, 'SMTP'),
        prop(PR_EMAIL_ADDRESS, 'ada@example.com'),
        prop(PR_ROWID, 7),
        prop(PR_BODY, 'a note in the address book'),
      ],
      MAPI_CC,
    );
    assert.deepEqual(propOf(row, PR_ENTRYID), entryId);
    assert.equal(propOf(row, PR_RECIPIENT_TYPE), MAPI_CC);
    assert.equal(Buffer.from(propOf(row, PR_SEARCH_KEY) ?? []).toString(), 'SMTP:ADA@EXAMPLE.COM\0');
    assert.equal(propOf(row, PR_ROWID), undefined);
    assert.equal(propOf(row, PR_BODY), undefined);
  });

  test('a row that is not resolved is refused', () => {
    assert.throws(() => recipientRow([prop(PR_DISPLAY_NAME, 'Ada')], MAPI_CC), { code: 'MAPI_E_INVALID_PARAMETER' });
  });
});
