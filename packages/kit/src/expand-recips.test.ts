import assert from 'node:assert/strict';
import { MessageDouble } from '@nodemapi/conformance';
import {
  type AdrEntry,
  type EntryId,
  encodeOneOff,
  type IAddrBook,
  MAPI_CC,
  MAPI_TO,
  MapiError,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SEARCH_KEY,
  type PropValue,
  prop,
  propOf,
  type Row,
  searchKeyOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { expandRecips, MAPIPDL } from './expand-recips.ts';
import { snapshotTable } from './table-data.ts';

const oneOff = (emailAddress: string, displayName = ''): EntryId =>
  encodeOneOff({ displayName, addrType: 'SMTP', emailAddress, sendRichInfo: false });

const person = (emailAddress: string, ...more: readonly PropValue[]): AdrEntry => [
  prop(PR_RECIPIENT_TYPE, MAPI_TO),
  prop(PR_DISPLAY_NAME, emailAddress),
  prop(PR_ADDRTYPE, 'SMTP'),
  prop(PR_EMAIL_ADDRESS, emailAddress),
  prop(PR_RESPONSIBILITY, false),
  ...more,
];

const list = (id: number, ...more: readonly PropValue[]): Row => [
  prop(PR_ADDRTYPE, MAPIPDL),
  prop(PR_ENTRYID, Uint8Array.of(id)),
  prop(PR_DISPLAY_NAME, `list ${id}`),
  ...more,
];

/** An address book with nothing but lists. */
function bookOf(lists: Readonly<Record<number, readonly Row[]>>): IAddrBook {
  const openEntry = async (entryId: EntryId) => ({
    getContentsTable: () => snapshotTable(lists[entryId[0] ?? 0] ?? []),
    [Symbol.asyncDispose]: async () => {},
  });
  // expanding calls nothing else of an address book
  return { openEntry, release: async () => {} } as unknown as IAddrBook;
}

async function expanded(rows: readonly AdrEntry[], book?: IAddrBook) {
  const message = new MessageDouble();
  await message.modifyRecipients('add', rows);
  await expandRecips(message, async () => book);
  return [...message.recipients].sort((a, b) => (propOf(a, PR_ROWID) ?? 0) - (propOf(b, PR_ROWID) ?? 0));
}

const sentTo = (rows: readonly Row[]) =>
  rows.filter((row) => propOf(row, PR_RESPONSIBILITY) !== true).map((row) => propOf(row, PR_EMAIL_ADDRESS));

describe('expandRecips', () => {
  test('SUPP-32, SUBMIT-027, C-08: one delivery per address, whatever its case; the first row stays', async () => {
    const rows = await expanded([person('ann@x.org'), person('bob@x.org'), person('ANN@X.ORG'), person('ann@x.org')]);
    assert.deepEqual(sentTo(rows), ['ann@x.org', 'bob@x.org']);
    assert.equal(rows.length, 4);
  });

  test('SUBMIT-027: one-offs get type, address and name from their identifier', async () => {
    const entry = [
      prop(PR_RECIPIENT_TYPE, MAPI_TO),
      prop(PR_DISPLAY_NAME, 'changed'),
      prop(PR_ENTRYID, oneOff('ann@x.org', 'Ann')),
    ];
    const [row = []] = await expanded([entry]);
    assert.deepEqual(
      [PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_DISPLAY_NAME].map((tag) => propOf(row, tag)),
      ['SMTP', 'ann@x.org', 'Ann'],
    );
    assert.deepEqual(propOf(row, PR_SEARCH_KEY), searchKeyOf('SMTP', 'ann@x.org'));
  });

  test('SUBMIT-009: an unresolved recipient is left as it is', async () => {
    const entry = [prop(PR_RECIPIENT_TYPE, MAPI_TO), prop(PR_DISPLAY_NAME, 'who?')];
    const [row = []] = await expanded([entry, entry]);
    assert.deepEqual(
      row.filter(({ tag }) => tag !== PR_ROWID),
      entry,
    );
  });

  test('SUBMIT-026: MAPIPDL lists give way to their members, others do not', async () => {
    const book = bookOf({
      7: [person('ann@x.org'), list(8), list(7)],
      8: [person('bob@x.org'), list(7), person('ann@x.org')],
    });
    const other = [prop(PR_RECIPIENT_TYPE, MAPI_TO), prop(PR_ADDRTYPE, 'EX'), prop(PR_EMAIL_ADDRESS, '/dl')];
    const rows = await expanded([other, list(7, prop(PR_RECIPIENT_TYPE, MAPI_CC))], book);
    assert.deepEqual(sentTo(rows), ['/dl', 'ann@x.org', 'bob@x.org']);
    assert.ok(!rows.some((row) => propOf(row, PR_ADDRTYPE) === MAPIPDL));
    assert.ok(rows.slice(1).every((row) => propOf(row, PR_RECIPIENT_TYPE) === MAPI_CC));
  });

  test('without an address book a list stays, to come back as undeliverable', async () => {
    const rows = await expanded([list(7, prop(PR_RECIPIENT_TYPE, MAPI_TO))]);
    assert.deepEqual(
      rows.map((row) => propOf(row, PR_ADDRTYPE)),
      [MAPIPDL],
    );
  });

  test('recipients that were served before are not looked at', async () => {
    const served = person('ann@x.org').map((entry) =>
      entry.tag === PR_RESPONSIBILITY ? prop(PR_RESPONSIBILITY, true) : entry,
    );
    const rows = await expanded([served, person('ann@x.org')]);
    assert.deepEqual(sentTo(rows), ['ann@x.org']);
  });

  test('an entry identifier that lies is an error', async () => {
    const broken = oneOff('ann@x.org').slice(0, 30);
    await assert.rejects(expanded([[prop(PR_ENTRYID, broken)]]), (error) =>
      MapiError.is(error, 'MAPI_E_INVALID_ENTRYID'),
    );
  });

  test('a message without recipients is left alone', async () => {
    assert.deepEqual(await expanded([]), []);
  });
});
