/** What an IMAPITable must do while its rows come and go; part of `tableSuite`. spec: table_notification */
import { strict as assert } from 'node:assert';
import {
  ascend,
  fnevTableModified,
  type IMAPITable,
  type Notification,
  PR_INSTANCE_KEY,
  PR_NULL,
  type PropTag,
  prop,
  propOf,
  type Row,
  type RowSet,
  resProperty,
  type TableNotification,
} from '@nodemapi/mapi';
import type { Pair, TableSuite } from './table-suite.ts';

/** A table whose rows the suite can change from outside, as another user of the same data would. */
export interface LiveTable {
  readonly table: IMAPITable;
  add(row: Row): Promise<void>;
  /** Removes the row whose text column is `text`. */
  remove(text: string): Promise<void>;
  /** Gives the row whose text column is `text` another number. */
  renumber(text: string, value: number): Promise<void>;
  /** Resolves when every notification that is due has arrived. */
  settle(): Promise<void>;
}

export function liveRules(suite: TableSuite, live: (rows: readonly Row[]) => Promise<LiveTable>): void {
  const { rule, row, text, number } = suite;
  const open = async (pairs: readonly Pair[]): Promise<LiveTable & { readonly events: TableNotification[] }> => {
    const opened = await live(pairs.map(row));
    await opened.table.setColumns([text, number]);
    await opened.table.sortTable({ sorts: [ascend(text)] });
    const events: TableNotification[] = [];
    const onNotify = (notifications: readonly Notification[]): void => {
      for (const notification of notifications) if (notification.kind === 'tableModified') events.push(notification);
    };
    await opened.table.advise(fnevTableModified, { onNotify });
    return { ...opened, events };
  };
  rule(
    'TABLE-057, TABLE-059, TABLE-060, NOTIF-45, NOTIF-47',
    'a new row is told with its columns and the row before it',
    async () => {
      const { table, add, settle, events } = await open([
        ['a', 1],
        ['c', 1],
      ]);
      await add(row(['b', 2]));
      await settle();
      assert.equal(events.length, 1);
      assert.equal(events[0]?.event, 'rowAdded');
      assert.deepEqual(events[0]?.row, [prop(text, 'b'), prop(number, 2)]);
      assert.deepEqual(events[0]?.prior?.value, await keyOf(table, text, 'a'));
      assert.deepEqual(events[0]?.index?.value, await keyOf(table, text, 'b'));
      await add(row(['0', 2]));
      await settle();
      assert.deepEqual(events[1]?.prior, prop(PR_NULL, null));
      await table.release();
    },
  );
  rule('TABLE-061, NOTIF-47', 'rows that the restriction hides are not told', async () => {
    const { table, add, remove, renumber, settle, events } = await open([['a', 1]]);
    await table.restrict(resProperty('EQ', number, 1));
    await add(row(['b', 2]));
    await settle();
    assert.deepEqual(events, []);
    await renumber('b', 1);
    await settle();
    await renumber('b', 2);
    await remove('b');
    await settle();
    assert.deepEqual(
      events.map(({ event }) => event),
      ['rowAdded', 'rowDeleted'],
    );
    await table.release();
  });
  rule('TABLE-022', 'the bookmark of a row that is gone goes to the next one, and says so once', async () => {
    const { table, add, remove, settle } = await open([['b'], ['c'], ['d']]);
    await table.seekRow('beginning', 1);
    const bookmark = await table.createBookmark();
    await add(row(['a']));
    await settle();
    assert.equal((await table.seekRow(bookmark, 0)).warning, undefined);
    assert.deepEqual(textsOf(await table.queryRows(1), text), ['c']);
    await remove('c');
    await settle();
    assert.equal((await table.seekRow(bookmark, 0)).warning, 'MAPI_W_POSITION_CHANGED');
    assert.deepEqual(textsOf(await table.queryRows(1), text), ['d']);
    assert.equal((await table.seekRow(bookmark, 0)).warning, undefined);
    await table.release();
  });
  rule('', 'the cursor stays with its row when others come and go', async () => {
    const { table, add, remove, settle } = await open([['b'], ['d'], ['f']]);
    assert.deepEqual(textsOf(await table.queryRows(2), text), ['b', 'd']);
    await add(row(['a']));
    await remove('b');
    await add(row(['c']));
    await settle();
    assert.deepEqual(textsOf(await table.queryRows(9), text), ['f']);
    await table.release();
  });
}

async function keyOf(table: IMAPITable, text: PropTag<string>, value: string): Promise<Uint8Array | undefined> {
  const columns = await table.queryColumns();
  await table.setColumns([PR_INSTANCE_KEY]);
  await table.findRow(resProperty('EQ', text, value), 'beginning');
  const [row] = await table.queryRows(1);
  await table.setColumns(columns);
  return propOf(row ?? [], PR_INSTANCE_KEY);
}

/** The text column of rows. */
export function textsOf(rows: RowSet, text: PropTag<string>): readonly (string | undefined)[] {
  return rows.map((row) => propOf(row, text));
}
