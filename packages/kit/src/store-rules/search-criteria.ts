/** Criteria of search folders. spec: imapicontainer-setsearchcriteria, mapi-search-folders */
import { FOLDER_SEARCH, type IMAPIContainer, MapiError, type Restriction, STORE_HAS_SEARCHES } from '@nodemapi/mapi';

/** SEARCH_RUNNING, SEARCH_RECURSIVE, SEARCH_FOREGROUND */
const RUNNING = 0x1;
const RECURSIVE = 0x4;
const FOREGROUND = 0x8;

/** PR_STORE_STATE. @param hasSearches one of its search folders is searching */
export function storeState(hasSearches: boolean): number {
  return hasSearches ? STORE_HAS_SEARCHES : 0;
}

export type SearchOptions = NonNullable<Parameters<IMAPIContainer['setSearchCriteria']>[2]>;

/** The criteria of a search folder, as a store keeps them. */
export interface FolderSearch {
  readonly restriction: Restriction;
  /** Numbers of the folders to search. */
  readonly containers: readonly number[];
  readonly recursive: boolean;
  readonly foreground: boolean;
  /** The contents follow the searched folders. */
  readonly running: boolean;
}

/** What `setSearchCriteria` was given; null is what was there. */
export interface GivenCriteria {
  readonly restriction: Restriction | null;
  readonly containers: readonly number[] | null;
}

/** @throws MAPI_E_NO_SUPPORT for what is no search folder */
export function assertSearchFolder({ type }: { readonly type: number }): void {
  if (type !== FOLDER_SEARCH) throw new MapiError('MAPI_E_NO_SUPPORT', 'the folder is no search folder');
}

/** @throws MAPI_E_INVALID_PARAMETER for flags that exclude each other */
export function checkSearchOptions(options: SearchOptions): void {
  const pairs = [
    [options.stop, options.restart],
    [options.recursive, options.shallow],
    [options.foreground, options.background],
  ];
  if (pairs.some(([a, b]) => a === true && b === true)) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'search flags that exclude each other');
  }
}

/**
 * The criteria that are to be kept, and whether the folder is to be searched anew.
 *
 * @param former undefined before the first criteria
 * @throws MAPI_E_INVALID_PARAMETER if the first search lacks its restriction or its folders
 */
export function nextSearch(
  given: GivenCriteria,
  options: SearchOptions,
  former: FolderSearch | undefined,
): { readonly search: FolderSearch; readonly anew: boolean } {
  const restriction = given.restriction ?? former?.restriction;
  const containers = given.containers ?? former?.containers;
  if (restriction === undefined || containers === undefined) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', 'the first search needs a restriction and folders');
  }
  const search: FolderSearch = {
    restriction,
    containers,
    recursive: options.recursive === true || (options.shallow !== true && former?.recursive === true),
    foreground: options.foreground === true || (options.background !== true && former?.foreground === true),
    running: options.stop !== true,
  };
  const changed = given.restriction !== null || given.containers !== null;
  const restarted = options.restart === true || former?.running !== true || search.recursive !== former.recursive;
  return { search, anew: search.running && (changed || restarted) };
}

/** The state that `getSearchCriteria` answers. */
export function searchStateOf({ running, recursive, foreground }: FolderSearch): number {
  return (running ? RUNNING : 0) | (recursive ? RECURSIVE : 0) | (foreground ? FOREGROUND : 0);
}
