import assert from 'node:assert/strict';
import {
  ascend,
  descend,
  fnevTableModified,
  type IMAPITable,
  MapiError,
  type Notification,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_DEPTH,
  PR_IMPORTANCE,
  PR_INSTANCE_KEY,
  PR_MESSAGE_FLAGS,
  PR_ROW_TYPE,
  PR_SENSITIVITY,
  PR_SUBJECT,
  type PropTag,
  prop,
  propOf,
  type Row,
  resProperty,
  type SortOrder,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { AdviseHub } from './advise-hub.ts';
import { TableData } from './table-data.ts';

const code = (wanted: string) => (error: unknown) => MapiError.is(error) && error.code === wanted;
const mail = (subject: string, importance: number, sensitivity = 0): Row => [
  prop(PR_SUBJECT, subject),
  prop(PR_IMPORTANCE, importance),
  prop(PR_SENSITIVITY, sensitivity),
  prop(PR_MESSAGE_FLAGS, importance),
];
const MAILS = [mail('a', 1), mail('b', 2), mail('c', 1, 1), mail('d', 0), mail('e', 1, 1)];
const BY_TWO = [descend(PR_IMPORTANCE), ascend(PR_SENSITIVITY), ascend(PR_SUBJECT)];

async function opened(sorts: readonly SortOrder[], categories: number, expanded: number) {
  const hub = new AdviseHub();
  const data = new TableData(PR_SUBJECT, { hub });
  await data.hrModifyRows(MAILS);
  const table = await data.hrGetView();
  await table.setColumns([
    PR_SUBJECT,
    PR_IMPORTANCE,
    PR_DEPTH,
    PR_ROW_TYPE,
    PR_CONTENT_COUNT,
    PR_CONTENT_UNREAD,
    PR_INSTANCE_KEY,
  ]);
  await table.sortTable({ sorts, categories, expanded });
  return { data, table, hub };
}

/** A leaf by its subject, a heading as `+importance(count)`, `-` if it is closed; one dot per depth. */
function line(row: Row): string {
  const dots = '.'.repeat(propOf(row, PR_DEPTH) ?? 0);
  const type = propOf(row, PR_ROW_TYPE);
  if (type === 1) return `${dots}${propOf(row, PR_SUBJECT)}`;
  return `${dots}${type === 3 ? '+' : '-'}${propOf(row, PR_IMPORTANCE)}(${propOf(row, PR_CONTENT_COUNT)})`;
}

async function shown(table: IMAPITable): Promise<string> {
  await table.seekRow('beginning', 0);
  return (await table.queryRows(99)).map(line).join(' ');
}

async function keyAt(table: IMAPITable, position: number): Promise<Uint8Array> {
  await table.seekRow('beginning', position);
  return propOf((await table.queryRows(1))[0] ?? [], PR_INSTANCE_KEY) ?? new Uint8Array(0);
}

describe('categories', () => {
  test('TABLE-041, TABLE-042: the first keys group the rows, the first of these groups are open', async () => {
    assert.equal(await shown((await opened(BY_TWO, 2, 0)).table), '-2(1) -1(3) -0(1)');
    assert.equal(await shown((await opened(BY_TWO, 2, 1)).table), '+2(1) .-2(1) +1(3) .-1(1) .-1(2) +0(1) .-0(1)');
    assert.equal(
      await shown((await opened(BY_TWO, 2, 2)).table),
      '+2(1) .+2(1) ..b +1(3) .+1(1) ..a .+1(2) ..c ..e +0(1) .+0(1) ..d',
    );
    const { table } = await opened(BY_TWO, 1, 1);
    await assert.rejects(table.sortTable({ sorts: BY_TWO, categories: 4 }), code('MAPI_E_INVALID_PARAMETER'));
    await assert.rejects(
      table.sortTable({ sorts: BY_TWO, categories: 1, expanded: 2 }),
      code('MAPI_E_INVALID_PARAMETER'),
    );
    assert.equal(await shown(table), '+2(1) .b +1(3) .a .c .e +0(1) .d');
  });

  test('TABLE-043, TABLE-044: a heading has its keys, its counts and its type', async () => {
    const { table, data } = await opened(BY_TWO, 1, 0);
    const [, heading = []] = await table.queryRows(2);
    const value = <T>(tag: PropTag<T>): T | undefined => propOf(heading, tag);
    assert.deepEqual(
      [value(PR_IMPORTANCE), value(PR_CONTENT_COUNT), value(PR_CONTENT_UNREAD), value(PR_DEPTH), value(PR_ROW_TYPE)],
      [1, 3, 0, 0, 4],
    );
    assert.equal(value(PR_SUBJECT), undefined);
    await data.hrDeleteRow(prop(PR_SUBJECT, 'b'));
    assert.equal(await shown(table), '-1(3) -0(1)', 'a category without rows is gone');
  });

  test('TABLE-045: combine makes one category of two keys', async () => {
    const combined: readonly SortOrder[] = [
      descend(PR_IMPORTANCE),
      { tag: PR_SENSITIVITY, order: 'combine' },
      ascend(PR_SUBJECT),
    ];
    const { table } = await opened(combined, 2, 2);
    assert.equal(await shown(table), '+2(1) .b +1(1) .a +1(2) .c .e +0(1) .d');
    const first: readonly SortOrder[] = [{ tag: PR_IMPORTANCE, order: 'combine' }];
    await assert.rejects(table.sortTable({ sorts: first, categories: 1 }), code('MAPI_E_INVALID_PARAMETER'));
    const max: readonly SortOrder[] = [{ tag: PR_IMPORTANCE, order: 'categMax' }];
    await assert.rejects(table.sortTable({ sorts: max, categories: 1 }), code('MAPI_E_TOO_COMPLEX'));
  });

  test('TABLE-046: expanding answers the first rows and their number, and the cursor stands behind them', async () => {
    const { table } = await opened(BY_TWO, 1, 0);
    const key = await keyAt(table, 1);
    const { rows, moreRows } = await table.expandRow(key, 2);
    assert.deepEqual([rows.map(line), moreRows], [['.a', '.c'], 3]);
    assert.deepEqual((await table.queryRows(1)).map(line), ['.e']);
    await table.collapseRow(key);
    assert.deepEqual(await table.expandRow(key, 0), { rows: [], moreRows: 3 });
    assert.deepEqual((await table.queryRows(1)).map(line), ['.a']);
  });

  test('TABLE-047: collapsing answers how many rows went, and an unknown heading is not found', async () => {
    const { table } = await opened(BY_TWO, 1, 1);
    const key = await keyAt(table, 2);
    assert.deepEqual(await table.collapseRow(key), { rows: 3 });
    assert.deepEqual(await table.collapseRow(key), { rows: 0 });
    assert.equal(await shown(table), '+2(1) .b -1(3) +0(1) .d');
    await assert.rejects(table.collapseRow(Uint8Array.of(1)), code('MAPI_E_NOT_FOUND'));
    await assert.rejects(table.expandRow(Uint8Array.of(1), 1), code('MAPI_E_NOT_FOUND'));
  });

  test('TABLE-023: the bookmark of a collapsed row goes to the next visible one', async () => {
    const { table } = await opened(BY_TWO, 1, 1);
    const key = await keyAt(table, 2);
    await table.seekRow('beginning', 4);
    const inside = await table.createBookmark();
    await table.seekRow('beginning', 7);
    const behind = await table.createBookmark();
    await table.collapseRow(key);
    assert.equal((await table.seekRow(inside, 0)).warning, 'MAPI_W_POSITION_CHANGED');
    assert.deepEqual((await table.queryRows(1)).map(line), ['+0(1)']);
    assert.equal((await table.seekRow(behind, 0)).warning, undefined);
    assert.deepEqual((await table.queryRows(1)).map(line), ['.d']);
  });

  test('TABLE-048, TABLE-061: showing and hiding tells nothing, nor do collapsed rows', async () => {
    const { table, data, hub } = await opened(BY_TWO, 1, 0);
    const events: Notification[] = [];
    await table.advise(fnevTableModified, { onNotify: (batch) => void events.push(...batch) });
    const key = await keyAt(table, 1);
    await table.expandRow(key, 9);
    await table.collapseRow(key);
    await hub.flush();
    assert.equal(events.length, 0);
    await data.hrModifyRow(mail('f', 1));
    await hub.flush();
    const told = events.map((one) => one.kind === 'tableModified' && `${one.event} ${line(one.row ?? [])}`);
    assert.deepEqual(told, ['rowModified -1(4)']);
  });

  test('TABLE-068: many changes at a time are one TABLE_CHANGED', async () => {
    const { table, data, hub } = await opened(BY_TWO, 1, 1);
    const events: Notification[] = [];
    await table.advise(fnevTableModified, { onNotify: (batch) => void events.push(...batch) });
    await data.hrModifyRows(Array.from({ length: 9 }, (_, index) => mail(`new ${index}`, 2)));
    await hub.flush();
    assert.deepEqual(events, [{ kind: 'tableModified', event: 'changed' }]);
  });

  test('TABLE-049, TABLE-050: what is open can be kept and restored, with a bookmark', async () => {
    const { table } = await opened(BY_TWO, 1, 0);
    await table.expandRow(await keyAt(table, 1), 0);
    const state = await table.getCollapseState(await keyAt(table, 3));
    await assert.rejects(table.getCollapseState(new Uint8Array(0)), code('MAPI_E_INVALID_PARAMETER'));
    await table.sortTable({ sorts: BY_TWO, categories: 1, expanded: 0 });
    assert.equal(await shown(table), '-2(1) -1(3) -0(1)');
    await table.seekRow(await table.setCollapseState(state), 0);
    assert.deepEqual((await table.queryRows(1)).map(line), ['.c']);
    assert.equal(await shown(table), '-2(1) +1(3) .a .c .e -0(1)');
    await assert.rejects(table.setCollapseState(Uint8Array.of(1)), code('MAPI_E_UNABLE_TO_COMPLETE'));
    await table.sortTable({ sorts: [ascend(PR_SENSITIVITY)], categories: 1 });
    await assert.rejects(table.setCollapseState(state), code('MAPI_E_UNABLE_TO_COMPLETE'));
  });

  test('without categories there is nothing to expand', async () => {
    const { table } = await opened([ascend(PR_SUBJECT)], 0, 0);
    const key = await keyAt(table, 0);
    await assert.rejects(table.expandRow(key, 1), code('MAPI_E_NO_SUPPORT'));
    await assert.rejects(table.getCollapseState(key), code('MAPI_E_NO_SUPPORT'));
  });

  test('a restriction counts, and a heading is found by its key', async () => {
    const { table } = await opened(BY_TWO, 1, 1);
    await table.restrict(resProperty('NE', PR_SUBJECT, 'c'));
    assert.equal(await shown(table), '+2(1) .b +1(2) .a .e +0(1) .d');
    await table.findRow(resProperty('EQ', PR_INSTANCE_KEY, await keyAt(table, 5)), 'beginning');
    assert.deepEqual((await table.queryRows(1)).map(line), ['+0(1)']);
  });
});
