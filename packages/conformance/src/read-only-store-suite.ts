/** What every message store that can only be read must do, such as one over a file. Nothing is written to it. */
import assert from 'node:assert/strict';
import {
  type EntryId,
  entryIdUid,
  errorTag,
  FOLDER_ROOT,
  fnevObjectCreated,
  type IMAPIFolder,
  type IMsgStore,
  isLongTerm,
  MAPI_ACCESS_READ,
  MAPI_FOLDER,
  MAPI_MESSAGE,
  MAPI_STORE,
  MUID_STORE_WRAP,
  makeEntryId,
  PR_ACCESS,
  PR_ACCESS_LEVEL,
  PR_ATTACH_DATA_BIN,
  PR_ATTACH_DATA_OBJ,
  PR_ATTACH_NUM,
  PR_BODY,
  PR_COMMENT,
  PR_CONTAINER_CONTENTS,
  PR_CONTAINER_HIERARCHY,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_DEPTH,
  PR_DISPLAY_CC,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TO,
  PR_DISPLAY_TYPE,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_FOLDER_ASSOCIATED_CONTENTS,
  PR_FOLDER_TYPE,
  PR_HASATTACH,
  PR_INSTANCE_KEY,
  PR_LAST_MODIFICATION_TIME,
  PR_MAPPING_SIGNATURE,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_MESSAGE_SIZE,
  PR_MSG_STATUS,
  PR_NORMALIZED_SUBJECT,
  PR_OBJECT_TYPE,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_RENDERING_POSITION,
  PR_ROWID,
  PR_STATUS,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_STORE_SUPPORT_MASK,
  PR_SUBFOLDERS,
  PR_SUBJECT,
  type PropTag,
  PS_PUBLIC_STRINGS,
  prop,
  STORE_CREATE_OK,
  STORE_MODIFY_OK,
  STORE_READONLY,
  STREAM_CHUNK_BYTES,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import { cell, column, folderOf, idOf, need, openMessage, read, rejects, rowsOf } from './store-steps.ts';
import type { StoreSuiteOptions } from './store-under-test.ts';

/** What lies in the folder of the store under test. */
export const READ_ONLY_CONTENT = {
  /** Subject and prefix of the first message; it has one recipient, and the two attachments. */
  subject: 'RE: One',
  normalizedSubject: 'One',
  /** Subject of the second message, which is plain. */
  secondSubject: 'Two',
  hiddenSubject: 'Hidden',
  childName: 'Inner',
  grandchildName: 'Innermost',
  address: 'ann@example.com',
  /** Of the first message, more than one chunk of a stream. */
  body: 'Grüße '.repeat(30_000),
  /** Attachment 0, by value. */
  data: new Uint8Array(100_000).map((_, at) => at & 0xff),
  /** Attachment 1, a message with this subject. */
  innerSubject: 'Within',
  /** A named property of the first message. */
  named: { name: { guid: PS_PUBLIC_STRINGS, name: 'Colour' }, value: 'blue' },
} as const;

export interface ReadOnlyStoreUnderTest {
  readonly store: IMsgStore;
  /** The folder that holds READ_ONLY_CONTENT. */
  readonly folder: EntryId;
  /** An empty folder of another store, for copies; closed by `close`. */
  otherFolder(): Promise<IMAPIFolder>;
  close(): Promise<void>;
}

const FOREIGN = makeEntryId(new Uint8Array(16).fill(9), new Uint8Array(4));
const C = READ_ONLY_CONTENT;

async function messageIds({ store, folder }: ReadOnlyStoreUnderTest): Promise<readonly EntryId[]> {
  const ids = await column((await folderOf(store, folder, false)).getContentsTable(), PR_ENTRYID);
  return ids as readonly EntryId[];
}

export function readOnlyStoreSuite(
  name: string,
  open: () => Promise<ReadOnlyStoreUnderTest>,
  options: StoreSuiteOptions = {},
): void {
  const rule = ruleTests(open, options.skips);
  const firstMessage = async (t: ReadOnlyStoreUnderTest) =>
    openMessage(t.store, (await messageIds(t))[0] ?? new Uint8Array(0));

  describe(`${name}: opening objects for reading`, () => {
    rule('STORE-025, STORE-029, STORE-046: null opens the root, which is its own parent', async ({ store }) => {
      const root = await store.openEntry(null);
      assert.equal(root.iid, 'IMAPIFolder');
      assert.equal(await read(root, PR_FOLDER_TYPE), FOLDER_ROOT);
      assert.deepEqual(await need(root, PR_PARENT_ENTRYID), await idOf(root));
    });
    rule('STORE-025, STORE-029: the object that an identifier opens says what it is', async (t) => {
      const [entryId = new Uint8Array(0)] = await messageIds(t);
      assert.equal(await need(await openMessage(t.store, entryId), PR_OBJECT_TYPE), MAPI_MESSAGE);
      assert.equal(await need(await folderOf(t.store, t.folder, false), PR_OBJECT_TYPE), MAPI_FOLDER);
      assert.equal(await need(t.store, PR_OBJECT_TYPE), MAPI_STORE);
      await rejects('MAPI_E_INTERFACE_NOT_SUPPORTED', t.store.openEntry(entryId, { iid: 'IMAPIFolder' }));
      await rejects('MAPI_E_INTERFACE_NOT_SUPPORTED', t.store.openEntry(t.folder, { iid: 'IMessage' }));
    });
    rule('STORE-026, FOLDER-043: what is opened may be read, whatever access is best', async (t) => {
      const [entryId = new Uint8Array(0)] = await messageIds(t);
      await using best = await t.store.openEntry(entryId, { iid: 'IMessage', bestAccess: true });
      assert.equal(await need(best, PR_ACCESS_LEVEL), 0);
      const folder = await folderOf(t.store, t.folder, false);
      assert.equal(await need(folder, PR_ACCESS), MAPI_ACCESS_READ);
    });
    rule('STORE-027, FOLDER-044: a foreign, a missing and a forbidden identifier are told apart', async (t) => {
      const folder = await folderOf(t.store, t.folder, false);
      const missing = Uint8Array.from(t.folder);
      missing[missing.length - 1] = 0x7f;
      for (const opener of [t.store, folder]) {
        await rejects('MAPI_E_UNKNOWN_ENTRYID', opener.openEntry(FOREIGN));
        await rejects('MAPI_E_NOT_FOUND', opener.openEntry(missing));
        await rejects('MAPI_E_NO_ACCESS', opener.openEntry(t.folder, { modify: true }));
      }
    });
    rule('STORE-030: identifiers are compared by the store; foreign ones are unknown', async (t) => {
      const [one = new Uint8Array(0), two = new Uint8Array(0)] = await messageIds(t);
      assert.equal(await t.store.compareEntryIDs(one, Uint8Array.from(one)), true);
      assert.equal(await t.store.compareEntryIDs(one, two), false);
      await rejects('MAPI_E_UNKNOWN_ENTRYID', t.store.compareEntryIDs(one, FOREIGN));
    });
    rule('STORE-047: identifiers of the store are wrapped wherever they are shown', async (t) => {
      const entryId = await idOf(t.store);
      assert.deepEqual(entryIdUid(entryId), MUID_STORE_WRAP);
      const folder = await folderOf(t.store, t.folder, false);
      for (const object of [t.store, folder, await firstMessage(t)])
        assert.deepEqual(await need(object, PR_STORE_ENTRYID), entryId);
      const [row] = await rowsOf(await folder.getContentsTable(), PR_STORE_ENTRYID);
      assert.deepEqual(cell(row, PR_STORE_ENTRYID), entryId);
    });
  });

  describe(`${name}: refusing changes`, () => {
    rule('STORE-021, STORE-074: a store that can only be read does not claim to be writable', async ({ store }) => {
      const mask = await need(store, PR_STORE_SUPPORT_MASK);
      assert.equal(mask & (STORE_MODIFY_OK | STORE_CREATE_OK), 0);
      assert.notEqual(mask & STORE_READONLY, 0);
    });
    rule('STORE-022, STORE-023: every change is refused', async (t) => {
      const { store } = t;
      const folder = await folderOf(store, t.folder, false);
      const [entryId = new Uint8Array(0)] = await messageIds(t);
      const message = await openMessage(store, entryId);
      const calls: readonly (() => Promise<unknown>)[] = [
        () => message.openProperty(PR_BODY, 'IStream', { modify: true }),
        () => message.setProps([prop(PR_SUBJECT, 'x')]),
        () => message.deleteProps([PR_SUBJECT]),
        () => message.saveChanges(),
        () => message.createAttach(),
        () => message.deleteAttach(0),
        () => message.modifyRecipients('replace', []),
        () => message.submitMessage(),
        () => message.openAttach(0, { modify: true }),
        () => folder.createMessage(),
        () => folder.deleteMessages([entryId]),
        () => folder.createFolder('New'),
        () => folder.deleteFolder(t.folder),
        () => folder.setMessageStatus(entryId, 1, 1),
        () => folder.setProps([prop(PR_COMMENT, 'x')]),
        () => folder.deleteProps([PR_COMMENT]),
        () => folder.emptyFolder(),
        () => folder.copyMessages([entryId], folder, { move: true }),
        () => folder.setSearchCriteria(null, null),
        () => store.setProps([prop(PR_COMMENT, 'x')]),
        () => store.setReceiveFolder('IPM', t.folder),
      ];
      for (const call of calls) await rejects('MAPI_E_NO_ACCESS', call());
      assert.equal((await messageIds(t)).length, 2);
    });
    rule('REPORT-043: a store that cannot keep that a report is suppressed says so', async (t) => {
      const [entryId = new Uint8Array()] = await messageIds(t);
      await using message = await t.store.openEntry(entryId, { iid: 'IMessage' });
      await using folder = await t.store.openEntry(t.folder, { iid: 'IMAPIFolder' });
      await rejects('MAPI_E_NO_SUPPRESS', message.setReadFlag({ suppressReceipt: true }));
      await rejects('MAPI_E_NO_SUPPRESS', folder.setReadFlags([entryId], { suppressReceipt: true }));
    });
    rule('STORE-079, STORE-080, STORE-083: registrations are taken and given back', async ({ store }) => {
      const sink = { onNotify: () => {} };
      const first = await store.advise(null, fnevObjectCreated, sink);
      const second = await store.advise(null, fnevObjectCreated, sink);
      assert.notEqual(first.connection, 0);
      assert.notEqual(first.connection, second.connection);
      await store.unadvise(first.connection);
      await rejects('MAPI_E_NOT_FOUND', store.unadvise(first.connection));
      await rejects('MAPI_E_INVALID_PARAMETER', store.advise(null, 0, sink));
    });
  });

  describe(`${name}: tables that are read`, () => {
    rule('FOLDER-034, TABLE-001: the required columns of messages are there, and say what they say', async (t) => {
      const folder = await folderOf(t.store, t.folder, false);
      const table = await folder.getContentsTable();
      const columns = await table.queryColumns();
      const [row] = await table.queryRows(1);
      const message = await firstMessage(t);
      for (const tag of MESSAGE_COLUMNS) {
        assert.ok(columns.includes(tag), `0x${tag.toString(16)} is no column`);
        assert.notEqual(cell(row, tag), undefined, `0x${tag.toString(16)} is empty`);
        if (tag !== PR_INSTANCE_KEY)
          assert.deepEqual(cell(row, tag), await read(message, tag), `0x${tag.toString(16)}`);
      }
      assert.deepEqual(await column(folder.getContentsTable(), PR_SUBJECT), [C.subject, C.secondSubject]);
      assert.deepEqual(await column(folder.getContentsTable({ associated: true }), PR_SUBJECT), [C.hiddenSubject]);
    });
    rule('FOLDER-037, FOLDER-038, FOLDER-039: folders below are told with their depth and counts', async (t) => {
      const folder = await folderOf(t.store, t.folder, false);
      const table = await folder.getHierarchyTable({ convenientDepth: true });
      const columns = await table.queryColumns();
      for (const tag of FOLDER_COLUMNS) assert.ok(columns.includes(tag), `0x${tag.toString(16)} is no column`);
      const rows = await rowsOf(table);
      assert.deepEqual(
        rows.map((row) => [cell(row, PR_DISPLAY_NAME), cell(row, PR_DEPTH), cell(row, PR_SUBFOLDERS)]),
        [
          [C.childName, 0, true],
          [C.grandchildName, 1, false],
        ],
      );
      for (const row of rows) assert.equal(isLongTerm(cell(row, PR_ENTRYID) as Uint8Array), true);
      assert.deepEqual(await column(folder.getHierarchyTable(), PR_DISPLAY_NAME), [C.childName]);
      assert.equal(await need(folder, PR_CONTENT_COUNT), 2);
    });
    rule('FOLDER-030, FOLDER-031: the tables open as properties, which getProps does not read', async (t) => {
      const folder = await folderOf(t.store, t.folder, false);
      const tables = [PR_CONTAINER_CONTENTS, PR_CONTAINER_HIERARCHY, PR_FOLDER_ASSOCIATED_CONTENTS];
      const { props } = await folder.getProps(tables);
      const listed = await folder.getPropList();
      const counts: number[] = [];
      for (const [index, tag] of tables.entries()) {
        assert.ok(listed.includes(tag));
        assert.equal(props[index]?.tag, errorTag(tag));
        counts.push(await (await folder.openProperty(tag, 'IMAPITable')).getRowCount());
      }
      assert.deepEqual(counts, [2, 1, 1]);
    });
  });

  describe(`${name}: messages that are read`, () => {
    rule('PROP-036: a message has its properties, long ones as streams', async (t) => {
      const message = await firstMessage(t);
      assert.equal(await need(message, PR_SUBJECT), C.subject);
      assert.equal(await need(message, PR_NORMALIZED_SUBJECT), C.normalizedSubject);
      assert.equal(await need(message, PR_HASATTACH), true);
      const { props } = await message.getProps([PR_BODY]);
      assert.equal(props[0]?.tag, errorTag(PR_BODY));
      await using stream = await message.openProperty(PR_BODY, 'IStream');
      assert.equal((await stream.stat()).size, C.body.length * 2);
      assert.equal(Buffer.from(await wholeOf(stream)).toString('utf16le'), C.body);
    });
    rule('RECIP-011, MSG-027: recipients are rows, and the tables of a message open as properties', async (t) => {
      const message = await firstMessage(t);
      const table = await message.openProperty(PR_MESSAGE_RECIPIENTS, 'IMAPITable');
      const [row] = await rowsOf(table, PR_ROWID, PR_EMAIL_ADDRESS);
      assert.deepEqual([cell(row, PR_ROWID), cell(row, PR_EMAIL_ADDRESS)], [0, C.address]);
      const attachments = await message.openProperty(PR_MESSAGE_ATTACHMENTS, 'IMAPITable');
      assert.deepEqual(await column(attachments, PR_ATTACH_NUM), [0, 1]);
    });
    rule('ATT-005, ATT-012, ATT-016, ATT-017: attachments are opened by number, for reading', async (t) => {
      const message = await firstMessage(t);
      const rows = await rowsOf(await message.getAttachmentTable());
      for (const row of rows)
        for (const tag of [PR_ATTACH_NUM, PR_INSTANCE_KEY, PR_RECORD_KEY, PR_RENDERING_POSITION])
          assert.notEqual(cell(row, tag), undefined, `0x${tag.toString(16)}`);
      await using file = await message.openAttach(0);
      await using stream = await file.openProperty(PR_ATTACH_DATA_BIN, 'IStream');
      assert.deepEqual(Buffer.from(await wholeOf(stream)), Buffer.from(C.data));
      await rejects('MAPI_E_NOT_FOUND', file.openProperty(PR_ATTACH_DATA_OBJ, 'IMessage'));
      await using inner = await (await message.openAttach(1)).openProperty(PR_ATTACH_DATA_OBJ, 'IMessage');
      assert.equal(await need(inner, PR_SUBJECT), C.innerSubject);
      await rejects('MAPI_E_NOT_FOUND', message.openAttach(2));
      const again = await rowsOf(await (await firstMessage(t)).getAttachmentTable(), PR_RECORD_KEY);
      assert.deepEqual(
        again.map((row) => cell(row, PR_RECORD_KEY)),
        rows.map((row) => cell(row, PR_RECORD_KEY)),
      );
    });
    rule('PROP-072: named properties have names', async (t) => {
      const message = await firstMessage(t);
      const [tag] = await message.getIDsFromNames([C.named.name]);
      assert.ok(tag !== undefined);
      const { props } = await message.getProps([tag]);
      assert.equal(props[0]?.value, C.named.value);
      assert.deepEqual(await message.getNamesFromIDs([tag]), [C.named.name]);
    });
    rule('FOLDER-010, PROP-072: messages go to another store whole', async (t) => {
      const target = await t.otherFolder();
      const folder = await folderOf(t.store, t.folder, false);
      await folder.copyMessages(await messageIds(t), target);
      assert.deepEqual((await column(target.getContentsTable(), PR_SUBJECT)).sort(), [C.subject, C.secondSubject]);
      const rows = await rowsOf(await target.getContentsTable(), PR_ENTRYID, PR_SUBJECT);
      const copied = rows.find((row) => cell(row, PR_SUBJECT) === C.subject);
      const copy = await target.openEntry(cell(copied, PR_ENTRYID) as Uint8Array, { iid: 'IMessage' });
      const [tag] = await copy.getIDsFromNames([C.named.name]);
      assert.ok(tag !== undefined);
      assert.equal((await copy.getProps([tag])).props[0]?.value, C.named.value);
      await using stream = await (await copy.openAttach(0)).openProperty(PR_ATTACH_DATA_BIN, 'IStream');
      assert.deepEqual(Buffer.from(await wholeOf(stream)), Buffer.from(C.data));
      assert.equal(await (await copy.getRecipientTable()).getRowCount(), 1);
    });
  });
}

const MESSAGE_COLUMNS: readonly PropTag[] = [
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_LAST_MODIFICATION_TIME,
  PR_MESSAGE_SIZE,
  PR_ENTRYID,
  PR_HASATTACH,
  PR_INSTANCE_KEY,
  PR_MAPPING_SIGNATURE,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MSG_STATUS,
  PR_NORMALIZED_SUBJECT,
  PR_OBJECT_TYPE,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_SUBJECT,
];

const FOLDER_COLUMNS: readonly PropTag[] = [
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_DISPLAY_TYPE,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_FOLDER_TYPE,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_STATUS,
  PR_SUBFOLDERS,
];

async function wholeOf(stream: { read(count: number): Promise<Uint8Array> }): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let part = await stream.read(STREAM_CHUNK_BYTES); part.length > 0; part = await stream.read(STREAM_CHUNK_BYTES))
    parts.push(part);
  return Buffer.concat(parts);
}
