import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  type CheckDuplicates,
  DT_MAILUSER,
  PR_CREATE_TEMPLATES,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { Database, type Query, sql } from '@nodemapi/sqlite';
import { describe, test } from 'vitest';
import { addUser, containerOf, newEntry, type TestAddressBook, withBook } from './address-book.testing.ts';
import { check } from './check.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

/** A book with Ann (1), Bob (2) and two lists: Inner (3) with Ann, Outer (4) with Inner. */
async function filled(book: TestAddressBook): Promise<void> {
  const logon = await book.logon();
  const container = await containerOf(logon);
  const ann = await addUser(container, 'Ann', 'ann@example.com');
  await addUser(container, 'Bob', 'bob@example.com');
  let member = ann;
  for (const name of ['Inner', 'Outer']) {
    await using list = await newEntry(container, 5);
    await list.setProps([prop(PR_DISPLAY_NAME, name)]);
    await list.saveChanges({ keepOpenReadWrite: true });
    assert.ok(list.iid === 'IDistList');
    assert.deepEqual(await list.copyEntries([member]), {});
    const { values } = await list.getProps([PR_ENTRYID]);
    member = values[0] ?? ann;
  }
  await logon.logoff();
}

async function codesAfter(...damage: readonly Query[]): Promise<readonly string[]> {
  let codes: readonly string[] = [];
  await withBook(async (book) => {
    await filled(book);
    assert.deepEqual(await check(book.path()), []);
    const database = Database.open(book.path(), { applicationId: APPLICATION_ID, migrations: MIGRATIONS });
    database.exec('PRAGMA foreign_keys = OFF');
    for (const query of damage) database.run(query);
    await database.close();
    codes = (await check(book.path())).map(({ code }) => code);
  });
  return codes;
}

describe('an entry that is damaged', () => {
  test('AB-022: where nobody can say whether it is a duplicate, the new entry is made', () =>
    withBook(async (book) => {
      await filled(book);
      const database = Database.open(book.path(), { applicationId: APPLICATION_ID, migrations: MIGRATIONS });
      database.run(sql`UPDATE entry SET props = x'0102' WHERE id = 1`);
      await database.close();
      const logon = await book.logon();
      const container = await containerOf(logon);
      await using template = await newEntry(container, 0);
      assert.equal(template.iid, 'IMailUser');
      await using table = await container.openProperty(PR_CREATE_TEMPLATES, 'IMAPITable');
      const row = (await queryAllRows(table)).find((one) => propOf(one, PR_DISPLAY_TYPE) === DT_MAILUSER) ?? [];
      const create = async (name: string, address: string, how: CheckDuplicates): Promise<void> => {
        await using user = await container.createEntry(propOf(row, PR_ENTRYID) ?? new Uint8Array(), how);
        await user.setProps([prop(PR_DISPLAY_NAME, name), prop(PR_EMAIL_ADDRESS, address)]);
        await user.saveChanges({ keepOpenReadOnly: true });
      };
      await create('Ann', 'ann@example.com', { strict: true });
      const sound = create('Bob', 'bob@example.com', { strict: true });
      await assert.rejects(sound, (error) => MapiError.is(error, 'MAPI_E_COLLISION'));
      await logon.logoff();
      assert.deepEqual(
        (await check(book.path())).map(({ code }) => code),
        ['entry-props'],
      );
    }));
});

describe('check', () => {
  test('says nothing of a sound file', async () => {
    assert.deepEqual(await codesAfter(), []);
  });

  test('finds properties that cannot be read', async () => {
    assert.deepEqual(await codesAfter(sql`UPDATE entry SET props = x'0102' WHERE id = 1`), ['entry-props']);
  });

  test('finds entries that are filed under another name', async () => {
    assert.deepEqual(await codesAfter(sql`UPDATE entry SET name_key = 'bob' WHERE id = 1`), ['entry-keys']);
  });

  test('finds members of nothing and references to nothing', async () => {
    const codes = await codesAfter(sql`UPDATE entry SET kind = 6 WHERE id = 3`, sql`DELETE FROM entry WHERE id = 1`);
    assert.deepEqual([...codes].sort(), ['entry-keys', 'member-list', 'reference']);
  });

  test('finds lists that hold themselves', async () => {
    const codes = await codesAfter(sql`INSERT INTO member (list, entry) VALUES (3, 4)`);
    assert.deepEqual(codes, ['member-cycle', 'member-cycle']);
  });

  test('finds a file without identifier', async () => {
    assert.deepEqual(await codesAfter(sql`DELETE FROM book`), ['book-uid']);
  });

  test('fails for a file that is not there, and makes none', () =>
    withBook(async (book) => {
      await assert.rejects(check(book.path()), (error) => MapiError.is(error, 'MAPI_E_NOT_FOUND'));
      assert.equal(await book.host.files.exists(book.path()), false);
    }));
});
