import assert from 'node:assert/strict';
import { MapiError, toHex, VirtualClock } from '@nodemapi/base';
import {
  ascend,
  descend,
  fnevTableModified,
  type IMAPITable,
  isPropError,
  MVI_FLAG,
  PR_IMPORTANCE,
  PR_INSTANCE_KEY,
  PR_ROWID,
  PR_SUBJECT,
  type PropTag,
  PT_MV_LONG,
  PT_MV_UNICODE,
  prop,
  propOf,
  type Row,
  resContent,
  resExist,
  resProperty,
  tag,
  tagFromNumber,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { AdviseHub } from './advise-hub.ts';
import { MemoryRowSource } from './memory-row-source.ts';
import { MemoryRows } from './memory-rows.ts';
import type { RowSource, TableSetup } from './row-source.ts';
import { TableData } from './table-data.ts';
import { TableView } from './table-view.ts';

const COLORS = tag(0x6901, PT_MV_UNICODE);
const SIZES = tag(0x6902, PT_MV_LONG);
const mvi = (many: PropTag): PropTag => tagFromNumber(many | MVI_FLAG);
const COLOR = mvi(COLORS);
const SIZE = mvi(SIZES);

const ROWS: readonly Row[] = [
  [prop(PR_ROWID, 1), prop(PR_SUBJECT, 'shirt'), prop(COLORS, ['red', 'blue']), prop(SIZES, [40, 38, 42])],
  [prop(PR_ROWID, 2), prop(PR_SUBJECT, 'hat'), prop(COLORS, ['green'])],
  [prop(PR_ROWID, 3), prop(PR_SUBJECT, 'stick')],
];

async function shop(hub = new AdviseHub()): Promise<{ readonly data: TableData; readonly table: IMAPITable }> {
  const data = new TableData(PR_ROWID, { hub });
  await data.hrModifyRows(ROWS);
  return { data, table: await data.hrGetView() };
}

const texts = async (table: IMAPITable): Promise<readonly string[]> =>
  (await table.queryRows(50)).map((row) => row.map((cell) => (isPropError(cell) ? '-' : String(cell.value))).join(' '));

describe('one row per value', () => {
  test('TABLE-006: a multivalued column with MVI_FLAG has one row per value, two of them M times N', async () => {
    const { table } = await shop();
    await table.setColumns([PR_SUBJECT, COLOR]);
    assert.equal(await table.getRowCount(), 4);
    assert.deepEqual(await texts(table), ['shirt red', 'shirt blue', 'hat green', 'stick -']);
    await table.setColumns([COLOR, SIZE]);
    await table.seekRow('beginning', 0);
    const six = ['red 40', 'red 38', 'red 42', 'blue 40', 'blue 38', 'blue 42'];
    assert.deepEqual(await texts(table), [...six, 'green -', '- -']);
    await table.setColumns([PR_SUBJECT, COLORS]);
    await table.seekRow('beginning', 0);
    assert.deepEqual(await texts(table), ['shirt red,blue', 'hat green', 'stick -']);
  });

  test('more rows than a view may have are refused before they are made, and keys differ beyond 65535 values', async () => {
    const numbers = Array.from({ length: 70_000 }, (_, index) => index);
    const data = new TableData(PR_ROWID, { hub: new AdviseHub() });
    await data.hrModifyRows([[prop(PR_ROWID, 1), prop(COLORS, numbers.map(String)), prop(SIZES, numbers)]]);
    const table = await data.hrGetView();
    await table.setColumns([COLOR, SIZE]); // 4.9 · 10⁹ of them
    await assert.rejects(table.getRowCount(), (error) => MapiError.is(error, 'MAPI_E_TOO_COMPLEX'));
    await table.setColumns([PR_INSTANCE_KEY, SIZE]);
    const keys = new Set<string>();
    for (let rows = await table.queryRows(10_000); rows.length > 0; rows = await table.queryRows(10_000))
      for (const row of rows) keys.add(toHex(propOf(row, PR_INSTANCE_KEY) ?? new Uint8Array()));
    assert.equal(keys.size, numbers.length);
  });

  test('TABLE-006: each of these rows has a key of its own, by which it is found, and values of the single type', async () => {
    const { table } = await shop();
    await table.setColumns([COLOR, PR_INSTANCE_KEY]);
    const rows = await table.queryRows(9);
    const keys = rows.map((row) => propOf(row, PR_INSTANCE_KEY) ?? new Uint8Array());
    assert.equal(new Set(keys.map(toHex)).size, 4);
    assert.deepEqual(rows[1]?.[0], { tag: tagFromNumber(0x6901_001f), value: 'blue' });
    for (const [index, key] of keys.entries()) {
      await table.findRow(resProperty('EQ', PR_INSTANCE_KEY, key), 'beginning');
      assert.equal((await table.queryPosition()).row, index);
    }
  });

  test('TABLE-006: MVI_PROP of a property that is single has no effect', async () => {
    const { table } = await shop();
    await table.setColumns([mvi(tag(0x0037, PT_MV_UNICODE))]);
    assert.deepEqual(await texts(table), ['shirt', 'hat', 'stick']);
  });

  test('a sort key with MVI_FLAG makes rows, too, and sorts by the single values', async () => {
    const { table } = await shop();
    await table.setColumns([PR_SUBJECT, COLOR]);
    await table.sortTable({ sorts: [descend(COLOR)] });
    assert.deepEqual(await texts(table), ['shirt red', 'hat green', 'shirt blue', 'stick -']);
    await table.setColumns([PR_SUBJECT]);
    await table.sortTable({ sorts: [ascend(SIZE), ascend(PR_SUBJECT)] });
    assert.deepEqual(await texts(table), ['shirt', 'shirt', 'shirt', 'hat', 'stick']);
  });

  test('a restriction chooses rows by any value and makes none; a search goes by what each row shows', async () => {
    const { table } = await shop();
    await table.setColumns([PR_SUBJECT, COLOR]);
    await table.restrict({
      kind: 'property',
      relop: 'EQ',
      tag: COLORS,
      value: { tag: tagFromNumber(0x6901_001f), value: 'blue' },
    });
    assert.deepEqual(await texts(table), ['shirt red', 'shirt blue']);
    await table.restrict(null);
    await table.findRow(resContent(tagFromNumber(0x6901_001f) as PropTag<string>, 'gr', 'prefix'), 'beginning');
    assert.deepEqual(await texts(table), ['hat green', 'stick -']);
    await table.findRow(resExist(SIZES), 'beginning');
    assert.equal((await table.queryPosition()).row, 0);
    await assert.rejects(table.findRow(resExist(PR_IMPORTANCE), 'beginning'), { code: 'MAPI_E_NOT_FOUND' });
  });

  test('TABLE-008: columns that make other rows drop the bookmarks, others leave them', async () => {
    const { table } = await shop();
    await table.seekRow('beginning', 1);
    const bookmark = await table.createBookmark();
    await table.setColumns([PR_SUBJECT, PR_ROWID]);
    await table.seekRow(bookmark, 0);
    await table.setColumns([PR_SUBJECT, COLOR]);
    await assert.rejects(table.seekRow(bookmark, 0), { code: 'MAPI_E_INVALID_BOOKMARK' });
    const among = await table.createBookmark();
    await table.setColumns([COLOR]);
    await table.seekRow(among, 0);
    await table.setColumns([PR_SUBJECT]);
    await assert.rejects(table.seekRow(among, 0), { code: 'MAPI_E_INVALID_BOOKMARK' });
  });

  test('a change is told as one TABLE_CHANGED, after which keys and bookmarks are valid', async () => {
    const hub = new AdviseHub();
    const { data, table } = await shop(hub);
    await table.setColumns([PR_SUBJECT, COLOR]);
    const events: string[] = [];
    await table.advise(fnevTableModified, {
      onNotify: (all) => void events.push(...all.map((one) => (one.kind === 'tableModified' ? one.event : one.kind))),
    });
    await table.seekRow('beginning', 2);
    const hat = await table.createBookmark();
    await data.hrModifyRow([prop(PR_ROWID, 1), prop(PR_SUBJECT, 'shirt'), prop(COLORS, ['red', 'blue', 'pink'])]);
    await hub.flush();
    assert.deepEqual(events, ['changed']);
    assert.equal(await table.getRowCount(), 5);
    await table.seekRow(hat, 0);
    assert.deepEqual(await texts(table), ['hat green', 'stick -']);
  });

  test('a table with categories has no such rows', async () => {
    const { table } = await shop();
    await table.setColumns([PR_SUBJECT, COLOR]);
    const order = { sorts: [ascend(PR_SUBJECT)], categories: 1, expanded: 1 };
    await assert.rejects(table.sortTable(order), { code: 'MAPI_E_TOO_COMPLEX' });
    assert.equal(await table.getRowCount(), 4);
  });
});

/** A table whose setups end when the test says so. */
async function slowTable(clock: VirtualClock) {
  const waiting: (() => void)[] = [];
  const inner = new MemoryRowSource(new MemoryRows(ROWS, [PR_SUBJECT]));
  const setup = inner.setup.bind(inner);
  const slow: RowSource = Object.assign(inner, {
    setup: async (wanted: TableSetup) => {
      if (wanted.restriction !== null) await new Promise<void>((resolve) => waiting.push(resolve));
      await setup(wanted);
    },
  });
  return { table: await TableView.open(slow, { clock }), finish: () => waiting.splice(0).forEach((end) => void end()) };
}

describe('asynchronous setup', () => {
  const ONLY_HATS = resProperty('EQ', PR_SUBJECT, 'hat');

  test('TABLE-052, TABLE-055: while it runs the status tells it, and other calls are MAPI_E_BUSY', async () => {
    const { table, finish } = await slowTable(new VirtualClock());
    const running = table.restrict(ONLY_HATS, { async: true });
    assert.equal((await table.getStatus()).status, 'restricting');
    for (const call of [
      () => table.queryRows(1),
      () => table.sortTable({ sorts: [] }),
      () => table.restrict(null, { async: true }),
      () => table.getRowCount(),
      () => table.createBookmark(),
    ]) {
      await assert.rejects(call(), (error) => MapiError.is(error, 'MAPI_E_BUSY'));
    }
    finish();
    await running;
    assert.equal((await table.getStatus()).status, 'complete');
    assert.deepEqual(
      (await table.queryRows(9)).map((row) => propOf(row, PR_SUBJECT)),
      ['hat'],
    );
  });

  test('TABLE-054: WaitForCompletion waits so many milliseconds, or for ever', async () => {
    const clock = new VirtualClock();
    const { table, finish } = await slowTable(clock);
    const running = table.restrict(ONLY_HATS, { async: true });
    const short = assert.rejects(table.waitForCompletion(500), { code: 'MAPI_E_TIMEOUT' });
    let ended = false;
    const long = table.waitForCompletion(0xffff_ffff).then((status) => {
      ended = true;
      return status;
    });
    await clock.advance(499);
    await clock.advance(1);
    await short;
    await clock.advance(1_000_000);
    assert.equal(ended, false);
    finish();
    await running;
    assert.equal((await long).status, 'complete');
    assert.equal((await table.waitForCompletion(0)).status, 'complete');
  });
});
