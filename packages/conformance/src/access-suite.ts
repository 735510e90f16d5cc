/** What access to a store and its objects means: read-only unless more is asked for and granted. */
import assert from 'node:assert/strict';
import {
  type EntryId,
  type IMAPIFolder,
  type IMsgStore,
  PR_ACCESS_LEVEL,
  PR_COMMENT,
  PR_OBJECT_TYPE,
  PR_STORE_SUPPORT_MASK,
  PR_SUBJECT,
  prop,
  STORE_CREATE_OK,
  STORE_MODIFY_OK,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import { folderOf, idOf, inboxOf, need, newFolder, rejects, savedMessage } from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

/** Identifiers of a folder and of a message in it, made by a client that may write. */
async function furnished(store: IMsgStore): Promise<{ readonly folder: EntryId; readonly message: EntryId }> {
  const folder = await newFolder(store, 'Furnished');
  return { folder: await idOf(folder), message: await savedMessage(folder) };
}

/** A folder as a client may open it that does not ask for more than reading. */
async function readFolder(store: IMsgStore, entryId: EntryId): Promise<IMAPIFolder> {
  return store.openEntry(entryId, { iid: 'IMAPIFolder' });
}

export function accessSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: access`, () => {
    rule('SESS-11: objects open for reading, unless MAPI_MODIFY or MAPI_BEST_ACCESS is set', async ({ store }) => {
      const { folder, message } = await furnished(store);
      for (const entryId of [folder, message]) {
        const levels = [];
        for (const flags of [{}, { modify: true }, { bestAccess: true }]) {
          const object = await store.openEntry(entryId, flags);
          assert.ok(object.iid === 'IMAPIFolder' || object.iid === 'IMessage');
          levels.push(await need(object, PR_ACCESS_LEVEL));
          const setting = object.setProps([prop(PR_COMMENT, 'x')]);
          if (levels.at(-1) === 0) await rejects('MAPI_E_NO_ACCESS', setting);
          else assert.deepEqual(await setting, []);
          await object.release();
        }
        assert.deepEqual(levels, [0, 1, 1]);
      }
    });
    rule('SESS-11: best access to what may only be read is reading', async (t) => {
      const { folder, message } = await furnished(t.store);
      const reader = await t.readOnlyStore();
      for (const entryId of [folder, message]) {
        const object = await reader.openEntry(entryId, { bestAccess: true });
        assert.ok(object.iid === 'IMAPIFolder' || object.iid === 'IMessage');
        assert.equal(await need(object, PR_ACCESS_LEVEL), 0);
        await rejects('MAPI_E_NO_ACCESS', object.setProps([prop(PR_COMMENT, 'x')]));
        await object.release();
      }
    });
    rule(
      'SESS-13: without an interface the standard one of the object opens, and says what it is',
      async ({ store }) => {
        const { folder, message } = await furnished(store);
        for (const [entryId, iid, type] of [
          [folder, 'IMAPIFolder', 3],
          [message, 'IMessage', 5],
          [null, 'IMAPIFolder', 3],
        ] as const) {
          const object = await store.openEntry(entryId);
          assert.equal(object.iid, iid);
          assert.ok(object.iid === 'IMAPIFolder' || object.iid === 'IMessage');
          assert.equal(await need(object, PR_OBJECT_TYPE), type);
          await object.release();
        }
        await rejects('MAPI_E_INTERFACE_NOT_SUPPORTED', store.openEntry(message, { iid: 'IMAPIFolder' }));
      },
    );
    rule('SESS-25: a store that was opened for reading offers no changes, and makes none', async (t) => {
      const { folder, message } = await furnished(t.store);
      const reader = await t.readOnlyStore();
      const mask = await need(reader, PR_STORE_SUPPORT_MASK);
      assert.equal(mask & (STORE_MODIFY_OK | STORE_CREATE_OK), 0);
      const writable = await need(t.store, PR_STORE_SUPPORT_MASK);
      assert.equal(writable & (STORE_MODIFY_OK | STORE_CREATE_OK), STORE_MODIFY_OK | STORE_CREATE_OK);
      for (const entryId of [folder, message]) {
        await rejects('MAPI_E_NO_ACCESS', reader.openEntry(entryId, { modify: true }));
      }
      const inside = await readFolder(reader, folder);
      const root = await readFolder(reader, await idOf(await t.store.openEntry(null, { iid: 'IMAPIFolder' })));
      const opened = await reader.openEntry(message, { iid: 'IMessage' });
      for (const change of [
        () => inside.createMessage(),
        () => inside.deleteMessages([message]),
        () => inside.createFolder('New'),
        () => root.deleteFolder(folder, { messages: true }),
        () => inside.setMessageStatus(message, 1, 1),
        () => inside.setProps([prop(PR_COMMENT, 'x')]),
        () => inside.deleteProps([PR_COMMENT]),
        () => opened.setProps([prop(PR_SUBJECT, 'x')]),
        () => opened.deleteProps([PR_SUBJECT]),
        () => opened.openProperty(PR_SUBJECT, 'IStream', { modify: true }),
        () => reader.setProps([prop(PR_COMMENT, 'x')]),
      ]) {
        await rejects('MAPI_E_NO_ACCESS', change());
      }
      await t.store.openEntry(message); // it is all there
    });
    rule('SESS-26: nothing is copied to where only reading is allowed, in this store or another', async (t) => {
      const { folder, message } = await furnished(t.store);
      const reader = await t.readOnlyStore();
      const target = await readFolder(reader, await idOf(await inboxOf(t.store)));
      for (const store of [t.store, await t.otherStore()]) {
        const own = store === t.store ? { folder, message } : await furnished(store);
        const source = await folderOf(store, own.folder);
        await rejects('MAPI_E_NO_ACCESS', source.copyMessages([own.message], target));
        const parent = await store.openEntry(null, { iid: 'IMAPIFolder', modify: true });
        await rejects('MAPI_E_NO_ACCESS', parent.copyFolder(own.folder, target));
        await rejects('MAPI_E_NO_ACCESS', source.copyTo(target));
        const opened = await reader.openEntry(message, { iid: 'IMessage' });
        const original = await store.openEntry(own.message, { iid: 'IMessage' });
        if (store !== t.store) await rejects('MAPI_E_NO_ACCESS', original.copyTo(opened));
      }
    });
  });
}
