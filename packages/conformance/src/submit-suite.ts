/** Submitting and withdrawing messages, and what happens to submitted ones. */
import assert from 'node:assert/strict';
import {
  type EntryId,
  type IMessage,
  MAPI_CC,
  MSGFLAG_RESEND,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNSENT,
  PR_BODY,
  PR_CLIENT_SUBMIT_TIME,
  PR_DEFERRED_DELIVERY_TIME,
  PR_DEFERRED_SEND_NUMBER,
  PR_DEFERRED_SEND_TIME,
  PR_DEFERRED_SEND_UNITS,
  PR_DELETE_AFTER_SUBMIT,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_IPM_SENTMAIL_ENTRYID,
  PR_MESSAGE_FLAGS,
  PR_PARENT_ENTRYID,
  PR_RESPONSIBILITY,
  PR_SENTMAIL_ENTRYID,
  PR_SUBJECT,
  PR_SUBMIT_FLAGS,
  type PropValue,
  prop,
  SUBMITFLAG_PREPROCESS,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  cell,
  column,
  finish,
  folderOf,
  idOf,
  lock,
  need,
  newFolder,
  newMessage,
  openMessage,
  outboxOf,
  queue,
  read,
  recipient,
  rejects,
  rowsOf,
  submitted,
  write,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions, StoreUnderTest } from './store-under-test.ts';

const PARTIAL = { warning: 'MAPI_W_PARTIAL_COMPLETION' };
const TO_ANN = { recipients: [recipient('Ann')] };
const HOUR_TICKS = 36_000_000_000n;

async function flagsOf(t: StoreUnderTest, entryId: EntryId): Promise<number> {
  await using message = await openMessage(t.store, entryId);
  return await need(message, PR_MESSAGE_FLAGS);
}

/** A message in the Outbox, ready to be submitted. */
async function draftIn(t: StoreUnderTest, props: readonly PropValue[] = []): Promise<IMessage> {
  return newMessage(await outboxOf(t.store), { ...TO_ANN, props });
}

/** Subjects of the messages in a folder. */
async function subjectsIn(t: StoreUnderTest, entryId: EntryId): Promise<unknown[]> {
  await using folder = await folderOf(t.store, entryId);
  return await column(folder.getContentsTable(), PR_SUBJECT);
}

export function submitSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: submitting`, () => {
    rule('SUBMIT-001: submitting saves what is pending', async (t) => {
      const message = await draftIn(t);
      await write(message, prop(PR_SUBJECT, 'never saved before'));
      await message.submitMessage();
      const [entryId] = await queue(t);
      assert.ok(entryId);
      assert.equal(await read(await openMessage(t.store, entryId), PR_SUBJECT), 'never saved before');
    });
    rule('SUBMIT-002, SUBMIT-005: without recipients nothing is submitted, and the message stays usable', async (t) => {
      const message = await newMessage(await outboxOf(t.store));
      const table = await message.getRecipientTable();
      await rejects('MAPI_E_NO_RECIPIENTS', message.submitMessage());
      assert.deepEqual(await queue(t), []);
      assert.equal((await need(message, PR_MESSAGE_FLAGS)) & MSGFLAG_SUBMIT, 0);
      await write(message, prop(PR_BODY, 'more'));
      assert.equal(await table.getRowCount(), 0);
      await message.modifyRecipients('add', TO_ANN.recipients);
      await message.submitMessage();
      assert.equal((await queue(t)).length, 1);
    });
    rule('SUBMIT-003: FORCE_SUBMIT is taken and changes nothing', async (t) => {
      const message = await draftIn(t);
      await message.submitMessage({ force: true });
      assert.equal((await queue(t)).length, 1);
    });
    rule('SUBMIT-004: afterwards everything that was opened from the message is at its end', async (t) => {
      const message = await newMessage(await outboxOf(t.store), { ...TO_ANN, attachments: [Uint8Array.of(1)] });
      const attach = await message.openAttach(0);
      const recipients = await message.getRecipientTable();
      const attachments = await message.getAttachmentTable();
      const stream = await message.openProperty(PR_BODY, 'IStream');
      await message.submitMessage();
      await rejects('MAPI_E_INVALID_OBJECT', message.getProps([PR_SUBJECT]));
      await rejects('MAPI_E_INVALID_OBJECT', message.saveChanges());
      await rejects('MAPI_E_INVALID_OBJECT', message.submitMessage());
      await rejects('MAPI_E_INVALID_OBJECT', attach.getProps([PR_ENTRYID]));
      await rejects('MAPI_E_INVALID_OBJECT', recipients.queryRows(1));
      await rejects('MAPI_E_INVALID_OBJECT', attachments.queryRows(1));
      await rejects('MAPI_E_INVALID_OBJECT', stream.read(1));
      for (const object of [message, attach, recipients, attachments, stream]) await object.release();
    });
    rule(
      'SUBMIT-005, SUBMIT-017: if recipients cannot be expanded the message stays a draft, and usable',
      async (t) => {
        const message = await draftIn(t);
        await message.saveChanges({ keepOpenReadWrite: true });
        const entryId = await idOf(message);
        t.subsystem.failure = 'MAPI_E_CALL_FAILED';
        await rejects('MAPI_E_CALL_FAILED', message.submitMessage());
        assert.deepEqual(await queue(t), []);
        assert.equal((await flagsOf(t, entryId)) & MSGFLAG_SUBMIT, 0);
        t.subsystem.failure = undefined;
        await message.submitMessage();
        assert.deepEqual(await queue(t), [entryId]);
        assert.deepEqual(t.subsystem.calls, ['expandRecips', 'expandRecips']);
      },
    );
    rule('SUBMIT-014: a submitted message is marked as submitted and unsent', async (t) => {
      const message = await draftIn(t, [prop(PR_MESSAGE_FLAGS, 0)]);
      await message.saveChanges({ keepOpenReadWrite: true });
      const entryId = await idOf(message);
      assert.equal((await need(message, PR_MESSAGE_FLAGS)) & (MSGFLAG_SUBMIT | MSGFLAG_UNSENT), 0);
      await message.submitMessage();
      const both = MSGFLAG_SUBMIT | MSGFLAG_UNSENT;
      assert.equal((await flagsOf(t, entryId)) & both, both);
    });
    rule('SUBMIT-009: a recipient that is not resolved does not keep the message from being submitted', async (t) => {
      const entryId = await submitted(t, { recipients: [[prop(PR_DISPLAY_NAME, 'Somebody')], recipient('Ann')] });
      assert.deepEqual(await queue(t), [entryId]);
      const message = await openMessage(t.store, entryId);
      assert.deepEqual(await column(message.getRecipientTable(), PR_DISPLAY_NAME), ['Somebody', 'Ann']);
    });
    rule('SUBMIT-012, SUBMIT-015: every recipient has to be served', async (t) => {
      const recipients = [
        recipient('Ann'),
        recipient('Bob', MAPI_CC),
        [...recipient('Cid'), prop(PR_RESPONSIBILITY, true)],
      ];
      const message = await openMessage(t.store, await submitted(t, { recipients }));
      assert.deepEqual(await column(message.getRecipientTable(), PR_RESPONSIBILITY), [false, false, false]);
    });
    rule('SUBMIT-016: the time of the submission is on the message', async (t) => {
      const message = await draftIn(t);
      await message.saveChanges({ keepOpenReadWrite: true });
      const entryId = await idOf(message);
      await t.advance(90_000);
      await message.submitMessage();
      assert.equal(await read(await openMessage(t.store, entryId), PR_CLIENT_SUBMIT_TIME), t.now());
    });
    rule(
      'SUBMIT-013, SUBMIT-012, SUBMIT-032, SUPP-30, C-25: only a resent message is prepared, after the spooler was told',
      async (t) => {
        await submitted(t);
        assert.deepEqual(t.subsystem.calls, ['expandRecips']);
        await submitted(t, { props: [prop(PR_MESSAGE_FLAGS, MSGFLAG_RESEND)] });
        await submitted(t, { props: [prop(PR_MESSAGE_FLAGS, MSGFLAG_RESEND)] });
        const resent = ['prepareSubmit', 'expandRecips'];
        assert.deepEqual(t.subsystem.calls, ['expandRecips', 'spoolerNotify', ...resent, ...resent]);
      },
    );
    rule('SUBMIT-013: what prepareSubmit fails with comes back unchanged', async (t) => {
      const message = await draftIn(t, [prop(PR_MESSAGE_FLAGS, MSGFLAG_RESEND)]);
      t.subsystem.failure = 'MAPI_E_NOT_ENOUGH_RESOURCES';
      await rejects('MAPI_E_NOT_ENOUGH_RESOURCES', message.submitMessage());
      assert.deepEqual(await queue(t), []);
      assert.equal(await read(message, PR_SUBJECT), 'Subject');
    });
    rule('SUBMIT-018, SUBMIT-020: a message waits for its preprocessors in the queue, marked so', async (t) => {
      await submitted(t);
      t.subsystem.preprocessing = true;
      await submitted(t);
      assert.deepEqual(await column(t.spoolerStore.getOutgoingQueue(), PR_SUBMIT_FLAGS), [0, SUBMITFLAG_PREPROCESS]);
    });
    rule('SUBMIT-019, SPOOL-020: when the spooler submits it again it is preprocessed', async (t) => {
      t.subsystem.preprocessing = true;
      const entryId = await submitted(t);
      const message = await openMessage(t.spoolerStore, entryId, true);
      await t.spoolerStore.setLockState(message, true);
      await write(message, prop(PR_SUBJECT, 'preprocessed'));
      await message.submitMessage();
      const [row] = await rowsOf(await t.spoolerStore.getOutgoingQueue(), PR_SUBMIT_FLAGS, PR_SUBJECT);
      assert.equal(Number(cell(row, PR_SUBMIT_FLAGS)) & SUBMITFLAG_PREPROCESS, 0);
      assert.equal(cell(row, PR_SUBJECT), 'preprocessed');
    });
    rule('SUBMIT-008, SUBMIT-024: messages are queued in the order of their submission', async (t) => {
      const ids: EntryId[] = [];
      for (const subject of ['b', 'a', 'c']) {
        ids.push(await submitted(t, { subject }));
        await t.advance(1000);
      }
      assert.deepEqual(await queue(t), ids);
    });
    rule('SUBMIT-025: a submitted message is in the queue of the next session, with all it needs', async (t) => {
      const entryId = await submitted(t, { subject: 'Durable', ...TO_ANN });
      const submitTime = await read(await openMessage(t.store, entryId), PR_CLIENT_SUBMIT_TIME);
      const again = await t.reopen();
      try {
        assert.deepEqual(await queue(again), [entryId]);
        const message = await openMessage(again.spoolerStore, entryId);
        assert.equal(await read(message, PR_CLIENT_SUBMIT_TIME), submitTime);
        assert.deepEqual(await column(message.getRecipientTable(), PR_RESPONSIBILITY), [false]);
        assert.notEqual((await need(message, PR_MESSAGE_FLAGS)) & MSGFLAG_SUBMIT, 0);
      } finally {
        await again.close();
      }
    });
  });

  describe(`${name}: withdrawing`, () => {
    rule('SUBMIT-033, SUBMIT-034, SUBMIT-043: an aborted message is a draft in its folder again', async (t) => {
      const entryId = await submitted(t, { subject: 'Draft', ...TO_ANN });
      await t.store.abortSubmit(entryId);
      assert.deepEqual(await queue(t), []);
      const message = await openMessage(t.store, entryId, true);
      const flags = await need(message, PR_MESSAGE_FLAGS);
      assert.equal(flags & MSGFLAG_SUBMIT, 0);
      assert.notEqual(flags & MSGFLAG_UNSENT, 0);
      assert.equal(await (await message.getRecipientTable()).getRowCount(), 1);
      await write(message, prop(PR_SUBJECT, 'Draft, better'));
      await message.submitMessage();
      assert.deepEqual(await queue(t), [entryId]);
    });
    rule('SUBMIT-035, SUPP-38: what is not in the queue cannot be aborted', async (t) => {
      const entryId = await submitted(t);
      await t.store.abortSubmit(entryId);
      await rejects('MAPI_E_NOT_IN_QUEUE', t.store.abortSubmit(entryId));
      const sent = await submitted(t);
      await finish(t, sent);
      await rejects('MAPI_E_NOT_IN_QUEUE', t.store.abortSubmit(sent));
    });
    rule('SPOOL-024, SUBMIT-036, SUPP-38: while it is locked it cannot be aborted', async (t) => {
      const entryId = await submitted(t);
      await lock(t, entryId);
      await rejects('MAPI_E_UNABLE_TO_ABORT', t.store.abortSubmit(entryId));
      assert.deepEqual(await queue(t), [entryId]);
      assert.notEqual((await need(await openMessage(t.spoolerStore, entryId), PR_MESSAGE_FLAGS)) & MSGFLAG_SUBMIT, 0);
    });
    rule('SUBMIT-034: an aborted message is still a draft in the next session', async (t) => {
      const entryId = await submitted(t);
      await t.store.abortSubmit(entryId);
      const again = await t.reopen();
      try {
        assert.deepEqual(await queue(again), []);
        assert.equal((await flagsOf(again, entryId)) & MSGFLAG_SUBMIT, 0);
      } finally {
        await again.close();
      }
    });
  });

  describe(`${name}: protection of submitted messages`, () => {
    rule('SUBMIT-039: a submitted message is not deleted', async (t) => {
      const entryId = await submitted(t);
      const outbox = await outboxOf(t.store);
      assert.deepEqual(await outbox.deleteMessages([entryId]), PARTIAL);
      assert.deepEqual(await queue(t), [entryId]);
      assert.deepEqual(await column(outbox.getContentsTable(), PR_ENTRYID), [entryId]);
    });
    rule('SUBMIT-040: emptying its folder leaves it, and leaves it submitted', async (t) => {
      const entryId = await submitted(t);
      const outbox = await outboxOf(t.store);
      assert.deepEqual(await outbox.emptyFolder(), PARTIAL);
      assert.deepEqual(await queue(t), [entryId]);
      assert.notEqual((await flagsOf(t, entryId)) & MSGFLAG_SUBMIT, 0);
    });
    rule('SUBMIT-039: deleting its folder leaves it too', async (t) => {
      const folder = await newFolder(t.store, 'Drafts');
      const message = await newMessage(folder, TO_ANN);
      await message.submitMessage();
      const [entryId] = await queue(t);
      assert.ok(entryId);
      const parent = await folderOf(t.store, await need(folder, PR_PARENT_ENTRYID));
      assert.deepEqual(await parent.deleteFolder(await idOf(folder), { messages: true, folders: true }), PARTIAL);
      assert.deepEqual(await queue(t), [entryId]);
    });
    rule('SUBMIT-037: a submitted message is not moved', async (t) => {
      const entryId = await submitted(t);
      const outbox = await outboxOf(t.store);
      const target = await newFolder(t.store, 'Target');
      assert.deepEqual(await outbox.copyMessages([entryId], target, { move: true }), PARTIAL);
      assert.deepEqual(await column(outbox.getContentsTable(), PR_ENTRYID), [entryId]);
    });
    rule('SUBMIT-037: a writer who opened it before cannot save over it, not even by force', async (t) => {
      const outbox = await outboxOf(t.store);
      const message = await newMessage(outbox, TO_ANN);
      await message.saveChanges({ keepOpenReadWrite: true });
      const entryId = await idOf(message);
      const late = await openMessage(await t.secondStore(), entryId, true);
      await write(late, prop(PR_SUBJECT, 'too late'));
      await message.submitMessage();
      await rejects('MAPI_E_OBJECT_CHANGED', late.saveChanges());
      await rejects('MAPI_E_SUBMITTED', late.saveChanges({ force: true }));
      assert.equal(await read(await openMessage(t.store, entryId), PR_SUBJECT), 'Subject');
    });
  });

  describe(`${name}: after sending`, () => {
    rule('SUBMIT-044, SUPP-34: with nothing said the message stays where it is', async (t) => {
      const entryId = await submitted(t);
      await finish(t, entryId);
      assert.deepEqual(await queue(t), []);
      assert.deepEqual(await subjectsIn(t, await idOf(await outboxOf(t.store))), ['Subject']);
    });
    rule('SUBMIT-045, SUBMIT-048, SUPP-34: with a folder for sent mail it is moved there', async (t) => {
      const sentMail = await need(t.store, PR_IPM_SENTMAIL_ENTRYID);
      const entryId = await submitted(t, { props: [prop(PR_SENTMAIL_ENTRYID, sentMail)] });
      await finish(t, entryId);
      assert.deepEqual(await subjectsIn(t, sentMail), ['Subject']);
      assert.deepEqual(await subjectsIn(t, await idOf(await outboxOf(t.store))), []);
      assert.deepEqual(await queue(t), []);
    });
    rule('SUBMIT-046, SUPP-34: to be deleted after sending it is deleted', async (t) => {
      const entryId = await submitted(t, { props: [prop(PR_DELETE_AFTER_SUBMIT, true)] });
      await finish(t, entryId);
      await rejects('MAPI_E_NOT_FOUND', t.store.openEntry(entryId));
      assert.deepEqual(await queue(t), []);
    });
    rule('SUBMIT-047, SUPP-34, C-07: with both it is filed, and gone from its folder', async (t) => {
      const sentMail = await need(t.store, PR_IPM_SENTMAIL_ENTRYID);
      const props = [prop(PR_SENTMAIL_ENTRYID, sentMail), prop(PR_DELETE_AFTER_SUBMIT, true)];
      await finish(t, await submitted(t, { props }));
      assert.deepEqual(await subjectsIn(t, sentMail), ['Subject']);
      assert.deepEqual(await subjectsIn(t, await idOf(await outboxOf(t.store))), []);
    });
    rule('SUBMIT-049: it is unlocked, and filed whoever has it open, who then holds what is gone', async (t) => {
      const sentMail = await need(t.store, PR_IPM_SENTMAIL_ENTRYID);
      const entryId = await submitted(t, { props: [prop(PR_SENTMAIL_ENTRYID, sentMail)] });
      const reader = await openMessage(t.spoolerStore, entryId);
      const writer = await openMessage(t.spoolerStore, entryId, true);
      await write(writer, prop(PR_SUBJECT, 'late'));
      await finish(t, entryId);
      assert.deepEqual(await subjectsIn(t, sentMail), ['Subject']);
      await assert.rejects(writer.saveChanges());
      await reader.release();
      await rejects('MAPI_E_NOT_IN_QUEUE', t.store.abortSubmit(entryId));
      const folder = await folderOf(t.store, sentMail);
      const [filed] = await column(folder.getContentsTable(), PR_ENTRYID);
      const message = await openMessage(t.store, filed ?? entryId, true);
      await write(message, prop(PR_SUBJECT, 'edited'));
      await message.saveChanges();
      assert.deepEqual(await subjectsIn(t, sentMail), ['edited']);
    });
    rule('SUBMIT-048: a sent-mail folder that is gone loses no message', async (t) => {
      const folder = await newFolder(t.store, 'Sent');
      const sentMail = await idOf(folder);
      const entryId = await submitted(t, { props: [prop(PR_SENTMAIL_ENTRYID, sentMail)] });
      const parent = await folderOf(t.store, await need(folder, PR_PARENT_ENTRYID));
      await parent.deleteFolder(sentMail);
      await finish(t, entryId);
      assert.deepEqual(await queue(t), []);
      assert.equal(await read(await openMessage(t.store, entryId), PR_SUBJECT), 'Subject');
    });
    rule('SUBMIT-052: a sent message is neither submitted nor unsent, and can be deleted', async (t) => {
      const entryId = await submitted(t);
      await finish(t, entryId);
      assert.equal((await flagsOf(t, entryId)) & (MSGFLAG_SUBMIT | MSGFLAG_UNSENT), 0);
      const writer = await openMessage(t.store, entryId, true);
      await writer.release();
      assert.deepEqual(await (await outboxOf(t.store)).deleteMessages([entryId]), {});
    });
    rule('SUBMIT-051: nothing but finishing or aborting takes a message out of the queue', async (t) => {
      const entryId = await submitted(t);
      await using message = await openMessage(t.spoolerStore, entryId, true);
      await t.spoolerStore.setLockState(message, true);
      await write(message, prop(PR_SUBJECT, 'sent, but not finished'));
      await message.saveChanges({ keepOpenReadWrite: true });
      await t.spoolerStore.setLockState(message, false);
      assert.deepEqual(await queue(t), [entryId]);
      await message.release();
      const again = await t.reopen();
      try {
        assert.deepEqual(await queue(again), [entryId]);
      } finally {
        await again.close();
      }
    });
  });

  describe(`${name}: deferred sending`, () => {
    rule('SUBMIT-054: number and unit together decide over the time', async (t) => {
      for (const [units, ticks] of [
        [0, HOUR_TICKS / 60n],
        [1, HOUR_TICKS],
        [2, HOUR_TICKS * 24n],
        [3, HOUR_TICKS * 24n * 7n],
      ] as const) {
        const props = [
          prop(PR_DEFERRED_SEND_NUMBER, 3),
          prop(PR_DEFERRED_SEND_UNITS, units),
          prop(PR_DEFERRED_SEND_TIME, 1n),
        ];
        const message = await openMessage(t.store, await submitted(t, { props }));
        assert.equal(await read(message, PR_DEFERRED_SEND_TIME), t.now() + 3n * ticks, `units ${units}`);
      }
    });
    rule('SUBMIT-055: a number or a unit out of range counts for nothing', async (t) => {
      for (const [number, units] of [
        [1000, 0],
        [-1, 0],
        [5, 4],
      ] as const) {
        const props = [prop(PR_DEFERRED_SEND_NUMBER, number), prop(PR_DEFERRED_SEND_UNITS, units)];
        const message = await openMessage(t.store, await submitted(t, { props }));
        assert.equal(await read(message, PR_DEFERRED_SEND_TIME), undefined);
      }
    });
    rule('SUBMIT-054: a time alone stays as it was set', async (t) => {
      const time = t.now() + HOUR_TICKS;
      const entryId = await submitted(t, { props: [prop(PR_DEFERRED_SEND_TIME, time)] });
      assert.equal(await read(await openMessage(t.store, entryId), PR_DEFERRED_SEND_TIME), time);
    });
    rule('SUBMIT-057: a time of delivery is passed on, and defers nothing here', async (t) => {
      const time = t.now() + HOUR_TICKS;
      const entryId = await submitted(t, { props: [prop(PR_DEFERRED_DELIVERY_TIME, time)] });
      const message = await openMessage(t.store, entryId);
      assert.equal(await read(message, PR_DEFERRED_DELIVERY_TIME), time);
      assert.equal(await read(message, PR_DEFERRED_SEND_TIME), undefined);
    });
    rule('SUBMIT-058: a deferred message waits in the queue, across sessions, and blocks nobody', async (t) => {
      const props = [prop(PR_DEFERRED_SEND_TIME, t.now() + HOUR_TICKS)];
      const deferred = await submitted(t, { props });
      const prompt = await submitted(t);
      await finish(t, prompt);
      const again = await t.reopen();
      try {
        assert.deepEqual(await queue(again), [deferred]);
      } finally {
        await again.close();
      }
    });
  });
}
