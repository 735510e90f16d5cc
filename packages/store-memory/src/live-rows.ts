/** Rows of a table that follow the commits of the store. */
import { type AdviseHub, type MemoryRow, MemoryRowSource, MemoryRows, TableView } from '@nodemapi/kit';
import type { PropTag, Row, SortOrderSet } from '@nodemapi/mapi';
import type { Commit, MemoryStoreData } from './store-data.ts';

export interface LiveTable {
  readonly columns: readonly PropTag[];
  /** Numbers of the objects in the table, in its own order. */
  ids(): Iterable<number>;
  /** The row of an object; undefined if it is not, or not any more, in the table. It has PR_INSTANCE_KEY. */
  row(id: number): Row | undefined;
  /** Numbers of the objects whose rows a commit may have changed. */
  touched(commit: Commit): Iterable<number>;
  readonly sort?: SortOrderSet | undefined;
}

/** Opens a table that shows each commit as soon as it is made. */
export async function openLiveTable(data: MemoryStoreData, table: LiveTable, hub: AdviseHub): Promise<TableView> {
  const rows = new MemoryRows([], table.columns);
  const byId = new Map<number, MemoryRow>();
  const refresh = (ids: Iterable<number>): void => {
    const removed: MemoryRow[] = [];
    const written: { readonly id: number; readonly row: Row; readonly key?: Uint8Array }[] = [];
    for (const id of ids) {
      const row = table.row(id);
      const former = byId.get(id);
      if (row !== undefined) written.push(former === undefined ? { id, row } : { id, row, key: former.key });
      else if (former !== undefined) {
        removed.push(former);
        byId.delete(id);
      }
    }
    if (removed.length > 0) rows.remove(rows.rows.filter((row) => removed.some((gone) => gone.id === row.id)));
    if (written.length === 0) return;
    rows.write(written).forEach((row, index) => {
      const id = written[index]?.id;
      if (id !== undefined) byId.set(id, row);
    });
  };
  refresh(table.ids());
  const following = data.commits.subscribe((commit) => refresh(table.touched(commit)));
  const end = (): void => following[Symbol.dispose]();
  try {
    return await TableView.open(new MemoryRowSource(rows, { columns: table.columns }), {
      hub,
      ...(table.sort === undefined ? {} : { sort: table.sort }),
      onRelease: end,
    });
  } catch (error) {
    end();
    throw error;
  }
}
