/** What every IMsgStore must do by itself: access, identifiers, keys, standard folders, read-only opening. */
import assert from 'node:assert/strict';
import {
  entryIdUid,
  FOLDER_COMMON_VIEWS_VALID,
  FOLDER_FINDER_VALID,
  FOLDER_IPM_INBOX_VALID,
  FOLDER_IPM_OUTBOX_VALID,
  FOLDER_IPM_SENTMAIL_VALID,
  FOLDER_IPM_SUBTREE_VALID,
  FOLDER_IPM_WASTEBASKET_VALID,
  FOLDER_ROOT,
  FOLDER_VIEWS_VALID,
  HRESULTS,
  isLongTerm,
  MAPI_FOLDER,
  MAPI_MESSAGE,
  MAPI_STORE,
  MUID_STORE_WRAP,
  makeEntryId,
  PR_ACCESS_LEVEL,
  PR_BODY,
  PR_COMMENT,
  PR_COMMON_VIEWS_ENTRYID,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_FINDER_ENTRYID,
  PR_FOLDER_TYPE,
  PR_IPM_OUTBOX_ENTRYID,
  PR_IPM_SENTMAIL_ENTRYID,
  PR_IPM_SUBTREE_ENTRYID,
  PR_IPM_WASTEBASKET_ENTRYID,
  PR_MDB_PROVIDER,
  PR_MESSAGE_FLAGS,
  PR_OBJECT_TYPE,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_SEARCH_KEY,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_STORE_SUPPORT_MASK,
  PR_SUBJECT,
  PR_VALID_FOLDER_MASK,
  PR_VIEWS_ENTRYID,
  prop,
  STORE_CREATE_OK,
  STORE_ENTRYID_UNIQUE,
  STORE_MODIFY_OK,
  STORE_NOTIFY_OK,
  STORE_READONLY,
  STORE_SUBMIT_OK,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  cell,
  column,
  folderOf,
  idOf,
  inboxOf,
  need,
  newFolder,
  newMessage,
  openMessage,
  read,
  rejects,
  rowsOf,
  savedMessage,
  specialFolder,
  write,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

/** Identifier of nobody. */
const FOREIGN = makeEntryId(new Uint8Array(16).fill(0xee), new Uint8Array(8));

const SPECIAL_FOLDERS = [
  [PR_IPM_SUBTREE_ENTRYID, FOLDER_IPM_SUBTREE_VALID],
  [PR_IPM_OUTBOX_ENTRYID, FOLDER_IPM_OUTBOX_VALID],
  [PR_IPM_WASTEBASKET_ENTRYID, FOLDER_IPM_WASTEBASKET_VALID],
  [PR_IPM_SENTMAIL_ENTRYID, FOLDER_IPM_SENTMAIL_VALID],
  [PR_VIEWS_ENTRYID, FOLDER_VIEWS_VALID],
  [PR_COMMON_VIEWS_ENTRYID, FOLDER_COMMON_VIEWS_VALID],
  [PR_FINDER_ENTRYID, FOLDER_FINDER_VALID],
] as const;

export function storeObjectSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: opening objects`, () => {
    rule('STORE-025: null opens the root folder, as an IMAPIFolder', async ({ store }) => {
      const root = await store.openEntry(null);
      assert.equal(root.iid, 'IMAPIFolder');
      assert.equal(await read(root, PR_FOLDER_TYPE), FOLDER_ROOT);
    });
    rule('STORE-025, STORE-029: the object that an identifier opens says what it is', async ({ store }) => {
      const inbox = await inboxOf(store);
      const message = await store.openEntry(await savedMessage(inbox));
      assert.equal(message.iid, 'IMessage');
      assert.equal(await read(message, PR_OBJECT_TYPE), MAPI_MESSAGE);
      const folder = await store.openEntry(await idOf(inbox));
      assert.equal(folder.iid, 'IMAPIFolder');
      assert.equal(await read(folder, PR_OBJECT_TYPE), MAPI_FOLDER);
      assert.equal(await read(store, PR_OBJECT_TYPE), MAPI_STORE);
    });
    rule('STORE-029: an interface that the object does not have is refused', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store));
      await rejects('MAPI_E_INTERFACE_NOT_SUPPORTED', store.openEntry(entryId, { iid: 'IMAPIFolder' }));
    });
    rule('STORE-026: objects are opened for reading unless more is asked for', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store));
      await using reader = await store.openEntry(entryId, { iid: 'IMessage' });
      assert.equal(await need(reader, PR_ACCESS_LEVEL), 0);
      await rejects('MAPI_E_NO_ACCESS', reader.setProps([prop(PR_SUBJECT, 'other')]));
      await rejects('MAPI_E_NO_ACCESS', reader.deleteProps([PR_SUBJECT]));
      await using writer = await store.openEntry(entryId, { iid: 'IMessage', modify: true });
      assert.equal(await need(writer, PR_ACCESS_LEVEL), 1);
      await using best = await store.openEntry(entryId, { iid: 'IMessage', bestAccess: true });
      assert.equal(await need(best, PR_ACCESS_LEVEL), 1);
    });
    rule('STORE-026: best access of somebody who may only read is reading', async (t) => {
      const entryId = await savedMessage(await inboxOf(t.store));
      const readOnly = await t.readOnlyStore();
      await using best = await readOnly.openEntry(entryId, { iid: 'IMessage', bestAccess: true });
      assert.equal(await need(best, PR_ACCESS_LEVEL), 0);
    });
    rule('STORE-027: a foreign identifier, a missing object and a forbidden one are told apart', async (t) => {
      await rejects('MAPI_E_UNKNOWN_ENTRYID', t.store.openEntry(FOREIGN));
      const inbox = await inboxOf(t.store);
      const entryId = await savedMessage(inbox);
      await inbox.deleteMessages([entryId]);
      await rejects('MAPI_E_NOT_FOUND', t.store.openEntry(entryId));
      const other = await savedMessage(inbox);
      const readOnly = await t.readOnlyStore();
      await rejects('MAPI_E_NO_ACCESS', readOnly.openEntry(other, { modify: true }));
    });
    rule('FOLDER-044, C-12: a folder opens what its store opens, and null is the top', async ({ store }) => {
      const inbox = await inboxOf(store);
      const entryId = await savedMessage(inbox);
      assert.equal((await inbox.openEntry(entryId)).iid, 'IMessage');
      await rejects('MAPI_E_UNKNOWN_ENTRYID', inbox.openEntry(FOREIGN));
      await inbox.deleteMessages([entryId]);
      await rejects('MAPI_E_NOT_FOUND', inbox.openEntry(entryId));
      const top = await inbox.openEntry(null, { iid: 'IMAPIFolder' });
      assert.equal(await read(top, PR_FOLDER_TYPE), FOLDER_ROOT);
    });
    rule('STORE-030: identifiers are compared by the store; foreign ones are unknown', async ({ store }) => {
      const inbox = await inboxOf(store);
      const one = await savedMessage(inbox);
      const two = await savedMessage(inbox);
      assert.equal(await store.compareEntryIDs(one, Uint8Array.from(one)), true);
      assert.equal(await store.compareEntryIDs(one, two), false);
      await rejects('MAPI_E_UNKNOWN_ENTRYID', store.compareEntryIDs(one, FOREIGN));
    });
    rule(
      'OBJ-19, PROP-017, STORE-033, STORE-034, STORE-036: identifiers from properties are long-term',
      async ({ store }) => {
        const inbox = await inboxOf(store);
        await using message = await openMessage(store, await savedMessage(inbox));
        for (const object of [store, inbox, message]) {
          const entryId = await idOf(object);
          assert.deepEqual([...entryId.subarray(0, 4)], [0, 0, 0, 0]);
          assert.equal(isLongTerm(entryId), true);
          assert.equal(entryIdUid(entryId)?.length, 16);
        }
        assert.deepEqual(entryIdUid(await idOf(message)), entryIdUid(await idOf(inbox)));
      },
    );
  });

  describe(`${name}: identifiers and keys`, () => {
    rule(
      'STORE-038, STORE-043, STORE-045: a copy has a new identifier, a new record key, the same search key',
      async ({ store }) => {
        const inbox = await inboxOf(store);
        const target = await newFolder(store, 'Target');
        const original = await openMessage(store, await savedMessage(inbox));
        await inbox.copyMessages([await idOf(original)], target);
        const [copyId] = await column(target.getContentsTable(), PR_ENTRYID);
        assert.ok(copyId);
        const copy = await openMessage(store, copyId);
        assert.notDeepEqual(copyId, await idOf(original));
        assert.notDeepEqual(await need(copy, PR_RECORD_KEY), await need(original, PR_RECORD_KEY));
        assert.deepEqual(await need(copy, PR_SEARCH_KEY), await need(original, PR_SEARCH_KEY));
      },
    );
    rule('STORE-045: messages that are no copies of each other have different search keys', async ({ store }) => {
      const inbox = await inboxOf(store);
      const one = await openMessage(store, await savedMessage(inbox));
      const two = await openMessage(store, await savedMessage(inbox));
      assert.notDeepEqual(await need(one, PR_SEARCH_KEY), await need(two, PR_SEARCH_KEY));
    });
    rule('STORE-041: the identifier of a deleted object is not given again', async ({ store }) => {
      assert.notEqual((await need(store, PR_STORE_SUPPORT_MASK)) & STORE_ENTRYID_UNIQUE, 0);
      const inbox = await inboxOf(store);
      const seen: string[] = [];
      for (let round = 0; round < 5; round++) {
        const entryId = await savedMessage(inbox);
        seen.push(String(entryId));
        await inbox.deleteMessages([entryId]);
      }
      assert.equal(new Set(seen).size, 5);
    });
    rule('STORE-041: nor after the store was closed and opened again', async (t) => {
      const inbox = await inboxOf(t.store);
      const first = await savedMessage(inbox);
      await inbox.deleteMessages([first]);
      await inbox.release();
      const again = await t.reopen();
      try {
        const second = await savedMessage(await inboxOf(again.store));
        assert.notDeepEqual(second, first);
        await rejects('MAPI_E_NOT_FOUND', again.store.openEntry(first));
      } finally {
        await again.close();
      }
    });
    rule('STORE-043: record keys are unique within the store', async ({ store }) => {
      const inbox = await inboxOf(store);
      const keys = [
        String(await need(inbox, PR_RECORD_KEY)),
        String(await need(await newFolder(store, 'F'), PR_RECORD_KEY)),
      ];
      for (let count = 0; count < 3; count++) await savedMessage(inbox);
      for (const key of await column(inbox.getContentsTable(), PR_RECORD_KEY)) keys.push(String(key));
      assert.equal(new Set(keys).size, 5);
    });
    rule(
      'STORE-044: the record key of the store is its store record key, and its provider is named',
      async ({ store }) => {
        const key = await need(store, PR_RECORD_KEY);
        assert.deepEqual(await need(store, PR_STORE_RECORD_KEY), key);
        assert.deepEqual(await need(await inboxOf(store), PR_STORE_RECORD_KEY), key);
        assert.equal((await need(store, PR_MDB_PROVIDER)).length, 16);
      },
    );
    rule('STORE-044: two stores have different record keys', async (t) => {
      const other = await t.otherStore();
      assert.notDeepEqual(await need(other, PR_RECORD_KEY), await need(t.store, PR_RECORD_KEY));
    });
    rule('STORE-046: the root folder is its own parent', async ({ store }) => {
      const root = await folderOf(store, null);
      assert.equal(await store.compareEntryIDs(await need(root, PR_PARENT_ENTRYID), await idOf(root)), true);
    });
    rule('STORE-047: identifiers of the store are wrapped wherever they are shown', async ({ store }) => {
      const inbox = await inboxOf(store);
      const message = await openMessage(store, await savedMessage(inbox));
      const entryId = await idOf(store);
      assert.deepEqual(entryIdUid(entryId), MUID_STORE_WRAP);
      for (const object of [store, inbox, message]) assert.deepEqual(await need(object, PR_STORE_ENTRYID), entryId);
      const [row] = await rowsOf(await inbox.getContentsTable(), PR_STORE_ENTRYID);
      assert.deepEqual(cell(row, PR_STORE_ENTRYID), entryId);
    });
  });

  describe(`${name}: standard folders`, () => {
    rule(
      'STORE-058, STORE-059: each bit of the folder mask stands for a folder that can be opened',
      async ({ store }) => {
        const mask = await need(store, PR_VALID_FOLDER_MASK);
        for (const [tag, bit] of SPECIAL_FOLDERS) {
          assert.notEqual(mask & bit, 0, `bit 0x${bit.toString(16)}`);
          await using folder = await specialFolder(store, tag);
          assert.equal(await read(folder, PR_OBJECT_TYPE), MAPI_FOLDER);
        }
        assert.notEqual(mask & FOLDER_IPM_INBOX_VALID, 0);
        assert.equal((await inboxOf(store)).iid, 'IMAPIFolder');
      },
    );
    rule(
      'STORE-064, STORE-065: views and searches lie below the root, what clients see below the subtree',
      async ({ store }) => {
        const root = await idOf(await folderOf(store, null));
        const subtree = await need(store, PR_IPM_SUBTREE_ENTRYID);
        const parents = [
          [PR_IPM_SUBTREE_ENTRYID, root],
          [PR_VIEWS_ENTRYID, root],
          [PR_COMMON_VIEWS_ENTRYID, root],
          [PR_FINDER_ENTRYID, root],
          [PR_IPM_OUTBOX_ENTRYID, subtree],
          [PR_IPM_WASTEBASKET_ENTRYID, subtree],
          [PR_IPM_SENTMAIL_ENTRYID, subtree],
        ] as const;
        for (const [tag, parent] of parents) {
          await using folder = await specialFolder(store, tag);
          assert.equal(await store.compareEntryIDs(await need(folder, PR_PARENT_ENTRYID), parent), true);
        }
        assert.equal(await store.compareEntryIDs(await need(await inboxOf(store), PR_PARENT_ENTRYID), subtree), true);
      },
    );
    rule('STORE-067: a new store can become the default store', async ({ store }) => {
      const wanted = STORE_SUBMIT_OK | STORE_CREATE_OK | STORE_MODIFY_OK;
      assert.equal((await need(store, PR_STORE_SUPPORT_MASK)) & wanted, wanted);
    });
  });

  describe(`${name}: support mask and access`, () => {
    rule('STORE-073: store, folders and messages show one support mask, which nobody can set', async ({ store }) => {
      const inbox = await inboxOf(store);
      const message = await openMessage(store, await savedMessage(inbox), true);
      const mask = await need(store, PR_STORE_SUPPORT_MASK);
      for (const object of [store, inbox, message]) {
        assert.equal(await need(object, PR_STORE_SUPPORT_MASK), mask);
        const [problem] = await object.setProps([prop(PR_STORE_SUPPORT_MASK, 0)]);
        assert.equal(problem?.code, 'MAPI_E_COMPUTED');
        assert.equal(await need(object, PR_STORE_SUPPORT_MASK), mask);
      }
    });
    rule('STORE-081: a store that announces notifications takes registrations', async ({ store }) => {
      assert.notEqual((await need(store, PR_STORE_SUPPORT_MASK)) & STORE_NOTIFY_OK, 0);
      const { connection } = await store.advise(null, 4, { onNotify: () => {} });
      assert.notEqual(connection, 0);
    });
    rule('STORE-021, STORE-074: a store opened for reading does not claim to be writable', async (t) => {
      const mask = await need(await t.readOnlyStore(), PR_STORE_SUPPORT_MASK);
      assert.equal(mask & (STORE_MODIFY_OK | STORE_CREATE_OK), 0);
      assert.notEqual(mask & STORE_READONLY, 0);
    });
    rule('STORE-022, STORE-023: a store opened for reading refuses every change', async (t) => {
      const inbox = await inboxOf(t.store);
      const entryId = await savedMessage(inbox);
      const child = await inbox.createFolder('Child');
      const writableTarget = await newFolder(t.store, 'Target');
      const readOnly = await t.readOnlyStore();
      const folder = await folderOf(readOnly, await idOf(inbox), false);
      const target = await folderOf(readOnly, await idOf(writableTarget), false);
      const message = await openMessage(readOnly, entryId);
      await rejects('MAPI_E_NO_ACCESS', readOnly.openEntry(await idOf(inbox), { modify: true }));
      await rejects('MAPI_E_NO_ACCESS', message.openProperty(PR_BODY, 'IStream', { modify: true }));
      await rejects('MAPI_E_NO_ACCESS', folder.createMessage());
      await rejects('MAPI_E_NO_ACCESS', folder.deleteMessages([entryId]));
      await rejects('MAPI_E_NO_ACCESS', folder.createFolder('New'));
      await rejects('MAPI_E_NO_ACCESS', folder.deleteFolder(await idOf(child)));
      await rejects('MAPI_E_NO_ACCESS', folder.setMessageStatus(entryId, 1, 1));
      await rejects('MAPI_E_NO_ACCESS', folder.setProps([prop(PR_COMMENT, 'x')]));
      await rejects('MAPI_E_NO_ACCESS', folder.deleteProps([PR_COMMENT]));
      await rejects('MAPI_E_NO_ACCESS', message.setProps([prop(PR_SUBJECT, 'x')]));
      await rejects('MAPI_E_NO_ACCESS', readOnly.setProps([prop(PR_COMMENT, 'x')]));
      await rejects('MAPI_E_NO_ACCESS', folder.copyMessages([entryId], target));
      await rejects('MAPI_E_NO_ACCESS', folder.emptyFolder());
      assert.deepEqual(await column(inbox.getContentsTable(), PR_ENTRYID), [entryId]);
      assert.deepEqual(await column(writableTarget.getContentsTable(), PR_ENTRYID), []);
    });
    rule('STORE-024: a reader may still set read flags', async (t) => {
      const inbox = await inboxOf(t.store);
      const entryId = await savedMessage(inbox, { props: [prop(PR_MESSAGE_FLAGS, 0)] });
      const readOnly = await t.readOnlyStore();
      const folder = await folderOf(readOnly, await idOf(inbox), false);
      assert.deepEqual(await folder.setReadFlags([entryId], { suppressReceipt: true }), {});
      const [flags] = await column(inbox.getContentsTable(), PR_MESSAGE_FLAGS);
      assert.equal((flags ?? 0) & 1, 1);
    });
    rule('STORE-097, PROP-039: changes of stores and folders take effect at once', async (t) => {
      await write(t.store, prop(PR_COMMENT, 'of the store'));
      const folder = await newFolder(t.store, 'Named');
      await write(folder, prop(PR_COMMENT, 'of the folder'));
      const second = await t.secondStore();
      assert.equal(await read(second, PR_COMMENT), 'of the store');
      assert.equal(await read(await folderOf(second, await idOf(folder), false), PR_COMMENT), 'of the folder');
      await t.store.saveChanges();
      await folder.saveChanges();
      await write(folder, prop(PR_COMMENT, 'still open'));
    });
    rule('STORE-097: properties of the store and its folders outlive the session', async (t) => {
      await write(t.store, prop(PR_COMMENT, 'kept'));
      const folder = await newFolder(t.store, 'Kept');
      const entryId = await idOf(folder);
      await folder.release();
      const again = await t.reopen();
      try {
        assert.equal(await read(again.store, PR_COMMENT), 'kept');
        assert.equal(await read(await folderOf(again.store, entryId), PR_DISPLAY_NAME), 'Kept');
      } finally {
        await again.close();
      }
    });
  });

  describe(`${name}: last errors`, () => {
    rule('PROP-075: after a failure an object can be asked about it, and may know nothing', async ({ store }) => {
      await rejects('MAPI_E_UNKNOWN_ENTRYID', store.openEntry(FOREIGN));
      for (const object of [store, await inboxOf(store)]) {
        const known = await object.getLastError(HRESULTS.MAPI_E_UNKNOWN_ENTRYID);
        assert.ok(known === undefined || known.error !== '');
        assert.equal(await object.getLastError(0), undefined);
      }
    });
  });

  describe(`${name}: two writers`, () => {
    rule('STORE-095, PROP-034: the first save wins, a forced one overwrites', async (t) => {
      const inbox = await inboxOf(t.store);
      const entryId = await savedMessage(inbox, { subject: 'Before' });
      const first = await openMessage(t.store, entryId, true);
      const second = await openMessage(await t.secondStore(), entryId, true);
      await write(first, prop(PR_SUBJECT, 'First'));
      await write(second, prop(PR_SUBJECT, 'Second'));
      await first.saveChanges();
      await rejects('MAPI_E_OBJECT_CHANGED', second.saveChanges());
      assert.equal(await read(await openMessage(t.store, entryId), PR_SUBJECT), 'First');
      await second.saveChanges({ force: true });
      assert.equal(await read(await openMessage(t.store, entryId), PR_SUBJECT), 'Second');
    });
    rule('STORE-096: every opening is a snapshot', async (t) => {
      const inbox = await inboxOf(t.store);
      const entryId = await savedMessage(inbox, { subject: 'Before' });
      const reader = await openMessage(await t.secondStore(), entryId);
      const writer = await openMessage(t.store, entryId, true);
      await write(writer, prop(PR_SUBJECT, 'After'));
      assert.equal(await read(reader, PR_SUBJECT), 'Before');
      await writer.saveChanges();
      assert.equal(await read(await openMessage(t.store, entryId), PR_SUBJECT), 'After');
    });
    rule('PROP-034, PROP-035: a message whose folder is gone cannot be saved, not even by force', async ({ store }) => {
      const inbox = await inboxOf(store);
      const folder = await inbox.createFolder('Gone');
      const message = await newMessage(folder);
      await inbox.deleteFolder(await idOf(folder));
      await rejects('MAPI_E_OBJECT_DELETED', message.saveChanges());
      await rejects('MAPI_E_OBJECT_DELETED', message.saveChanges({ force: true }));
      assert.equal(await read(message, PR_SUBJECT), 'Subject');
    });
  });
}
