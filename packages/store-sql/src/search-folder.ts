/**
 * Search folders: they hold nothing, and show what lies in other folders and meets their criteria.
 *
 * A search is done as soon as its criteria are set, and follows every write until it is stopped.
 * spec: imapicontainer-setsearchcriteria, mapi-search-folders
 */
import { MapiError } from '@nodemapi/base';
import { validateRestriction } from '@nodemapi/kit';
import {
  type EntryId,
  FOLDER_SEARCH,
  type IMAPIContainer,
  MAPI_FOLDER,
  type Restriction,
  type SearchCriteria,
} from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import { existingFolder, type FolderRow } from './folder-rows.ts';
import { decodeCriteria, encodeCriteria, type StoredCriteria } from './search-criteria.ts';
import { searchAnew } from './search-follower.ts';
import type { StoreContext } from './store-context.ts';

/** SEARCH_RUNNING, SEARCH_RECURSIVE, SEARCH_FOREGROUND */
const RUNNING = 0x1;
const RECURSIVE = 0x4;
const FOREGROUND = 0x8;

export type SearchOptions = NonNullable<Parameters<IMAPIContainer['setSearchCriteria']>[2]>;

/** @throws MAPI_E_INVALID_PARAMETER, MAPI_E_TOO_COMPLEX; MAPI_E_NO_SUPPORT for what is no search folder */
export async function writeSearchCriteria(
  context: StoreContext,
  folder: number,
  restriction: Restriction | null,
  containers: readonly EntryId[] | null,
  options: SearchOptions,
): Promise<void> {
  checkOptions(options);
  if (restriction !== null) validateRestriction(restriction);
  const { db } = context.file;
  await context.file.write((changes) => {
    const row = existingFolder(db, folder);
    assertSearchFolder(row);
    const former = row.search === null ? undefined : decodeCriteria(row.search);
    const where = containers?.map((entryId) => searchable(context, entryId)) ?? former?.containers;
    const wanted = restriction ?? former?.restriction;
    if (wanted === undefined || where === undefined) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'the first search needs a restriction and folders');
    }
    const criteria = nextCriteria(wanted, where, former, options);
    db.run(sql`UPDATE folder SET search = ${encodeCriteria(criteria)} WHERE id = ${folder}`);
    const fresh = former === undefined || restriction !== null || containers !== null || restarts(options, former);
    if (!fresh || !criteria.running) return;
    searchAnew(context, folder, criteria);
    changes.folder('objectModified', folder, row.parent);
    changes.folder('searchComplete', folder);
  });
}

/** @throws MAPI_E_NOT_INITIALIZED before the first `setSearchCriteria` */
export function readSearchCriteria(context: StoreContext, folder: FolderRow): SearchCriteria {
  assertSearchFolder(folder);
  if (folder.search === null) throw new MapiError('MAPI_E_NOT_INITIALIZED', 'the folder has no search criteria yet');
  const { restriction, containers, running, recursive, foreground } = decodeCriteria(folder.search);
  return {
    restriction,
    containers: containers.map((number) => context.entryId({ type: MAPI_FOLDER, number })),
    state: (running ? RUNNING : 0) | (recursive ? RECURSIVE : 0) | (foreground ? FOREGROUND : 0),
  };
}

function nextCriteria(
  restriction: Restriction,
  containers: readonly number[],
  former: StoredCriteria | undefined,
  options: SearchOptions,
): StoredCriteria {
  return {
    restriction,
    containers,
    recursive: options.recursive === true || (options.shallow !== true && former?.recursive === true),
    foreground: options.foreground === true || (options.background !== true && former?.foreground === true),
    running: options.stop !== true,
  };
}

function assertSearchFolder({ type }: FolderRow): void {
  if (type !== FOLDER_SEARCH) throw new MapiError('MAPI_E_NO_SUPPORT', 'the folder is no search folder');
}

function checkOptions(options: SearchOptions): void {
  const pairs = [
    [options.stop, options.restart],
    [options.recursive, options.shallow],
    [options.foreground, options.background],
  ];
  if (pairs.some(([a, b]) => a === true && b === true)) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'search flags that exclude each other');
  }
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

function restarts(options: SearchOptions, former: StoredCriteria): boolean {
  const scope = options.recursive === true ? !former.recursive : options.shallow === true && former.recursive;
  return options.restart === true || !former.running || scope;
}
