/** The outgoing queue as the spooler sees it: its table, locks, access to queued messages. */
import assert from 'node:assert/strict';
import {
  fnevNewMail,
  fnevTableModified,
  type IMAPITable,
  MAPI_ACCESS_LEVEL_MODIFY,
  type NewMailNotification,
  PR_ACCESS_LEVEL,
  PR_CLIENT_SUBMIT_TIME,
  PR_DISPLAY_BCC,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_ENTRYID,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_PRIORITY,
  PR_SENDER_NAME,
  PR_SPOOLER_LOCK_OWNER,
  PR_SPOOLER_LOCK_UNTIL,
  PR_SPOOLER_STATUS,
  PR_SUBJECT,
  PR_SUBMIT_FLAGS,
  prop,
  propOf,
  resProperty,
  SUBMITFLAG_LOCKED,
  type TableNotification,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  Collector,
  cell,
  column,
  finish,
  idOf,
  inboxOf,
  lock,
  need,
  newFolder,
  newMessage,
  openMessage,
  queue,
  read,
  recipient,
  rejects,
  rowsOf,
  savedMessage,
  submitted,
  write,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions, StoreUnderTest } from './store-under-test.ts';

const MINUTE_MS = 60_000;

async function submitFlags(t: StoreUnderTest): Promise<unknown[]> {
  return column(t.spoolerStore.getOutgoingQueue(), PR_SUBMIT_FLAGS);
}

/** A queue table that is watched. */
async function watched(t: StoreUnderTest): Promise<{ table: IMAPITable; seen: Collector }> {
  const table = await t.spoolerStore.getOutgoingQueue();
  const seen = new Collector();
  await table.advise(fnevTableModified, seen);
  return { table, seen };
}

const events = (seen: Collector): readonly TableNotification['event'][] =>
  seen.of('tableModified').map(({ event }) => event);

export function queueSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: who may use the queue`, () => {
    rule('SPOOL-005, STORE-014: the queue and the locks are for the spooler only', async (t) => {
      const entryId = await submitted(t);
      await rejects('MAPI_E_NO_SUPPORT', t.store.getOutgoingQueue());
      await rejects('MAPI_E_NO_SUPPORT', t.store.setLockState(await openMessage(t.store, entryId), true));
      await rejects('MAPI_E_NO_SUPPORT', t.store.notifyNewMail({} as NewMailNotification));
      assert.deepEqual(await submitFlags(t), [0]);
      assert.equal((await t.spoolerStore.getOutgoingQueue()).iid, 'IMAPITable');
    });
    rule('SPOOL-006, SUPP-34: a client that finishes a message changes nothing', async (t) => {
      const entryId = await submitted(t);
      await lock(t, entryId);
      await rejects('MAPI_E_NO_SUPPORT', t.store.finishedMsg(entryId));
      assert.deepEqual(await queue(t), [entryId]);
      assert.deepEqual(await submitFlags(t), [SUBMITFLAG_LOCKED]);
    });
  });

  describe(`${name}: outgoing queue table`, () => {
    rule('SPOOL-011, SPOOL-012: every queued message has the required columns', async (t) => {
      const required = [
        PR_CLIENT_SUBMIT_TIME,
        PR_DISPLAY_BCC,
        PR_DISPLAY_CC,
        PR_DISPLAY_TO,
        PR_ENTRYID,
        PR_MESSAGE_FLAGS,
        PR_MESSAGE_SIZE,
        PR_PRIORITY,
        PR_SENDER_NAME,
        PR_SUBJECT,
        PR_SUBMIT_FLAGS,
      ];
      await submitted(t);
      const columns = await (await t.spoolerStore.getOutgoingQueue()).queryColumns();
      const [row] = await rowsOf(await t.spoolerStore.getOutgoingQueue());
      for (const tag of required) {
        assert.ok(columns.includes(tag), `0x${tag.toString(16)} is no column`);
        assert.notEqual(cell(row, tag), undefined, `0x${tag.toString(16)} is empty`);
      }
    });
    rule('SPOOL-013, SPOOL-014: the queue is in the order of submission, whatever was saved first', async (t) => {
      const first = await submitted(t, { subject: 'z' });
      await t.advance(1000);
      const second = await submitted(t, { subject: 'a' });
      await t.advance(1000);
      await t.store.abortSubmit(first);
      const message = await openMessage(t.store, first, true);
      await message.submitMessage();
      assert.deepEqual(await queue(t), [second, first]);
      const times = await column(t.spoolerStore.getOutgoingQueue(), PR_CLIENT_SUBMIT_TIME);
      assert.ok((times[0] ?? 0n) < (times[1] ?? 0n));
    });
    rule('SPOOL-018: a message is queued whatever folder it lies in', async (t) => {
      const folder = await newFolder(t.store, 'Anywhere');
      const message = await newMessage(folder, { recipients: [recipient('Ann')] });
      await message.saveChanges({ keepOpenReadWrite: true });
      const entryId = await idOf(message);
      await message.submitMessage();
      assert.deepEqual(await queue(t), [entryId]);
      assert.deepEqual(await column(folder.getContentsTable(), PR_ENTRYID), [entryId]);
    });
    rule('SPOOL-013: submissions at one moment keep their order too', async (t) => {
      const ids = [await submitted(t), await submitted(t), await submitted(t)];
      assert.deepEqual(await queue(t), ids);
    });
    rule('SPOOL-016, SPOOL-019: an open table shows and tells what is submitted, aborted and finished', async (t) => {
      const { table, seen } = await watched(t);
      const first = await submitted(t);
      const second = await submitted(t);
      await t.settle();
      assert.equal(await table.getRowCount(), 2);
      assert.deepEqual(events(seen).filter((event) => event === 'rowAdded').length, 2);
      await t.store.abortSubmit(first);
      await finish(t, second);
      await t.settle();
      assert.equal(await table.getRowCount(), 0);
      assert.deepEqual(events(seen).filter((event) => event === 'rowDeleted').length, 2);
    });
    rule('SPOOL-016, SUBMIT-020: a notification of the queue has the row of the message', async (t) => {
      const { seen } = await watched(t);
      const entryId = await submitted(t, { subject: 'Announced' });
      await t.settle();
      const added = seen.of('tableModified').find(({ event }) => event === 'rowAdded');
      assert.deepEqual(propOf(added?.row ?? [], PR_ENTRYID), entryId);
      assert.equal(propOf(added?.row ?? [], PR_SUBJECT), 'Announced');
    });
    rule('SPOOL-016: locking is a change of the row', async (t) => {
      const entryId = await submitted(t);
      const { seen } = await watched(t);
      await lock(t, entryId);
      await t.settle();
      const last = seen.of('tableModified').at(-1);
      assert.equal(last?.event, 'rowModified');
      assert.equal(propOf(last?.row ?? [], PR_SUBMIT_FLAGS), SUBMITFLAG_LOCKED);
    });
    rule('SPOOL-017: the queue can be restricted by the spooler status', async (t) => {
      await submitted(t, { subject: 'plain', props: [prop(PR_SPOOLER_STATUS, 0)] });
      await submitted(t, { subject: 'marked', props: [prop(PR_SPOOLER_STATUS, 5)] });
      const table = await t.spoolerStore.getOutgoingQueue();
      await table.setColumns([PR_SUBJECT, PR_SPOOLER_STATUS]);
      await table.restrict(resProperty('EQ', PR_SPOOLER_STATUS, 5));
      const [row, ...others] = await rowsOf(table);
      assert.deepEqual(others, []);
      assert.deepEqual([cell(row, PR_SUBJECT), cell(row, PR_SPOOLER_STATUS)], ['marked', 5]);
    });
  });

  describe(`${name}: locks`, () => {
    rule('SPOOL-020, SPOOL-021, C-16: a lock is set and given back, and shows in the queue', async (t) => {
      const entryId = await submitted(t);
      await using message = await openMessage(t.spoolerStore, entryId, true);
      assert.deepEqual(await submitFlags(t), [0]);
      await t.spoolerStore.setLockState(message, true);
      assert.deepEqual(await submitFlags(t), [SUBMITFLAG_LOCKED]);
      const [row] = await rowsOf(await t.spoolerStore.getOutgoingQueue(), PR_SPOOLER_LOCK_OWNER, PR_SPOOLER_LOCK_UNTIL);
      assert.notEqual(cell(row, PR_SPOOLER_LOCK_OWNER) ?? '', '');
      assert.ok((cell(row, PR_SPOOLER_LOCK_UNTIL) as bigint) > t.now());
      await t.spoolerStore.setLockState(message, false);
      assert.deepEqual(await submitFlags(t), [0]);
    });
    rule('SPOOL-021: what is not in the queue cannot be locked', async (t) => {
      const entryId = await savedMessage(await inboxOf(t.store));
      await using message = await openMessage(t.spoolerStore, entryId, true);
      await rejects('MAPI_E_NOT_IN_QUEUE', t.spoolerStore.setLockState(message, true));
    });
    rule('SPOOL-022: a later message can be locked while an earlier one waits', async (t) => {
      await submitted(t);
      const second = await submitted(t);
      await lock(t, second);
      assert.deepEqual(await submitFlags(t), [0, SUBMITFLAG_LOCKED]);
      await t.spoolerStore.finishedMsg(second);
      assert.equal((await queue(t)).length, 1);
    });
    rule('SPOOL-023: setting the lock saves what was written before', async (t) => {
      const entryId = await submitted(t);
      await using message = await openMessage(t.spoolerStore, entryId, true);
      await write(message, prop(PR_SUBJECT, 'written before the lock'));
      await t.spoolerStore.setLockState(message, true);
      const other = await t.secondSpooler();
      assert.equal(await read(await openMessage(other, entryId), PR_SUBJECT), 'written before the lock');
    });
    rule('SPOOL-005, SPOOL-021: two spoolers cannot hold one message', async (t) => {
      const entryId = await submitted(t);
      await lock(t, entryId);
      const other = await t.secondSpooler();
      await rejects('MAPI_E_BUSY', lock(t, entryId, other));
      await rejects('MAPI_E_NO_ACCESS', other.finishedMsg(entryId));
      assert.deepEqual(await queue(t), [entryId]);
      await t.spoolerStore.finishedMsg(entryId);
    });
    rule(
      'SPOOL-021, SPOOL-028: a lock that is not renewed ends by itself, and another spooler may take it',
      async (t) => {
        const entryId = await submitted(t);
        await using message = await openMessage(t.spoolerStore, entryId, true);
        await t.spoolerStore.setLockState(message, true, { leaseMs: MINUTE_MS });
        await t.advance(MINUTE_MS - 1000);
        await t.spoolerStore.setLockState(message, true, { leaseMs: MINUTE_MS });
        await t.advance(MINUTE_MS - 1000);
        assert.deepEqual(await submitFlags(t), [SUBMITFLAG_LOCKED]);
        await t.advance(2000);
        const other = await t.secondSpooler();
        await lock(t, entryId, other);
        await rejects('MAPI_E_NO_ACCESS', t.spoolerStore.finishedMsg(entryId));
        await rejects('MAPI_E_BUSY', lock(t, entryId));
        await other.finishedMsg(entryId);
        assert.deepEqual(await queue(t), []);
      },
    );
    rule('SPOOL-028: an expired lock keeps nobody from aborting', async (t) => {
      const entryId = await submitted(t);
      await using message = await openMessage(t.spoolerStore, entryId, true);
      await t.spoolerStore.setLockState(message, true, { leaseMs: MINUTE_MS });
      await t.advance(MINUTE_MS + 1);
      await t.store.abortSubmit(entryId);
      assert.deepEqual(await queue(t), []);
    });
    rule('SPOOL-028: after a restart a message that was locked is free, and still queued', async (t) => {
      const entryId = await submitted(t);
      await lock(t, entryId);
      const again = await t.reopen();
      try {
        assert.deepEqual(await queue(again), [entryId]);
        assert.deepEqual(await submitFlags(again), [0]);
        await finish(again, entryId);
        assert.deepEqual(await queue(again), []);
      } finally {
        await again.close();
      }
    });
    rule('SPOOL-048: a message that is not locked, or not queued, cannot be finished', async (t) => {
      const entryId = await submitted(t);
      await rejects('MAPI_E_NO_ACCESS', t.spoolerStore.finishedMsg(entryId));
      assert.deepEqual(await queue(t), [entryId]);
      const plain = await savedMessage(await inboxOf(t.store));
      await rejects('MAPI_E_NOT_IN_QUEUE', t.spoolerStore.finishedMsg(plain));
    });
  });

  describe(`${name}: clients and queued messages`, () => {
    rule('SPOOL-025: a client cannot read a locked message', async (t) => {
      const entryId = await submitted(t);
      await openMessage(t.store, entryId).then((message) => message.release());
      await lock(t, entryId);
      await rejects('MAPI_E_NO_ACCESS', openMessage(t.store, entryId));
    });
    rule('SPOOL-026: a client cannot write a queued message, locked or not', async (t) => {
      const entryId = await submitted(t);
      await rejects('MAPI_E_SUBMITTED', openMessage(t.store, entryId, true));
      await lock(t, entryId);
      await rejects('MAPI_E_SUBMITTED', openMessage(t.store, entryId, true));
    });
    rule('SPOOL-027: best access to a queued message is reading', async (t) => {
      const entryId = await submitted(t);
      await using message = await t.store.openEntry(entryId, { iid: 'IMessage', bestAccess: true });
      assert.equal(await need(message, PR_ACCESS_LEVEL), 0);
      assert.equal(await read(message, PR_SUBJECT), 'Subject');
    });
    rule('SPOOL-025, SPOOL-026: the spooler itself reads and writes it', async (t) => {
      const entryId = await submitted(t);
      await lock(t, entryId);
      await using message = await openMessage(t.spoolerStore, entryId, true);
      assert.equal(await need(message, PR_ACCESS_LEVEL), MAPI_ACCESS_LEVEL_MODIFY);
    });
  });

  describe(`${name}: new mail`, () => {
    rule(
      'SPOOL-072, STORE-093, NOTIF-41, NOTIF-50: new mail is told to the sinks of the store, as the spooler said it',
      async (t) => {
        const inbox = await inboxOf(t.store);
        const entryId = await savedMessage(inbox);
        const seen = new Collector();
        const deaf = new Collector();
        const elsewhere = new Collector();
        await t.store.advise(null, fnevNewMail, seen);
        await t.store.advise(null, 4, deaf);
        await t.store.advise(await idOf(inbox), fnevNewMail, elsewhere);
        const notification: NewMailNotification = {
          kind: 'newMail',
          entryId,
          parentId: await idOf(inbox),
          messageClass: 'IPM.Note',
          messageFlags: 2,
        };
        await t.spoolerStore.notifyNewMail(notification);
        assert.deepEqual(seen.notifications, []);
        await t.settle();
        const [mail, ...others] = seen.of('newMail');
        assert.deepEqual(others, []);
        assert.deepEqual(mail?.entryId, entryId);
        assert.deepEqual(mail?.parentId, notification.parentId);
        assert.deepEqual([mail?.messageClass, mail?.messageFlags], ['IPM.Note', 2]);
        assert.deepEqual(deaf.notifications, []);
        assert.deepEqual(elsewhere.notifications, []);
      },
    );
  });
}
