/** What every message must do with its recipients. */
import assert from 'node:assert/strict';
import {
  type AdrEntry,
  type IMAPITable,
  MAPI_BCC,
  MAPI_CC,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_NULL,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SPOOLER_STATUS,
  type PropTag,
  prop,
  propError,
  type Restriction,
  resAnd,
  resExist,
  resOr,
  resProperty,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  cell,
  column,
  idOf,
  inboxOf,
  newMessage,
  openMessage,
  recipient,
  rejects,
  rowsOf,
  savedMessage,
  submitted,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

const ANN_AND_BOB = { recipients: [recipient('Ann'), recipient('Bob', MAPI_CC)] };

async function names(table: Promise<IMAPITable>): Promise<unknown[]> {
  return column(table, PR_DISPLAY_NAME);
}

export function recipientSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: recipients`, () => {
    rule('RECIP-001: adding keeps, replacing drops the recipients there were', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), ANN_AND_BOB);
      await message.modifyRecipients('add', [recipient('Cid')]);
      assert.deepEqual(await names(message.getRecipientTable()), ['Ann', 'Bob', 'Cid']);
      await message.modifyRecipients('replace', [recipient('Dan')]);
      assert.deepEqual(await names(message.getRecipientTable()), ['Dan']);
      await message.modifyRecipients('replace', []);
      assert.deepEqual(await names(message.getRecipientTable()), []);
    });
    rule('RECIP-002: changing and removing need PR_ROWID, adding and replacing must not have it', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), ANN_AND_BOB);
      const withRowId: AdrEntry = [prop(PR_ROWID, 0), ...recipient('Eve')];
      await rejects('MAPI_E_INVALID_PARAMETER', message.modifyRecipients('modify', [recipient('Eve')]));
      await rejects('MAPI_E_INVALID_PARAMETER', message.modifyRecipients('remove', [recipient('Eve')]));
      await rejects('MAPI_E_INVALID_PARAMETER', message.modifyRecipients('add', [withRowId]));
      await rejects('MAPI_E_INVALID_PARAMETER', message.modifyRecipients('replace', [withRowId]));
      assert.deepEqual(await names(message.getRecipientTable()), ['Ann', 'Bob']);
    });
    rule('RECIP-003: changing a recipient replaces its whole row', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), {
        recipients: [[...recipient('Ann'), prop(PR_COMMENT, 'old')]],
      });
      const [rowId] = await column(message.getRecipientTable(), PR_ROWID);
      await message.modifyRecipients('modify', [[prop(PR_ROWID, rowId ?? -1), ...recipient('Anna')]]);
      const [row] = await rowsOf(await message.getRecipientTable(), PR_ROWID, PR_DISPLAY_NAME, PR_COMMENT);
      assert.equal(cell(row, PR_ROWID), rowId);
      assert.equal(cell(row, PR_DISPLAY_NAME), 'Anna');
      assert.equal(cell(row, PR_COMMENT), undefined);
    });
    rule('RECIP-003, RECIP-004: an unknown PR_ROWID is not found, and nothing changes', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), ANN_AND_BOB);
      const [rowId] = await column(message.getRecipientTable(), PR_ROWID);
      const known: AdrEntry = [prop(PR_ROWID, rowId ?? -1), ...recipient('Changed')];
      const unknown: AdrEntry = [prop(PR_ROWID, 4711), ...recipient('Nobody')];
      await rejects('MAPI_E_NOT_FOUND', message.modifyRecipients('modify', [known, unknown]));
      await rejects('MAPI_E_NOT_FOUND', message.modifyRecipients('remove', [known, unknown]));
      assert.deepEqual(await names(message.getRecipientTable()), ['Ann', 'Bob']);
    });
    rule('RECIP-004: a recipient is removed by its number alone', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), ANN_AND_BOB);
      const [rowId] = await column(message.getRecipientTable(), PR_ROWID);
      await message.modifyRecipients('remove', [[prop(PR_ROWID, rowId ?? -1), prop(PR_DISPLAY_NAME, 'Bob')]]);
      assert.deepEqual(await names(message.getRecipientTable()), ['Bob']);
    });
    rule('RECIP-005: PT_NULL is refused, PT_ERROR passed over', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const withNull: AdrEntry = [...recipient('Ann'), { tag: PR_NULL, value: null }];
      await rejects('MAPI_E_INVALID_PARAMETER', message.modifyRecipients('add', [withNull]));
      assert.deepEqual(await names(message.getRecipientTable()), []);
      await message.modifyRecipients('add', [[...recipient('Bob'), propError(PR_COMMENT, 0x8004010f)]]);
      assert.deepEqual(await names(message.getRecipientTable()), ['Bob']);
    });
    rule('RECIP-006: a recipient without properties is passed over', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      await message.modifyRecipients('add', [[], recipient('Ann'), []]);
      assert.deepEqual(await names(message.getRecipientTable()), ['Ann']);
    });
    rule('RECIP-007: recipients are kept resolved or not', async ({ store }) => {
      const unresolved: AdrEntry = [prop(PR_DISPLAY_NAME, 'Somebody'), prop(PR_RECIPIENT_TYPE, MAPI_TO)];
      const entryId = await savedMessage(await inboxOf(store), { recipients: [unresolved, recipient('Ann')] });
      const table = await (await openMessage(store, entryId)).getRecipientTable();
      const rows = await rowsOf(table, PR_DISPLAY_NAME, PR_RECIPIENT_TYPE, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_ENTRYID);
      assert.deepEqual(
        rows.map((row) => [cell(row, PR_DISPLAY_NAME), cell(row, PR_RECIPIENT_TYPE), cell(row, PR_ADDRTYPE)]),
        [
          ['Somebody', MAPI_TO, undefined],
          ['Ann', MAPI_TO, 'SMTP'],
        ],
      );
      assert.equal(cell(rows[1], PR_EMAIL_ADDRESS), 'ann@example.com');
    });
    rule('RECIP-008: the list that was given stays as it is', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const given = [recipient('Ann'), recipient('Bob')];
      await message.modifyRecipients('add', given);
      assert.deepEqual(given, [recipient('Ann'), recipient('Bob')]);
    });
    rule('RECIP-009: rows of the recipient table can be given back as recipients', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), ANN_AND_BOB);
      const columns = [PR_ROWID, PR_DISPLAY_NAME, PR_RECIPIENT_TYPE, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_ENTRYID];
      const rows = await rowsOf(await message.getRecipientTable(), ...columns);
      await message.modifyRecipients('modify', rows);
      assert.deepEqual(await rowsOf(await message.getRecipientTable(), ...columns), rows);
    });
    rule('RECIP-011: changes are permanent with the save of the message', async ({ store }) => {
      const inbox = await inboxOf(store);
      const message = await newMessage(inbox);
      await message.saveChanges({ keepOpenReadWrite: true });
      const saved = async (): Promise<unknown[]> =>
        names((await openMessage(store, await idOf(message))).getRecipientTable());
      await message.modifyRecipients('add', [recipient('Ann')]);
      assert.deepEqual(await saved(), []);
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.deepEqual(await saved(), ['Ann']);
    });
    rule('RECIP-011: a message opened for reading keeps its recipients', async ({ store }) => {
      const message = await openMessage(store, await savedMessage(await inboxOf(store), ANN_AND_BOB));
      await rejects('MAPI_E_NO_ACCESS', message.modifyRecipients('replace', []));
      assert.deepEqual(await names(message.getRecipientTable()), ['Ann', 'Bob']);
    });
    rule('RECIP-019: numbers are unique and not used again', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), ANN_AND_BOB);
      const table = await message.getRecipientTable();
      const before = await column(message.getRecipientTable(), PR_ROWID);
      await message.modifyRecipients('remove', [[prop(PR_ROWID, before[1] ?? -1)]]);
      await message.modifyRecipients('add', [recipient('Cid')]);
      const after = await column(message.getRecipientTable(), PR_ROWID);
      assert.equal(after.length, 2);
      assert.equal(after[0], before[0]);
      assert.equal(before.includes(after[1]), false);
      await table.release();
    });
    rule('RECIP-020: an open recipient table shows a change at once', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const table = await message.getRecipientTable();
      assert.equal(await table.getRowCount(), 0);
      await message.modifyRecipients('add', ANN_AND_BOB.recipients);
      assert.equal(await table.getRowCount(), 2);
      await message.modifyRecipients('replace', [recipient('Cid')]);
      assert.deepEqual(await column(table, PR_DISPLAY_NAME), ['Cid']);
    });
    rule('RECIP-014, RECIP-013: recipients keep their kind', async ({ store }) => {
      const recipients = [recipient('A', MAPI_TO), recipient('B', MAPI_CC), recipient('C', MAPI_BCC)];
      const entryId = await savedMessage(await inboxOf(store), { recipients });
      const kinds = await column((await openMessage(store, entryId)).getRecipientTable(), PR_RECIPIENT_TYPE);
      assert.deepEqual(kinds, [MAPI_TO, MAPI_CC, MAPI_BCC]);
    });
  });

  describe(`${name}: recipient table`, () => {
    rule('RECIP-012: the required columns are there, more of them once submitted', async (t) => {
      const message = await newMessage(await inboxOf(t.store), ANN_AND_BOB);
      const required = [PR_DISPLAY_NAME, PR_RECIPIENT_TYPE, PR_ROWID];
      const columns = await (await message.getRecipientTable()).queryColumns();
      for (const tag of required) assert.ok(columns.includes(tag), `0x${tag.toString(16)}`);
      const queued = await openMessage(t.store, await submitted(t));
      const [row] = await rowsOf(await queued.getRecipientTable());
      for (const tag of [...required, PR_ADDRTYPE, PR_RESPONSIBILITY]) {
        assert.notEqual(cell(row, tag), undefined, `0x${tag.toString(16)}`);
      }
    });
    rule('RECIP-015: the restrictions that the spooler needs work on a queued message', async (t) => {
      const recipients = [
        [...recipient('Ann'), prop(PR_SPOOLER_STATUS, 0)],
        [...recipient('Bob', MAPI_CC), prop(PR_SPOOLER_STATUS, 7)],
        recipient('Cid', MAPI_BCC),
      ];
      const message = await openMessage(t.spoolerStore, await submitted(t, { recipients }), true);
      const found = async (restriction: Restriction): Promise<unknown[]> => {
        const table = await message.getRecipientTable();
        await table.restrict(restriction);
        return column(table, PR_DISPLAY_NAME);
      };
      assert.deepEqual(await found(resProperty('EQ', PR_ADDRTYPE, 'SMTP')), ['Ann', 'Bob', 'Cid']);
      assert.deepEqual(await found(resProperty('NE', PR_EMAIL_ADDRESS, 'ann@example.com')), ['Bob', 'Cid']);
      assert.deepEqual(await found(resProperty('EQ', PR_RECIPIENT_TYPE, MAPI_CC)), ['Bob']);
      assert.deepEqual(await found(resProperty('EQ', PR_RESPONSIBILITY, false)), ['Ann', 'Bob', 'Cid']);
      assert.deepEqual(await found(resProperty('EQ', PR_RESPONSIBILITY, true)), []);
      assert.deepEqual(await found(resExist(PR_SPOOLER_STATUS)), ['Ann', 'Bob']);
      assert.deepEqual(await found(resAnd(resExist(PR_SPOOLER_STATUS), resProperty('NE', PR_SPOOLER_STATUS, 0))), [
        'Bob',
      ]);
      const either: PropTag<number> = PR_RECIPIENT_TYPE;
      assert.deepEqual(await found(resOr(resProperty('EQ', either, MAPI_TO), resProperty('EQ', either, MAPI_BCC))), [
        'Ann',
        'Cid',
      ]);
    });
    rule('RECIP-016: a transport claims a recipient for good', async (t) => {
      const entryId = await submitted(t, ANN_AND_BOB);
      await using message = await openMessage(t.spoolerStore, entryId, true);
      await t.spoolerStore.setLockState(message, true);
      const columns = [PR_ROWID, PR_DISPLAY_NAME, PR_RECIPIENT_TYPE, PR_ADDRTYPE, PR_EMAIL_ADDRESS, PR_ENTRYID];
      const [first] = await rowsOf(await message.getRecipientTable(), ...columns);
      assert.ok(first);
      await message.modifyRecipients('modify', [[...first, prop(PR_RESPONSIBILITY, true)]]);
      await message.saveChanges({ keepOpenReadWrite: true });
      const again = await openMessage(t.spoolerStore, entryId);
      assert.deepEqual(await column(again.getRecipientTable(), PR_RESPONSIBILITY), [true, false]);
    });
  });
}
