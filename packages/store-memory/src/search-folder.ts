/**
 * Search folders: they hold nothing, and show what lies in other folders and meets their criteria.
 *
 * A search is done as soon as its criteria are set, and follows every commit until it is stopped.
 * spec: imapicontainer-setsearchcriteria, mapi-search-folders
 */
import {
  assertSearchFolder,
  checkSearchOptions,
  countsAsUnread,
  evaluateRestriction,
  type FolderSearch,
  nextSearch,
  rowSource,
  type SearchOptions,
  searchStateOf,
  validateRestriction,
} from '@nodemapi/kit';
import {
  type EntryId,
  FOLDER_SEARCH,
  MAPI_FOLDER,
  MapiError,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_RECIPIENTS,
  propId,
  type Restriction,
  type SearchCriteria,
} from '@nodemapi/mapi';
import { folderEntryId, folderIdOf } from './entry-ids.ts';
import { folderModified, isWithin } from './folder-changes.ts';
import { messageRow } from './folder-tables.ts';
import { attachmentProps } from './message-draft.ts';
import type { SearchState } from './search-state.ts';
import type { StoreContext } from './store-context.ts';
import type { FolderRecord, MemoryStoreData, MessageRecord, Transaction } from './store-data.ts';

/** @throws MAPI_E_INVALID_PARAMETER, MAPI_E_TOO_COMPLEX; MAPI_E_NO_SUPPORT for what is no search folder */
export function writeSearchCriteria(
  context: StoreContext,
  folder: FolderRecord,
  restriction: Restriction | null,
  containers: readonly EntryId[] | null,
  options: SearchOptions,
): void {
  const { data } = context;
  assertSearchFolder(folder);
  checkSearchOptions(options);
  if (restriction !== null) validateRestriction(restriction);
  const where = containers?.map((entryId) => searchable(data, entryId)) ?? null;
  const { search, anew } = nextSearch({ restriction, containers: where }, options, folder.search);
  const state: SearchState = {
    ...search,
    matches: (record) => isInScope(data, search, record) && meets(context, search.restriction, record),
  };
  data.transact((tx) => {
    folder.search = state;
    if (!anew) return;
    searchAll(data, tx, folder, state);
    const entryId = folderEntryId(data.uid, folder.id);
    tx.notify({ kind: 'searchComplete', objectType: MAPI_FOLDER, entryId }, entryId);
  });
}

/** @throws MAPI_E_NOT_INITIALIZED before the first `setSearchCriteria` */
export function readSearchCriteria(context: StoreContext, folder: FolderRecord): SearchCriteria {
  assertSearchFolder(folder);
  const { search } = folder;
  if (search === undefined) throw new MapiError('MAPI_E_NOT_INITIALIZED', 'the folder has no search criteria yet');
  return {
    restriction: search.restriction,
    containers: search.containers.map((id) => folderEntryId(context.data.uid, id)),
    state: searchStateOf(search),
  };
}

/** @throws MAPI_E_TOO_COMPLEX for a search folder, which holds nothing to search */
function searchable(data: MemoryStoreData, entryId: EntryId): number {
  const folder = data.folder(folderIdOf(data.uid, entryId));
  if (folder.type === FOLDER_SEARCH) throw new MapiError('MAPI_E_TOO_COMPLEX', 'a search folder cannot be searched');
  return folder.id;
}

function isInScope(
  data: MemoryStoreData,
  { containers, recursive }: FolderSearch,
  { folderId }: MessageRecord,
): boolean {
  if (containers.includes(folderId)) return true;
  if (!recursive || !data.folders.has(folderId)) return false;
  return containers.some((id) => data.folders.has(id) && isWithin(data, folderId, id));
}

function meets(context: StoreContext, restriction: Restriction, record: MessageRecord): boolean {
  if (record.associated) return false;
  return evaluateRestriction(restriction, rowSource(messageRow(context, record)), (subobject) => {
    if (propId(subobject) === propId(PR_MESSAGE_RECIPIENTS)) return record.content.recipients.rows.map(rowSource);
    if (propId(subobject) !== propId(PR_MESSAGE_ATTACHMENTS)) {
      throw new MapiError('MAPI_E_TOO_COMPLEX', 'a subrestriction on what is no table of a message');
    }
    return record.content.attachments.map((each) => rowSource([...each.props.values(), ...attachmentProps(each)]));
  });
}

function searchAll(data: MemoryStoreData, tx: Transaction, folder: FolderRecord, state: SearchState): void {
  const former = new Set(folder.contents);
  folder.contents.clear();
  for (const record of data.messages.values()) if (state.matches(record)) folder.contents.add(record.id);
  for (const id of [...former, ...folder.contents]) if (former.has(id) !== folder.contents.has(id)) tx.messages.add(id);
  recount(data, tx, folder);
}

/** Brings the running searches up to what a transaction has changed. */
export function followSearches(data: MemoryStoreData, tx: Transaction): void {
  for (const folder of data.folders.values()) {
    if (folder.search?.running !== true) continue;
    let changed = false;
    for (const id of tx.messages) changed = followOne(data, folder, folder.search, id) || changed;
    if (changed) recount(data, tx, folder);
  }
}

function followOne(data: MemoryStoreData, folder: FolderRecord, search: SearchState, id: number): boolean {
  const record = data.messages.get(id);
  const found = record !== undefined && search.matches(record);
  const known = folder.contents.has(id);
  if (found) folder.contents.add(id);
  else folder.contents.delete(id);
  return found || known;
}

function recount(data: MemoryStoreData, tx: Transaction, folder: FolderRecord): void {
  folder.unread = 0;
  for (const id of folder.contents) if (countsAsUnread(data.messages.get(id)?.flags ?? 0)) folder.unread++;
  folderModified(data, tx, folder, [PR_CONTENT_COUNT, PR_CONTENT_UNREAD]);
}
