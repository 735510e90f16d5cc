/** A folder of a PST, for reading. spec: imapifolderimapicontainer */
import type { PstFolder } from '@nodemapi/format-pst';
import type { SourceProp } from '@nodemapi/kit';
import { noSupport, SourceProps } from '@nodemapi/kit';
import {
  type ContentsTableOptions,
  type CopyFolderOptions,
  type Done,
  type EntryId,
  type HierarchyTableOptions,
  type IMAPIFolder,
  type IMAPIProgress,
  type IMAPIProp,
  type IMAPITable,
  type InterfaceMap,
  type InterfaceName,
  MapiError,
  type OpenEntryOptions,
  type OpenedEntry,
  PR_CONTAINER_CONTENTS,
  PR_CONTAINER_HIERARCHY,
  PR_FOLDER_ASSOCIATED_CONTENTS,
  PR_MSG_STATUS,
  type PropTag,
  type PropValue,
  propId,
  type ReadFlagOptions,
  type SearchCriteria,
} from '@nodemapi/mapi';
import { folderProps } from './folder-props.ts';
import { openObject } from './open-entry.ts';
import type { PstHome } from './pst-home.ts';
import { sourceProps } from './source-props.ts';
import { openContentsTable, openHierarchyTable } from './tables.ts';

/** @throws MAPI_E_CORRUPT_DATA */
export async function openFolder(home: PstHome, nid: number): Promise<IMAPIFolder> {
  const folder = await home.file.folder(nid);
  const parent = (await home.file.parentNid(nid)) ?? nid;
  return new PstFolderObject(home, folder, await sourceProps(folder), await folderProps(home, folder, parent));
}

export class PstFolderObject extends SourceProps implements IMAPIFolder {
  readonly iid = 'IMAPIFolder';
  readonly #home: PstHome;
  readonly #folder: PstFolder;

  constructor(home: PstHome, folder: PstFolder, props: readonly SourceProp[], own: readonly PropValue[]) {
    super({ props }, home.names, own);
    this.#home = home;
    this.#folder = folder;
  }

  async getContentsTable(options: ContentsTableOptions = {}): Promise<IMAPITable> {
    this.assertOpen();
    if (options.softDeletes === true) noSupport('IMAPIContainer.getContentsTable with SHOW_SOFT_DELETES');
    return openContentsTable(this.#home, this.#folder, options.associated === true);
  }

  async getHierarchyTable(options: HierarchyTableOptions = {}): Promise<IMAPITable> {
    this.assertOpen();
    return openHierarchyTable(this.#home, this.#folder, options.convenientDepth === true);
  }

  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  async openEntry(entryId: EntryId | null, options: OpenEntryOptions = {}): Promise<unknown> {
    this.assertOpen();
    return openObject(this.#home, entryId, options);
  }

  async copyMessages(
    entryIds: readonly EntryId[],
    destination: IMAPIFolder,
    options: { readonly move?: boolean; readonly declineOk?: boolean; readonly progress?: IMAPIProgress } = {},
  ): Promise<Done> {
    this.#assertCopy(options);
    const { warning } = await this.#home.support.copyMessages(this, entryIds, destination, options);
    return warning === undefined ? {} : { warning };
  }

  async copyFolder(entryId: EntryId, destination: IMAPIFolder, options: CopyFolderOptions = {}): Promise<Done> {
    this.#assertCopy(options);
    const { warning } = await this.#home.support.copyFolder(this, entryId, destination, options);
    return warning === undefined ? {} : { warning };
  }

  /** @throws MAPI_E_NOT_FOUND if the message is not in this folder */
  async getMessageStatus(entryId: EntryId): Promise<number> {
    this.assertOpen();
    const nid = this.#home.nidOf(entryId);
    if ((await this.#home.file.parentNid(nid)) !== this.#folder.nid)
      throw new MapiError('MAPI_E_NOT_FOUND', 'no such message in this folder');
    return (await (await this.#home.file.message(nid)).valueOrLost(PR_MSG_STATUS)) ?? 0;
  }

  /** @throws MAPI_E_NOT_INITIALIZED for a folder that searches for nothing; MAPI_E_CORRUPT_DATA */
  async getSearchCriteria(): Promise<SearchCriteria> {
    this.assertOpen();
    const found = await this.#folder.searchCriteria();
    if (found === undefined || found.restriction === null)
      throw new MapiError('MAPI_E_NOT_INITIALIZED', 'the folder has no search criteria');
    const { restriction, scopeNids, state } = found;
    return { restriction, containers: scopeNids.map((nid) => this.#home.file.entryId(nid)), state };
  }

  async createMessage(): Promise<never> {
    return this.refuse();
  }

  async deleteMessages(): Promise<never> {
    return this.refuse();
  }

  async createFolder(): Promise<never> {
    return this.refuse();
  }

  async deleteFolder(): Promise<never> {
    return this.refuse();
  }

  /** @throws MAPI_E_NO_SUPPRESS for SUPPRESS_RECEIPT; else as every change */
  async setReadFlags(_messages: readonly EntryId[] | null, options: ReadFlagOptions = {}): Promise<never> {
    if (options.suppressReceipt === true) throw new MapiError('MAPI_E_NO_SUPPRESS', 'the file is only read');
    return this.refuse();
  }

  async setMessageStatus(): Promise<never> {
    return this.refuse();
  }

  async saveContentsSort(): Promise<never> {
    return this.refuse();
  }

  async emptyFolder(): Promise<never> {
    return this.refuse();
  }

  async setSearchCriteria(): Promise<never> {
    return this.refuse();
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected openObject(tag: PropTag, iid: InterfaceName): Promise<IMAPITable> | undefined {
    if (iid !== 'IMAPITable') return undefined;
    if (propId(tag) === propId(PR_CONTAINER_CONTENTS)) return this.getContentsTable();
    if (propId(tag) === propId(PR_CONTAINER_HIERARCHY)) return this.getHierarchyTable();
    const associated = propId(tag) === propId(PR_FOLDER_ASSOCIATED_CONTENTS);
    return associated ? this.getContentsTable({ associated }) : undefined;
  }

  /** A move takes away what it copied. */
  #assertCopy(options: { readonly move?: boolean; readonly declineOk?: boolean }): void {
    this.assertOpen();
    if (options.move === true) this.refuse();
    if (options.declineOk === true) throw new MapiError('MAPI_E_DECLINE_COPY', 'the caller is to copy by itself');
  }
}
