/** Rows of the table `folder`. What changes them runs inside a write. */

import { type FileTime, MapiError } from '@nodemapi/base';
import { decodeProps, encodeProps } from '@nodemapi/kit';
import {
  DT_FOLDER,
  FOLDER_SEARCH,
  MAPI_ACCESS_CREATE_ASSOCIATED,
  MAPI_ACCESS_CREATE_CONTENTS,
  MAPI_ACCESS_CREATE_HIERARCHY,
  MAPI_ACCESS_DELETE,
  MAPI_ACCESS_MODIFY,
  MAPI_ACCESS_READ,
  MAPI_FOLDER,
  PR_ACCESS,
  PR_ASSOC_CONTENT_COUNT,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_CREATION_TIME,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_FOLDER_TYPE,
  PR_LAST_MODIFICATION_TIME,
  PR_PARENT_ENTRYID,
  PR_STATUS,
  PR_SUBFOLDERS,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import { type Database, type Query, sql } from '@nodemapi/sqlite';
import { ContentProps } from './content-props.ts';
import { accessLevel, commonProps, identityProps } from './message-props.ts';
import type { StoreContext } from './store-context.ts';

export interface FolderRow {
  readonly id: number;
  readonly parent: number;
  readonly type: number;
  readonly name: string;
  readonly created: FileTime;
  readonly modified: FileTime;
  readonly messages: number;
  readonly unread: number;
  readonly associated: number;
  readonly folders: number;
  readonly contentsSort: string | null;
  /** The criteria of a search folder, as JSON. */
  readonly search: string | null;
  readonly props: Uint8Array;
}

export const ROOT = 1;

/** What opening a contents table has to know of a folder. */
export type FolderKind = Pick<FolderRow, 'id' | 'type' | 'contentsSort'>;

type RawFolder = Readonly<Record<string, bigint | string | Uint8Array | null>>;

/** Folders that satisfy a condition, in the order in which they were made. */
export function foldersWhere(db: Database, condition: Query): FolderRow[] {
  const rows = db.all<RawFolder>(sql`SELECT * FROM folder WHERE ${condition} ORDER BY id`, { bigints: true });
  return rows.map(folderOf);
}

/** The kind of a folder; undefined if it is not there. */
export function folderKind(db: Database, id: number): FolderKind | undefined {
  return db.get<FolderKind>(sql`SELECT id, type, contents_sort AS contentsSort FROM folder WHERE id = ${id}`);
}

export function folderRow(db: Database, id: number): FolderRow | undefined {
  return foldersWhere(db, sql`id = ${id}`)[0];
}

/** @throws MAPI_E_NOT_FOUND */
export function existingFolder(db: Database, id: number): FolderRow {
  const row = folderRow(db, id);
  if (row === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `folder ${id} is not there`);
  return row;
}

/** The folder of a name below another one; case does not tell names apart. */
export function childNamed(db: Database, parent: number, name: string): FolderRow | undefined {
  return foldersWhere(db, sql`parent = ${parent} AND id <> parent AND name_key = ${name.toLowerCase()}`)[0];
}

/** @throws MAPI_E_COLLISION if another folder below `parent` has the name */
export function checkNameFree(db: Database, parent: number, name: string, except?: number): void {
  const found = childNamed(db, parent, name);
  if (found === undefined || found.id === except) return;
  throw new MapiError('MAPI_E_COLLISION', `a folder named ${JSON.stringify(name)} is there already`);
}

/** Whether `folder` is `top` or lies below it. */
export function isWithin(db: Database, folder: number, top: number): boolean {
  for (let at = folder; ; ) {
    if (at === top) return true;
    const row = db.get<{ parent: number }>(sql`SELECT parent FROM folder WHERE id = ${at}`);
    if (row === undefined || row.parent === at) return false;
    at = row.parent;
  }
}

/** @throws MAPI_E_NO_SUPPORT for a folder that holds nothing itself */
export function assertHolds(folder: Pick<FolderRow, 'type'>): void {
  if (folder.type === FOLDER_SEARCH) throw new MapiError('MAPI_E_NO_SUPPORT', 'a search folder holds nothing itself');
}

/** The properties of a folder that somebody set; the name is one of them. */
export function folderProps(row: FolderRow): ContentProps {
  const props = new ContentProps(decodeProps(row.props));
  props.set(PR_DISPLAY_NAME, row.name);
  return props;
}

/** Writes properties back, and the name with them. */
export function writeFolderProps(db: Database, row: FolderRow, props: ContentProps, now: FileTime): void {
  const name = props.get(PR_DISPLAY_NAME) ?? row.name;
  const rest = props.clone();
  rest.delete(PR_DISPLAY_NAME);
  db.run(sql`UPDATE folder SET name = ${name}, name_key = ${name.toLowerCase()}, modified = ${now},
    props = ${encodeProps(rest.values)} WHERE id = ${row.id}`);
}

/** What is computed of a folder, for the object and for hierarchy rows. */
export function computedOfFolder(context: StoreContext, row: FolderRow, writable: boolean): PropValue[] {
  return [
    ...identityProps(context, { type: MAPI_FOLDER, number: row.id }),
    ...commonProps(context, MAPI_FOLDER),
    prop(PR_PARENT_ENTRYID, context.entryId({ type: MAPI_FOLDER, number: row.parent })),
    prop(PR_ACCESS, folderAccess(context, row)),
    accessLevel(writable),
    prop(PR_FOLDER_TYPE, row.type),
    prop(PR_DISPLAY_TYPE, DT_FOLDER),
    prop(PR_STATUS, 0),
    prop(PR_CONTENT_COUNT, row.messages),
    prop(PR_CONTENT_UNREAD, row.unread),
    prop(PR_ASSOC_CONTENT_COUNT, row.associated),
    prop(PR_SUBFOLDERS, row.folders > 0),
    prop(PR_CREATION_TIME, row.created),
    prop(PR_LAST_MODIFICATION_TIME, row.modified),
  ];
}

function folderAccess(context: StoreContext, row: FolderRow): number {
  if (!context.writable) return MAPI_ACCESS_READ;
  const own = MAPI_ACCESS_MODIFY | MAPI_ACCESS_READ | (row.id === ROOT ? 0 : MAPI_ACCESS_DELETE);
  const holds = MAPI_ACCESS_CREATE_HIERARCHY | MAPI_ACCESS_CREATE_CONTENTS | MAPI_ACCESS_CREATE_ASSOCIATED;
  return row.type === FOLDER_SEARCH ? own : own | holds;
}

function folderOf(row: RawFolder): FolderRow {
  const number = (name: string): number => Number(row[name]);
  return {
    id: number('id'),
    parent: number('parent'),
    type: number('type'),
    name: String(row.name),
    created: BigInt(row.created as bigint),
    modified: BigInt(row.modified as bigint),
    messages: number('messages'),
    unread: number('unread'),
    associated: number('associated'),
    folders: number('folders'),
    contentsSort: row.contents_sort as string | null,
    search: row.search as string | null,
    props: row.props as Uint8Array,
  };
}
