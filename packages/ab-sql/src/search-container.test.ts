import assert from 'node:assert/strict';
import { queryAllRows, readDisplayTable } from '@nodemapi/kit';
import {
  type IABContainer,
  type IMAPIContainer,
  PR_ADDRTYPE,
  PR_ANR,
  PR_COMMENT,
  PR_COMPANY_NAME,
  PR_DETAILS_TABLE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_OBJECT_TYPE,
  PR_SEARCH,
  type PropValue,
  prop,
  propId,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { containerOf, newEntry, type TestAddressBook, withBook } from './address-book.testing.ts';

async function addPerson(
  container: IABContainer,
  name: string,
  ...values: readonly PropValue<string>[]
): Promise<void> {
  await using user = await newEntry(container, 0);
  const address = `${name.toLowerCase().replaceAll(' ', '.')}@example.com`;
  const problems = await user.setProps([prop(PR_DISPLAY_NAME, name), prop(PR_EMAIL_ADDRESS, address), ...values]);
  assert.deepEqual(problems, []);
  await user.saveChanges({ keepOpenReadOnly: true });
}

/** A book with four people. */
async function people(book: TestAddressBook): Promise<IABContainer> {
  const container = await containerOf(await book.logon());
  await addPerson(container, 'Carla Brown', prop(PR_COMPANY_NAME, 'Northwest Air'));
  await addPerson(container, 'Ann Brown', prop(PR_ADDRTYPE, 'FAX'), prop(PR_COMMENT, 'met in Rome'));
  await addPerson(container, 'Bob Green', prop(PR_COMPANY_NAME, 'Air North'));
  return container;
}

async function found(search: IMAPIContainer): Promise<readonly string[]> {
  await using table = await search.getContentsTable();
  return (await queryAllRows(table)).map((row) => propOf(row, PR_DISPLAY_NAME) ?? '');
}

describe('PR_SEARCH of a container', () => {
  test('AB-030: opens a search, whose criteria are set as properties and whose contents are what matches', () =>
    withBook(async (book) => {
      const container = await people(book);
      assert.ok((await container.getPropList()).map(propId).includes(propId(PR_SEARCH)));
      await using search = await container.openProperty(PR_SEARCH, 'IMAPIContainer');
      assert.deepEqual(await found(search), ['Ann Brown', 'Bob Green', 'Carla Brown']);
      assert.deepEqual(await search.setProps([prop(PR_DISPLAY_NAME, 'BROWN')]), []);
      assert.deepEqual(await found(search), ['Ann Brown', 'Carla Brown']);
      await search.setProps([prop(PR_COMPANY_NAME, 'air')]);
      await search.saveChanges();
      assert.deepEqual(await found(search), ['Carla Brown']);
      await search.setProps([prop(PR_DISPLAY_NAME, '')]);
      assert.deepEqual(await found(search), ['Bob Green', 'Carla Brown']);
      await search.deleteProps([PR_COMPANY_NAME]);
      await search.setProps([prop(PR_ADDRTYPE, 'fax')]);
      assert.deepEqual(await found(search), ['Ann Brown']);
      await search.setProps([prop(PR_ADDRTYPE, 'fa')]);
      assert.deepEqual(await found(search), []);
    }));

  test('AB-030: the root of a book, which holds nobody, has none and says where there is one', () =>
    withBook(async (book) => {
      await using root = (await (await book.logon()).openEntry(null)) as IABContainer;
      const refusal = { code: 'MAPI_E_NO_SUPPORT', message: /search in the container below it/u };
      await assert.rejects(root.openProperty(PR_SEARCH, 'IMAPIContainer'), refusal);
    }));

  test('AB-030: is no other interface, and each search has criteria of its own', () =>
    withBook(async (book) => {
      const container = await people(book);
      for (const iid of ['IABContainer', 'IMAPITable', 'IMAPIFolder', 'IStream'] as const) {
        await assert.rejects(container.openProperty(PR_SEARCH, iid), { code: 'MAPI_E_INTERFACE_NOT_SUPPORTED' });
      }
      await using first = await container.openProperty(PR_SEARCH, 'IMAPIContainer');
      await using second = await container.openProperty(PR_SEARCH, 'IMAPIContainer');
      await first.setProps([prop(PR_ANR, 'bob')]);
      assert.deepEqual([await found(first), (await found(second)).length], [['Bob Green'], 3]);
    }));

  test('AB-030: its details table is the dialog, and every field of it can be set', () =>
    withBook(async (book) => {
      const container = await people(book);
      await using search = await container.openProperty(PR_SEARCH, 'IMAPIContainer');
      await using table = await search.openProperty(PR_DETAILS_TABLE, 'IMAPITable');
      const fields = (await readDisplayTable(table)).flatMap((page) => page.fields);
      assert.ok(fields.length >= 4);
      for (const { tag, readOnly } of fields) {
        assert.notEqual(readOnly, true);
        assert.deepEqual(await search.setProps([{ tag, value: 'x' }] as never), []);
      }
      assert.deepEqual(await found(search), []);
    }));

  test('what is no criterion is refused; lists of containers and search criteria of folders are not there', () =>
    withBook(async (book) => {
      const container = await people(book);
      await using search = await container.openProperty(PR_SEARCH, 'IMAPIContainer');
      const problems = await search.setProps([prop(PR_OBJECT_TYPE, 7), prop(PR_DISPLAY_NAME, 'x'.repeat(2000))]);
      assert.deepEqual(
        problems.map(({ code }) => code),
        ['MAPI_E_COMPUTED', 'MAPI_E_TOO_BIG'],
      );
      await assert.rejects(search.setSearchCriteria(null, null), { code: 'MAPI_E_NO_SUPPORT' });
      await assert.rejects(search.getHierarchyTable(), { code: 'MAPI_E_NO_SUPPORT' });
      await using table = await search.getContentsTable();
      await table.restrict(null);
      assert.equal(await table.getRowCount(), 3, 'its table cannot show more than was found');
    }));
});
