import assert from 'node:assert/strict';
import { compareSources, evaluateRestriction, queryAllRows, rowSource } from '@nodemapi/kit';
import {
  ascend,
  descend,
  fnevTableModified,
  HRESULTS,
  type IMAPIFolder,
  type IMsgStore,
  MapiError,
  PR_BODY,
  PR_CLIENT_SUBMIT_TIME,
  PR_ENTRYID,
  PR_IMPORTANCE,
  PR_INSTANCE_KEY,
  PR_INTERNET_MESSAGE_ID,
  PR_MESSAGE_DELIVERY_TIME,
  PR_SENDER_NAME,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  propOf,
  type Restriction,
  type Row,
  resProperty,
  type SortOrder,
  type TableNotification,
} from '@nodemapi/mapi';
import { raw } from '@nodemapi/sqlite';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { rawStore, SqlStoreFixture } from './store.testing.ts';

const seed = 20_261_122;
const TEXTS = [PR_SUBJECT, PR_SENDER_NAME, PR_INTERNET_MESSAGE_ID, PR_BODY] as const;
const TIMES = [PR_MESSAGE_DELIVERY_TIME, PR_CLIENT_SUBMIT_TIME] as const;
const TAGS: readonly PropTag[] = [...TEXTS, ...TIMES, PR_IMPORTANCE];

const word = fc.constantFrom('', 'a', 'A', 'ab', 'Ab', 'aB', 'b', 'ä', 'Ä', 'z', 'Z', '_', '%', '𝒳', '\uffee', 'a b');
const text = fc.array(word, { maxLength: 3 }).map((words) => words.join(''));
const time = fc.bigInt({ min: 0n, max: 5n }).map((n) => 130_000_000_000_000_000n + n);
const number = fc.integer({ min: -2, max: 2 });
const valueFor = (tag: PropTag): fc.Arbitrary<unknown> => {
  if ((TIMES as readonly PropTag[]).includes(tag)) return time;
  return tag === PR_IMPORTANCE ? number : text;
};

const someProp: fc.Arbitrary<PropValue> = fc
  .constantFrom(...TAGS)
  .chain((tag) => valueFor(tag).map((value) => ({ tag, value })));
const message = fc.uniqueArray(someProp, { selector: ({ tag }) => tag, minLength: 1, maxLength: TAGS.length });

const leaf: fc.Arbitrary<Restriction> = fc.oneof(
  fc
    .tuple(fc.constantFrom('LT', 'LE', 'GT', 'GE', 'EQ', 'NE' as const), someProp)
    .map(([relop, value]): Restriction => ({ kind: 'property', relop: relop as 'LT', tag: value.tag, value })),
  fc
    .tuple(fc.constantFrom('fullString', 'substring', 'prefix' as const), fc.boolean(), fc.constantFrom(...TEXTS), text)
    .map(
      ([match, ignoreCase, tag, value]): Restriction => ({
        kind: 'content',
        match: match as 'prefix',
        ignoreCase,
        tag,
        value: { tag, value },
      }),
    ),
  fc.constantFrom(...TAGS).map((tag): Restriction => ({ kind: 'exist', tag })),
  fc
    .tuple(fc.constantFrom('EQZ', 'NEZ' as const), fc.integer({ min: -4, max: 4 }))
    .map(([relop, mask]): Restriction => ({ kind: 'bitmask', relop: relop as 'EQZ', tag: PR_IMPORTANCE, mask })),
  fc.constant<Restriction>({ kind: 'compareProps', relop: 'LT', tag1: PR_SUBJECT, tag2: PR_SENDER_NAME }),
);
const { restriction } = fc.letrec<{ restriction: Restriction }>((tie) => ({
  restriction: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('restriction'), { maxLength: 3 }).map((of): Restriction => ({ kind: 'and', of })),
    fc.array(tie('restriction'), { maxLength: 3 }).map((of): Restriction => ({ kind: 'or', of })),
    tie('restriction').map((of): Restriction => ({ kind: 'not', of })),
  ),
}));
const sorts: fc.Arbitrary<SortOrder[]> = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...TAGS), fc.boolean()).map(([tag, down]) => (down ? descend(tag) : ascend(tag))),
  { selector: ({ tag }) => tag, maxLength: 3 },
);

async function folderWith(store: IMsgStore, messages: readonly (readonly PropValue[])[]): Promise<IMAPIFolder> {
  const root = await store.openEntry(null, { iid: 'IMAPIFolder', modify: true });
  const folder = await root.createFolder(`folder ${Math.random()}`);
  await Promise.all(
    messages.map(async (values) => {
      await using created = await folder.createMessage();
      await created.setProps(values as never);
      await created.saveChanges();
    }),
  );
  return folder;
}

/** The messages as the kit would restrict and sort them. */
function expected(rows: readonly Row[], filter: Restriction, order: readonly SortOrder[]): unknown[] {
  const compare = compareSources(order);
  return rows
    .map(rowSource)
    .filter((source) => evaluateRestriction(filter, source))
    .sort(compare)
    .map((source) => source(PR_INSTANCE_KEY)?.value);
}

const isKey = (value: Uint8Array): Restriction => resProperty('EQ', PR_INSTANCE_KEY, value);

describe('contents tables', () => {
  test('restrict and sort as the evaluator of the kit does, in SQL or not', async () => {
    await using fixture = await SqlStoreFixture.create();
    const store = await fixture.open();
    const property = fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 12 }),
      fc.array(fc.tuple(restriction, sorts), { minLength: 1, maxLength: 8 }),
      async (messages, views) => {
        await using folder = await folderWith(store, messages);
        await using table = await folder.getContentsTable();
        const rows = await queryAllRows(table, { tags: [PR_INSTANCE_KEY, ...TAGS] });
        for (const [filter, order] of views) {
          const shown = await queryAllRows(table, { restriction: filter, sort: { sorts: order } });
          const keys = shown.map((row) => propOf(row, PR_INSTANCE_KEY));
          assert.deepEqual(keys, expected(rows, filter, order));
          assert.equal(await table.getRowCount(), keys.length);
          await checkFinding(table, shown, filter);
        }
      },
    );
    await fc.assert(property, { seed, numRuns: 40 });
  });

  /** From every row on, in both directions, the rows before and after it are found by their keys. */
  async function checkFinding(
    table: Awaited<ReturnType<IMAPIFolder['getContentsTable']>>,
    shown: readonly Row[],
    filter: Restriction,
  ): Promise<void> {
    for (const [index, row] of shown.entries()) {
      const key = propOf(row, PR_INSTANCE_KEY) ?? new Uint8Array();
      await table.findRow(isKey(key), 'beginning');
      assert.equal((await table.queryPosition()).row, index);
      await table.restrict({ kind: 'and', of: [filter, isKey(key)] });
      assert.equal(await table.getRowCount(), 1);
      await table.restrict(filter);
      await table.seekRow('beginning', index);
      await table.findRow(filter, 'current');
      assert.equal((await table.queryPosition()).row, index);
      if (index === 0) continue;
      await table.findRow(filter, 'current', { backward: true });
      assert.equal((await table.queryPosition()).row, index - 1);
    }
  }

  test('the newest rows of a folder come from the index', async () => {
    await using store = await rawStore();
    const plan = store.file.db
      .all<{ detail: string }>(
        raw(`EXPLAIN QUERY PLAN SELECT m.id AS id FROM message m WHERE m.folder = 6 AND m.associated = 0 AND 1
          ORDER BY m.delivered DESC, m.id ASC LIMIT 50 OFFSET 0`),
      )
      .map(({ detail }) => detail)
      .join('; ');
    assert.match(plan, /USING (COVERING )?INDEX message_by_delivery/);
    assert.doesNotMatch(plan, /TEMP B-TREE/);
  });

  test('TABLE-059, TABLE-061: changes are told by row, with the row before, and only of rows that are shown', async () => {
    await using fixture = await SqlStoreFixture.create();
    const store = await fixture.open();
    await using folder = await folderWith(store, [[{ tag: PR_SUBJECT, value: 'b' }]]);
    await using table = await folder.getContentsTable();
    await table.setColumns([PR_SUBJECT, PR_INSTANCE_KEY]);
    await table.restrict({
      kind: 'property',
      relop: 'NE',
      tag: PR_SUBJECT,
      value: { tag: PR_SUBJECT, value: 'hidden' },
    });
    await table.sortTable({ sorts: [ascend(PR_SUBJECT)] });
    const seen: TableNotification[] = [];
    await table.advise(fnevTableModified, { onNotify: (batch) => void seen.push(...(batch as TableNotification[])) });
    const [first = []] = await table.queryRows(1);
    const add = async (subject: string): Promise<Uint8Array> => {
      await using created = await folder.createMessage();
      await created.setProps([{ tag: PR_SUBJECT, value: subject }]);
      await created.saveChanges({ keepOpenReadOnly: true });
      return (await created.getProps([PR_ENTRYID])).values[0] ?? new Uint8Array();
    };
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    };
    await add('c');
    const hidden = await add('hidden');
    await folder.deleteMessages([hidden]);
    await settle();
    assert.deepEqual(
      seen.map(({ event }) => event),
      ['rowAdded'],
    );
    assert.deepEqual(seen[0]?.prior?.value, propOf(first, PR_INSTANCE_KEY));
    assert.equal(propOf(seen[0]?.row ?? [], PR_SUBJECT), 'c');
  });

  test('TABLE-064: a change that cannot be read is told as TABLE_ERROR, and the table is to be read anew', async () => {
    const { file, store } = await rawStore();
    await using folder = await folderWith(store, [[{ tag: PR_SUBJECT, value: 'a' }]]);
    const { get, all } = file.db;
    const damaged = (): never => {
      throw new MapiError('MAPI_E_DISK_ERROR', 'a page cannot be read');
    };
    let breaks = false;
    using _before = file.changes.subscribe(() => {
      if (breaks) Object.assign(file.db, { get: damaged, all: damaged });
    });
    await using table = await folder.getContentsTable();
    using _after = file.changes.subscribe(() => void Object.assign(file.db, { get, all }));
    const seen: TableNotification[] = [];
    await table.advise(fnevTableModified, { onNotify: (batch) => void seen.push(...(batch as TableNotification[])) });
    breaks = true;
    await using created = await folder.createMessage();
    await created.saveChanges({ keepOpenReadOnly: true });
    await file.hub.flush();
    assert.deepEqual(
      seen.map(({ event, hresult }) => [event, hresult]),
      [['error', HRESULTS.MAPI_E_DISK_ERROR]],
    );
    breaks = false;
    assert.equal((await table.queryRows(9)).length, 2);
  });

  test('another connection hears of changes, in their order and with their numbers', async () => {
    await using fixture = await SqlStoreFixture.create();
    const store = await fixture.open();
    const other = await fixture.open({ apart: true });
    const seen: (bigint | undefined)[] = [];
    const kinds: string[] = [];
    await other.advise(null, 0xffff, {
      onNotify: (batch) => {
        for (const { seq, kind } of batch) {
          seen.push(seq);
          kinds.push(kind);
        }
      },
    });
    await using folder = await folderWith(store, [[{ tag: PR_SUBJECT, value: 'a' }]]);
    assert.ok(folder);
    await fixture.clock.advance(300);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.deepEqual(kinds, ['objectCreated', 'objectModified', 'objectCreated', 'objectModified']);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => Number((a ?? 0n) - (b ?? 0n))),
    );
    assert.equal(new Set(seen).size, 4);
  });
});
