/** Changes of folders and of what lies in them. Every function belongs into a transaction. */
import { countsAsUnread, sameFolderName } from '@nodemapi/kit';
import {
  FOLDER_SEARCH,
  MAPI_FOLDER,
  MapiError,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_DISPLAY_NAME,
  PR_SUBFOLDERS,
  type PropTag,
  type PropValue,
} from '@nodemapi/mapi';
import { mapOf, valueIn } from './content.ts';
import { folderEntryId } from './entry-ids.ts';
import type { FolderRecord, MemoryStoreData, MessageRecord, Transaction } from './store-data.ts';

/** The child of a folder that has a name, whatever its case. */
export function childNamed(data: MemoryStoreData, parent: FolderRecord, name: string): FolderRecord | undefined {
  for (const id of parent.children) {
    const child = data.folders.get(id);
    if (child !== undefined && sameFolderName(valueIn(child.props, PR_DISPLAY_NAME) ?? '', name)) return child;
  }
  return undefined;
}

/** Adds a folder; with `parentId` undefined it becomes the root. */
export function addFolder(
  data: MemoryStoreData,
  tx: Transaction,
  parentId: number | undefined,
  type: number,
  props: readonly PropValue[],
): FolderRecord {
  const id = data.newId();
  const now = data.now();
  const folder: FolderRecord = {
    id,
    parentId: parentId ?? id,
    type,
    props: mapOf(props),
    created: now,
    modified: now,
    children: new Set(),
    contents: new Set(),
    associated: new Set(),
    unread: 0,
  };
  data.folders.set(id, folder);
  tx.folders.add(id);
  tx.notify({
    kind: 'objectCreated',
    objectType: MAPI_FOLDER,
    entryId: folderEntryId(data.uid, id),
    parentId: folderEntryId(data.uid, folder.parentId),
  });
  if (parentId !== undefined) attachChild(data, tx, folder, parentId);
  return folder;
}

function attachChild(data: MemoryStoreData, tx: Transaction, folder: FolderRecord, parentId: number): void {
  const parent = data.folder(parentId);
  folder.parentId = parentId;
  parent.children.add(folder.id);
  if (parent.children.size === 1) folderModified(data, tx, parent, [PR_SUBFOLDERS]);
}

function detachChild(data: MemoryStoreData, tx: Transaction, folder: FolderRecord): void {
  const parent = data.folder(folder.parentId);
  parent.children.delete(folder.id);
  if (parent.children.size === 0) folderModified(data, tx, parent, [PR_SUBFOLDERS]);
}

/** Removes a folder that has neither children nor messages left. */
export function removeFolder(data: MemoryStoreData, tx: Transaction, folder: FolderRecord): void {
  detachChild(data, tx, folder);
  data.folders.delete(folder.id);
  data.receiveFolders = data.receiveFolders.filter((entry) => entry.folder !== folder.id || entry.messageClass === '');
  tx.folders.add(folder.id);
  const entryId = folderEntryId(data.uid, folder.id);
  const parentId = folderEntryId(data.uid, folder.parentId);
  tx.notify({ kind: 'objectDeleted', objectType: MAPI_FOLDER, entryId, parentId }, entryId);
}

/** Hangs a folder, with all that is in it, below another one. */
export function moveFolder(data: MemoryStoreData, tx: Transaction, folder: FolderRecord, parentId: number): void {
  const oldParentId = folderEntryId(data.uid, folder.parentId);
  detachChild(data, tx, folder);
  attachChild(data, tx, folder, parentId);
  folder.modified = data.now();
  tx.folders.add(folder.id);
  const entryId = folderEntryId(data.uid, folder.id);
  tx.notify(
    {
      kind: 'objectMoved',
      objectType: MAPI_FOLDER,
      entryId,
      parentId: folderEntryId(data.uid, parentId),
      oldId: entryId,
      oldParentId,
    },
    entryId,
  );
}

/** Whether `id` is `ancestorId` or lies somewhere below it. */
export function isWithin(data: MemoryStoreData, id: number, ancestorId: number): boolean {
  for (let at = data.folder(id); ; at = data.folder(at.parentId)) {
    if (at.id === ancestorId) return true;
    if (at.parentId === at.id) return false;
  }
}

/** Tells that properties of a folder have changed. */
export function folderModified(
  data: MemoryStoreData,
  tx: Transaction,
  folder: FolderRecord,
  tags: readonly PropTag[],
): void {
  tx.folders.add(folder.id);
  const entryId = folderEntryId(data.uid, folder.id);
  const parentId = folderEntryId(data.uid, folder.parentId);
  tx.notify({ kind: 'objectModified', objectType: MAPI_FOLDER, entryId, parentId, tags }, entryId);
}

/** Puts a message into a folder and counts it. */
export function fileMessage(data: MemoryStoreData, tx: Transaction, record: MessageRecord, folder: FolderRecord): void {
  record.folderId = folder.id;
  (record.associated ? folder.associated : folder.contents).add(record.id);
  if (!record.associated && countsAsUnread(record.flags)) folder.unread++;
  tx.messages.add(record.id);
  countsChanged(data, tx, folder, record.associated);
}

/** Takes a message out of its folder. */
export function unfileMessage(data: MemoryStoreData, tx: Transaction, record: MessageRecord): void {
  const folder = data.folder(record.folderId);
  (record.associated ? folder.associated : folder.contents).delete(record.id);
  if (!record.associated && countsAsUnread(record.flags)) folder.unread--;
  tx.messages.add(record.id);
  countsChanged(data, tx, folder, record.associated);
}

/** Changes PR_MESSAGE_FLAGS of a filed message, with the count of unread ones. */
export function changeFlags(data: MemoryStoreData, tx: Transaction, record: MessageRecord, flags: number): void {
  const change = Number(countsAsUnread(flags)) - Number(countsAsUnread(record.flags));
  record.flags = flags;
  tx.messages.add(record.id);
  if (change === 0 || record.associated) return;
  const folder = data.folder(record.folderId);
  folder.unread += change;
  folderModified(data, tx, folder, [PR_CONTENT_UNREAD]);
}

function countsChanged(data: MemoryStoreData, tx: Transaction, folder: FolderRecord, associated: boolean): void {
  folder.modified = data.now();
  folderModified(data, tx, folder, associated ? [] : [PR_CONTENT_COUNT, PR_CONTENT_UNREAD]);
}

/** @throws MAPI_E_NO_SUPPORT for a search folder, which only shows what lies elsewhere */
export function assertHolds(folder: FolderRecord): void {
  if (folder.type === FOLDER_SEARCH)
    throw new MapiError('MAPI_E_NO_SUPPORT', 'a search folder holds nothing of its own');
}
