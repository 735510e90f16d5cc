/** The tables of a folder, and the outgoing queue. spec: contents-tables, hierarchy-tables, outgoing-queue-tables */
import {
  CONTENTS_COLUMNS,
  GroupedRows,
  HIERARCHY_COLUMNS,
  MemoryRowSource,
  MemoryRows,
  QUEUE_COLUMNS,
  SEARCH_CONTENTS_COLUMNS,
  TableView,
} from '@nodemapi/kit';
import {
  FOLDER_SEARCH,
  MAPI_FOLDER,
  MAPI_MESSAGE,
  PR_DEPTH,
  PR_PARENT_DISPLAY,
  PR_PRIORITY,
  PR_SENDER_NAME,
  PR_SPOOLER_ATTEMPTS,
  PR_SPOOLER_LAST_ATTEMPT,
  PR_SPOOLER_LOCK_OWNER,
  PR_SPOOLER_LOCK_UNTIL,
  PR_SPOOLER_NEXT_ATTEMPT,
  PR_SPOOLER_REASON,
  PR_SPOOLER_STATE,
  PR_SPOOLER_STATUS,
  PR_SUBJECT,
  PR_SUBMIT_FLAGS,
  prop,
  type Row,
  type SortOrderSet,
} from '@nodemapi/mapi';
import { raw, sql } from '@nodemapi/sqlite';
import { computedOfFolder, type FolderKind, type FolderRow, folderProps, foldersWhere } from './folder-rows.ts';
import { isQueued } from './journal.ts';
import { MessageRowSource } from './message-row-source.ts';
import { MessageRows } from './message-rows.ts';
import { showRows } from './message-tables.ts';
import type { StoreContext } from './store-context.ts';

export function openContentsTable(context: StoreContext, folder: FolderKind, associated: boolean): Promise<TableView> {
  if (folder.type === FOLDER_SEARCH && !associated) return openSearchTable(context, folder);
  const rows = new MessageRows(context, {
    from: sql`message m`,
    where: sql`m.folder = ${folder.id} AND m.associated = ${Number(associated)}`,
    ownOrder: raw('m.id'),
    columns: CONTENTS_COLUMNS,
    touches: (row) => row.event !== 'queueChanged' && (row.parent === folder.id || row.old_parent === folder.id),
    ...(associated ? {} : { isNew: (row) => row.parent === folder.id && ARRIVALS.has(row.event) }),
  });
  const sort = associated ? undefined : savedSort(folder);
  return open(context, rows, sort);
}

/** What a search folder has found, wherever it lies. */
function openSearchTable(context: StoreContext, folder: FolderKind): Promise<TableView> {
  const rows = new MessageRows(context, {
    from: sql`found f JOIN message m ON m.id = f.message JOIN folder p ON p.id = m.folder`,
    where: sql`f.folder = ${folder.id}`,
    ownOrder: raw('m.id'),
    columns: SEARCH_CONTENTS_COLUMNS,
    extra: [{ tag: PR_PARENT_DISPLAY, name: 'parent_display', expression: 'p.name' }],
    touches: (row) => row.object_type === MAPI_MESSAGE && row.event !== 'queueChanged',
    renews: (row) => row.event === 'searchComplete' && row.object === folder.id,
  });
  return open(context, rows, savedSort(folder));
}

const ARRIVALS: ReadonlySet<string> = new Set(['objectCreated', 'objectMoved', 'objectCopied']);

/** The order that `saveContentsSort` kept. */
function savedSort({ contentsSort }: FolderKind): SortOrderSet | undefined {
  return contentsSort === null ? undefined : (JSON.parse(contentsSort) as SortOrderSet);
}

/** The outgoing queue, in the order of submission. */
export function openQueueTable(context: StoreContext): Promise<TableView> {
  const rows = new MessageRows(context, {
    from: sql`outgoing o JOIN message m ON m.id = o.message`,
    where: sql`1`,
    ownOrder: raw('o.seq'),
    columns: QUEUE_COLUMNS,
    extra: [
      { tag: PR_SUBMIT_FLAGS, name: 'submit_flags', expression: LOCKED_FLAGS },
      { tag: PR_SPOOLER_STATE, name: 'state', expression: 'o.state' },
      { tag: PR_SPOOLER_ATTEMPTS, name: 'attempts', expression: 'o.attempts' },
      { tag: PR_SPOOLER_LAST_ATTEMPT, name: 'last_attempt', expression: 'o.last_attempt' },
      { tag: PR_SPOOLER_NEXT_ATTEMPT, name: 'next_attempt', expression: 'nullif(o.next_attempt, 0)' },
      { tag: PR_SPOOLER_REASON, name: 'reason', expression: 'o.reason' },
      { tag: PR_SPOOLER_LOCK_OWNER, name: 'lock_owner', expression: 'o.lock_owner' },
      { tag: PR_SPOOLER_LOCK_UNTIL, name: 'lock_until', expression: 'o.lock_until' },
    ],
    defaults: [prop(PR_SUBJECT, ''), prop(PR_SENDER_NAME, ''), prop(PR_PRIORITY, 0), prop(PR_SPOOLER_STATUS, 0)],
    touches: (row) => row.event === 'queueChanged',
    isNew: isQueued,
  });
  return open(context, rows, undefined);
}

/** SUBMITFLAG_LOCKED shows that somebody has taken the message; whether the lease still runs, PR_SPOOLER_LOCK_UNTIL. */
const LOCKED_FLAGS = '(o.submit_flags | (o.lock_owner IS NOT NULL))';

function open(context: StoreContext, rows: MessageRows, sort: SortOrderSet | undefined): Promise<TableView> {
  return TableView.open(new GroupedRows(new MessageRowSource(rows)), {
    hub: context.file.hub,
    ...(sort === undefined ? {} : { sort }),
  });
}

/** The folders below a folder: the next level, or all of them. */
export async function openHierarchyTable(context: StoreContext, folder: number, all: boolean): Promise<TableView> {
  const { file } = context;
  const rows = new MemoryRows([], HIERARCHY_COLUMNS);
  const refresh = (): void => showRows(rows, hierarchyRows(context, folder, all));
  refresh();
  const subscribed = [
    file.changes.subscribe((changes) => {
      if (changes.some(({ object_type }) => object_type === MAPI_FOLDER)) refresh();
    }),
    file.lost.subscribe(refresh),
    file.watch(),
  ];
  return TableView.open(new MemoryRowSource(rows, { columns: HIERARCHY_COLUMNS }), {
    hub: file.hub,
    onRelease: () => {
      for (const each of subscribed) each[Symbol.dispose]();
    },
  });
}

/** Parents before children, siblings in the order in which they were made. */
function hierarchyRows(context: StoreContext, top: number, all: boolean): Row[] {
  const { db } = context.file;
  const found = all ? foldersWhere(db, sql`id <> parent`) : foldersWhere(db, sql`parent = ${top} AND id <> parent`);
  const children = byParent(found);
  const rows: Row[] = [];
  const add = (parent: number, depth: number): void => {
    for (const child of children.get(parent) ?? []) {
      const computed = computedOfFolder(context, child, false);
      const known = new Set(computed.map(({ tag }) => tag));
      const own = folderProps(child).values.filter(({ tag }) => !known.has(tag));
      rows.push([...own, ...computed, prop(PR_DEPTH, depth)]);
      add(child.id, depth + 1);
    }
  };
  add(top, 0);
  return rows;
}

function byParent(rows: readonly FolderRow[]): Map<number, FolderRow[]> {
  const found = new Map<number, FolderRow[]>();
  for (const row of rows) found.set(row.parent, [...(found.get(row.parent) ?? []), row]);
  return found;
}
