/** What every IAttach must do, and the attachment table. */
import assert from 'node:assert/strict';
import {
  ATTACH_BY_VALUE,
  ATTACH_EMBEDDED_MSG,
  ATTACH_OLE,
  type Bookmark,
  type IMAPIProgress,
  type IMessage,
  MAPI_TOP_LEVEL,
  MapiError,
  NO_ATTACHMENT,
  PR_ACCESS_LEVEL,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_FILENAME,
  PR_ATTACH_METHOD,
  PR_ATTACH_NUM,
  PR_ATTACH_PATHNAME,
  PR_INSTANCE_KEY,
  PR_RECORD_KEY,
  PR_RENDERING_POSITION,
  PR_SUBJECT,
  prop,
  resProperty,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  addAttachment,
  cell,
  column,
  idOf,
  inboxOf,
  need,
  newMessage,
  openMessage,
  read,
  recipient,
  rejects,
  rowsOf,
  savedMessage,
  write,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions } from './store-under-test.ts';

/** Embeds a message with this subject into a new attachment, all of it saved but the outer message. */
async function embed(outer: IMessage, subject: string): Promise<number> {
  const { attachNum, attach } = await outer.createAttach();
  await write(attach, prop(PR_ATTACH_METHOD, ATTACH_EMBEDDED_MSG));
  const inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage', { create: true, modify: true });
  await write(inner, prop(PR_SUBJECT, subject));
  await inner.modifyRecipients('add', [recipient('Inner')]);
  await inner.saveChanges();
  await inner.release();
  await attach.saveChanges();
  await attach.release();
  return attachNum;
}

export function attachSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: attachments`, () => {
    rule('ATT-001: every attachment of a message has a number of its own', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const first = await message.createAttach();
      const second = await message.createAttach();
      assert.notEqual(first.attachNum, second.attachNum);
      assert.equal(await need(first.attach, PR_ATTACH_NUM), first.attachNum);
      const [problem] = await first.attach.setProps([prop(PR_ATTACH_NUM, 99)]);
      assert.equal(problem?.code, 'MAPI_E_COMPUTED');
      assert.equal(await need(first.attach, PR_ATTACH_NUM), first.attachNum);
    });
    rule('ATT-002: a new attachment has no method yet', async ({ store }) => {
      const { attach } = await (await newMessage(await inboxOf(store))).createAttach();
      assert.equal(await read(attach, PR_ATTACH_METHOD), NO_ATTACHMENT);
    });
    rule('ATT-003: it is in the message after its own save and the save of the message', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      await message.saveChanges({ keepOpenReadWrite: true });
      const count = async (): Promise<number> => {
        await using reader = await openMessage(store, await idOf(message));
        await using table = await reader.getAttachmentTable();
        return await table.getRowCount();
      };
      const { attach } = await message.createAttach();
      await write(attach, prop(PR_ATTACH_METHOD, ATTACH_BY_VALUE), prop(PR_ATTACH_DATA_BIN, Uint8Array.of(5)));
      assert.deepEqual(await column(message.getAttachmentTable(), PR_ATTACH_NUM), []);
      await attach.saveChanges();
      assert.equal((await column(message.getAttachmentTable(), PR_ATTACH_NUM)).length, 1);
      assert.equal(await count(), 0);
      await message.saveChanges({ keepOpenReadWrite: true });
      assert.equal(await count(), 1);
    });
    rule('ATT-004: a deletion counts with the save of the message', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store), { attachments: [Uint8Array.of(1), Uint8Array.of(2)] });
      const nums = async (): Promise<unknown[]> => {
        await using reader = await openMessage(store, entryId);
        return column(reader.getAttachmentTable(), PR_ATTACH_NUM);
      };
      const [first, second] = await nums();
      const message = await openMessage(store, entryId, true);
      await message.deleteAttach(first as number);
      assert.deepEqual(await column(message.getAttachmentTable(), PR_ATTACH_NUM), [second]);
      assert.deepEqual(await nums(), [first, second]);
      await message.saveChanges();
      assert.deepEqual(await nums(), [second]);
    });
    rule('ATT-004: a deletion that is not saved is none', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store), { attachments: [Uint8Array.of(1)] });
      const message = await openMessage(store, entryId, true);
      await message.deleteAttach(0);
      await message.release();
      assert.equal((await column((await openMessage(store, entryId)).getAttachmentTable(), PR_ATTACH_NUM)).length, 1);
    });
    rule('ATT-022: a display of the deletion shows it, and changes nothing of it', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), { attachments: [Uint8Array.of(1), Uint8Array.of(2)] });
      const shown: string[] = [];
      const progress: IMAPIProgress = {
        progress: (_value, count, total) => void shown.push(`${count} of ${total}`),
        getFlags: () => MAPI_TOP_LEVEL,
        getMin: () => 0,
        getMax: () => 1000,
        setLimits: () => {},
      };
      const nums = await column(message.getAttachmentTable(), PR_ATTACH_NUM);
      await message.deleteAttach(nums[0] as number, { progress });
      assert.deepEqual(shown, ['1 of 1']);
      await message.deleteAttach(nums[1] as number);
      assert.deepEqual(await column(message.getAttachmentTable(), PR_ATTACH_NUM), []);
    });
    rule('ATT-005: an attachment is opened for reading unless more is asked for', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store), { attachments: [Uint8Array.of(1)] });
      const message = await openMessage(store, entryId, true);
      const reader = await message.openAttach(0);
      assert.equal(await read(reader, PR_ACCESS_LEVEL), 0);
      await rejects('MAPI_E_NO_ACCESS', reader.setProps([prop(PR_ATTACH_FILENAME, 'x')]));
      await reader.release();
      const writer = await message.openAttach(0, { modify: true });
      assert.equal(await read(writer, PR_ACCESS_LEVEL), 1);
      await write(writer, prop(PR_ATTACH_FILENAME, 'x'));
    });
    rule('ATT-005: an attachment of a message that may only be read is not opened for writing', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store), { attachments: [Uint8Array.of(1)] });
      const message = await openMessage(store, entryId);
      await rejects('MAPI_E_NO_ACCESS', message.openAttach(0, { modify: true }));
      await rejects('MAPI_E_NO_ACCESS', message.createAttach());
      await rejects('MAPI_E_NO_ACCESS', message.deleteAttach(0));
    });
    rule('ATT-006: a number that no attachment has is not found', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      await rejects('MAPI_E_NOT_FOUND', message.openAttach(17));
      await rejects('MAPI_E_NOT_FOUND', message.deleteAttach(17));
    });
    rule('ATT-008: method and data are kept as they are, whether they fit or not', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      for (const method of [0, 1, 2, 3, 4, 6, 7]) {
        await addAttachment(message, Uint8Array.of(1), prop(PR_ATTACH_METHOD, method), prop(PR_ATTACH_PATHNAME, 'p'));
      }
      await message.saveChanges({ keepOpenReadWrite: true });
      const reader = await openMessage(store, await idOf(message));
      assert.deepEqual(await column(reader.getAttachmentTable(), PR_ATTACH_METHOD), [0, 1, 2, 3, 4, 6, 7]);
    });
    rule('ATT-008: the data of an attachment come back byte by byte', async ({ store }) => {
      const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) & 0xff);
      const message = await newMessage(await inboxOf(store), { attachments: [bytes] });
      await message.saveChanges({ keepOpenReadWrite: true });
      const attach = await (await openMessage(store, await idOf(message))).openAttach(0);
      const stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
      assert.equal((await stream.stat()).size, bytes.length);
      const parts: number[] = [];
      for (let part = await stream.read(30_000); part.length > 0; part = await stream.read(30_000)) parts.push(...part);
      assert.deepEqual(Uint8Array.from(parts), bytes);
    });
    rule('PROP-046: data written through a stream are there after the saves', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const { attachNum, attach } = await message.createAttach();
      const stream = await attach.openProperty(PR_ATTACH_DATA_BIN, 'IStream', { create: true, modify: true });
      await stream.write(Uint8Array.of(1, 2));
      await stream.write(Uint8Array.of(3));
      await stream.commit();
      await stream.release();
      await attach.saveChanges();
      await message.saveChanges({ keepOpenReadWrite: true });
      const again = await (await openMessage(store, await idOf(message))).openAttach(attachNum);
      assert.deepEqual(await read(again, PR_ATTACH_DATA_BIN), Uint8Array.of(1, 2, 3));
    });
    rule('ATT-012, ATT-015: a message within a message is there after the three saves', async ({ store }) => {
      const outer = await newMessage(await inboxOf(store));
      const attachNum = await embed(outer, 'Inner subject');
      await outer.saveChanges({ keepOpenReadWrite: true });
      const attach = await (await openMessage(store, await idOf(outer))).openAttach(attachNum);
      const inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
      assert.equal(inner.iid, 'IMessage');
      assert.equal(await read(inner, PR_SUBJECT), 'Inner subject');
      assert.equal(await (await inner.getRecipientTable()).getRowCount(), 1);
      await rejects('MAPI_E_NO_ACCESS', inner.setProps([prop(PR_SUBJECT, 'x')]));
    });
    rule('ATT-015: an embedded message that was not saved is not there', async ({ store }) => {
      const outer = await newMessage(await inboxOf(store));
      const { attachNum, attach } = await outer.createAttach();
      const inner = await attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage', { create: true, modify: true });
      await write(inner, prop(PR_SUBJECT, 'Inner'));
      await inner.release();
      await attach.saveChanges();
      await outer.saveChanges({ keepOpenReadWrite: true });
      const again = await (await openMessage(store, await idOf(outer))).openAttach(attachNum);
      await rejects('MAPI_E_NOT_FOUND', again.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage'));
    });
    rule('ATT-012: an attachment without a message has none to open', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), { attachments: [Uint8Array.of(1)] });
      const attach = await message.openAttach(0);
      await rejects('MAPI_E_NOT_FOUND', attach.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage'));
    });
  });

  describe(`${name}: attachment table`, () => {
    rule('ATT-016: the required columns are there', async ({ store }) => {
      const message = await newMessage(await inboxOf(store), { attachments: [Uint8Array.of(1)] });
      const table = await message.getAttachmentTable();
      const columns = await table.queryColumns();
      const required = [PR_ATTACH_NUM, PR_INSTANCE_KEY, PR_RECORD_KEY, PR_RENDERING_POSITION];
      for (const tag of required) assert.ok(columns.includes(tag), `0x${tag.toString(16)}`);
      const [row] = await rowsOf(table);
      for (const tag of required) assert.notEqual(cell(row, tag), undefined, `0x${tag.toString(16)}`);
    });
    rule('ATT-016: the table follows its message', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      const table = await message.getAttachmentTable();
      assert.equal(await table.getRowCount(), 0);
      const attachNum = await addAttachment(message, Uint8Array.of(1));
      assert.equal(await table.getRowCount(), 1);
      await message.deleteAttach(attachNum);
      assert.equal(await table.getRowCount(), 0);
    });
    rule('ATT-019: the table restricts, finds and marks rows, or says that it does not', async ({ store }) => {
      const bytes = [Uint8Array.of(1), Uint8Array.of(2)];
      const message = await newMessage(await inboxOf(store), { attachments: bytes });
      const nums = await column(message.getAttachmentTable(), PR_ATTACH_NUM);
      const table = await message.getAttachmentTable();
      await table.setColumns([PR_ATTACH_NUM]);
      const second = resProperty('EQ', PR_ATTACH_NUM, nums[1] as number);
      const numbers = async (): Promise<unknown[]> => (await table.queryRows(9)).map((row) => cell(row, PR_ATTACH_NUM));
      const orNoSupport = async (call: () => Promise<unknown>, check: () => Promise<void>): Promise<void> => {
        try {
          await call();
        } catch (error) {
          assert.ok(MapiError.is(error, 'MAPI_E_NO_SUPPORT'), String(error));
          return;
        }
        await check();
      };
      await orNoSupport(
        () => table.findRow(second, 'beginning'),
        async () => {
          assert.deepEqual(await numbers(), nums.slice(1));
        },
      );
      await table.seekRow('beginning', 1);
      let bookmark: Bookmark = 'beginning';
      await orNoSupport(
        async () => {
          bookmark = await table.createBookmark();
        },
        async () => {
          await table.seekRow('end', 0);
          await table.seekRow(bookmark, 0);
          assert.deepEqual(await numbers(), nums.slice(1));
        },
      );
      await orNoSupport(
        () => table.restrict(second),
        async () => {
          assert.deepEqual(await numbers(), nums.slice(1));
        },
      );
    });
    rule('ATT-013: OLE data are read as a stream by both tags, other data not', async ({ store }) => {
      const bytes = Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0);
      const message = await newMessage(await inboxOf(store));
      const ole = await message.openAttach(await addAttachment(message, bytes, prop(PR_ATTACH_METHOD, ATTACH_OLE)));
      for (const tag of [PR_ATTACH_DATA_OBJ, PR_ATTACH_DATA_BIN]) {
        await using stream = await ole.openProperty(tag, 'IStreamDocfile');
        assert.equal(stream.iid, 'IStream');
        assert.deepEqual(await stream.read(9), bytes);
      }
      const plain = await message.openAttach(await addAttachment(message, bytes));
      for (const tag of [PR_ATTACH_DATA_OBJ, PR_ATTACH_DATA_BIN]) {
        await rejects('MAPI_E_INTERFACE_NOT_SUPPORTED', plain.openProperty(tag, 'IStreamDocfile'));
      }
    });
    rule('ATT-017: record keys of attachments outlive the opening of the message', async ({ store }) => {
      const entryId = await savedMessage(await inboxOf(store), { attachments: [Uint8Array.of(1), Uint8Array.of(2)] });
      const keys = async (): Promise<unknown[]> => {
        await using message = await openMessage(store, entryId);
        return column(message.getAttachmentTable(), PR_RECORD_KEY);
      };
      const first = await keys();
      assert.equal(new Set(first.map(String)).size, 2);
      assert.deepEqual(await keys(), first);
    });
    rule('ATT-018: attachments are ordered by their place in the text, those without one first', async ({ store }) => {
      const message = await newMessage(await inboxOf(store));
      for (const position of [30, -1, 10]) {
        await addAttachment(message, Uint8Array.of(1), prop(PR_RENDERING_POSITION, position));
      }
      assert.deepEqual(await column(message.getAttachmentTable(), PR_RENDERING_POSITION), [-1, 10, 30]);
    });
  });
}
