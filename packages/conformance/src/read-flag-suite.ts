/** Read flags of messages, and the reports that come with them. */
import assert from 'node:assert/strict';
import {
  type EntryId,
  type IMsgStore,
  MapiError,
  MSGFLAG_NRN_PENDING,
  MSGFLAG_READ,
  MSGFLAG_RN_PENDING,
  PR_CONTENT_UNREAD,
  PR_ENTRYID,
  PR_IPM_WASTEBASKET_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_NON_RECEIPT_NOTIFICATION_REQUESTED,
  PR_READ_RECEIPT_REQUESTED,
  type PropValue,
  prop,
  type ReadFlagOptions,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  column,
  inboxOf,
  need,
  newFolder,
  openMessage,
  read,
  rejects,
  savedMessage,
  specialFolder,
  submitted,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions, StoreUnderTest } from './store-under-test.ts';

const RECEIPT = [prop(PR_READ_RECEIPT_REQUESTED, true)];
const PARTIAL = { warning: 'MAPI_W_PARTIAL_COMPLETION' };

/** An unread message in the Inbox that a transport has delivered. */
async function delivered(t: StoreUnderTest, props: readonly PropValue[] = []): Promise<EntryId> {
  return savedMessage(await inboxOf(t.spoolerStore), { props });
}

async function flagsOf(store: IMsgStore, entryId: EntryId): Promise<number> {
  await using message = await openMessage(store, entryId);
  return need(message, PR_MESSAGE_FLAGS);
}

async function mark(t: StoreUnderTest, entryId: EntryId, options: ReadFlagOptions = {}): Promise<void> {
  await using message = await openMessage(t.store, entryId);
  await message.setReadFlag(options);
}

/** Classes of the messages in the outgoing queue. */
function queuedClasses(t: StoreUnderTest): Promise<(string | undefined)[]> {
  return column(t.spoolerStore.getOutgoingQueue(), PR_MESSAGE_CLASS);
}

export function readFlagSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: read flags`, () => {
    rule('REPORT-037, REPORT-044: marking as read is permanent without a save', async (t) => {
      const entryId = await delivered(t);
      assert.equal((await flagsOf(t.store, entryId)) & MSGFLAG_READ, 0);
      await mark(t, entryId);
      assert.notEqual((await flagsOf(t.store, entryId)) & MSGFLAG_READ, 0);
      const again = await t.reopen();
      try {
        assert.notEqual((await flagsOf(again.store, entryId)) & MSGFLAG_READ, 0);
      } finally {
        await again.close();
      }
    });
    rule('REPORT-026, REPORT-032, REPORT-037: reading sends the report that was asked for', async (t) => {
      const entryId = await delivered(t, RECEIPT);
      assert.notEqual((await flagsOf(t.store, entryId)) & MSGFLAG_RN_PENDING, 0);
      await mark(t, entryId);
      assert.deepEqual(t.subsystem.reports, [{ nonRead: false }]);
      assert.deepEqual(await queuedClasses(t), ['REPORT.IPM.Note.IPNRN']);
      assert.equal((await flagsOf(t.store, entryId)) & MSGFLAG_RN_PENDING, 0);
    });
    rule('REPORT-026: no report is made for a message that asked for none', async (t) => {
      await mark(t, await delivered(t));
      await mark(t, await delivered(t, [prop(PR_READ_RECEIPT_REQUESTED, false)]));
      assert.deepEqual(t.subsystem.reports, []);
      assert.deepEqual(await queuedClasses(t), []);
    });
    rule('REPORT-029, REPORT-037: a message is reported once, however often it is read', async (t) => {
      const entryId = await delivered(t, RECEIPT);
      await mark(t, entryId);
      await mark(t, entryId);
      await mark(t, entryId, { clearRead: true });
      await mark(t, entryId);
      await mark(t, entryId, { generateReceiptOnly: true });
      assert.equal(t.subsystem.reports.length, 1);
    });
    rule('REPORT-030: a report that could not be made stays pending, and the message is read', async (t) => {
      const entryId = await delivered(t, RECEIPT);
      t.subsystem.failure = 'MAPI_E_CALL_FAILED';
      await mark(t, entryId);
      const flags = await flagsOf(t.store, entryId);
      assert.notEqual(flags & MSGFLAG_READ, 0);
      assert.notEqual(flags & MSGFLAG_RN_PENDING, 0);
      assert.deepEqual(await queuedClasses(t), []);
      t.subsystem.failure = undefined;
      await mark(t, entryId, { generateReceiptOnly: true });
      assert.deepEqual(await queuedClasses(t), ['REPORT.IPM.Note.IPNRN']);
    });
    rule('REPORT-038: suppressing cancels the report of a message that is read now', async (t) => {
      const entryId = await delivered(t, RECEIPT);
      await mark(t, entryId, { suppressReceipt: true });
      const flags = await flagsOf(t.store, entryId);
      assert.notEqual(flags & MSGFLAG_READ, 0);
      assert.equal(flags & MSGFLAG_RN_PENDING, 0);
      await mark(t, entryId, { generateReceiptOnly: true });
      assert.deepEqual(t.subsystem.reports, []);
    });
    rule('REPORT-039: clearing marks as unread and sends nothing', async (t) => {
      const entryId = await delivered(t, RECEIPT);
      await mark(t, entryId, { suppressReceipt: true });
      await mark(t, entryId, { clearRead: true });
      assert.equal((await flagsOf(t.store, entryId)) & MSGFLAG_READ, 0);
      assert.deepEqual(t.subsystem.reports, []);
    });
    rule('REPORT-040: a report can be sent without reading', async (t) => {
      const entryId = await delivered(t, RECEIPT);
      await mark(t, entryId, { generateReceiptOnly: true });
      assert.deepEqual(t.subsystem.reports, [{ nonRead: false }]);
      assert.equal((await flagsOf(t.store, entryId)) & MSGFLAG_READ, 0);
    });
    rule('REPORT-041: suppressing only withdraws the request', async (t) => {
      const entryId = await delivered(t, RECEIPT);
      await mark(t, entryId, { suppressReceipt: true, generateReceiptOnly: true });
      await using message = await openMessage(t.store, entryId);
      assert.equal(await read(message, PR_READ_RECEIPT_REQUESTED), false);
      assert.equal((await need(message, PR_MESSAGE_FLAGS)) & MSGFLAG_READ, 0);
      await mark(t, entryId);
      assert.deepEqual(t.subsystem.reports, []);
    });
    rule('REPORT-042: flags that exclude each other are refused and change nothing', async (t) => {
      const entryId = await delivered(t);
      const before = await flagsOf(t.store, entryId);
      const inbox = await inboxOf(t.store);
      for (const flags of [
        { suppressReceipt: true, clearRead: true },
        { suppressReceipt: true, clearRead: true, generateReceiptOnly: true },
        { clearRead: true, generateReceiptOnly: true },
      ]) {
        await rejects('MAPI_E_INVALID_PARAMETER', mark(t, entryId, flags));
        await rejects('MAPI_E_INVALID_PARAMETER', inbox.setReadFlags([entryId], flags));
      }
      assert.equal(await flagsOf(t.store, entryId), before);
    });
    rule('REPORT-045, SUBMIT-041: submitted messages and those being written keep their read state', async (t) => {
      const queued = await submitted(t);
      const before = await flagsOf(t.store, queued);
      await mark(t, queued, { clearRead: true });
      await mark(t, queued);
      assert.equal(await flagsOf(t.store, queued), before);
      const entryId = await delivered(t);
      const writer = await openMessage(t.store, entryId, true);
      const inbox = await inboxOf(t.store);
      assert.deepEqual(await inbox.setReadFlags([entryId]), PARTIAL);
      assert.equal((await flagsOf(t.store, entryId)) & MSGFLAG_READ, 0);
      await writer.release();
      assert.deepEqual(await inbox.setReadFlags([entryId]), {});
      assert.notEqual((await flagsOf(t.store, entryId)) & MSGFLAG_READ, 0);
    });
    rule('REPORT-046: null stands for all messages of the folder', async (t) => {
      const folder = await newFolder(t.spoolerStore, 'F');
      for (let count = 0; count < 3; count++) await savedMessage(folder);
      assert.equal(await need(folder, PR_CONTENT_UNREAD), 3);
      assert.deepEqual(await folder.setReadFlags(null), {});
      assert.equal(await need(folder, PR_CONTENT_UNREAD), 0);
      assert.deepEqual(await folder.setReadFlags(null, { clearRead: true }), {});
      assert.equal(await need(folder, PR_CONTENT_UNREAD), 3);
    });
    rule('REPORT-046: what is missing does not keep the others from being marked', async (t) => {
      const folder = await newFolder(t.spoolerStore, 'F');
      const gone = await savedMessage(folder);
      const there = await savedMessage(folder);
      await folder.deleteMessages([gone]);
      assert.deepEqual(await folder.setReadFlags([gone, there]), PARTIAL);
      assert.equal(await need(folder, PR_CONTENT_UNREAD), 0);
    });
  });

  describe(`${name}: reports on copies and on what is deleted`, () => {
    rule('REPORT-033: a copy has no reports pending, and reading it sends none', async (t) => {
      const entryId = await delivered(t, RECEIPT);
      const target = await newFolder(t.store, 'Target');
      await (await inboxOf(t.store)).copyMessages([entryId], target);
      const [copyId] = await column(target.getContentsTable(), PR_ENTRYID);
      assert.ok(copyId);
      assert.equal((await flagsOf(t.store, copyId)) & (MSGFLAG_RN_PENDING | MSGFLAG_NRN_PENDING), 0);
      await mark(t, copyId);
      assert.deepEqual(t.subsystem.reports, []);
      await mark(t, entryId);
      assert.equal(t.subsystem.reports.length, 1);
    });
    rule('REPORT-034: a copy in another store never generates reports', async (t) => {
      const entryId = await delivered(t, RECEIPT);
      const other = await t.otherStore();
      const target = await newFolder(other, 'Target');
      await (await inboxOf(t.store)).copyMessages([entryId], target);
      const before = t.subsystem.reports.length;
      const [copyId] = await column(target.getContentsTable(), PR_ENTRYID);
      assert.ok(copyId);
      assert.equal((await flagsOf(other, copyId)) & (MSGFLAG_RN_PENDING | MSGFLAG_NRN_PENDING), 0);
      await using copy = await openMessage(other, copyId);
      await copy.setReadFlag();
      assert.equal(t.subsystem.reports.length, before);
    });
    rule('REPORT-025: read and nonread reports are made for received messages', async (t) => {
      const request = [...RECEIPT, prop(PR_NON_RECEIPT_NOTIFICATION_REQUESTED, true)];
      await mark(t, await delivered(t, request));
      await (await inboxOf(t.store)).deleteMessages([await delivered(t, request)]);
      assert.deepEqual(t.subsystem.reports, [{ nonRead: false }, { nonRead: true }]);
      assert.deepEqual((await queuedClasses(t)).sort(), ['REPORT.IPM.Note.IPNNRN', 'REPORT.IPM.Note.IPNRN']);
    });
    rule('REPORT-034, REPORT-035: what is copied to another store is reported first, once a message', async (t) => {
      const entryIds = [await delivered(t, RECEIPT), await delivered(t), await delivered(t, RECEIPT)];
      const target = await newFolder(await t.otherStore(), 'Target');
      await (await inboxOf(t.store)).copyMessages(entryIds, target);
      assert.deepEqual(t.subsystem.reports, [{ nonRead: false }, { nonRead: false }]);
      assert.equal((await flagsOf(t.store, entryIds[0] ?? new Uint8Array())) & MSGFLAG_READ, 0, 'nobody has read it');
      await (await inboxOf(t.store)).copyMessages(entryIds, target, { move: true });
      assert.equal(t.subsystem.reports.length, 2);
    });
    rule('REPORT-036: a copy that fails keeps no report back, its own neither', async (t) => {
      const entryIds = [await delivered(t, RECEIPT), await delivered(t, RECEIPT)];
      const target = await newFolder(await t.otherStore(), 'Target');
      let copies = 0;
      const createMessage = target.createMessage.bind(target);
      target.createMessage = async (options) => {
        if (++copies === 1) throw new MapiError('MAPI_E_NOT_ENOUGH_DISK', 'full');
        return createMessage(options);
      };
      assert.deepEqual(await (await inboxOf(t.store)).copyMessages(entryIds, target), PARTIAL);
      assert.deepEqual(t.subsystem.reports, [{ nonRead: false }, { nonRead: false }]);
      assert.equal((await column(target.getContentsTable(), PR_ENTRYID)).length, 1);
    });
    rule(
      'REPORT-027, REPORT-028, REPORT-031: deleting an unread message sends a nonread report, never a read one',
      async (t) => {
        const entryId = await delivered(t, [prop(PR_NON_RECEIPT_NOTIFICATION_REQUESTED, true), ...RECEIPT]);
        assert.deepEqual(await (await inboxOf(t.store)).deleteMessages([entryId]), {});
        assert.deepEqual(t.subsystem.reports, [{ nonRead: true }]);
      },
    );
    rule('REPORT-027: deleting a message that was read, or asked for nothing, sends nothing', async (t) => {
      const inbox = await inboxOf(t.store);
      const readId = await delivered(t, RECEIPT);
      await mark(t, readId, { suppressReceipt: true });
      await inbox.deleteMessages([readId, await delivered(t)]);
      assert.deepEqual(t.subsystem.reports, []);
    });
    rule('REPORT-029, REPORT-031: throwing an unread message away sends one nonread report', async (t) => {
      const entryId = await delivered(t, [prop(PR_NON_RECEIPT_NOTIFICATION_REQUESTED, true)]);
      const wastebasket = await specialFolder(t.store, PR_IPM_WASTEBASKET_ENTRYID);
      await (await inboxOf(t.store)).copyMessages([entryId], wastebasket, { move: true });
      assert.deepEqual(t.subsystem.reports, [{ nonRead: true }]);
      await wastebasket.emptyFolder();
      assert.equal(t.subsystem.reports.length, 1);
    });
  });
}
