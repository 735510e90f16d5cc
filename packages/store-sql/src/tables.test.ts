import assert from 'node:assert/strict';
import { propSuite, tableSuite } from '@nodemapi/conformance';
import { queryAllRows } from '@nodemapi/kit';
import {
  ascend,
  descend,
  type IAttach,
  type IMAPIFolder,
  type IMAPIProp,
  type IMAPITable,
  type IMessage,
  PR_BODY,
  PR_COMMENT,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_DEPTH,
  PR_ENTRYID,
  PR_IMPORTANCE,
  PR_INSTANCE_KEY,
  PR_STORE_SUPPORT_MASK,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  PT_LONG,
  propOf,
  type Row,
  resProperty,
  STORE_CATEGORIZE_OK,
  tag,
} from '@nodemapi/mapi';
import { afterAll, test } from 'vitest';
import { SqlStoreFixture } from './store.testing.ts';

let fixture: SqlStoreFixture | undefined;
let folders = 0;

afterAll(async () => {
  await fixture?.[Symbol.asyncDispose]();
});

async function newFolder(): Promise<IMAPIFolder> {
  fixture ??= await SqlStoreFixture.create();
  const store = await fixture.open();
  const root = await store.openEntry(null, { iid: 'IMAPIFolder', modify: true });
  const parent = await root.createFolder(`folder ${folders++}`); // a copy of one folder's name must not meet another's
  return parent.createFolder(`in ${folders}`);
}

async function add(folder: IMAPIFolder, row: Row): Promise<void> {
  await using message = await folder.createMessage();
  await message.setProps(row as never);
  await message.saveChanges();
}

async function filled(rows: readonly Row[]): Promise<{ folder: IMAPIFolder; table: IMAPITable }> {
  const folder = await newFolder();
  for (const row of rows) await add(folder, row);
  return { folder, table: await folder.getContentsTable() };
}

/** The entry identifier of the message whose text is `text`. */
async function entryIdOf(folder: IMAPIFolder, column: PropTag<string>, text: string): Promise<Uint8Array> {
  await using table = await folder.getContentsTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, column] });
  return propOf(rows.find((row) => propOf(row, column) === text) ?? [], PR_ENTRYID) ?? new Uint8Array();
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
};

function contentsTables(name: string, text: PropTag<string>, number: PropTag<number>): void {
  tableSuite(name, async (rows) => (await filled(rows)).table, {
    text,
    number,
    missing: PR_COMMENT,
    live: async (rows) => {
      const { folder, table } = await filled(rows);
      return {
        table,
        add: (row) => add(folder, row),
        remove: async (which) => void (await folder.deleteMessages([await entryIdOf(folder, text, which)])),
        renumber: async (which, value) => {
          const entryId = await entryIdOf(folder, text, which);
          await using message = await folder.openEntry(entryId, { iid: 'IMessage', modify: true });
          await message.setProps([{ tag: number, value }]);
          await message.saveChanges();
        },
        settle,
      };
    },
  });
}

contentsTables('contents table in SQL', PR_SUBJECT, PR_IMPORTANCE);
contentsTables('contents table of properties without a column', PR_BODY, tag(0x6640, PT_LONG));

async function newMessage(): Promise<IMessage> {
  return (await newFolder()).createMessage();
}

async function savedMessage(values: readonly PropValue[]): Promise<IMAPIProp> {
  const message = await newMessage();
  await message.setProps(values as never);
  await message.saveChanges({ keepOpenReadOnly: true });
  return message;
}

async function newAttachment(): Promise<IAttach> {
  return (await (await newMessage()).createAttach()).attach;
}

propSuite('message', newMessage, { openReadOnly: savedMessage });
propSuite('attachment', newAttachment);
propSuite('folder', newFolder);

test('messages in groups: headings count, open and close, and follow what comes', async () => {
  const mail = (subject: string, importance: number): Row => [
    { tag: PR_SUBJECT, value: subject },
    { tag: PR_IMPORTANCE, value: importance },
  ];
  const { folder, table } = await filled([mail('a', 1), mail('b', 2), mail('c', 1)]);
  await using view = table;
  const tags = [PR_IMPORTANCE, PR_SUBJECT, PR_CONTENT_COUNT, PR_CONTENT_UNREAD, PR_DEPTH, PR_INSTANCE_KEY];
  await view.setColumns(tags);
  await view.sortTable({ sorts: [descend(PR_IMPORTANCE), ascend(PR_SUBJECT)], categories: 1, expanded: 0 });
  const shown = async (): Promise<readonly unknown[]> => {
    await view.seekRow('beginning', 0);
    return (await view.queryRows(100)).map((row) =>
      propOf(row, PR_DEPTH) === 0
        ? `${propOf(row, PR_IMPORTANCE)}: ${propOf(row, PR_CONTENT_COUNT)}, ${propOf(row, PR_CONTENT_UNREAD)} unread`
        : propOf(row, PR_SUBJECT),
    );
  };
  assert.deepEqual(await shown(), ['2: 1, 1 unread', '1: 2, 2 unread']);
  await view.seekRow('end', -1);
  const key = propOf((await view.queryRows(1))[0] ?? [], PR_INSTANCE_KEY) ?? new Uint8Array();
  const { rows } = await view.expandRow(key, 10);
  assert.deepEqual(
    rows.map((row) => propOf(row, PR_SUBJECT)),
    ['a', 'c'],
  );
  await add(folder, mail('b2', 1));
  await settle();
  assert.deepEqual(await shown(), ['2: 1, 1 unread', '1: 3, 3 unread', 'a', 'b2', 'c']);
  await view.restrict(resProperty('EQ', PR_IMPORTANCE, 2));
  assert.deepEqual(await shown(), ['2: 1, 1 unread']);
  fixture ??= await SqlStoreFixture.create();
  const [mask = 0] = (await (await fixture.open()).getProps([PR_STORE_SUPPORT_MASK])).values;
  assert.notEqual(mask & STORE_CATEGORIZE_OK, 0);
});
