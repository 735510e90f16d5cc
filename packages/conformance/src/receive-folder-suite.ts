/** Receive folders: which folder takes the messages of a class. */
import assert from 'node:assert/strict';
import {
  FOLDER_ROOT,
  type IMsgStore,
  makeEntryId,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_FOLDER_TYPE,
  PR_MESSAGE_CLASS,
  PR_RECORD_KEY,
  resProperty,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import { cell, column, folderOf, idOf, inboxOf, need, newFolder, read, rejects, rowsOf } from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

async function receiverOf(store: IMsgStore, messageClass: string): Promise<{ name: unknown; explicit: string }> {
  const { entryId, explicitClass } = await store.getReceiveFolder(messageClass);
  await using folder = await folderOf(store, entryId, false);
  return { name: await read(folder, PR_DISPLAY_NAME), explicit: explicitClass };
}

export function receiveFolderSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: receive folders`, () => {
    rule('STORE-048, STORE-049, STORE-051: the longest class that fits decides, at a period', async ({ store }) => {
      const inbox = await read(await inboxOf(store), PR_DISPLAY_NAME);
      await store.setReceiveFolder('IPM.Note.Sample', await idOf(await newFolder(store, 'Samples')));
      assert.deepEqual(await receiverOf(store, 'IPM.Note.Sample'), { name: 'Samples', explicit: 'IPM.Note.Sample' });
      assert.deepEqual(await receiverOf(store, 'IPM.Note.Sample.Simple'), {
        name: 'Samples',
        explicit: 'IPM.Note.Sample',
      });
      assert.deepEqual(await receiverOf(store, 'IPM.Note.Samples'), { name: inbox, explicit: 'IPM' });
      assert.deepEqual(await receiverOf(store, 'IPM.Timecard'), { name: inbox, explicit: 'IPM' });
    });
    rule('STORE-048: case does not matter', async ({ store }) => {
      await store.setReceiveFolder('IPM.Note.Sample', await idOf(await newFolder(store, 'Samples')));
      assert.equal((await receiverOf(store, 'ipm.note.SAMPLE.x')).name, 'Samples');
    });
    rule('STORE-049, STORE-050: a class that nobody set goes to the default, and so does none', async ({ store }) => {
      const inbox = await read(await inboxOf(store), PR_DISPLAY_NAME);
      assert.deepEqual(await receiverOf(store, 'Foreign.Class'), { name: inbox, explicit: '' });
      assert.deepEqual(await receiverOf(store, ''), { name: inbox, explicit: '' });
      const { explicitClass } = await store.getReceiveFolder(null);
      assert.equal(explicitClass, '');
      assert.equal((await store.getReceiveFolder()).explicitClass, '');
    });
    rule('STORE-052: a setting is removed with null, also one that is not there', async ({ store }) => {
      await store.setReceiveFolder('IPM.Note.Sample', await idOf(await newFolder(store, 'Samples')));
      await store.setReceiveFolder('IPM.Note.Sample', null);
      assert.equal((await receiverOf(store, 'IPM.Note.Sample')).explicit, 'IPM');
      await store.setReceiveFolder('IPM.Note.Sample', null);
    });
    rule('STORE-053: the empty class is the fallback, and can be set', async ({ store }) => {
      await store.setReceiveFolder(null, await idOf(await newFolder(store, 'Fallback')));
      assert.deepEqual(await receiverOf(store, 'Foreign.Class'), { name: 'Fallback', explicit: '' });
      await store.setReceiveFolder('', await idOf(await newFolder(store, 'Other')));
      assert.equal((await receiverOf(store, 'Foreign.Class')).name, 'Other');
      assert.equal((await receiverOf(store, 'IPM.Note')).explicit, 'IPM');
    });
    rule('STORE-054: a setting that fails changes nothing', async ({ store }) => {
      const before = await receiverOf(store, 'IPM.Note');
      const foreign = makeEntryId(new Uint8Array(16).fill(0xee), new Uint8Array(8));
      await rejects('MAPI_E_UNKNOWN_ENTRYID', store.setReceiveFolder('IPM', foreign));
      await rejects(
        'MAPI_E_INVALID_PARAMETER',
        store.setReceiveFolder('x'.repeat(256), await idOf(await inboxOf(store))),
      );
      assert.deepEqual(await receiverOf(store, 'IPM.Note'), before);
    });
    rule('STORE-055: a new store receives IPM and REPORT in its Inbox, IPC in its root', async ({ store }) => {
      const inbox = await read(await inboxOf(store), PR_DISPLAY_NAME);
      assert.deepEqual(await receiverOf(store, 'IPM'), { name: inbox, explicit: 'IPM' });
      assert.deepEqual(await receiverOf(store, 'REPORT.IPM.Note.NDR'), { name: inbox, explicit: 'REPORT' });
      const { entryId, explicitClass } = await store.getReceiveFolder('IPC.Program');
      assert.equal(explicitClass, 'IPC');
      assert.equal(await need(await folderOf(store, entryId), PR_FOLDER_TYPE), FOLDER_ROOT);
    });
    rule('STORE-056: the table lists classes and folders, and can be searched by record key', async ({ store }) => {
      const samples = await newFolder(store, 'Samples');
      await store.setReceiveFolder('IPM.Note.Sample', await idOf(samples));
      const table = await store.getReceiveFolderTable();
      const columns = await table.queryColumns();
      for (const tag of [PR_ENTRYID, PR_MESSAGE_CLASS, PR_RECORD_KEY]) assert.ok(columns.includes(tag));
      await table.restrict(resProperty('EQ', PR_RECORD_KEY, await need(samples, PR_RECORD_KEY)));
      const rows = await rowsOf(table, PR_MESSAGE_CLASS, PR_ENTRYID);
      assert.deepEqual(
        rows.map((row) => cell(row, PR_MESSAGE_CLASS)),
        ['IPM.Note.Sample'],
      );
      assert.equal(await store.compareEntryIDs(cell(rows[0], PR_ENTRYID) as Uint8Array, await idOf(samples)), true);
      const classes = await column(store.getReceiveFolderTable(), PR_MESSAGE_CLASS);
      assert.deepEqual([...classes].sort(), ['', 'IPC', 'IPM', 'IPM.Note.Sample', 'REPORT']);
    });
    rule('STORE-053: settings outlive the session', async (t) => {
      const samples = await newFolder(t.store, 'Samples');
      await t.store.setReceiveFolder('IPM.Note.Sample', await idOf(samples));
      await samples.release();
      const again = await t.reopen();
      try {
        assert.equal((await receiverOf(again.store, 'IPM.Note.Sample')).name, 'Samples');
      } finally {
        await again.close();
      }
    });
  });
}
