import assert from 'node:assert/strict';
import { tableSuite } from '@nodemapi/conformance';
import {
  ascend,
  fnevTableModified,
  MapiError,
  type MapiErrorCode,
  type Notification,
  PR_COMMENT,
  PR_IMPORTANCE,
  PR_INSTANCE_KEY,
  PR_ROWID,
  PR_SUBJECT,
  prop,
  propOf,
  type Row,
  type TableNotification,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { AdviseHub } from './advise-hub.ts';
import { snapshotTable, TableData } from './table-data.ts';

const subjectOf = (row: Row): string => propOf(row, PR_SUBJECT) ?? '';

async function filled(rows: readonly Row[], hub = new AdviseHub()): Promise<TableData> {
  const data = new TableData(PR_SUBJECT, { hub });
  await data.hrModifyRows(rows);
  return data;
}

tableSuite('TableData', async (rows) => (await filled(rows)).hrGetView(), {
  live: async (rows) => {
    const hub = new AdviseHub();
    const data = await filled(rows, hub);
    return {
      table: await data.hrGetView(),
      add: (row) => data.hrModifyRow(row),
      remove: (text) => data.hrDeleteRow(prop(PR_SUBJECT, text)),
      renumber: (text, value) => data.hrModifyRow([prop(PR_SUBJECT, text), prop(PR_IMPORTANCE, value)]),
      settle: () => hub.flush(),
    };
  },
});

tableSuite('snapshotTable', (rows) => snapshotTable(rows, [PR_SUBJECT, PR_IMPORTANCE]));

const row = (id: number, subject = `row ${id}`): Row => [prop(PR_ROWID, id), prop(PR_SUBJECT, subject)];
const at = (id: number) => prop(PR_ROWID, id);

async function watched(ids: readonly number[]) {
  const hub = new AdviseHub();
  const data = new TableData(PR_ROWID, { hub });
  if (ids.length > 0) await data.hrModifyRows(ids.map((id) => row(id)));
  const view = await data.hrGetView();
  const events: TableNotification[] = [];
  const onNotify = (notifications: readonly Notification[]): void => {
    events.push(...notifications.filter((one) => one.kind === 'tableModified'));
  };
  await view.advise(fnevTableModified, { onNotify });
  const told = async (): Promise<readonly string[]> => {
    await hub.flush();
    return events.splice(0).map(({ event }) => event);
  };
  return { data, view, hub, events, told };
}

async function failsWith(code: MapiErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => MapiError.is(error, code));
}

async function order(data: TableData): Promise<readonly (number | undefined)[]> {
  const ids: (number | undefined)[] = [];
  for (let position = 0; ; position++) {
    const found = await data.hrEnumRow(position);
    if (found === undefined) return ids;
    ids.push(propOf(found, PR_ROWID));
  }
}

describe('TableData', () => {
  test('TABLE-066, TABLE-067: a row with a known index value replaces, another is appended', async () => {
    const { data, told } = await watched([1, 2]);
    await data.hrModifyRow(row(1, 'changed'));
    await data.hrModifyRow(row(3));
    assert.deepEqual(await order(data), [1, 2, 3]);
    assert.equal(subjectOf((await data.hrQueryRow(at(1))).row), 'changed');
    assert.deepEqual(await told(), ['rowModified', 'rowAdded']);
    await failsWith('MAPI_E_INVALID_PARAMETER', data.hrModifyRow([prop(PR_SUBJECT, 'no index')]));
  });

  test('TABLE-068: rows are written all or none, and more than eight are told as one TABLE_CHANGED', async () => {
    const { data, told } = await watched([]);
    await failsWith('MAPI_E_INVALID_PARAMETER', data.hrModifyRows([row(1), [prop(PR_SUBJECT, 'x')]]));
    assert.deepEqual(await order(data), []);
    await data.hrModifyRows([1, 2, 3, 4, 5, 6, 7, 8].map((id) => row(id)));
    assert.deepEqual(await told(), Array(8).fill('rowAdded'));
    await data.hrModifyRows([1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => row(id, 'again')));
    assert.deepEqual(await told(), ['changed']);
  });

  test('TABLE-069: a row is inserted before a position, once, and not outside the table', async () => {
    const { data } = await watched([1, 2]);
    await data.hrInsertRow(1, row(3));
    await data.hrInsertRow(0, row(4));
    await data.hrInsertRow(4, row(5));
    assert.deepEqual(await order(data), [4, 1, 3, 2, 5]);
    await failsWith('MAPI_E_INVALID_PARAMETER', data.hrInsertRow(0, row(3)));
    await failsWith('MAPI_E_INVALID_PARAMETER', data.hrInsertRow(6, row(6)));
    await data.hrModifyRow(row(3, 'stays in its place'));
    assert.deepEqual(await order(data), [4, 1, 3, 2, 5]);
  });

  test('TABLE-070: deleting one, some, and all', async () => {
    const { data, told } = await watched([1, 2, 3, 4]);
    await failsWith('MAPI_E_NOT_FOUND', data.hrDeleteRow(at(9)));
    await data.hrDeleteRow(at(2));
    assert.equal(await data.hrDeleteRows([at(1), at(9), at(1)]), 1);
    assert.deepEqual(await order(data), [3, 4]);
    assert.deepEqual(await told(), ['rowDeleted', 'rowDeleted']);
    assert.equal(await data.hrDeleteRows(null), 2);
    assert.deepEqual(await told(), ['reload']);
  });

  test('TABLE-071: past the end there is no row', async () => {
    const { data } = await watched([1]);
    assert.notEqual(await data.hrEnumRow(0), undefined);
    assert.equal(await data.hrEnumRow(1), undefined);
  });

  test('TABLE-072: a row is read with its position, by its index column only', async () => {
    const { data } = await watched([1, 2]);
    assert.deepEqual(await data.hrQueryRow(at(2)), { row: row(2), position: 1 });
    await failsWith('MAPI_E_INVALID_PARAMETER', data.hrQueryRow(prop(PR_SUBJECT, 'row 1')));
    await failsWith('MAPI_E_NOT_FOUND', data.hrQueryRow(at(3)));
  });

  test('TABLE-073, NOTIF-53: hrNotify tells a modification that was none', async () => {
    const { data, told } = await watched([1, 2]);
    await data.hrNotify(at(2));
    assert.deepEqual(await told(), ['rowModified']);
  });

  test('TABLE-074: a view starts at the first row and tells its release', async () => {
    const { data } = await watched([2, 1]);
    let released = 0;
    const view = await data.hrGetView({ sorts: [ascend(PR_ROWID)] }, () => void released++);
    assert.equal(propOf((await view.queryRows(1))[0] ?? [], PR_ROWID), 1);
    await view.release();
    assert.equal(released, 1);
    await failsWith('MAPI_E_INVALID_OBJECT', view.queryRows(1));
  });

  test('OBJ-20: the caller hears of the last reference to its view, once, and of the view that it was given', async () => {
    const { data } = await watched([2, 1]);
    const released: unknown[] = [];
    const view = await data.hrGetView(undefined, (gone) => void released.push(gone));
    const other = await data.hrGetView();
    const second = view.addRef();
    await view.release();
    await other.release();
    assert.deepEqual(released, []);
    await second.release();
    await second.release();
    assert.equal(released.length, 1);
    assert.equal(released[0], view);
  });

  test('TABLE-075: a new column can be had in open views and stands in new ones', async () => {
    const { data, view } = await watched([1]);
    await data.hrModifyRow([...row(1), prop(PR_COMMENT, 'new')]);
    assert.ok(!(await view.queryColumns()).includes(PR_COMMENT));
    assert.ok((await view.queryColumns({ all: true })).includes(PR_COMMENT));
    const later = await data.hrGetView();
    assert.ok((await later.queryColumns()).includes(PR_COMMENT));
    await data.hrDeleteRow(at(1));
    assert.ok((await view.queryColumns({ all: true })).includes(PR_COMMENT));
  });

  test('TABLE-058, NOTIF-46: after TABLE_CHANGED keys, bookmarks and position are as valid as before', async () => {
    const { data, view, told } = await watched([10, 20, 30, 40]);
    await view.sortTable({ sorts: [ascend(PR_ROWID)] });
    await view.seekRow('beginning', 2);
    const bookmark = await view.createBookmark();
    await view.queryRows(1);
    await data.hrModifyRows(Array.from({ length: 9 }, (_, id) => row(id)));
    assert.deepEqual(await told(), ['changed']);
    assert.equal(propOf((await view.queryRows(1))[0] ?? [], PR_ROWID), 40);
    assert.equal((await view.seekRow(bookmark, 0)).warning, undefined);
    assert.equal(propOf((await view.queryRows(1))[0] ?? [], PR_ROWID), 30);
  });

  test('NOTIF-45: an event about many rows brings neither key nor row, and a deletion no row', async () => {
    const { data, hub, events } = await watched([10, 20]);
    await data.hrModifyRows(Array.from({ length: 9 }, (_, id) => row(id)));
    await data.hrDeleteRow(at(20));
    await hub.flush();
    assert.deepEqual(
      events.map((one) => Object.keys(one)),
      [
        ['kind', 'event'],
        ['kind', 'event', 'index'],
      ],
    );
  });

  test('NOTIF-44: asynchronous setup is told as done, synchronous setup is not', async () => {
    const { view, told } = await watched([1]);
    await view.setColumns([PR_ROWID]);
    await view.restrict(null);
    await view.sortTable({ sorts: [ascend(PR_ROWID)] });
    assert.deepEqual(await told(), []);
    await view.setColumns([PR_ROWID], { async: true });
    await view.restrict(null, { async: true });
    await view.sortTable({ sorts: [ascend(PR_ROWID)] }, { async: true });
    assert.deepEqual(await told(), ['setColDone', 'restrictDone', 'sortDone']);
  });

  test('NOTIF-9: a table of rows that do not change takes no registration', async () => {
    await using fixed = await snapshotTable([row(1)]);
    await failsWith('MAPI_E_NO_SUPPORT', fixed.advise(fnevTableModified, { onNotify: () => {} }));
  });

  test('when the rows that were read last are gone, reading goes on behind them', async () => {
    const { data, view } = await watched([1, 2, 3, 4, 5]);
    await view.queryRows(3);
    await data.hrDeleteRow(at(2));
    await data.hrDeleteRow(at(3));
    assert.equal(propOf((await view.queryRows(1))[0] ?? [], PR_ROWID), 4);
  });

  test('TABLE-001: before setColumns the rows have the default columns', async () => {
    const { view } = await watched([1]);
    const [first] = await view.queryRows(1);
    assert.deepEqual(
      first?.map(({ tag }) => tag),
      await view.queryColumns(),
    );
  });

  test('TABLE-063: in one change each row stands behind one that is told before it', async () => {
    const { data, view, hub, events } = await watched([5]);
    await view.sortTable({ sorts: [ascend(PR_ROWID)] });
    await view.setColumns([PR_INSTANCE_KEY]);
    const known = new Set((await view.queryRows(9)).map((first) => String(propOf(first, PR_INSTANCE_KEY))));
    await data.hrModifyRows([row(9), row(8), row(3), row(1), row(4)]);
    await hub.flush();
    assert.equal(events.length, 5);
    for (const { index, prior } of events) {
      assert.ok(prior?.value === null || known.has(String(prior?.value)));
      known.add(String(index?.value));
    }
  });
});
