/** What makes a store fit to be the default store. spec: default-message-stores */

import assert from 'node:assert/strict';
import { ByteWriter, utf8Encode } from '@nodemapi/base';
import {
  FOLDER_FINDER_VALID,
  FOLDER_IPM_INBOX_VALID,
  FOLDER_IPM_OUTBOX_VALID,
  MSGFLAG_ASSOCIATED,
  MSGFLAG_RN_PENDING,
  PR_BODY,
  PR_FINDER_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_READ_RECEIPT_REQUESTED,
  PR_RTF_COMPRESSED,
  PR_STORE_STATE,
  PR_STORE_SUPPORT_MASK,
  PR_SUBJECT,
  PR_VALID_FOLDER_MASK,
  PT_MV_UNICODE,
  prop,
  propId,
  resContent,
  STORE_HAS_SEARCHES,
  STORE_RTF_OK,
  tag,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  idOf,
  inboxOf,
  need,
  newMessage,
  openMessage,
  outboxOf,
  queue,
  read,
  savedMessage,
  specialFolder,
  submitted,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

const SET = '0c2b1d9e-6a54-4c2b-8f3e-5a2f0d3f7c11';

/** RTF as PR_RTF_COMPRESSED holds it, without being compressed. [MS-OXRTFCP] 2.1.3.1 */
function uncompressedRtf(rtf: string): Uint8Array {
  const raw = utf8Encode(rtf);
  return new ByteWriter()
    .u32(raw.length + 12)
    .u32(raw.length)
    .u32(0x414c454d)
    .u32(0)
    .bytes(raw)
    .toBytes();
}

export function defaultStoreSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: a default store`, () => {
    rule('STORE-066: has Inbox, Outbox and search root', async ({ store }) => {
      const wanted = FOLDER_IPM_INBOX_VALID | FOLDER_IPM_OUTBOX_VALID | FOLDER_FINDER_VALID;
      assert.equal((await need(store, PR_VALID_FOLDER_MASK)) & wanted, wanted);
      const folders = [await inboxOf(store), await outboxOf(store), await specialFolder(store, PR_FINDER_ENTRYID)];
      assert.equal(new Set((await Promise.all(folders.map(idOf))).map(String)).size, 3);
    });
    rule('STORE-066: makes reports about what is read, and about what is deleted unread', async (t) => {
      const inbox = await inboxOf(t.store);
      const asked = { props: [prop(PR_READ_RECEIPT_REQUESTED, true), prop(PR_MESSAGE_FLAGS, MSGFLAG_RN_PENDING)] };
      const [first, second] = [await savedMessage(inbox, asked), await savedMessage(inbox, asked)];
      await inbox.setReadFlags([first]);
      await inbox.deleteMessages([second]);
      assert.deepEqual(t.subsystem.reports, [{ nonRead: false }, { nonRead: true }]);
    });
    rule('STORE-066: takes mail of any class in, and out, and tells the spooler what waits', async (t) => {
      const entryId = await savedMessage(await inboxOf(t.store), { props: [prop(PR_MESSAGE_CLASS, 'Made.Up.Class')] });
      assert.equal(await read(await openMessage(t.store, entryId), PR_MESSAGE_CLASS), 'Made.Up.Class');
      const table = await t.spoolerStore.getOutgoingQueue();
      const heard: string[] = [];
      await table.advise(0x100, {
        onNotify: (all) => void heard.push(...all.map((one) => (one.kind === 'tableModified' ? one.event : one.kind))),
      });
      const sent = await submitted(t, { props: [prop(PR_MESSAGE_CLASS, 'Made.Up.Class')] });
      await t.settle();
      assert.deepEqual(await queue(t), [sent]);
      assert.ok(heard.includes('rowAdded'), heard.join());
    });
    rule('STORE-066: keeps named properties and lists of values', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const [named] = await message.getIDsFromNames([{ guid: SET, name: 'Keywords' }], { create: true });
      const keywords = tag(propId(named ?? 0), PT_MV_UNICODE);
      await message.setProps([prop(keywords, ['b', 'a'])]);
      await message.saveChanges({ keepOpenReadOnly: true });
      assert.deepEqual(await read(await openMessage(store, await idOf(message)), keywords), ['b', 'a']);
    });
    rule('STORE-066: has a table of associated contents', async ({ store }) => {
      const inbox = await inboxOf(store);
      const entryId = await savedMessage(inbox, { associated: true });
      assert.equal(await (await inbox.getContentsTable({ associated: true })).getRowCount(), 1);
      const flags = await need(await openMessage(store, entryId), PR_MESSAGE_FLAGS);
      assert.equal(flags & MSGFLAG_ASSOCIATED, MSGFLAG_ASSOCIATED);
    });
    rule('STORE-076: text and RTF are kept in step by a store that says so, and left alone by another', async (t) => {
      const message = await newMessage(await inboxOf(t.store), { props: [prop(PR_BODY, 'former')] });
      await message.saveChanges({ keepOpenReadWrite: true });
      await message.setProps([prop(PR_RTF_COMPRESSED, uncompressedRtf('{\\rtf1\\ansi Hello}'))]);
      await message.saveChanges({ keepOpenReadOnly: true });
      const inStep = ((await need(t.store, PR_STORE_SUPPORT_MASK)) & STORE_RTF_OK) !== 0;
      const body = await need(await openMessage(t.store, await idOf(message)), PR_BODY);
      assert.equal(body.trim(), inStep ? 'Hello' : 'former');
    });
    rule('STORE-077: whether it has searches is told by its state, not by what it supports', async ({ store }) => {
      assert.equal(await need(store, PR_STORE_STATE), 0);
      await using finder = await specialFolder(store, PR_FINDER_ENTRYID);
      await using search = await finder.createFolder('Search', 'search');
      assert.equal(await need(store, PR_STORE_STATE), 0);
      await search.setSearchCriteria(resContent(PR_SUBJECT, 'x'), [await idOf(await inboxOf(store))]);
      assert.equal(await need(store, PR_STORE_STATE), STORE_HAS_SEARCHES);
      assert.equal((await need(store, PR_STORE_SUPPORT_MASK)) & STORE_HAS_SEARCHES, 0);
      await search.setSearchCriteria(null, null, { stop: true });
      assert.equal(await need(store, PR_STORE_STATE), 0);
    });
  });
}
