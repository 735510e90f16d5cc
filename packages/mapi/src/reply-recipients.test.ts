import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import {
  decodeFlatEntryList,
  encodeFlatEntryList,
  encodeOneOff,
  PR_REPLY_RECIPIENT_ENTRIES,
  PR_REPLY_RECIPIENT_NAMES,
  prop,
  propOf,
  replyRecipientProps,
  replyRecipientsOf,
} from './index.ts';

const of = (name: string) => ({
  name,
  entryId: encodeOneOff({
    displayName: name,
    addrType: 'SMTP',
    emailAddress: `${name.length}@b.c`,
    sendRichInfo: false,
  }),
});

describe('whom answers go to', () => {
  test('MSG-025: as many names as identifiers, in the same order, whatever is in the names', () => {
    const people = [of('Ann'), of('Bob'), of('Lovelace; Ada'), of('')];
    const props = replyRecipientProps(people);
    const names = (propOf(props, PR_REPLY_RECIPIENT_NAMES) ?? '').split(';').map((name) => name.trim());
    assert.deepEqual(names, ['Ann', 'Bob', 'Lovelace, Ada', '']);
    const entries = decodeFlatEntryList(propOf(props, PR_REPLY_RECIPIENT_ENTRIES) ?? new Uint8Array(0));
    assert.deepEqual(
      entries,
      people.map(({ entryId }) => entryId),
    );
    assert.deepEqual(
      replyRecipientsOf(props).map(({ name }) => name),
      names,
    );
    assert.deepEqual(replyRecipientProps([]), []);
  });

  test('MSG-025: where others have set them apart the identifiers count', () => {
    const people = [of('Ann'), of('Bob')];
    const [entries] = replyRecipientProps(people);
    assert.ok(entries);
    assert.deepEqual(replyRecipientsOf([entries, prop(PR_REPLY_RECIPIENT_NAMES, 'Ann; Bob; Carol')]), people);
    assert.deepEqual(replyRecipientsOf([entries]), people);
    assert.deepEqual(replyRecipientsOf([prop(PR_REPLY_RECIPIENT_NAMES, 'Ann')]), []);
  });

  test('a list of identifiers is padded to four bytes, and one that is cut off gives what it holds', () => {
    const ids = [Uint8Array.of(1, 2, 3), Uint8Array.of(4)];
    const bytes = encodeFlatEntryList(ids);
    assert.deepEqual(bytes.length, 8 + 8 + 8);
    assert.deepEqual(decodeFlatEntryList(bytes), ids);
    assert.deepEqual(decodeFlatEntryList(bytes.subarray(0, 18)), [ids[0]]);
    assert.deepEqual(decodeFlatEntryList(new Uint8Array(2)), []);
  });
});
