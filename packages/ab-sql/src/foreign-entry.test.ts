import assert from 'node:assert/strict';
import { MapiError } from '@nodemapi/base';
import { PropBag, PropObject, queryAllRows, StandaloneSupport, snapshotTable } from '@nodemapi/kit';
import {
  DT_MAILUSER,
  type EntryId,
  encodeOneOff,
  type IMAPIProp,
  type IMailUser,
  type InterfaceMap,
  type InterfaceName,
  makeEntryId,
  type OpenPropertyOptions,
  PR_ADDRTYPE,
  PR_COMMENT,
  PR_CONTROL_ID,
  PR_CONTROL_TYPE,
  PR_DELTAX,
  PR_DETAILS_TABLE,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  PR_TEMPLATEID,
  PR_XPOS,
  PR_YPOS,
  PT_UNICODE,
  prop,
  propId,
  propOf,
  type RowSet,
  tag,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import type { LocalABLogon } from './ab-logon.ts';
import { addUser, containerOf, newEntry, type TestAddressBook, withBook } from './address-book.testing.ts';
import { createEntry } from './recipient-holder.ts';

const FOREIGN_UID = new Uint8Array(16).fill(0xab);
const NAMED = tag(0x8005, PT_UNICODE);
const DETAILS: RowSet = [[prop(PR_XPOS, 5), prop(PR_CONTROL_TYPE, 8), prop(PR_CONTROL_ID, Uint8Array.of(1))]];

/** A mail user of another provider. */
class ForeignUser extends PropObject implements IMailUser {
  readonly iid = 'IMailUser';

  constructor(entryId: EntryId) {
    const bag = new PropBag([
      prop(PR_ENTRYID, entryId),
      prop(PR_OBJECT_TYPE, 6),
      prop(PR_DISPLAY_TYPE, DT_MAILUSER),
      prop(PR_DISPLAY_NAME, 'Dora'),
      prop(PR_ADDRTYPE, 'EX'),
      prop(PR_EMAIL_ADDRESS, '/o=org/cn=dora'),
      prop(PR_COMMENT, 'second floor'),
      prop(PR_TEMPLATEID, Uint8Array.of(1, 2, 3)),
      prop(NAMED, 'means something else here'),
    ]);
    super(bag, { writable: false });
  }

  override async openProperty<I extends InterfaceName>(
    wanted: typeof PR_DETAILS_TABLE,
    iid: I,
    options?: OpenPropertyOptions,
  ): Promise<InterfaceMap[I]> {
    if (wanted !== PR_DETAILS_TABLE) return super.openProperty(wanted, iid, options);
    return (await snapshotTable(DETAILS)) as InterfaceMap[I];
  }
}

/** A support object through which `foreign` can be opened; other identifiers are unknown. */
class ForeignSupport extends StandaloneSupport {
  opened = 0;

  override async openEntry(entryId: EntryId | null): Promise<never> {
    if (entryId?.[20] !== 1) throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'nobody knows this');
    this.opened++;
    return new ForeignUser(entryId) as never;
  }
}

const dora = makeEntryId(FOREIGN_UID, Uint8Array.of(1, 0, 0, 0));
const nobody = makeEntryId(FOREIGN_UID, Uint8Array.of(9, 9));

async function logonWithForeign(book: TestAddressBook): Promise<LocalABLogon> {
  return book.logon('me', new ForeignSupport({ kind: 'addressBook', host: book.host }));
}

async function rowsOfDetails(object: IMAPIProp): Promise<RowSet> {
  await using table = await object.openProperty(PR_DETAILS_TABLE, 'IMAPITable');
  return await queryAllRows(table);
}

describe('entries of other address books', () => {
  test('AB-025, AB-029: are copied with their properties and their display table', () =>
    withBook(async (book) => {
      const logon = await logonWithForeign(book);
      const container = await containerOf(logon);
      assert.deepEqual(await container.copyEntries([dora], { noDialog: true }), {});
      await using table = await container.getContentsTable();
      const [row] = await queryAllRows(table, { tags: [PR_ENTRYID, PR_DISPLAY_NAME, PR_ADDRTYPE, PR_EMAIL_ADDRESS] });
      assert.deepEqual(
        row?.slice(1).map(({ value }) => value),
        ['Dora', 'EX', '/o=org/cn=dora'],
      );
      await using copy = await logon.openEntry(propOf(row ?? [], PR_ENTRYID) ?? null, { iid: 'IMailUser' });
      const { values } = await copy.getProps([PR_COMMENT, PR_TEMPLATEID, NAMED]);
      assert.deepEqual(values, ['second floor', undefined, undefined]);
      assert.deepEqual(await rowsOfDetails(copy), DETAILS);
      const listed = (await copy.getPropList()).map(propId);
      assert.ok(listed.includes(propId(PR_DETAILS_TABLE)) && !listed.includes(0x6602));
      await container.release();
      await logon.logoff();
      assert.deepEqual(await book.findings(), []);
    }));

  test('AB-025: one that cannot be opened makes the completion partial', () =>
    withBook(async (book) => {
      const logon = await logonWithForeign(book);
      const container = await containerOf(logon);
      const done = await container.copyEntries([nobody, dora], { noDialog: true });
      assert.deepEqual(done, { warning: 'MAPI_W_PARTIAL_COMPLETION' });
      assert.equal(
        (await container.resolveNames(null, [[prop(PR_DISPLAY_NAME, 'Dora')]], ['unresolved'])).flags[0],
        'resolved',
      );
      await logon.logoff();
    }));

  test('a list remembers them and shows them when their provider is gone; its copy has the same members', () =>
    withBook(async (book) => {
      const logon = await logonWithForeign(book);
      const container = await containerOf(logon);
      const ann = await addUser(container, 'Ann', 'ann@example.com');
      const cleo = encodeOneOff({ displayName: '', addrType: 'SMTP', emailAddress: 'cleo@b.c', sendRichInfo: true });
      await using list = await newEntry(container, 5);
      assert.ok(list.iid === 'IDistList');
      await list.setProps([prop(PR_DISPLAY_NAME, 'All')]);
      await assert.rejects(list.copyEntries([dora]), (error) => MapiError.is(error, 'MAPI_E_NOT_INITIALIZED'));
      await list.saveChanges({ keepOpenReadWrite: true });
      const done = await list.copyEntries([dora, ann, cleo, nobody, dora]);
      assert.deepEqual(done, { warning: 'MAPI_W_PARTIAL_COMPLETION' });
      const listId = (await list.getProps([PR_ENTRYID])).values[0] ?? null;
      await logon.logoff();

      const alone = await book.logon();
      const again = await containerOf(alone);
      const namesOf = async (entryId: EntryId | null): Promise<readonly unknown[]> => {
        await using opened = await alone.openEntry(entryId, { iid: 'IDistList' });
        await using table = await opened.getContentsTable();
        return (await queryAllRows(table, { tags: [PR_DISPLAY_NAME] })).map((row) => row[0]?.value);
      };
      assert.deepEqual(await namesOf(listId), ['Dora', 'Ann', 'cleo@b.c']);
      await using opened = await alone.openEntry(listId, { iid: 'IDistList' });
      const names = [[prop(PR_DISPLAY_NAME, 'dor')], [prop(PR_DISPLAY_NAME, 'nobody')]];
      assert.deepEqual((await opened.resolveNames(null, names, ['unresolved', 'unresolved'])).flags, [
        'resolved',
        'unresolved',
      ]);
      await alone.logoff();
      await again.release();
    }));

  test('a copied list has the members of its source', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      const container = await containerOf(logon);
      const ann = await addUser(container, 'Ann', 'ann@example.com');
      await using list = await newEntry(container, 5);
      assert.ok(list.iid === 'IDistList');
      await list.setProps([prop(PR_DISPLAY_NAME, 'All')]);
      await list.saveChanges({ keepOpenReadWrite: true });
      await list.copyEntries([ann]);
      const original = (await list.getProps([PR_ENTRYID])).values[0] ?? new Uint8Array();
      assert.deepEqual(await container.copyEntries([original]), {});
      await using table = await container.getContentsTable();
      const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_DISPLAY_NAME] });
      const copies = rows.filter((row) => propOf(row, PR_DISPLAY_NAME) === 'All');
      assert.equal(copies.length, 2);
      for (const row of copies) {
        await using copy = await logon.openEntry(propOf(row, PR_ENTRYID) ?? null, { iid: 'IDistList' });
        await using members = await copy.getContentsTable();
        assert.equal(await members.getRowCount(), 1);
      }
      await logon.logoff();
      assert.deepEqual(await book.findings(), []);
    }));
});

/** A support object whose foreign provider binds entries to its templates, as long as it can. */
class BindingSupport extends ForeignSupport {
  readonly bound: unknown[] = [];
  fails = false;

  override async openTemplateID(templateId: EntryId, data: IMAPIProp, options?: object): Promise<IMAPIProp> {
    this.bound.push([...templateId], options);
    if (this.fails) throw new MapiError('MAPI_E_NO_SUPPORT', 'the template is gone');
    await data.setProps([prop(PR_COMMENT, 'filled by its provider')]);
    return data;
  }
}

describe('templates of other address books', () => {
  test('AB-024, AB-078: an entry made by one is bound and filled by its provider', () =>
    withBook(async (book) => {
      const support = new BindingSupport({ kind: 'addressBook', host: book.host });
      const logon = await book.logon('me', support);
      const container = await containerOf(logon);
      await using entry = await container.createEntry(dora);
      assert.deepEqual(support.bound, [[1, 2, 3], { fillEntry: true }]);
      const { values } = await entry.getProps([PR_DISPLAY_NAME, PR_EMAIL_ADDRESS, PR_COMMENT, PR_TEMPLATEID]);
      assert.deepEqual(values, ['Dora', '/o=org/cn=dora', 'filled by its provider', undefined]);
      await entry.saveChanges({ keepOpenReadOnly: true });
      await using table = await container.getContentsTable();
      assert.equal(await table.getRowCount(), 1);
      await container.release();
      await logon.logoff();
      assert.deepEqual(await book.findings(), []);
    }));

  test('AB-024: if its provider cannot bind it, or nobody knows the template, nothing is made', () =>
    withBook(async (book) => {
      const support = new BindingSupport({ kind: 'addressBook', host: book.host });
      support.fails = true;
      const logon = await book.logon('me', support);
      const container = await containerOf(logon);
      await assert.rejects(container.createEntry(dora), { code: 'MAPI_E_NO_SUPPORT' });
      await assert.rejects(container.createEntry(nobody), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
      await using table = await container.getContentsTable();
      assert.equal(await table.getRowCount(), 0);
      await container.release();
      await logon.logoff();
    }));
});

test('AB-024: an entry that cannot take what its template says is released', () =>
  withBook(async (book) => {
    let released = 0;
    const refusing = {
      setProps: async () => {
        throw new MapiError('MAPI_E_NO_ACCESS', 'read-only');
      },
      release: async () => void released++,
    };
    const support = new BindingSupport({ kind: 'addressBook', host: book.host });
    const context = {
      book: { uid: new Uint8Array(16) },
      support,
      open: (entryId: EntryId) => support.openEntry(entryId),
    };
    const made = createEntry(context as never, (() => refusing) as never, dora, undefined);
    await assert.rejects(made, { code: 'MAPI_E_NO_ACCESS' });
    assert.equal(released, 1);
  }));

describe('display tables', () => {
  test('AB-082, AB-083: own entries have one page of labelled fields, required where an entry needs them', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      const container = await containerOf(logon);
      await using user = await logon.openEntry(await addUser(container, 'Ann', 'ann@example.com'), {
        iid: 'IMailUser',
      });
      const rows = await rowsOfDetails(user);
      const types = rows.map((row) => propOf(row, PR_CONTROL_TYPE));
      assert.deepEqual(types, [8, 0, 1, 0, 1, 0, 1, 0, 1]);
      for (const row of rows) {
        assert.ok((propOf(row, PR_XPOS) ?? 0) + (propOf(row, PR_DELTAX) ?? 0) <= 200);
        assert.ok((propOf(row, PR_YPOS) ?? 200) < 180);
      }
      const ids = new Set(rows.map((row) => String(propOf(row, PR_CONTROL_ID))));
      assert.equal(ids.size, rows.length);
      await logon.logoff();
    }));
});
