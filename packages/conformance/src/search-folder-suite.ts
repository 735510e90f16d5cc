/** Search folders. */
import assert from 'node:assert/strict';
import {
  fnevSearchComplete,
  type IMAPIFolder,
  PR_ATTACH_FILENAME,
  PR_ATTACH_METHOD,
  PR_CONTENT_COUNT,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_FINDER_ENTRYID,
  PR_IMPORTANCE,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_RECIPIENTS,
  PR_PARENT_DISPLAY,
  PR_PARENT_ENTRYID,
  PR_SUBJECT,
  prop,
  type Restriction,
  resContent,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  addAttachment,
  Collector,
  cell,
  column,
  idOf,
  need,
  newFolder,
  newMessage,
  openMessage,
  recipient,
  rejects,
  rowsOf,
  savedMessage,
  specialFolder,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions, StoreUnderTest } from './store-under-test.ts';

const RUNNING = 0x1;
const RECURSIVE = 0x4;
const FOREGROUND = 0x8;
const HAS_X: Restriction = resContent(PR_SUBJECT, 'x');

/** A new search folder, without criteria. */
async function searchFolder(t: StoreUnderTest, name = 'Search'): Promise<IMAPIFolder> {
  await using finder = await specialFolder(t.store, PR_FINDER_ENTRYID);
  return finder.createFolder(name, 'search');
}

/** A folder to search, and a search folder that looks in it for an x in the subject. */
async function running(t: StoreUnderTest): Promise<{ folder: IMAPIFolder; search: IMAPIFolder }> {
  const folder = await newFolder(t.store, 'Searched');
  const search = await searchFolder(t);
  await search.setSearchCriteria(HAS_X, [await idOf(folder)], { restart: true });
  return { folder, search };
}

async function found(search: IMAPIFolder): Promise<unknown[]> {
  return (await column(search.getContentsTable(), PR_SUBJECT)).sort();
}

export function searchFolderSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: search folders`, () => {
    rule('FOLDER-045: a search shows what meets its criteria in its folders', async (t) => {
      const folder = await newFolder(t.store, 'Searched');
      const other = await newFolder(t.store, 'Other');
      await savedMessage(folder, { subject: 'box' });
      await savedMessage(folder, { subject: 'bag' });
      await savedMessage(other, { subject: 'fox' });
      const search = await searchFolder(t);
      await search.setSearchCriteria(HAS_X, [await idOf(folder)]);
      assert.deepEqual(await found(search), ['box']);
      assert.equal(await need(search, PR_CONTENT_COUNT), 1);
    });
    rule('FOLDER-045: flags that exclude each other are refused', async (t) => {
      const { folder, search } = await running(t);
      const where = [await idOf(folder)];
      for (const flags of [
        { stop: true, restart: true },
        { recursive: true, shallow: true },
        { foreground: true, background: true },
      ]) {
        await rejects('MAPI_E_INVALID_PARAMETER', search.setSearchCriteria(HAS_X, where, flags));
      }
    });
    rule('FOLDER-045, FOLDER-050: subfolders are searched if that was asked for', async (t) => {
      const folder = await newFolder(t.store, 'Searched');
      const inner = await folder.createFolder('Inner');
      await savedMessage(inner, { subject: 'box' });
      const search = await searchFolder(t);
      await search.setSearchCriteria(HAS_X, [await idOf(folder)], { shallow: true });
      assert.deepEqual(await found(search), []);
      assert.equal((await search.getSearchCriteria()).state & RECURSIVE, 0);
      await search.setSearchCriteria(HAS_X, [await idOf(folder)], { recursive: true });
      assert.deepEqual(await found(search), ['box']);
      assert.notEqual((await search.getSearchCriteria()).state & RECURSIVE, 0);
    });
    rule('FOLDER-046: null takes the last criteria, of which there are none at first', async (t) => {
      const folder = await newFolder(t.store, 'Searched');
      await savedMessage(folder, { subject: 'box' });
      const search = await searchFolder(t);
      await rejects('MAPI_E_INVALID_PARAMETER', search.setSearchCriteria(null, [await idOf(folder)]));
      await rejects('MAPI_E_INVALID_PARAMETER', search.setSearchCriteria(HAS_X, null));
      await search.setSearchCriteria(HAS_X, [await idOf(folder)]);
      await search.setSearchCriteria(resContent(PR_SUBJECT, 'nothing'), null);
      assert.deepEqual(await found(search), []);
      await search.setSearchCriteria(HAS_X, null);
      assert.deepEqual(await found(search), ['box']);
      const criteria = await search.getSearchCriteria();
      assert.deepEqual(criteria.containers, [await idOf(folder)]);
      assert.deepEqual(criteria.restriction, HAS_X);
    });
    rule('FOLDER-047: criteria that no message can meet by their types are too complex', async (t) => {
      const { folder, search } = await running(t);
      const mismatch = { kind: 'property', relop: 'EQ', tag: PR_SUBJECT, value: prop(PR_IMPORTANCE, 1) } as const;
      await rejects('MAPI_E_TOO_COMPLEX', search.setSearchCriteria(mismatch, [await idOf(folder)]));
      assert.deepEqual((await search.getSearchCriteria()).restriction, HAS_X);
    });
    rule('FOLDER-049: before the first criteria there are none to be had', async (t) => {
      await rejects('MAPI_E_NOT_INITIALIZED', (await searchFolder(t)).getSearchCriteria());
    });
    rule('FOLDER-050: the state says what the search does', async (t) => {
      const { search } = await running(t);
      assert.notEqual((await search.getSearchCriteria()).state & RUNNING, 0);
      await search.setSearchCriteria(null, null, { foreground: true });
      assert.notEqual((await search.getSearchCriteria()).state & FOREGROUND, 0);
      await search.setSearchCriteria(null, null, { stop: true });
      assert.equal((await search.getSearchCriteria()).state & RUNNING, 0);
    });
    rule('FOLDER-051: a running search follows its folders, a stopped one does not', async (t) => {
      const { folder, search } = await running(t);
      const table = await search.getContentsTable();
      const entryId = await savedMessage(folder, { subject: 'box' });
      assert.equal(await table.getRowCount(), 1);
      const message = await openMessage(t.store, entryId, true);
      await message.setProps([prop(PR_SUBJECT, 'bag')]);
      await message.saveChanges();
      assert.equal(await table.getRowCount(), 0);
      await savedMessage(folder, { subject: 'fox' });
      assert.deepEqual(await found(search), ['fox']);
      await search.setSearchCriteria(null, null, { stop: true });
      await savedMessage(folder, { subject: 'mix' });
      assert.deepEqual(await found(search), ['fox']);
    });
    rule('FOLDER-048: a change of the priority alone starts nothing anew', async (t) => {
      const { search } = await running(t);
      await t.settle();
      const seen = new Collector();
      await t.store.advise(null, fnevSearchComplete, seen);
      await search.setSearchCriteria(null, null, { foreground: true });
      await search.setSearchCriteria(null, null, { background: true });
      await t.settle();
      assert.deepEqual(seen.notifications, []);
    });
    rule('FOLDER-052: nothing can be put into a search folder', async (t) => {
      const { folder, search } = await running(t);
      const entryId = await savedMessage(folder, { subject: 'box' });
      await rejects('MAPI_E_NO_SUPPORT', search.createMessage());
      await rejects('MAPI_E_NO_SUPPORT', search.createFolder('Inner'));
      await rejects('MAPI_E_NO_SUPPORT', folder.copyMessages([entryId], search));
      await rejects('MAPI_E_NO_SUPPORT', folder.copyMessages([entryId], search, { move: true }));
      const second = await searchFolder(t, 'Second');
      await rejects('MAPI_E_TOO_COMPLEX', second.setSearchCriteria(HAS_X, [await idOf(search)]));
      assert.deepEqual(await column(folder.getContentsTable(), PR_ENTRYID), [entryId]);
    });
    rule('FOLDER-053: what is deleted through a search is deleted; deleting the search deletes nothing', async (t) => {
      const { folder, search } = await running(t);
      const entryId = await savedMessage(folder, { subject: 'box' });
      await savedMessage(folder, { subject: 'fox' });
      assert.deepEqual(await search.deleteMessages([entryId]), {});
      assert.deepEqual(await column(folder.getContentsTable(), PR_SUBJECT), ['fox']);
      await using finder = await specialFolder(t.store, PR_FINDER_ENTRYID);
      assert.deepEqual(await finder.deleteFolder(await idOf(search)), {});
      assert.deepEqual(await column(folder.getContentsTable(), PR_SUBJECT), ['fox']);
    });
    rule('FOLDER-054, FOLDER-035: a row says in which folder the message lies', async (t) => {
      const { folder, search } = await running(t);
      await savedMessage(folder, { subject: 'box' });
      const table = await search.getContentsTable();
      assert.ok((await table.queryColumns()).includes(PR_PARENT_DISPLAY));
      const [row] = await rowsOf(table, PR_PARENT_ENTRYID, PR_PARENT_DISPLAY);
      assert.deepEqual(cell(row, PR_PARENT_ENTRYID), await idOf(folder));
      assert.equal(cell(row, PR_PARENT_DISPLAY), 'Searched');
    });
    rule('FOLDER-055, RESTR-018: recipients and attachments can be searched for', async (t) => {
      const folder = await newFolder(t.store, 'Searched');
      const search = await searchFolder(t);
      await savedMessage(folder, { subject: 'to Ann', recipients: [recipient('Ann'), recipient('Bob')] });
      const message = await newMessage(folder, { subject: 'with a file' });
      await addAttachment(message, Uint8Array.of(1), prop(PR_ATTACH_FILENAME, 'a.mss'), prop(PR_ATTACH_METHOD, 1));
      await message.saveChanges();
      const where = [await idOf(folder)];
      const toBob: Restriction = {
        kind: 'sub',
        subobject: PR_MESSAGE_RECIPIENTS,
        of: resContent(PR_DISPLAY_NAME, 'Bob'),
      };
      await search.setSearchCriteria(toBob, where);
      assert.deepEqual(await found(search), ['to Ann']);
      const withFile: Restriction = {
        kind: 'sub',
        subobject: PR_MESSAGE_ATTACHMENTS,
        of: resContent(PR_ATTACH_FILENAME, '.mss'),
      };
      await search.setSearchCriteria(withFile, where);
      assert.deepEqual(await found(search), ['with a file']);
    });
    rule('FOLDER-056: criteria outlive the session', async (t) => {
      const { folder, search } = await running(t);
      const [searchId, where] = [await idOf(search), await idOf(folder)];
      await savedMessage(folder, { subject: 'box' });
      await folder.release();
      await search.release();
      const again = await t.reopen();
      try {
        const reopened = await again.store.openEntry(searchId, { iid: 'IMAPIFolder' });
        const criteria = await reopened.getSearchCriteria();
        assert.deepEqual(criteria.containers, [where]);
        assert.deepEqual(criteria.restriction, HAS_X);
        assert.deepEqual(await found(reopened), ['box']);
      } finally {
        await again.close();
      }
    });
    rule('STORE-092, NOTIF-48: the end of the first pass is told to the store and to the folder', async (t) => {
      const folder = await newFolder(t.store, 'Searched');
      const search = await searchFolder(t);
      const store = new Collector();
      const own = new Collector();
      await t.store.advise(null, fnevSearchComplete, store);
      await t.store.advise(await idOf(search), fnevSearchComplete, own);
      await search.setSearchCriteria(HAS_X, [await idOf(folder)]);
      await t.settle();
      assert.deepEqual(store.kinds(), ['searchComplete']);
      assert.deepEqual(own.kinds(), ['searchComplete']);
    });
    rule('FOLDER-052: a plain folder has no search criteria', async (t) => {
      const folder = await newFolder(t.store, 'F');
      await rejects('MAPI_E_NO_SUPPORT', folder.getSearchCriteria());
      await rejects('MAPI_E_NO_SUPPORT', folder.setSearchCriteria(HAS_X, [await idOf(folder)]));
    });
  });
}
