/** What every IMAPIFolder of a store must do with folders and messages: make, copy, move, delete, status. */
import assert from 'node:assert/strict';
import {
  FOLDER_GENERIC,
  FOLDER_SEARCH,
  type IMAPIProgress,
  MAPI_ACCESS_CREATE_ASSOCIATED,
  MAPI_ACCESS_CREATE_CONTENTS,
  MAPI_ACCESS_CREATE_HIERARCHY,
  MAPI_ACCESS_DELETE,
  MAPI_ACCESS_MODIFY,
  MAPI_ACCESS_READ,
  MAPI_TOP_LEVEL,
  MSGFLAG_ASSOCIATED,
  MSGFLAG_READ,
  MSGFLAG_UNSENT,
  PR_ACCESS,
  PR_ASSOC_CONTENT_COUNT,
  PR_COMMENT,
  PR_CONTENT_COUNT,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_FOLDER_TYPE,
  PR_IPM_WASTEBASKET_ENTRYID,
  PR_MESSAGE_FLAGS,
  PR_MSG_STATUS,
  PR_PARENT_ENTRYID,
  PR_SUBJECT,
  prop,
  type UserInterface,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
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
  savedMessage,
  specialFolder,
  submitted,
  write,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

const PARTIAL = { warning: 'MAPI_W_PARTIAL_COMPLETION' };

export function folderSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: making folders and messages`, () => {
    rule(
      'SUPP-57, SUPP-60, SUPP-61: long operations show how far they are, to the client’s object or by MAPI’s',
      async (t) => {
        const from = await newFolder(t.store, 'From');
        const to = await newFolder(t.store, 'To');
        const ids = [await savedMessage(from), await savedMessage(from)];
        const told: string[] = [];
        const limits = { min: 1, max: 1000, flags: MAPI_TOP_LEVEL };
        const progress: IMAPIProgress = {
          progress: (value, count, total) => void told.push(`${value} ${count}/${total}`),
          getFlags: () => limits.flags,
          getMin: () => limits.min,
          getMax: () => limits.max,
          setLimits: (given) => void Object.assign(limits, given),
        };
        for (const run of [
          () => from.copyMessages(ids, to, { progress }),
          () => from.setReadFlags(ids, { progress, suppressReceipt: true }),
          () => from.deleteMessages(ids, { progress }),
        ]) {
          told.length = 0;
          await run();
          assert.equal(told.at(-1), '1000 2/2');
          const values = told.map((each) => Number(each.split(' ')[0]));
          assert.ok(values.every((value, index) => value >= (values[index - 1] ?? 0) && value <= 1000));
        }
        const shown: number[] = [];
        const dialog: Partial<UserInterface> = { progress: (_title, done) => void shown.push(done) };
        await to.setReadFlags(null, { dialog: dialog as UserInterface, suppressReceipt: true });
        assert.deepEqual(shown, [500, 1000]);
      },
    );
    rule('FOLDER-001, FOLDER-003: a folder has the name, comment and kind it was made with', async ({ store }) => {
      const parent = await newFolder(store, 'Parent');
      const plain = await parent.createFolder('Plain', 'generic', { comment: 'with words' });
      const search = await parent.createFolder('Search', 'search');
      assert.equal(plain.iid, 'IMAPIFolder');
      assert.equal(await read(plain, PR_DISPLAY_NAME), 'Plain');
      assert.equal(await read(plain, PR_COMMENT), 'with words');
      assert.equal(await read(plain, PR_FOLDER_TYPE), FOLDER_GENERIC);
      assert.equal(await read(search, PR_FOLDER_TYPE), FOLDER_SEARCH);
      assert.equal(await read(search, PR_COMMENT), undefined);
    });
    rule('FOLDER-002: a name that is taken is refused, or opened if that was asked for', async ({ store }) => {
      const parent = await newFolder(store, 'Parent');
      const first = await parent.createFolder('Twice');
      await rejects('MAPI_E_COLLISION', parent.createFolder('Twice'));
      const second = await parent.createFolder('Twice', 'generic', { openIfExists: true });
      assert.deepEqual(await idOf(second), await idOf(first));
      assert.deepEqual(await column(parent.getHierarchyTable(), PR_DISPLAY_NAME), ['Twice']);
    });
    rule('FOLDER-002: renaming a folder to a name that is taken is refused', async ({ store }) => {
      const parent = await newFolder(store, 'Parent');
      await parent.createFolder('One');
      const two = await parent.createFolder('Two');
      await rejects('MAPI_E_COLLISION', two.setProps([prop(PR_DISPLAY_NAME, 'One')]));
      assert.equal(await read(two, PR_DISPLAY_NAME), 'Two');
    });
    rule('FOLDER-005: a new message is in the folder after its first save, not before', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      const message = await newMessage(folder);
      assert.deepEqual(await column(folder.getContentsTable(), PR_SUBJECT), []);
      await message.saveChanges();
      assert.deepEqual(await column(folder.getContentsTable(), PR_SUBJECT), ['Subject']);
    });
    rule('FOLDER-007, PROP-040: a message that is never saved leaves nothing behind', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      const message = await newMessage(folder);
      await message.release();
      assert.equal(await need(folder, PR_CONTENT_COUNT), 0);
      assert.deepEqual(await column(folder.getContentsTable(), PR_ENTRYID), []);
    });
    rule('FOLDER-006: an associated message is hidden among the associated ones', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      await savedMessage(folder, { associated: true, subject: 'Hidden' });
      assert.deepEqual(await column(folder.getContentsTable(), PR_SUBJECT), []);
      assert.deepEqual(await column(folder.getContentsTable({ associated: true }), PR_SUBJECT), ['Hidden']);
      const [flags] = await column(folder.getContentsTable({ associated: true }), PR_MESSAGE_FLAGS);
      assert.notEqual((flags ?? 0) & MSGFLAG_ASSOCIATED, 0);
      assert.equal(await need(folder, PR_CONTENT_COUNT), 0);
    });
    rule(
      'FOLDER-042, FOLDER-043: access to a writable folder, and the count of its hidden messages',
      async ({ store }) => {
        const folder = await newFolder(store, 'F');
        const all =
          MAPI_ACCESS_MODIFY |
          MAPI_ACCESS_READ |
          MAPI_ACCESS_DELETE |
          MAPI_ACCESS_CREATE_HIERARCHY |
          MAPI_ACCESS_CREATE_CONTENTS |
          MAPI_ACCESS_CREATE_ASSOCIATED;
        assert.equal((await need(folder, PR_ACCESS)) & all, all);
        await savedMessage(folder, { associated: true });
        assert.equal(await need(folder, PR_ASSOC_CONTENT_COUNT), 1);
      },
    );
    rule('FOLDER-043: a folder of a store opened for reading offers reading only', async (t) => {
      const inbox = await inboxOf(t.store);
      const folder = await folderOf(await t.readOnlyStore(), await idOf(inbox), false);
      assert.equal(await need(folder, PR_ACCESS), MAPI_ACCESS_READ);
    });
  });

  describe(`${name}: copying and moving`, () => {
    rule('FOLDER-010: copies are where they should be, and the originals stay', async ({ store }) => {
      const from = await newFolder(store, 'From');
      const to = await newFolder(store, 'To');
      const ids = [await savedMessage(from, { subject: 'One' }), await savedMessage(from, { subject: 'Two' })];
      assert.deepEqual(await from.copyMessages(ids, to), {});
      assert.deepEqual((await column(to.getContentsTable(), PR_SUBJECT)).sort(), ['One', 'Two']);
      assert.equal((await column(from.getContentsTable(), PR_ENTRYID)).length, 2);
    });
    rule('FOLDER-010, FOLDER-011: one message that is missing does not stop the others', async ({ store }) => {
      const from = await newFolder(store, 'From');
      const to = await newFolder(store, 'To');
      const gone = await savedMessage(from);
      const there = await savedMessage(from, { subject: 'There' });
      await from.deleteMessages([gone]);
      assert.deepEqual(await from.copyMessages([gone, there], to), PARTIAL);
      assert.deepEqual(await column(to.getContentsTable(), PR_SUBJECT), ['There']);
    });
    rule('FOLDER-010, FOLDER-017: a moved message is in its new folder alone', async ({ store }) => {
      const from = await newFolder(store, 'From');
      const to = await newFolder(store, 'To');
      const entryId = await savedMessage(from, { subject: 'Moved' });
      assert.deepEqual(await from.copyMessages([entryId], to, { move: true }), {});
      assert.deepEqual(await column(from.getContentsTable(), PR_ENTRYID), []);
      const [movedId] = await column(to.getContentsTable(), PR_ENTRYID);
      assert.ok(movedId);
      const moved = await openMessage(store, movedId);
      assert.equal(await read(moved, PR_SUBJECT), 'Moved');
      assert.equal(await store.compareEntryIDs(await need(moved, PR_PARENT_ENTRYID), await idOf(to)), true);
    });
    rule('FOLDER-010, PROP-072: messages go to another store whole, under new identifiers', async (t) => {
      const from = await newFolder(t.store, 'From');
      const to = await newFolder(await t.otherStore(), 'To');
      const entryId = await savedMessage(from, { subject: 'Abroad', attachments: [Uint8Array.of(1, 2, 3)] });
      assert.deepEqual(await from.copyMessages([entryId], to), {});
      assert.deepEqual(await column(to.getContentsTable(), PR_SUBJECT), ['Abroad']);
      const [copyId] = await column(to.getContentsTable(), PR_ENTRYID);
      assert.notDeepEqual(copyId, entryId);
      assert.equal((await column(from.getContentsTable(), PR_ENTRYID)).length, 1);
    });
    rule('FOLDER-015: a store that would delegate a copy declines it if it may', async (t) => {
      const from = await newFolder(t.store, 'From');
      const to = await newFolder(await t.otherStore(), 'To');
      const entryId = await savedMessage(from);
      await rejects('MAPI_E_DECLINE_COPY', from.copyMessages([entryId], to, { declineOk: true }));
      assert.deepEqual(await column(to.getContentsTable(), PR_ENTRYID), []);
    });
    rule(
      'FOLDER-012: copying a folder takes its subfolders along only if asked to, moving always',
      async ({ store }) => {
        const parent = await newFolder(store, 'Parent');
        const source = await parent.createFolder('Source');
        await source.createFolder('Inner');
        await savedMessage(source, { subject: 'Inside' });
        const target = await newFolder(store, 'Target');
        const names = async (): Promise<unknown[]> =>
          column(target.getHierarchyTable({ convenientDepth: true }), PR_DISPLAY_NAME);
        assert.deepEqual(await parent.copyFolder(await idOf(source), target, { newName: 'Flat' }), {});
        assert.deepEqual(await names(), ['Flat']);
        assert.deepEqual(
          await parent.copyFolder(await idOf(source), target, { newName: 'Deep', subfolders: true }),
          {},
        );
        assert.deepEqual((await names()).sort(), ['Deep', 'Flat', 'Inner']);
        assert.deepEqual(await parent.copyFolder(await idOf(source), target, { move: true }), {});
        assert.deepEqual((await names()).sort(), ['Deep', 'Flat', 'Inner', 'Inner', 'Source']);
        assert.deepEqual(await column(parent.getHierarchyTable(), PR_DISPLAY_NAME), []);
      },
    );
    rule(
      'FOLDER-012: the messages of a copied folder are copied, those of a moved one are moved',
      async ({ store }) => {
        const parent = await newFolder(store, 'Parent');
        const source = await parent.createFolder('Source');
        await savedMessage(source, { subject: 'Inside' });
        const target = await newFolder(store, 'Target');
        await parent.copyFolder(await idOf(source), target);
        const [copyId] = await column(target.getHierarchyTable(), PR_ENTRYID);
        assert.ok(copyId);
        const copy = await folderOf(store, copyId);
        assert.deepEqual(await column(copy.getContentsTable(), PR_SUBJECT), ['Inside']);
        assert.deepEqual(await column(source.getContentsTable(), PR_SUBJECT), ['Inside']);
      },
    );
    rule('FOLDER-013, PROP-055: a folder cannot go into itself, nor below itself', async ({ store }) => {
      const parent = await newFolder(store, 'Parent');
      const source = await parent.createFolder('Source');
      const inner = await source.createFolder('Inner');
      await rejects('MAPI_E_FOLDER_CYCLE', parent.copyFolder(await idOf(source), inner, { move: true }));
      await rejects(
        'MAPI_E_FOLDER_CYCLE',
        parent.copyFolder(await idOf(source), source, { subfolders: true, newName: 'X' }),
      );
      assert.deepEqual(await column(parent.getHierarchyTable(), PR_DISPLAY_NAME), ['Source']);
    });
    rule('FOLDER-014: a name that is taken at the destination is refused; another name helps', async ({ store }) => {
      const parent = await newFolder(store, 'Parent');
      const source = await parent.createFolder('Same');
      const target = await newFolder(store, 'Target');
      await target.createFolder('Same');
      await rejects('MAPI_E_COLLISION', parent.copyFolder(await idOf(source), target));
      await rejects('MAPI_E_COLLISION', parent.copyFolder(await idOf(source), target, { move: true }));
      await parent.copyFolder(await idOf(source), target, { newName: 'Other' });
      assert.deepEqual((await column(target.getHierarchyTable(), PR_DISPLAY_NAME)).sort(), ['Other', 'Same']);
    });
    rule(
      'STORE-039: a renamed folder keeps its identifier, a moved one can be opened by the new one',
      async ({ store }) => {
        const parent = await newFolder(store, 'Parent');
        const folder = await parent.createFolder('Old');
        const entryId = await idOf(folder);
        await write(folder, prop(PR_DISPLAY_NAME, 'New'));
        assert.equal(await read(await folderOf(store, entryId), PR_DISPLAY_NAME), 'New');
        const target = await newFolder(store, 'Target');
        await parent.copyFolder(entryId, target, { move: true });
        const [movedId] = await column(target.getHierarchyTable(), PR_ENTRYID);
        assert.ok(movedId);
        const moved = await folderOf(store, movedId);
        assert.equal(await store.compareEntryIDs(await need(moved, PR_PARENT_ENTRYID), await idOf(target)), true);
      },
    );
    rule('FOLDER-010: a copy in another store is as read, and as sent, as its original', async (t) => {
      const from = await newFolder(t.spoolerStore, 'From');
      const ids = [await savedMessage(from, { subject: 'Read' }), await savedMessage(from, { subject: 'Unread' })];
      await from.setReadFlags(ids.slice(0, 1), { suppressReceipt: true });
      const to = await newFolder(await t.otherStore(), 'To');
      await (await folderOf(t.store, await idOf(from))).copyMessages(ids, to);
      const flags = await column(to.getContentsTable(), PR_MESSAGE_FLAGS);
      const interesting = MSGFLAG_READ | MSGFLAG_UNSENT;
      assert.deepEqual(
        flags.map((each) => (each ?? 0) & interesting),
        [MSGFLAG_READ, 0],
      );
    });
    rule('FOLDER-016: the status of a message is neither copied nor moved', async ({ store }) => {
      const from = await newFolder(store, 'From');
      const to = await newFolder(store, 'To');
      const entryId = await savedMessage(from);
      await from.setMessageStatus(entryId, 0x2, 0x2);
      await from.copyMessages([entryId], to);
      assert.deepEqual(await column(to.getContentsTable(), PR_MSG_STATUS), [0]);
      await from.copyMessages([entryId], to, { move: true });
      assert.deepEqual(await column(to.getContentsTable(), PR_MSG_STATUS), [0, 0]);
    });
    rule('FOLDER-018: a message that somebody writes can still be copied', async ({ store }) => {
      const from = await newFolder(store, 'From');
      const to = await newFolder(store, 'To');
      const writer = await openMessage(store, await savedMessage(from, { subject: 'Saved' }), true);
      await write(writer, prop(PR_SUBJECT, 'Unsaved'));
      assert.deepEqual(await from.copyMessages([await idOf(writer)], to), {});
      assert.deepEqual(await column(to.getContentsTable(), PR_SUBJECT), ['Saved']);
      await writer.release();
    });
  });

  describe(`${name}: deleting`, () => {
    rule('FOLDER-019: deleting skips what is missing, being written or submitted', async (t) => {
      const { store } = t;
      const outbox = await folderOf(store, await need(await openMessage(store, await submitted(t)), PR_PARENT_ENTRYID));
      const [submittedId] = await column(outbox.getContentsTable(), PR_ENTRYID);
      assert.ok(submittedId);
      const gone = await savedMessage(outbox);
      await outbox.deleteMessages([gone]);
      const writer = await openMessage(store, await savedMessage(outbox, { subject: 'Written' }), true);
      const plain = await savedMessage(outbox, { subject: 'Plain' });
      const done = await outbox.deleteMessages([gone, submittedId, await idOf(writer), plain]);
      assert.deepEqual(done, PARTIAL);
      const left = await column(outbox.getContentsTable(), PR_SUBJECT);
      assert.deepEqual(left.sort(), ['Subject', 'Written']);
      await writer.release();
    });
    rule('FOLDER-019: deleted messages are gone', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      const ids = [await savedMessage(folder), await savedMessage(folder)];
      assert.deepEqual(await folder.deleteMessages(ids), {});
      assert.deepEqual(await column(folder.getContentsTable(), PR_ENTRYID), []);
      assert.equal(await need(folder, PR_CONTENT_COUNT), 0);
    });
    rule('FOLDER-021: a folder with messages or folders in it is not deleted by the way', async ({ store }) => {
      const parent = await newFolder(store, 'Parent');
      const full = await parent.createFolder('Full');
      await savedMessage(full);
      await rejects('MAPI_E_HAS_MESSAGES', parent.deleteFolder(await idOf(full), { folders: true }));
      const nested = await parent.createFolder('Nested');
      await nested.createFolder('Inner');
      await rejects('MAPI_E_HAS_FOLDERS', parent.deleteFolder(await idOf(nested), { messages: true }));
      assert.deepEqual(await column(parent.getHierarchyTable(), PR_DISPLAY_NAME), ['Full', 'Nested']);
      assert.equal(await need(full, PR_CONTENT_COUNT), 1);
    });
    rule('FOLDER-022: empty folders can be deleted, and full ones by those who say so', async ({ store }) => {
      const parent = await newFolder(store, 'Parent');
      const empty = await parent.createFolder('Empty');
      assert.deepEqual(await parent.deleteFolder(await idOf(empty)), {});
      const full = await parent.createFolder('Full');
      await savedMessage(full);
      await savedMessage(await full.createFolder('Inner'));
      const entryId = await idOf(full);
      assert.deepEqual(await parent.deleteFolder(entryId, { messages: true, folders: true }), {});
      assert.deepEqual(await column(parent.getHierarchyTable(), PR_DISPLAY_NAME), []);
      await rejects('MAPI_E_NOT_FOUND', store.openEntry(entryId));
    });
    rule('FOLDER-023: emptying removes messages and folders; hidden messages only if asked to', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      await savedMessage(folder);
      await savedMessage(folder, { associated: true });
      await savedMessage(await folder.createFolder('Inner'));
      assert.deepEqual(await folder.emptyFolder(), {});
      assert.deepEqual(await column(folder.getContentsTable(), PR_ENTRYID), []);
      assert.deepEqual(await column(folder.getHierarchyTable(), PR_ENTRYID), []);
      assert.equal(await need(folder, PR_ASSOC_CONTENT_COUNT), 1);
      assert.deepEqual(await folder.emptyFolder({ associated: true }), {});
      assert.equal(await need(folder, PR_ASSOC_CONTENT_COUNT), 0);
      assert.equal(await read(folder, PR_DISPLAY_NAME), 'F');
    });
    rule('FOLDER-024: emptying tells when something had to stay', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      const writer = await openMessage(store, await savedMessage(folder), true);
      await savedMessage(folder);
      assert.deepEqual(await folder.emptyFolder(), PARTIAL);
      assert.equal(await need(folder, PR_CONTENT_COUNT), 1);
      await writer.release();
    });
    rule('FOLDER-025: a message that was moved to the wastebasket can be deleted there', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      const wastebasket = await specialFolder(store, PR_IPM_WASTEBASKET_ENTRYID);
      const entryId = await savedMessage(folder);
      assert.deepEqual(await folder.copyMessages([entryId], wastebasket, { move: true }), {});
      const [thrownAway] = await column(wastebasket.getContentsTable(), PR_ENTRYID);
      assert.ok(thrownAway);
      assert.deepEqual(await wastebasket.deleteMessages([thrownAway]), {});
      assert.equal(await need(wastebasket, PR_CONTENT_COUNT), 0);
    });
  });

  describe(`${name}: message status`, () => {
    rule('FOLDER-026, C-06: only the bits of the mask change, and the former value is answered', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      const entryId = await savedMessage(folder);
      assert.equal(await folder.getMessageStatus(entryId), 0);
      assert.equal(await folder.setMessageStatus(entryId, 0x7, 0x3), 0);
      assert.equal(await folder.getMessageStatus(entryId), 0x3);
      assert.equal(await folder.setMessageStatus(entryId, 0, 0x1), 0x3);
      assert.equal(await folder.getMessageStatus(entryId), 0x2);
      assert.deepEqual(await column(folder.getContentsTable(), PR_MSG_STATUS), [0x2]);
    });
    rule('FOLDER-026: a message that is not there has no status', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      const entryId = await savedMessage(folder);
      await folder.deleteMessages([entryId]);
      await rejects('MAPI_E_NOT_FOUND', folder.getMessageStatus(entryId));
      await rejects('MAPI_E_NOT_FOUND', folder.setMessageStatus(entryId, 1, 1));
    });
    rule('FOLDER-028: properties of the message do not change its status', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      const message = await openMessage(store, await savedMessage(folder), true);
      const [problem] = await message.setProps([prop(PR_MSG_STATUS, 0x2)]);
      assert.equal(problem?.code, 'MAPI_E_COMPUTED');
      await message.saveChanges();
      assert.deepEqual(await column(folder.getContentsTable(), PR_MSG_STATUS), [0]);
    });
  });
}
