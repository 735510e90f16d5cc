/**
 * Search folders: they hold nothing, and show what lies in other folders and meets their criteria.
 *
 * A search is done as soon as its criteria are set, and follows every write until it is stopped.
 * spec: imapicontainer-setsearchcriteria, mapi-search-folders
 */
import { MapiError } from '@nodemapi/base';
import {
  assertSearchFolder,
  checkSearchOptions,
  nextSearch,
  type SearchOptions,
  searchStateOf,
  validateRestriction,
} from '@nodemapi/kit';
import { type EntryId, FOLDER_SEARCH, MAPI_FOLDER, type Restriction, type SearchCriteria } from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import { existingFolder, type FolderRow } from './folder-rows.ts';
import { decodeCriteria, encodeCriteria } from './search-criteria.ts';
import { searchAnew } from './search-follower.ts';
import type { StoreContext } from './store-context.ts';

/** @throws MAPI_E_INVALID_PARAMETER, MAPI_E_TOO_COMPLEX; MAPI_E_NO_SUPPORT for what is no search folder */
export async function writeSearchCriteria(
  context: StoreContext,
  folder: number,
  restriction: Restriction | null,
  containers: readonly EntryId[] | null,
  options: SearchOptions,
): Promise<void> {
  checkSearchOptions(options);
  if (restriction !== null) validateRestriction(restriction);
  const { db } = context.file;
  await context.file.write((changes) => {
    const row = existingFolder(db, folder);
    assertSearchFolder(row);
    const former = row.search === null ? undefined : decodeCriteria(row.search);
    const where = containers?.map((entryId) => searchable(context, entryId)) ?? null;
    const { search, anew } = nextSearch({ restriction, containers: where }, options, former);
    db.run(sql`UPDATE folder SET search = ${encodeCriteria(search)} WHERE id = ${folder}`);
    if (!anew) return;
    searchAnew(context, folder, search);
    changes.folder('objectModified', folder, row.parent);
    changes.folder('searchComplete', folder);
  });
}

/** @throws MAPI_E_NOT_INITIALIZED before the first `setSearchCriteria` */
export function readSearchCriteria(context: StoreContext, folder: FolderRow): SearchCriteria {
  assertSearchFolder(folder);
  if (folder.search === null) throw new MapiError('MAPI_E_NOT_INITIALIZED', 'the folder has no search criteria yet');
  const search = decodeCriteria(folder.search);
  return {
    restriction: search.restriction,
    containers: search.containers.map((number) => context.entryId({ type: MAPI_FOLDER, number })),
    state: searchStateOf(search),
  };
}

/** @throws MAPI_E_TOO_COMPLEX for a search folder, which holds nothing to search */
function searchable(context: StoreContext, entryId: EntryId): number {
  const { type, number } = context.parse(entryId);
  if (type !== MAPI_FOLDER) throw new MapiError('MAPI_E_INVALID_ENTRYID', 'the entry identifier is of no folder');
  if (existingFolder(context.file.db, number).type === FOLDER_SEARCH) {
    throw new MapiError('MAPI_E_TOO_COMPLEX', 'a search folder cannot be searched');
  }
  return number;
}
