/** The tables of a folder: its messages, and the folders below it. spec: contents-tables, hierarchy-tables */
import { CONTENTS_COLUMNS, HIERARCHY_COLUMNS, SEARCH_CONTENTS_COLUMNS } from '@nodemapi/kit';
import {
  DT_FOLDER,
  FOLDER_SEARCH,
  type HierarchyTableOptions,
  type IMAPITable,
  MAPI_FOLDER,
  MAPI_MESSAGE,
  PR_DEPTH,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_INSTANCE_KEY,
  PR_PARENT_DISPLAY,
  PR_STATUS,
  type PropValue,
  PT_OBJECT,
  prop,
  propType,
  type Row,
} from '@nodemapi/mapi';
import { contentProps, folderProps, recordProps } from './computed.ts';
import { valueIn } from './content.ts';
import { recordKey } from './entry-ids.ts';
import { openLiveTable } from './live-rows.ts';
import type { StoreContext } from './store-context.ts';
import type { FolderRecord, MessageRecord } from './store-data.ts';

/** The row of a message, in whatever table of messages. */
export function messageRow(context: StoreContext, record: MessageRecord): Row {
  const parent = context.data.folders.get(record.folderId);
  return withoutObjects([
    ...record.content.props.values(),
    ...contentProps(context, record.content, record.flags, false),
    ...recordProps(context, record),
    prop(PR_PARENT_DISPLAY, parent === undefined ? '' : (valueIn(parent.props, PR_DISPLAY_NAME) ?? '')),
    prop(PR_INSTANCE_KEY, recordKey({ type: MAPI_MESSAGE, id: record.id })),
  ]);
}

export function openContentsTable(
  context: StoreContext,
  folder: FolderRecord,
  associated: boolean,
): Promise<IMAPITable> {
  const { data } = context;
  const members = associated ? folder.associated : folder.contents;
  return openLiveTable(
    data,
    {
      columns: folder.type === FOLDER_SEARCH ? SEARCH_CONTENTS_COLUMNS : CONTENTS_COLUMNS,
      sort: associated ? undefined : folder.contentsSort,
      ids: () => members,
      row: (id) => {
        const record = members.has(id) ? data.messages.get(id) : undefined;
        return record === undefined ? undefined : messageRow(context, record);
      },
      touched: (commit) => commit.messages,
    },
    data.hub,
  );
}

export function openHierarchyTable(
  context: StoreContext,
  folder: FolderRecord,
  options: HierarchyTableOptions,
): Promise<IMAPITable> {
  const { data } = context;
  const all = options.convenientDepth === true;
  return openLiveTable(
    data,
    {
      columns: HIERARCHY_COLUMNS,
      ids: () => idsBelow(context, folder, all),
      row: (id) => {
        const found = data.folders.get(id);
        const depth = found === undefined ? undefined : depthBelow(context, found, folder);
        if (found === undefined || depth === undefined || (depth > 0 && !all)) return undefined;
        return hierarchyRow(context, found, depth);
      },
      touched: (commit) => (all ? withDescendants(context, commit.folders) : commit.folders),
    },
    data.hub,
  );
}

function hierarchyRow(context: StoreContext, folder: FolderRecord, depth: number): Row {
  return withoutObjects([
    ...folder.props.values(),
    ...folderProps(context, folder, false),
    prop(PR_DEPTH, depth),
    prop(PR_DISPLAY_TYPE, DT_FOLDER),
    prop(PR_STATUS, 0),
    prop(PR_INSTANCE_KEY, recordKey({ type: MAPI_FOLDER, id: folder.id })),
  ]);
}

/** Parents before children, siblings in the order in which they were made. */
function* idsBelow(context: StoreContext, folder: FolderRecord, all: boolean): Iterable<number> {
  for (const id of folder.children) {
    yield id;
    const child = context.data.folders.get(id);
    if (all && child !== undefined) yield* idsBelow(context, child, all);
  }
}

/** A folder that moved takes along those below it. */
function* withDescendants(context: StoreContext, ids: Iterable<number>): Iterable<number> {
  for (const id of ids) {
    yield id;
    const folder = context.data.folders.get(id);
    if (folder !== undefined) yield* idsBelow(context, folder, true);
  }
}

/** 0 for an immediate child of `top`; undefined for a folder that is not below it. */
function depthBelow(context: StoreContext, folder: FolderRecord, top: FolderRecord): number | undefined {
  let depth = 0;
  for (let at = folder; at.parentId !== at.id; at = context.data.folder(at.parentId)) {
    if (at.parentId === top.id) return depth;
    depth++;
  }
  return undefined;
}

function withoutObjects(values: readonly PropValue[]): Row {
  return values.filter(({ tag }) => propType(tag) !== PT_OBJECT);
}
