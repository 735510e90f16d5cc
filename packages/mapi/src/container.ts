/** MAPI: IMAPIContainer. spec: imapicontainerimapiprop */
import type { EntryId } from './entry-id.ts';
import type { InterfaceMap, InterfaceName } from './interface-map.ts';
import type { IMAPIProp } from './mapi-prop.ts';
import type { Restriction } from './restriction.ts';
import type { IMAPITable } from './table.ts';

/** Options of `openEntry`, by flag. */
export interface OpenEntryOptions<I extends InterfaceName = InterfaceName> {
  /** MAPI_MODIFY: for writing, or fail */
  readonly modify?: boolean;
  /** MAPI_BEST_ACCESS: for writing if that is allowed */
  readonly bestAccess?: boolean;
  /** MAPI_DEFERRED_ERRORS */
  readonly deferredErrors?: boolean;
  /** The interface wanted; the object's own if omitted. */
  readonly iid?: I;
}

/** Every object that an entry identifier can open; `iid` tells which one it is. */
export type OpenedEntry = InterfaceMap[
  | 'IMsgStore'
  | 'IMAPIFolder'
  | 'IMessage'
  | 'IABContainer'
  | 'IMailUser'
  | 'IDistList'
  | 'IMAPIStatus'];

/** `openEntry` as all its owners have it. */
export interface OpensEntries {
  /**
   * Opens the object behind an identifier, for reading unless told otherwise.
   *
   * @throws MAPI_E_UNKNOWN_ENTRYID for an identifier of nobody here; MAPI_E_NOT_FOUND if the object is gone;
   *   MAPI_E_NO_ACCESS; MAPI_E_INTERFACE_NOT_SUPPORTED
   */
  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
}

/** Options of `getContentsTable`, by flag. spec: imapicontainer-getcontentstable */
export interface ContentsTableOptions {
  /** MAPI_ASSOCIATED: the hidden messages */
  readonly associated?: boolean;
  readonly deferredErrors?: boolean;
  /** SHOW_SOFT_DELETES */
  readonly softDeletes?: boolean;
}

/** Options of `getHierarchyTable`, by flag. spec: imapicontainer-gethierarchytable */
export interface HierarchyTableOptions {
  /** CONVENIENT_DEPTH: all levels, told apart by PR_DEPTH */
  readonly convenientDepth?: boolean;
  readonly deferredErrors?: boolean;
}

/** What a search folder searches for, and where. spec: imapicontainer-getsearchcriteria */
export interface SearchCriteria {
  readonly restriction: Restriction | null;
  readonly containers: readonly EntryId[] | null;
  /** SEARCH_RUNNING, SEARCH_REBUILD, SEARCH_RECURSIVE, SEARCH_FOREGROUND */
  readonly state: number;
}

export interface IMAPIContainer extends IMAPIProp, OpensEntries {
  /** The messages of a folder, the entries of an address book container. @throws MAPI_E_NO_SUPPORT if it has none */
  getContentsTable(options?: ContentsTableOptions): Promise<IMAPITable>;
  /** The containers below this one. */
  getHierarchyTable(options?: HierarchyTableOptions): Promise<IMAPITable>;
  /** spec: imapicontainer-setsearchcriteria */
  setSearchCriteria(
    restriction: Restriction | null,
    containers: readonly EntryId[] | null,
    options?: {
      readonly stop?: boolean;
      readonly restart?: boolean;
      readonly recursive?: boolean;
      readonly shallow?: boolean;
      readonly foreground?: boolean;
      readonly background?: boolean;
    },
  ): Promise<void>;
  getSearchCriteria(): Promise<SearchCriteria>;
}
