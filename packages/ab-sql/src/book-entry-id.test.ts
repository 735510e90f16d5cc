import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { entryIdUid, isLongTerm } from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { bookEntryId, isOfThisProvider, PERSONAL_ADDRESS_BOOK_UID, parseBookEntryId } from './book-entry-id.ts';

const BOOK = new Uint8Array(16).fill(7);
const OTHER = new Uint8Array(16).fill(8);
const isUnknown = (error: unknown): boolean => MapiError.is(error, 'MAPI_E_UNKNOWN_ENTRYID');

describe('identifiers of the address book', () => {
  test('tell kind and number, and begin with the MAPIUID of the provider', () => {
    fc.assert(
      fc.property(fc.constantFrom('mailUser' as const, 'distList' as const), fc.maxSafeNat(), (kind, number) => {
        const entryId = bookEntryId(BOOK, { kind, number });
        assert.deepEqual(parseBookEntryId(BOOK, entryId), { kind, number });
        assert.deepEqual(entryIdUid(entryId), PERSONAL_ADDRESS_BOOK_UID);
        assert.ok(isLongTerm(entryId) && isOfThisProvider(entryId));
      }),
      { seed: 1 },
    );
  });

  test('of another file name nothing here', () => {
    const entryId = bookEntryId(OTHER, { kind: 'mailUser', number: 1 });
    assert.equal(parseBookEntryId(BOOK, entryId), undefined);
  });

  test('of another provider, length, version or kind are unknown', () => {
    const good = bookEntryId(BOOK, { kind: 'container', number: 0 });
    const changed = (at: number, byte: number): Uint8Array => {
      const copy = good.slice();
      copy[at] = byte;
      return copy;
    };
    const bad = [
      good.subarray(0, 47),
      new Uint8Array(3),
      changed(4, 0),
      changed(20, 9),
      changed(21, 99),
      changed(47, 0xff),
    ];
    for (const entryId of bad) assert.throws(() => parseBookEntryId(BOOK, entryId), isUnknown);
  });

  test('hostile bytes give an object, nothing, or MAPI_E_UNKNOWN_ENTRYID', () => {
    const good = bookEntryId(BOOK, { kind: 'distList', number: 5 });
    fc.assert(
      fc.property(fc.nat(47), fc.nat(255), (at, byte) => {
        const entryId = good.slice();
        entryId[at] = byte;
        try {
          parseBookEntryId(BOOK, entryId);
        } catch (error) {
          assert.ok(isUnknown(error), String(error));
        }
      }),
      { seed: 2 },
    );
  });
});
