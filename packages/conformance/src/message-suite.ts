/** What every IMessage of a store must do when it is saved, and with its class, subject, flags and read state. */
import assert from 'node:assert/strict';
import {
  MAPI_BCC,
  MAPI_CC,
  MSGFLAG_ASSOCIATED,
  MSGFLAG_FROMME,
  MSGFLAG_HASATTACH,
  MSGFLAG_ORIGIN_INTERNET,
  MSGFLAG_READ,
  MSGFLAG_RESEND,
  MSGFLAG_RN_PENDING,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNMODIFIED,
  MSGFLAG_UNSENT,
  PR_ACCESS_LEVEL,
  PR_BODY,
  PR_CREATION_TIME,
  PR_DISPLAY_BCC,
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_ENTRYID,
  PR_HASATTACH,
  PR_LAST_MODIFICATION_TIME,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_MESSAGE_SIZE,
  PR_NORMALIZED_SUBJECT,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_RTF_COMPRESSED,
  PR_RTF_IN_SYNC,
  PR_SEARCH_KEY,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_SUBJECT,
  PR_SUBJECT_PREFIX,
  type PropTag,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  addAttachment,
  column,
  idOf,
  inboxOf,
  need,
  newFolder,
  newMessage,
  openMessage,
  outboxOf,
  read,
  recipient,
  rejects,
  savedMessage,
  write,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

export function messageSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: saving a message`, () => {
    rule('MSG-001, MSG-026: after the first save everything that is required is there', async ({ store, now }) => {
      const inbox = await inboxOf(store);
      const message = await inbox.createMessage();
      await message.saveChanges({ keepOpenReadWrite: true });
      for (const tag of [PR_ENTRYID, PR_RECORD_KEY, PR_SEARCH_KEY]) await need(message, tag);
      for (const tag of [PR_MESSAGE_SIZE, PR_MESSAGE_FLAGS]) await need(message, tag);
      assert.equal(await need(message, PR_CREATION_TIME), now());
      assert.equal(await need(message, PR_LAST_MODIFICATION_TIME), now());
      assert.equal(await store.compareEntryIDs(await need(message, PR_PARENT_ENTRYID), await idOf(inbox)), true);
      assert.deepEqual(await need(message, PR_STORE_ENTRYID), await idOf(store));
      assert.deepEqual(await need(message, PR_STORE_RECORD_KEY), await need(store, PR_STORE_RECORD_KEY));
    });
    rule('MSG-002, C-10: a save brings sizes, times and names up to date', async (t) => {
      const inbox = await inboxOf(t.store);
      const message = await newMessage(inbox, { recipients: [recipient('Ann')] });
      await message.saveChanges({ keepOpenReadWrite: true });
      const size = await need(message, PR_MESSAGE_SIZE);
      assert.equal(await read(message, PR_DISPLAY_TO), 'Ann');
      await t.advance(60_000);
      await message.modifyRecipients('add', [recipient('Bob'), recipient('Cid', MAPI_CC), recipient('Dan', MAPI_BCC)]);
      await write(message, prop(PR_BODY, 'a much longer body than before, by far'));
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.equal((await need(message, PR_DISPLAY_TO)).replaceAll(' ', ''), 'Ann;Bob');
      assert.equal(await read(message, PR_DISPLAY_CC), 'Cid');
      assert.equal(await read(message, PR_DISPLAY_BCC), 'Dan');
      assert.ok((await need(message, PR_MESSAGE_SIZE)) > size);
      assert.equal(await need(message, PR_LAST_MODIFICATION_TIME), t.now());
      assert.ok((await need(message, PR_CREATION_TIME)) < t.now());
    });
    rule('MSG-002: attachments show in the flags and properties of the message', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), { attachments: [Uint8Array.of(1)] });
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.equal(await read(message, PR_HASATTACH), true);
      assert.notEqual((await need(message, PR_MESSAGE_FLAGS)) & MSGFLAG_HASATTACH, 0);
      await message.deleteAttach(0);
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.equal(await read(message, PR_HASATTACH), false);
      assert.equal((await need(message, PR_MESSAGE_FLAGS)) & MSGFLAG_HASATTACH, 0);
    });
    rule('RTF-004, RTF-005: a text that was changed alone is in step with no RTF any more', async ({ store }) => {
      const id = await savedMessage(await inboxOf(store));
      const bonded = [prop(PR_BODY, 'a b'), prop(PR_RTF_COMPRESSED, Uint8Array.of(1)), prop(PR_RTF_IN_SYNC, true)];
      const changes: readonly (readonly [readonly PropValue[], boolean | undefined])[] = [
        [[prop(PR_BODY, ' a\r\nb ')], true],
        [[prop(PR_SUBJECT, 's')], true],
        [[prop(PR_BODY, 'other')], undefined],
        [[prop(PR_BODY, 'other'), prop(PR_RTF_COMPRESSED, Uint8Array.of(2))], true],
        [[prop(PR_BODY, 'other'), prop(PR_RTF_IN_SYNC, false)], false],
      ];
      for (const [change, expected] of changes) {
        const message = await openMessage(store, id, true);
        await write(message, ...bonded);
        await message.saveChanges({ keepOpenReadWrite: true });
        assert.equal(await read(message, PR_RTF_IN_SYNC), true);
        await write(message, ...change);
        await message.saveChanges();
        assert.equal(await read(await openMessage(store, id), PR_RTF_IN_SYNC), expected);
      }
    });
    rule('MSG-003: without recipients of a kind its names are an empty string', async ({ store }) => {
      const message = await openMessage(store, await savedMessage(await inboxOf(store)));
      for (const tag of [PR_DISPLAY_TO, PR_DISPLAY_CC, PR_DISPLAY_BCC]) assert.equal(await read(message, tag), '');
    });
    rule('MSG-004: what the store computes cannot be set', async ({ store }) => {
      const message = await openMessage(store, await savedMessage(await inboxOf(store)), true);
      const computed: PropTag<never>[] = [
        PR_DISPLAY_TO,
        PR_DISPLAY_CC,
        PR_DISPLAY_BCC,
        PR_HASATTACH,
        PR_MESSAGE_SIZE,
        PR_PARENT_ENTRYID,
        PR_STORE_ENTRYID,
        PR_STORE_RECORD_KEY,
      ] as PropTag<never>[];
      for (const tag of computed) {
        const before = await read(message, tag);
        const value = typeof before === 'string' ? 'x' : before === undefined ? 'x' : before;
        const [problem] = await message.setProps([{ tag, value }] as never);
        assert.equal(problem?.code, 'MAPI_E_COMPUTED', `0x${Number(tag).toString(16)}`);
        assert.deepEqual(await read(message, tag), before);
      }
    });
    rule('MSG-004: the problem of one property does not keep the others from being set', async ({ store }) => {
      const message = await openMessage(store, await savedMessage(await inboxOf(store)), true);
      const problems = await message.setProps([
        prop(PR_SUBJECT, 'set'),
        prop(PR_MESSAGE_SIZE, 1),
        prop(PR_BODY, 'too'),
      ]);
      assert.deepEqual(
        problems.map(({ index, code }) => ({ index, code })),
        [{ index: 1, code: 'MAPI_E_COMPUTED' }],
      );
      assert.equal(await read(message, PR_SUBJECT), 'set');
      assert.equal(await read(message, PR_BODY), 'too');
    });
    rule(
      'MSG-006, SUBMIT-011: an attachment that was not saved by itself is not saved with the message',
      async ({ store }) => {
        const message = await newMessage(await inboxOf(store));
        await message.createAttach();
        await addAttachment(message, Uint8Array.of(7));
        await message.saveChanges({ keepOpenReadWrite: true });
        const again = await openMessage(store, await idOf(message));
        assert.equal(await (await again.getAttachmentTable()).getRowCount(), 1);
      },
    );
    rule('MSG-007: an attachment is lost with the message that was not saved', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store));
      const message = await openMessage(store, entryId, true);
      await addAttachment(message, Uint8Array.of(7));
      await message.release();
      const again = await openMessage(store, entryId);
      assert.equal(await (await again.getAttachmentTable()).getRowCount(), 0);
    });
    rule('MSG-026: the tables of a message are listed among its properties', async ({ store }) => {
      const message = await openMessage(store, await savedMessage(await inboxOf(store)));
      const listed = await message.getPropList();
      assert.ok(listed.includes(PR_MESSAGE_RECIPIENTS));
      assert.ok(listed.includes(PR_MESSAGE_ATTACHMENTS));
    });
    rule('MSG-027: the tables of a message open as properties too', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), {
        recipients: [recipient('Ann')],
        attachments: [Uint8Array.of(1)],
      });
      const recipients = await message.openProperty(PR_MESSAGE_RECIPIENTS, 'IMAPITable');
      const attachments = await message.openProperty(PR_MESSAGE_ATTACHMENTS, 'IMAPITable');
      assert.equal(await recipients.getRowCount(), await (await message.getRecipientTable()).getRowCount());
      assert.equal(await attachments.getRowCount(), await (await message.getAttachmentTable()).getRowCount());
      assert.equal(await recipients.getRowCount(), 1);
    });
    rule('MSG-001: a saved message outlives the session', async (t) => {
      const inbox = await inboxOf(t.store);
      const entryId = await savedMessage(inbox, {
        subject: 'Kept',
        recipients: [recipient('Ann')],
        attachments: [Uint8Array.of(1, 2)],
      });
      await inbox.release();
      const again = await t.reopen();
      try {
        const message = await openMessage(again.store, entryId);
        assert.equal(await read(message, PR_SUBJECT), 'Kept');
        assert.equal(await read(message, PR_DISPLAY_TO), 'Ann');
        assert.equal(await (await message.getAttachmentTable()).getRowCount(), 1);
        await message.release();
      } finally {
        await again.close();
      }
    });
  });

  describe(`${name}: how a save leaves the message`, () => {
    rule('PROP-036: kept open for writing, it can be changed and saved again', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      await message.saveChanges({ keepOpenReadWrite: true });
      await write(message, prop(PR_SUBJECT, 'again'));
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.equal(await need(message, PR_ACCESS_LEVEL), 1);
      assert.equal(await read(await openMessage(store, await idOf(message)), PR_SUBJECT), 'again');
    });
    rule('PROP-036: kept open for reading, it can be read', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      await message.saveChanges({ keepOpenReadOnly: true });
      assert.equal(await read(message, PR_SUBJECT), 'Subject');
    });
    rule('PROP-031: a save takes the flags of mail that comes in, and claims no spam filter', async ({ store }) => {
      const inbox = await inboxOf(store);
      await using message = await inbox.createMessage({ processRules: true });
      await write(message, prop(PR_SUBJECT, 'One'));
      await message.saveChanges({ keepOpenReadWrite: true, fromTransport: true });
      await write(message, prop(PR_SUBJECT, 'Two'));
      await rejects('MAPI_E_NO_SUPPORT', message.saveChanges({ spamFilter: true }));
      assert.equal(await read(await openMessage(store, await idOf(message)), PR_SUBJECT), 'One');
      await message.saveChanges({ keepOpenReadOnly: true });
      assert.equal(await read(await openMessage(store, await idOf(message)), PR_SUBJECT), 'Two');
    });
    rule('PROP-037: not kept open, it may only be released', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      await message.saveChanges();
      await rejects('MAPI_E_INVALID_OBJECT', message.getProps([PR_SUBJECT]));
      await message.release();
    });
    rule('PROP-033: a message that was opened for reading cannot be saved', async ({ store }) => {
      const message = await openMessage(store, await savedMessage(await inboxOf(store)));
      await rejects('MAPI_E_NO_ACCESS', message.saveChanges({ keepOpenReadWrite: true }));
      assert.equal(await read(message, PR_SUBJECT), 'Subject');
    });
    rule('PROP-032: after a save that failed the changes are still there, to be saved again', async (t) => {
      const entryId = await savedMessage(await inboxOf(t.store));
      const loser = await openMessage(t.store, entryId, true);
      await write(loser, prop(PR_SUBJECT, 'mine'));
      const winner = await openMessage(await t.secondStore(), entryId, true);
      await write(winner, prop(PR_SUBJECT, 'theirs'));
      await winner.saveChanges();
      await rejects('MAPI_E_OBJECT_CHANGED', loser.saveChanges());
      assert.equal(await read(loser, PR_SUBJECT), 'mine');
      await write(loser, prop(PR_BODY, 'more'));
      await loser.saveChanges({ force: true });
      const saved = await openMessage(t.store, entryId);
      assert.equal(await read(saved, PR_SUBJECT), 'mine');
      assert.equal(await read(saved, PR_BODY), 'more');
    });
    rule('PROP-038: a failure that may be told later is told by a later save, and never lost', async (t) => {
      const entryId = await savedMessage(await inboxOf(t.store));
      const loser = await openMessage(t.store, entryId, true);
      await write(loser, prop(PR_SUBJECT, 'mine'));
      const winner = await openMessage(await t.secondStore(), entryId, true);
      await write(winner, prop(PR_SUBJECT, 'theirs'));
      await winner.saveChanges({ deferredErrors: true, keepOpenReadWrite: true });
      await winner.saveChanges({ keepOpenReadOnly: true });
      await rejects(
        'MAPI_E_OBJECT_CHANGED',
        loser.saveChanges({ deferredErrors: true, keepOpenReadWrite: true }).then(() => loser.saveChanges()),
      );
      assert.equal(await read(await openMessage(t.store, entryId), PR_SUBJECT), 'theirs');
    });
    rule('PROP-040: changes that were not saved vanish with the object', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store), { subject: 'Before' });
      const message = await openMessage(store, entryId, true);
      await write(message, prop(PR_SUBJECT, 'After'));
      await message.modifyRecipients('add', [recipient('Ann')]);
      await message.release();
      const again = await openMessage(store, entryId);
      assert.equal(await read(again, PR_SUBJECT), 'Before');
      assert.equal(await (await again.getRecipientTable()).getRowCount(), 0);
    });
  });

  describe(`${name}: class and subject`, () => {
    rule('MSG-008, STORE-057: a message that was saved without a class is IPM', async ({ store }) => {
      const inbox = await inboxOf(store);
      const message = await openMessage(store, await savedMessage(inbox));
      assert.equal(await read(message, PR_MESSAGE_CLASS), 'IPM');
      const empty = await openMessage(store, await savedMessage(inbox, { props: [prop(PR_MESSAGE_CLASS, '')] }));
      assert.equal(await read(empty, PR_MESSAGE_CLASS), 'IPM');
    });
    rule('MSG-009: a class of more than 255 characters is refused, one of 255 is taken', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const longest = `IPM.${'x'.repeat(251)}`;
      await write(message, prop(PR_MESSAGE_CLASS, longest));
      await rejects('MAPI_E_INVALID_PARAMETER', message.setProps([prop(PR_MESSAGE_CLASS, `${longest}x`)]));
      await rejects('MAPI_E_INVALID_PARAMETER', message.setProps([prop(PR_MESSAGE_CLASS, 'IPM.')]));
      await rejects('MAPI_E_INVALID_PARAMETER', message.setProps([prop(PR_MESSAGE_CLASS, 'IPM.Nöte')]));
      assert.equal(await read(message, PR_MESSAGE_CLASS), longest);
    });
    rule('MSG-010: a class keeps its case', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store), { props: [prop(PR_MESSAGE_CLASS, 'ipm.NoTe')] });
      assert.equal(await read(await openMessage(store, entryId), PR_MESSAGE_CLASS), 'ipm.NoTe');
    });
    rule('MSG-011, MSG-013, MSG-014: one to three letters, a colon and a blank make a prefix', async ({ store }) => {
      const inbox = await inboxOf(store);
      for (const [subject, prefix, normalized] of [
        ['RE: plans', 'RE: ', 'plans'],
        ['AW: RE: plans', 'AW: ', 'RE: plans'],
        ['plans', '', 'plans'],
        ['RE:plans', '', 'RE:plans'],
        ['Note: plans', '', 'Note: plans'],
        ['RE2: plans', '', 'RE2: plans'],
        ['R E: plans', '', 'R E: plans'],
        ['', '', ''],
      ] as const) {
        const message = await openMessage(store, await savedMessage(inbox, { subject }));
        assert.equal(await read(message, PR_NORMALIZED_SUBJECT), normalized, subject);
        assert.equal((await read(message, PR_SUBJECT_PREFIX)) ?? '', prefix, subject);
      }
    });
    rule('MSG-012: a prefix that was set counts if the subject begins with it', async ({ store }) => {
      const inbox = await inboxOf(store);
      const props = [prop(PR_SUBJECT_PREFIX, 'Antwort: ')];
      const fits = await openMessage(store, await savedMessage(inbox, { subject: 'Antwort: x', props }));
      assert.equal(await read(fits, PR_SUBJECT_PREFIX), 'Antwort: ');
      assert.equal(await read(fits, PR_NORMALIZED_SUBJECT), 'x');
      const misfits = await openMessage(store, await savedMessage(inbox, { subject: 'FW: x', props }));
      assert.equal(await read(misfits, PR_SUBJECT_PREFIX), 'FW: ');
      assert.equal(await read(misfits, PR_NORMALIZED_SUBJECT), 'x');
    });
    rule('MSG-016: a subject may be of any length', async ({ store }) => {
      const subject = `RE: ${'long '.repeat(2000)}`;
      const message = await openMessage(store, await savedMessage(await inboxOf(store), { subject }));
      assert.equal(await read(message, PR_SUBJECT), subject);
      assert.equal(await read(message, PR_NORMALIZED_SUBJECT), subject.slice(4));
    });
    rule('MSG-013: the parts of the subject change with the save', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), { subject: 'RE: old' });
      await message.saveChanges({ keepOpenReadWrite: true });
      await write(message, prop(PR_SUBJECT, 'FW: new'));
      assert.equal(await read(message, PR_NORMALIZED_SUBJECT), 'old');
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.equal(await read(message, PR_NORMALIZED_SUBJECT), 'new');
      assert.equal(await read(message, PR_SUBJECT_PREFIX), 'FW: ');
    });
  });

  describe(`${name}: message flags`, () => {
    rule('SUBMIT-064: a new message is unsent and unmodified', async ({ store }) => {
      const message = await openMessage(store, await savedMessage(await outboxOf(store)));
      assert.equal(await need(message, PR_MESSAGE_FLAGS), MSGFLAG_UNSENT | MSGFLAG_UNMODIFIED);
    });
    rule('SUBMIT-060: some flags can be set until the first save, and not afterwards', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      await write(message, prop(PR_MESSAGE_FLAGS, MSGFLAG_READ | MSGFLAG_FROMME | MSGFLAG_RESEND | MSGFLAG_UNMODIFIED));
      await message.saveChanges({ keepOpenReadWrite: true });
      const flags = await need(message, PR_MESSAGE_FLAGS);
      assert.equal(flags, MSGFLAG_READ | MSGFLAG_FROMME | MSGFLAG_RESEND | MSGFLAG_UNMODIFIED);
      const [problem] = await message.setProps([prop(PR_MESSAGE_FLAGS, 0)]);
      assert.equal(problem?.code, 'MAPI_E_COMPUTED');
      assert.equal(await need(message, PR_MESSAGE_FLAGS), flags);
    });
    rule('SUBMIT-042, SUBMIT-061: other flags cannot be set at any time', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const forbidden =
        MSGFLAG_SUBMIT | MSGFLAG_HASATTACH | MSGFLAG_ASSOCIATED | MSGFLAG_RN_PENDING | MSGFLAG_ORIGIN_INTERNET;
      await message.setProps([prop(PR_MESSAGE_FLAGS, forbidden)]);
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.equal((await need(message, PR_MESSAGE_FLAGS)) & forbidden, 0);
    });
    rule('SUBMIT-062: a second save ends UNMODIFIED', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.notEqual((await need(message, PR_MESSAGE_FLAGS)) & MSGFLAG_UNMODIFIED, 0);
      await write(message, prop(PR_SUBJECT, 'other'));
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.equal((await need(message, PR_MESSAGE_FLAGS)) & MSGFLAG_UNMODIFIED, 0);
    });
    rule('SUBMIT-063: an associated message has no read state', async ({ store }) => {
      const folder = await newFolder(store, 'F');
      const props = [prop(PR_MESSAGE_FLAGS, MSGFLAG_READ)];
      const entryId = await savedMessage(folder, { associated: true, props });
      const message = await openMessage(store, entryId);
      assert.equal((await need(message, PR_MESSAGE_FLAGS)) & MSGFLAG_READ, 0);
      await message.setReadFlag();
      assert.equal((await need(await openMessage(store, entryId), PR_MESSAGE_FLAGS)) & MSGFLAG_READ, 0);
    });
    rule('SUBMIT-065: a delivered message is unread and unmodified, and keeps what the transport said', async (t) => {
      const inbox = await inboxOf(t.spoolerStore);
      const props = [prop(PR_MESSAGE_FLAGS, MSGFLAG_READ | MSGFLAG_FROMME | MSGFLAG_ORIGIN_INTERNET)];
      const entryId = await savedMessage(inbox, { props });
      const flags = await need(await openMessage(t.store, entryId), PR_MESSAGE_FLAGS);
      assert.equal(flags, MSGFLAG_UNMODIFIED | MSGFLAG_FROMME | MSGFLAG_ORIGIN_INTERNET);
    });
    rule('SUBMIT-065: the unread count of the folder follows', async (t) => {
      const folder = await newFolder(t.spoolerStore, 'F');
      await savedMessage(folder);
      assert.deepEqual(await column(folder.getContentsTable(), PR_MESSAGE_FLAGS), [MSGFLAG_UNMODIFIED]);
    });
  });
}
