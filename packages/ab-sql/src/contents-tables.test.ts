import assert from 'node:assert/strict';
import { queryAllRows } from '@nodemapi/kit';
import {
  ascend,
  type EntryId,
  fnevTableModified,
  type IDistList,
  type IMAPITable,
  type Notification,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  prop,
  propOf,
  resContent,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import type { LocalABLogon } from './ab-logon.ts';
import { addUser, containerOf, newEntry, withBook } from './address-book.testing.ts';

async function namesIn(table: IMAPITable): Promise<readonly unknown[]> {
  return (await queryAllRows(table, { tags: [PR_DISPLAY_NAME] })).map((row) => row[0]?.value);
}

async function newList(logon: LocalABLogon, members: readonly EntryId[]): Promise<IDistList> {
  const list = await newEntry(await containerOf(logon), 5);
  assert.ok(list.iid === 'IDistList');
  await list.setProps([prop(PR_DISPLAY_NAME, 'Friends')]);
  await list.saveChanges({ keepOpenReadWrite: true });
  await list.copyEntries(members);
  return list;
}

/** Identifier of the template for mail users. */
async function templateOf(logon: LocalABLogon): Promise<EntryId> {
  await using table = await logon.getOneOffTable();
  const [row] = await table.queryRows(1);
  return propOf(row ?? [], PR_ENTRYID) ?? new Uint8Array();
}

async function idOfList(list: IDistList): Promise<EntryId> {
  return (await list.getProps([PR_ENTRYID])).values[0] ?? new Uint8Array();
}

describe('open tables', () => {
  test('of a list follow what happens to its members', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      const container = await containerOf(logon);
      const ann = await addUser(container, 'Ann', 'ann@example.com');
      const bob = await addUser(container, 'Bob', 'bob@example.com');
      const list = await newList(logon, [bob, ann]);
      const table = await list.getContentsTable();
      const events: string[] = [];
      const onNotify = (all: readonly Notification[]): void => {
        events.push(...all.map((one) => (one.kind === 'tableModified' ? one.event : one.kind)));
      };
      await table.advise(fnevTableModified, { onNotify });
      assert.deepEqual(await namesIn(table), ['Bob', 'Ann']);
      const user = await logon.openEntry(ann, { iid: 'IMailUser', modify: true });
      await user.setProps([prop(PR_DISPLAY_NAME, 'Anna')]);
      await user.saveChanges();
      assert.deepEqual(await namesIn(table), ['Bob', 'Anna']);
      const replacing = await container.createEntry(await templateOf(logon), { strict: true, replace: true });
      await replacing.setProps([prop(PR_DISPLAY_NAME, 'anna'), prop(PR_EMAIL_ADDRESS, 'ann@example.com')]);
      await replacing.saveChanges();
      assert.deepEqual(await namesIn(table), ['Bob', 'anna'], 'a replaced entry stays a member');
      await container.deleteEntries([bob]);
      assert.deepEqual(await namesIn(table), ['anna']);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      assert.deepEqual(events, ['rowModified', 'rowModified', 'rowDeleted']);
      await table.release();
      await logon.logoff();
      assert.deepEqual(await book.findings(), []);
    }));

  test('of a list that is deleted become empty', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      const container = await containerOf(logon);
      const list = await newList(logon, [await addUser(container, 'Ann', 'ann@example.com')]);
      const table = await list.getContentsTable();
      await using all = await container.getContentsTable();
      assert.deepEqual(await namesIn(all), ['Ann', 'Friends']);
      await container.deleteEntries([await idOfList(list)]);
      assert.deepEqual([await namesIn(table), await namesIn(all)], [[], ['Ann']]);
      await table.release();
      await logon.logoff();
    }));

  test('keep their restriction and order while rows come and go', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      const container = await containerOf(logon);
      await using table = await container.getContentsTable();
      await table.restrict(resContent(PR_EMAIL_ADDRESS, '@example.org', 'substring', { ignoreCase: true }));
      await table.sortTable({ sorts: [ascend(PR_EMAIL_ADDRESS)] });
      await addUser(container, 'Ann', 'z@example.org');
      await addUser(container, 'Bob', 'b@example.com');
      await addUser(container, 'Cleo', 'a@EXAMPLE.org');
      assert.deepEqual(await namesIn(table), ['Cleo', 'Ann']);
      await logon.logoff();
    }));

  test('hundreds of entries that are added at once are shown by name', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      const container = await containerOf(logon);
      await using table = await container.getContentsTable();
      const numbers = Array.from({ length: 300 }, (_, index) => index);
      await Promise.all(numbers.map((n) => addUser(container, `User ${String(n).padStart(4, '0')}`, `u${n}@b.c`)));
      assert.equal(await table.getRowCount(), 300);
      await table.seekRow('beginning', 150);
      await table.setColumns([PR_DISPLAY_NAME]);
      assert.equal((await table.queryRows(1))[0]?.[0]?.value, 'User 0150');
      await logon.logoff();
    }));
});
