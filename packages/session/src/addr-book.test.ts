import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { getProp, queryAllRows, snapshotTable } from '@nodemapi/kit';
import {
  type AdrEntry,
  decodeOneOff,
  fnevCriticalError,
  HRESULTS,
  type IAddrBook,
  makeEntryId,
  PR_ADDRTYPE,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_RECORD_KEY,
  PR_SEARCH,
  PR_SEARCH_KEY,
  PR_SEND_RICH_INFO,
  PR_TRANSMITABLE_DISPLAY_NAME,
  prop,
  propError,
  propOf,
  searchKeyOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { TestContainer } from './objects.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { BOOK_UID, CONTAINER_ROW } from './test-ids.testing.ts';
import { user } from './user.testing.ts';

async function withBook() {
  const { subsystem, library } = await TestSubsystem.withProfile();
  const session = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
  const { object: book, warning } = await session.openAddressBook();
  return { subsystem, library, session, book, warning };
}

const named = (name: string): AdrEntry => [prop(PR_DISPLAY_NAME, name)];
const PEOPLE = propOf(CONTAINER_ROW, PR_ENTRYID) ?? new Uint8Array();

const pathOf = async (book: IAddrBook): Promise<readonly unknown[]> =>
  (await book.getSearchPath()).map((row) => propOf(row, PR_ENTRYID));

describe('address book', () => {
  test('SESS-46, SESS-47, AB-005: it opens without its providers too, with a warning', async () => {
    const { session, warning, library, book } = await withBook();
    assert.equal(warning, undefined);
    assert.equal(book.iid, 'IAddrBook');
    await session.release();
    assert.ok(library.calls.includes('IABLogon.logoff'));
  });

  test('AB-008, AB-013: without an identifier the root opens, with the containers of every provider below it', async () => {
    const { book } = await withBook();
    await using root = await book.openEntry(null, { iid: 'IABContainer' });
    await using table = await root.getHierarchyTable();
    assert.deepEqual(
      (await queryAllRows(table)).map((row) => propOf(row, PR_DISPLAY_NAME)),
      ['People'],
    );
    await using people = await root.openEntry(PEOPLE, { iid: 'IABContainer' });
    assert.equal(await getProp(people, PR_DISPLAY_NAME), 'people');
    await assert.rejects(root.deleteEntries([]), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('AB-030: the root has nobody to search for, and says where to', async () => {
    const { book } = await withBook();
    await using root = await book.openEntry(null, { iid: 'IABContainer' });
    const refusal = { code: 'MAPI_E_NO_SUPPORT', message: /search in a container below it/u };
    await assert.rejects(root.openProperty(PR_SEARCH, 'IMAPIContainer'), refusal);
  });

  test('AB-009: an identifier of nobody here is unknown', async () => {
    const { book } = await withBook();
    await assert.rejects(book.openEntry(new Uint8Array(24)), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
  });

  test('AB-010, AB-065, AB-066, SESS-19: one-off identifiers are made, opened and compared by MAPI', async () => {
    const { book } = await withBook();
    const entryId = await book.createOneOff('Dan', 'SMTP', 'dan@e.f');
    await using user = await book.openEntry(entryId, { iid: 'IMailUser' });
    assert.equal(await getProp(user, PR_EMAIL_ADDRESS), 'dan@e.f');
    assert.equal(await getProp(user, PR_SEND_RICH_INFO), false);
    assert.deepEqual(await getProp(user, PR_RECORD_KEY), entryId);
    assert.deepEqual(await getProp(user, PR_SEARCH_KEY), searchKeyOf('SMTP', 'dan@e.f'));
    assert.equal(decodeOneOff(await book.createOneOff(null, 'FAX', '1234'))?.sendRichInfo, true);
    assert.equal(decodeOneOff(await book.createOneOff(null, 'FAX', '1', { noRichInfo: true }))?.sendRichInfo, false);
    const otherBytes = await book.createOneOff('D', 'SMTP', 'DAN@E.F');
    assert.notDeepEqual(otherBytes, entryId);
    assert.equal(await book.compareEntryIDs(entryId, otherBytes), true);
    await assert.rejects(book.createOneOff('x', '', 'y'), { code: 'MAPI_E_INVALID_PARAMETER' });
  });

  test('AB-042, AB-054: written addresses need no container', async () => {
    const { book } = await withBook();
    const { list, flags, error } = await book.resolveName([named('eve@g.h'), named('Fay[FAX:55]')]);
    assert.deepEqual([flags, error], [['resolved', 'resolved'], undefined]);
    assert.deepEqual(
      list.map((entry) => propOf(entry, PR_EMAIL_ADDRESS)),
      ['eve@g.h', '55'],
    );
    assert.deepEqual(
      list.map((entry) => propOf(entry, PR_SEND_RICH_INFO)),
      [false, true],
    );
  });

  test('AB-041, AB-043, AB-045, AB-047, AB-051: names are looked up in the search path, each with its own result', async () => {
    const { book } = await withBook();
    const done = [prop(PR_ENTRYID, new Uint8Array(5)), prop(PR_DISPLAY_NAME, 'Bob')];
    const names = [named('Bob'), named('Carol'), named('Zoe'), done, []];
    const { list, flags, error } = await book.resolveName(names);
    assert.deepEqual(flags, ['resolved', 'ambiguous', 'unresolved', 'resolved', 'resolved']);
    assert.equal(error, 'MAPI_E_AMBIGUOUS_RECIP');
    assert.equal(list.length, 5);
    assert.deepEqual(propOf(list[0] ?? [], PR_ENTRYID), makeEntryId(BOOK_UID, utf8Encode('bob')));
    assert.deepEqual(list[3], done);
    assert.equal((await book.resolveName([named('Zoe')])).error, 'MAPI_E_NOT_FOUND');
  });

  /** Two containers, both in the search path. */
  const twoContainers = async () => {
    const made = await withBook();
    const other = [prop(PR_ENTRYID, makeEntryId(BOOK_UID, utf8Encode('others'))), ...CONTAINER_ROW.slice(1)];
    made.library.behaviour.containers = [CONTAINER_ROW, other];
    await made.book.setSearchPath([CONTAINER_ROW.slice(0, 1), other.slice(0, 1)]);
    const looked: unknown[] = [];
    made.library.behaviour.resolving = (container, names) => void looked.push([container, ...names]);
    return { ...made, looked, other };
  };

  test('AB-044: what is ambiguous goes to no further container, and when nothing is open nobody is asked', async () => {
    const { book, looked } = await twoContainers();
    const { flags } = await book.resolveName([named('Bob'), named('Carol'), named('Zoe')]);
    assert.deepEqual(flags, ['resolved', 'ambiguous', 'unresolved']);
    assert.deepEqual(looked, [
      ['people', 'Bob', 'Carol', 'Zoe'],
      ['others', 'Zoe'],
    ]);
    looked.length = 0;
    await book.resolveName([named('Bob'), named('Carol')]);
    await book.resolveName([named('eve@g.h')]);
    assert.deepEqual(looked, [['people', 'Bob', 'Carol']]);
  });

  test('AB-046: only with MAPI_DIALOG the user is asked who is meant', async () => {
    const { book } = await withBook();
    const asked: unknown[] = [];
    const contents = [[prop(PR_ENTRYID, makeEntryId(BOOK_UID, utf8Encode('c1'))), prop(PR_DISPLAY_NAME, 'Carol One')]];
    const prototype = TestContainer.prototype;
    const { getContentsTable } = prototype;
    prototype.getContentsTable = () => snapshotTable(contents);
    try {
      const choose = async (question: string, choices: readonly string[]): Promise<number> => {
        asked.push([question, ...choices]);
        return 0;
      };
      const asking = user({ choose });
      const silent = await book.resolveName([named('Carol')], {}, asking);
      assert.deepEqual([silent.flags, silent.error, asked], [['ambiguous'], 'MAPI_E_AMBIGUOUS_RECIP', []]);
      const { list, flags, error } = await book.resolveName([named('Carol')], { dialog: true }, asking);
      assert.deepEqual([flags, error, asked], [['resolved'], undefined, [['Carol', 'Carol One']]]);
      assert.equal(propOf(list[0] ?? [], PR_DISPLAY_NAME), 'Carol One');
    } finally {
      prototype.getContentsTable = getContentsTable;
    }
  });

  test('AB-062: the default directory stays until it is set anew, or its container is gone', async () => {
    const { book, other, library } = await twoContainers();
    const others = propOf(other, PR_ENTRYID) ?? new Uint8Array();
    await book.setDefaultDir(others);
    for (let time = 0; time < 2; time++) assert.deepEqual(await book.getDefaultDir(), others);
    await book.setDefaultDir(PEOPLE);
    assert.deepEqual(await book.getDefaultDir(), PEOPLE);
    await book.setDefaultDir(others);
    library.behaviour.containers = [CONTAINER_ROW];
    assert.deepEqual(await book.getDefaultDir(), PEOPLE);
  });

  test('AB-037: a name that no address book vouches for is transmitted in quotation marks', async () => {
    const { book } = await withBook();
    const entryId = await book.createOneOff('Dan', 'SMTP', 'dan@e.f');
    const vouched = [...named('Bob'), prop(PR_ENTRYID, PEOPLE), prop(PR_TRANSMITABLE_DISPLAY_NAME, 'Robert')];
    const list = [[prop(PR_ENTRYID, entryId)], vouched, named('nobody')];
    const prepared = await book.prepareRecips(list, [PR_TRANSMITABLE_DISPLAY_NAME]);
    assert.deepEqual(
      prepared.map((entry) => propOf(entry, PR_TRANSMITABLE_DISPLAY_NAME)),
      ["'Dan'", 'Robert', undefined],
    );
    const [other] = await book.prepareRecips(list, [PR_ADDRTYPE]);
    assert.equal(propOf(other ?? [], PR_TRANSMITABLE_DISPLAY_NAME), undefined);
  });

  test('AB-056, AB-060, AB-061: without settings, path, PAB and directory follow from the containers', async () => {
    const { book } = await withBook();
    assert.deepEqual(await pathOf(book), [PEOPLE]);
    assert.deepEqual(await book.getPAB(), PEOPLE);
    assert.deepEqual(await book.getDefaultDir(), PEOPLE);
  });

  test('AB-014, AB-057, AB-058, PROF-33: settings last in the profile at once', async () => {
    const { book, subsystem, session } = await withBook();
    const wrong = [[prop(PR_DISPLAY_NAME, 'x'), prop(PR_ENTRYID, PEOPLE)]];
    await assert.rejects(book.setSearchPath(wrong), { code: 'MAPI_E_MISSING_REQUIRED_COLUMN' });
    await book.setSearchPath([[prop(PR_ENTRYID, new Uint8Array(3))]]);
    assert.deepEqual(await pathOf(book), []);
    await book.setSearchPath([CONTAINER_ROW.slice(0, 1), [prop(PR_ENTRYID, new Uint8Array(3))]]);
    await book.setPAB(new Uint8Array([7]));
    await book.setDefaultDir(PEOPLE);
    await session.logoff();
    await using next = await subsystem.MAPILogonEx(null, 'Work', null, { noMail: true });
    const { object } = await next.openAddressBook();
    assert.deepEqual(await pathOf(object), [PEOPLE]);
    assert.deepEqual(await object.getPAB(), new Uint8Array([7]));
    assert.deepEqual(await object.getDefaultDir(), PEOPLE);
  });

  test('AB-059: without containers the path has no rows', async () => {
    const { subsystem } = await TestSubsystem.withProfile();
    await using admin = await subsystem.MAPIAdminProfiles();
    await admin.createProfile('Bare');
    await using session = await subsystem.MAPILogonEx(null, 'Bare', null);
    const { object, warning } = await session.openAddressBook();
    assert.deepEqual([await pathOf(object), (await object.getPAB()).length, warning], [[], 0, undefined]);
  });

  test('AB-073: recipients get the wanted properties first, and an error for what nobody knows', async () => {
    const { book } = await withBook();
    const entryId = await book.createOneOff('Dan', 'SMTP', 'dan@e.f');
    const [entry, empty] = await book.prepareRecips([[prop(PR_ENTRYID, entryId)], []], [PR_ADDRTYPE, PR_COMMENT]);
    assert.deepEqual(entry?.slice(0, 2), [prop(PR_ADDRTYPE, 'SMTP'), propError(PR_COMMENT, HRESULTS.MAPI_E_NOT_FOUND)]);
    assert.deepEqual(propOf(entry ?? [], PR_ENTRYID), entryId);
    assert.deepEqual(empty, []);
  });

  test('SUPP-21, AB-072: without a container a new entry is a one-off that the user is asked for', async () => {
    const { book } = await withBook();
    await assert.rejects(book.newEntry(null, null), { code: 'MAPI_E_NO_SUPPORT' });
    const answers = ['Dan', 'SMTP', 'dan@e.f'];
    const ui = {
      confirm: async () => true,
      choose: async () => 0,
      prompt: async () => answers.shift() ?? '',
      progress: () => {},
    };
    assert.equal(decodeOneOff(await book.newEntry(null, null, ui))?.emailAddress, 'dan@e.f');
  });

  test('AB-079: registrations go to the provider, or to the session; each has a number of its own', async () => {
    const { book, library } = await withBook();
    const sink = { onNotify: () => {} };
    const first = await book.advise(makeEntryId(BOOK_UID, utf8Encode('bob')), fnevCriticalError, sink);
    const second = await book.advise(null, fnevCriticalError, sink);
    assert.notEqual(first.connection, second.connection);
    assert.equal(library.hub.size, 1);
    await assert.rejects(book.advise(new Uint8Array(24), 1, sink), { code: 'MAPI_E_UNKNOWN_ENTRYID' });
    await book.release();
    assert.equal(library.hub.size, 0);
  });
});
