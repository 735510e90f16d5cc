/** Contents and hierarchy tables of a store's folders: columns, rows, restrictions, order. */
import assert from 'node:assert/strict';
import {
  ascend,
  descend,
  errorTag,
  HRESULTS,
  type IMAPIFolder,
  type IMAPITable,
  isLongTerm,
  MAPI_FOLDER,
  MVI_FLAG,
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
  PR_ENTRYID,
  PR_FOLDER_ASSOCIATED_CONTENTS,
  PR_FOLDER_TYPE,
  PR_HASATTACH,
  PR_IMPORTANCE,
  PR_INSTANCE_KEY,
  PR_LAST_MODIFICATION_TIME,
  PR_MAPPING_SIGNATURE,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_MSG_STATUS,
  PR_NULL,
  PR_OBJECT_TYPE,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_STATUS,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_SUBFOLDERS,
  PR_SUBJECT,
  type PropTag,
  PT_MV_UNICODE,
  PT_UNICODE,
  prop,
  resContent,
  resExist,
  resProperty,
  tag,
  tagFromNumber,
} from '@nodemapi/mapi';
import { describe } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  cell,
  column,
  folderOf,
  idOf,
  inboxOf,
  need,
  newFolder,
  openMessage,
  read,
  rejects,
  rowsOf,
  savedMessage,
} from './store-steps.ts';
import type { OpenStoreUnderTest, StoreSuiteOptions, StoreUnderTest } from './store-under-test.ts';

const REQUIRED_OF_MESSAGES: readonly PropTag[] = [
  PR_DISPLAY_CC,
  PR_DISPLAY_TO,
  PR_ENTRYID,
  PR_HASATTACH,
  PR_INSTANCE_KEY,
  PR_LAST_MODIFICATION_TIME,
  PR_MAPPING_SIGNATURE,
  PR_MESSAGE_CLASS,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_SIZE,
  PR_MSG_STATUS,
  PR_OBJECT_TYPE,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
];
const REQUIRED_OF_FOLDERS: readonly PropTag[] = [
  PR_COMMENT,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_OBJECT_TYPE,
  PR_STATUS,
  PR_FOLDER_TYPE,
  PR_SUBFOLDERS,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
];

/** A folder with messages of these subjects. */
async function folderWith(t: StoreUnderTest, ...subjects: readonly string[]): Promise<IMAPIFolder> {
  const folder = await newFolder(t.store, 'Table');
  for (const subject of subjects) await savedMessage(folder, { subject });
  return folder;
}

async function subjectsOf(table: IMAPITable, count: number): Promise<unknown[]> {
  return (await table.queryRows(count)).map((row) => cell(row, PR_SUBJECT));
}

export function contentsTableSuite(name: string, open: OpenStoreUnderTest, options: StoreSuiteOptions = {}): void {
  const rule = ruleTests(open, options.skips);
  describe(`${name}: contents tables`, () => {
    rule('FOLDER-034, TABLE-001: the required columns are there from the beginning', async (t) => {
      const folder = await folderWith(t, 'One');
      const table = await folder.getContentsTable();
      const columns = await table.queryColumns();
      const [row] = await table.queryRows(1);
      for (const tag of REQUIRED_OF_MESSAGES) {
        assert.ok(columns.includes(tag), `0x${tag.toString(16)} is no column`);
        assert.notEqual(cell(row, tag), undefined, `0x${tag.toString(16)} is empty`);
      }
      assert.deepEqual(
        row?.map(({ tag }) => tag >>> 16),
        columns.map((tag) => tag >>> 16),
      );
    });
    rule('FOLDER-034: what a row says is what the message says', async (t) => {
      const folder = await folderWith(t, 'One');
      const [row] = await rowsOf(await folder.getContentsTable());
      const message = await openMessage(t.store, cell(row, PR_ENTRYID) as Uint8Array);
      for (const tag of REQUIRED_OF_MESSAGES) {
        if (tag === PR_INSTANCE_KEY) continue;
        assert.deepEqual(cell(row, tag), await read(message, tag), `0x${tag.toString(16)}`);
      }
      assert.deepEqual(cell(row, PR_PARENT_ENTRYID), await idOf(folder));
    });
    rule('FOLDER-030: the tables of a folder open as properties too', async (t) => {
      const folder = await folderWith(t, 'One');
      await savedMessage(folder, { subject: 'Hidden', associated: true });
      await folder.createFolder('Inner');
      const contents = await folder.openProperty(PR_CONTAINER_CONTENTS, 'IMAPITable');
      const associated = await folder.openProperty(PR_FOLDER_ASSOCIATED_CONTENTS, 'IMAPITable');
      const hierarchy = await folder.openProperty(PR_CONTAINER_HIERARCHY, 'IMAPITable');
      assert.deepEqual(await contents.queryColumns(), await (await folder.getContentsTable()).queryColumns());
      assert.deepEqual(await column(contents, PR_SUBJECT), ['One']);
      assert.deepEqual(await column(associated, PR_SUBJECT), ['Hidden']);
      assert.deepEqual(await column(hierarchy, PR_DISPLAY_NAME), ['Inner']);
    });
    rule('FOLDER-031: they are listed among its properties, and not read by getProps', async (t) => {
      const folder = await folderWith(t);
      const tables = [PR_CONTAINER_CONTENTS, PR_CONTAINER_HIERARCHY, PR_FOLDER_ASSOCIATED_CONTENTS];
      const listed = await folder.getPropList();
      const { props } = await folder.getProps(tables);
      tables.forEach((tag, index) => {
        assert.ok(listed.includes(tag));
        assert.equal(props[index]?.tag, errorTag(tag));
      });
    });
    rule('TABLE-004, TABLE-013: every row has the columns asked for; what it lacks is an error', async (t) => {
      const folder = await folderWith(t, 'One');
      await savedMessage(folder, { subject: 'Two', props: [prop(PR_IMPORTANCE, 2)] });
      const rows = await rowsOf(await folder.getContentsTable(), PR_IMPORTANCE, PR_SUBJECT);
      assert.deepEqual(rows, [
        [{ tag: errorTag(PR_IMPORTANCE), value: HRESULTS.MAPI_E_NOT_FOUND }, prop(PR_SUBJECT, 'One')],
        [prop(PR_IMPORTANCE, 2), prop(PR_SUBJECT, 'Two')],
      ]);
    });
    rule('TABLE-002, TABLE-003: columns are needed, and PR_NULL keeps a place', async (t) => {
      const table = await (await folderWith(t, 'One')).getContentsTable();
      await rejects('MAPI_E_INVALID_PARAMETER', table.setColumns([]));
      await table.setColumns([PR_NULL, PR_SUBJECT]);
      const [row] = await table.queryRows(1);
      assert.equal(row?.[0]?.tag, PR_NULL);
      assert.equal(row?.[1]?.value, 'One');
    });
    rule('TABLE-006, STORE-075: a list of values is one row, or one row per value', async ({ store }) => {
      const folder = await newFolder(store, 'Colours');
      const colours = tag(0x6a01, PT_MV_UNICODE);
      await savedMessage(folder, { subject: 'shirt', props: [prop(colours, ['red', 'blue'])] });
      await savedMessage(folder, { subject: 'stick' });
      const table = await folder.getContentsTable();
      await table.sortTable({ sorts: [ascend(PR_SUBJECT)] });
      await table.setColumns([PR_SUBJECT, colours]);
      const whole = await table.queryRows(9);
      assert.deepEqual(
        whole.map((row) => cell(row, colours)),
        [['red', 'blue'], undefined],
      );
      await table.setColumns([PR_SUBJECT, tagFromNumber(colours | MVI_FLAG), PR_INSTANCE_KEY]);
      await table.seekRow('beginning', 0);
      const rows = await table.queryRows(9);
      const colour = tag(0x6a01, PT_UNICODE);
      assert.deepEqual(
        rows.map((row) => [cell(row, PR_SUBJECT), cell(row, colour)]),
        [
          ['shirt', 'red'],
          ['shirt', 'blue'],
          ['stick', undefined],
        ],
      );
      assert.equal(await table.getRowCount(), 3);
      assert.equal(new Set(rows.map((row) => String(cell(row, PR_INSTANCE_KEY)))).size, 3);
      await table.findRow(
        resProperty('EQ', PR_INSTANCE_KEY, cell(rows[1], PR_INSTANCE_KEY) as Uint8Array),
        'beginning',
      );
      assert.equal((await table.queryPosition()).row, 1);
      await savedMessage(folder, { subject: 'tie', props: [prop(colours, ['green', 'red', 'pink'])] });
      assert.equal(await table.getRowCount(), 6);
    });
    rule('TABLE-009, TABLE-010, TABLE-011: rows are read forward, backward, and without moving', async (t) => {
      const table = await (await folderWith(t, 'a', 'b', 'c', 'd')).getContentsTable();
      await rejects('MAPI_E_INVALID_PARAMETER', table.queryRows(0));
      assert.deepEqual(await subjectsOf(table, 3), ['a', 'b', 'c']);
      assert.deepEqual(await subjectsOf(table, -2), ['b', 'c']);
      const rows = await table.queryRows(1, { noAdvance: true });
      assert.equal(cell(rows[0], PR_SUBJECT), 'd');
      assert.deepEqual(await subjectsOf(table, 9), ['d']);
      assert.deepEqual(await subjectsOf(table, 9), []);
    });
    rule('TABLE-016, TABLE-018, TABLE-019: the cursor goes where it is sent, and stops at the ends', async (t) => {
      const table = await (await folderWith(t, 'a', 'b', 'c', 'd')).getContentsTable();
      assert.equal((await table.seekRow('beginning', 99)).sought, 4);
      assert.equal((await table.seekRow('end', -3)).sought, -3);
      assert.equal((await table.queryPosition()).row, 1);
      assert.equal((await table.seekRow('current', -9)).sought, -1);
      await table.seekRowApprox(1, 2);
      assert.deepEqual(await subjectsOf(table, 1), ['c']);
      await rejects('MAPI_E_INVALID_PARAMETER', table.seekRowApprox(1, 0));
    });
    rule('TABLE-024, TABLE-032: a restriction shows what meets it, and null shows all again', async (t) => {
      const table = await (await folderWith(t, 'apple', 'pear', 'pineapple')).getContentsTable();
      await table.queryRows(2);
      const bookmark = await table.createBookmark();
      await table.restrict(resContent(PR_SUBJECT, 'APPLE', 'substring', { ignoreCase: true }));
      assert.equal(await table.getRowCount(), 2);
      await rejects('MAPI_E_INVALID_BOOKMARK', table.seekRow(bookmark, 0));
      assert.deepEqual(await subjectsOf(table, 9), ['apple', 'pineapple']);
      await table.restrict(null);
      assert.deepEqual(await subjectsOf(table, 9), ['apple', 'pear', 'pineapple']);
    });
    rule('TABLE-033, TABLE-035: what cannot be done is refused, and the former view stays', async (t) => {
      const table = await (await folderWith(t, 'b', 'a')).getContentsTable();
      await table.sortTable({ sorts: [ascend(PR_SUBJECT)] });
      await table.restrict(resExist(PR_SUBJECT));
      const mismatch = { kind: 'property', relop: 'EQ', tag: PR_SUBJECT, value: prop(PR_IMPORTANCE, 1) } as const;
      await rejects('MAPI_E_TOO_COMPLEX', table.restrict(mismatch));
      assert.deepEqual(await subjectsOf(table, 9), ['a', 'b']);
    });
    rule('TABLE-034, TABLE-037: the table is sorted by the keys, absent values last', async (t) => {
      const folder = await folderWith(t, 'none');
      for (const [subject, importance] of [
        ['low', 0],
        ['high', 2],
      ] as const) {
        await savedMessage(folder, { subject, props: [prop(PR_IMPORTANCE, importance)] });
      }
      const table = await folder.getContentsTable();
      await table.sortTable({ sorts: [ascend(PR_IMPORTANCE)] });
      assert.deepEqual(await subjectsOf(table, 9), ['low', 'high', 'none']);
      await table.sortTable({ sorts: [descend(PR_IMPORTANCE)] });
      assert.deepEqual(await subjectsOf(table, 9), ['high', 'low', 'none']);
      assert.deepEqual((await table.querySortOrder()).sorts, [descend(PR_IMPORTANCE)]);
      await table.sortTable({ sorts: [] });
      assert.equal((await table.queryRows(9)).length, 3);
    });
    rule('TABLE-026, TABLE-027, TABLE-028: a row is found from where the search begins', async (t) => {
      const table = await (await folderWith(t, 'x1', 'y', 'x2')).getContentsTable();
      await table.findRow(resContent(PR_SUBJECT, 'x', 'prefix'), 'beginning');
      assert.deepEqual(await subjectsOf(table, 1), ['x1']);
      await table.findRow(resContent(PR_SUBJECT, 'x', 'prefix'), 'current');
      assert.deepEqual(await subjectsOf(table, 1), ['x2']);
      await table.findRow(resContent(PR_SUBJECT, 'x', 'prefix'), 'end', { backward: true });
      assert.deepEqual(await subjectsOf(table, 1), ['x2']);
      await rejects('MAPI_E_NOT_FOUND', table.findRow(resContent(PR_SUBJECT, 'z', 'prefix'), 'beginning'));
    });
    rule('TABLE-029, TABLE-065: every row has a key of its own by which it is found', async (t) => {
      const folder = await folderWith(t, 'a', 'b', 'c');
      const keys = await column(folder.getContentsTable(), PR_INSTANCE_KEY);
      assert.equal(new Set(keys.map(String)).size, 3);
      const table = await folder.getContentsTable();
      const [first] = await table.queryRows(1);
      await savedMessage(folder, { subject: 'd' });
      await table.findRow(resProperty('EQ', PR_INSTANCE_KEY, cell(first, PR_INSTANCE_KEY) as Uint8Array), 'beginning');
      assert.deepEqual(await subjectsOf(table, 1), ['a']);
    });
    rule('TABLE-022: a bookmark goes on to the next row when its own is deleted', async (t) => {
      const folder = await folderWith(t, 'a', 'b', 'c');
      const table = await folder.getContentsTable();
      await table.seekRow('beginning', 1);
      const bookmark = await table.createBookmark();
      const [, second] = await column(folder.getContentsTable(), PR_ENTRYID);
      assert.ok(second);
      await folder.deleteMessages([second]);
      assert.equal((await table.seekRow(bookmark, 0)).warning, 'MAPI_W_POSITION_CHANGED');
      assert.deepEqual(await subjectsOf(table, 1), ['c']);
      assert.equal((await table.seekRow(bookmark, 0)).warning, undefined);
    });
    rule('FOLDER-029: a saved order is that of the tables that are opened later', async (t) => {
      const folder = await folderWith(t, 'b', 'c', 'a');
      await folder.saveContentsSort({ sorts: [ascend(PR_SUBJECT)] });
      assert.deepEqual(await column(folder.getContentsTable(), PR_SUBJECT), ['a', 'b', 'c']);
    });
    rule('FOLDER-041: what a column shortens can be read from the message', async (t) => {
      const folder = await newFolder(t.store, 'F');
      const body = 'x'.repeat(5000);
      const entryId = await savedMessage(folder, { props: [prop(PR_BODY, body)] });
      const [shown] = await column(folder.getContentsTable(), PR_BODY);
      assert.ok(shown === undefined || body.startsWith(shown));
      assert.equal(await read(await openMessage(t.store, entryId), PR_BODY), body);
    });
    rule('FOLDER-033: a store that keeps no deleted messages does not pretend to show them', async (t) => {
      const folder = await folderWith(t, 'One');
      await rejects('MAPI_E_NO_SUPPORT', folder.getContentsTable({ softDeletes: true }));
    });
  });

  describe(`${name}: hierarchy tables`, () => {
    rule('FOLDER-037, FOLDER-039: the required columns are there, with long-term identifiers', async (t) => {
      const folder = await newFolder(t.store, 'Parent');
      await folder.createFolder('Child', 'generic', { comment: 'words' });
      const table = await folder.getHierarchyTable();
      const columns = await table.queryColumns();
      const [row] = await table.queryRows(1);
      for (const tag of REQUIRED_OF_FOLDERS) {
        assert.ok(columns.includes(tag), `0x${tag.toString(16)} is no column`);
        assert.notEqual(cell(row, tag), undefined, `0x${tag.toString(16)} is empty`);
      }
      assert.equal(isLongTerm(cell(row, PR_ENTRYID) as Uint8Array), true);
      assert.equal(cell(row, PR_OBJECT_TYPE), MAPI_FOLDER);
    });
    rule('FOLDER-040: a hierarchy table sorts, or keeps the order that it has, and loses no row', async ({ store }) => {
      const folder = await newFolder(store, 'Sorted');
      for (const name of ['b', 'c', 'a']) await (await folder.createFolder(name)).release();
      const own = await column(folder.getHierarchyTable(), PR_DISPLAY_NAME);
      const table = await folder.getHierarchyTable();
      await table.sortTable({ sorts: [descend(PR_DISPLAY_NAME)] });
      const shown = await column(table, PR_DISPLAY_NAME);
      assert.ok([['c', 'b', 'a'].join(), own.join()].includes(shown.join()), shown.join());
    });
    rule('FOLDER-038: with all levels each folder says how deep it is', async (t) => {
      const folder = await newFolder(t.store, 'Parent');
      const child = await folder.createFolder('Child');
      await (await child.createFolder('Grandchild')).createFolder('Deepest');
      assert.deepEqual(await column(folder.getHierarchyTable(), PR_DISPLAY_NAME), ['Child']);
      const rows = await rowsOf(await folder.getHierarchyTable({ convenientDepth: true }), PR_DISPLAY_NAME, PR_DEPTH);
      assert.deepEqual(
        rows.map((row) => [cell(row, PR_DISPLAY_NAME), cell(row, PR_DEPTH)]),
        [
          ['Child', 0],
          ['Grandchild', 1],
          ['Deepest', 2],
        ],
      );
    });
    rule('FOLDER-037: counts of messages and folders are right', async (t) => {
      const parent = await newFolder(t.store, 'Parent');
      const child = await parent.createFolder('Child');
      await savedMessage(child);
      const readId = await savedMessage(child);
      await child.setReadFlags([readId], { suppressReceipt: true });
      await savedMessage(child, { associated: true });
      await child.createFolder('Inner');
      const tags = [PR_CONTENT_COUNT, PR_CONTENT_UNREAD, PR_SUBFOLDERS];
      const [row] = await rowsOf(await parent.getHierarchyTable(), ...tags);
      assert.deepEqual(
        tags.map((tag) => cell(row, tag)),
        [2, 1, true],
      );
      for (const tag of tags) assert.equal(await need(child, tag as PropTag<unknown>), cell(row, tag));
    });
    rule('FOLDER-037: a renamed folder shows under its new name', async (t) => {
      const parent = await newFolder(t.store, 'Parent');
      const child = await parent.createFolder('Old');
      const table = await parent.getHierarchyTable();
      await child.setProps([prop(PR_DISPLAY_NAME, 'New')]);
      assert.deepEqual(await column(table, PR_DISPLAY_NAME), ['New']);
    });
    rule('STORE-064: the root has its standard folders below it', async (t) => {
      const root = await folderOf(t.store, null);
      const rows = await column(root.getHierarchyTable({ convenientDepth: true }), PR_ENTRYID);
      const inbox = String(await idOf(await inboxOf(t.store)));
      assert.ok(rows.map(String).includes(inbox));
    });
  });
}
