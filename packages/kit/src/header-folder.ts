/** The folder of a remote transport in which clients see and mark what waits. spec: writing-a-remote-viewer */
import type { FileTime } from '@nodemapi/base';
import {
  type ContentsTableOptions,
  DT_FOLDER,
  type EntryId,
  FOLDER_GENERIC,
  type GetPropsResult,
  type IMAPIFolder,
  type IMAPITable,
  type InterfaceMap,
  type InterfaceName,
  MAPI_ACCESS_READ,
  MAPI_FOLDER,
  MapiError,
  type OpenPropertyOptions,
  PR_ACCESS,
  PR_ACCESS_LEVEL,
  PR_ASSOC_CONTENT_COUNT,
  PR_CONTAINER_CONTENTS,
  PR_CONTENT_COUNT,
  PR_CREATION_TIME,
  PR_DISPLAY_NAME,
  PR_DISPLAY_TYPE,
  PR_FOLDER_TYPE,
  PR_OBJECT_TYPE,
  PR_SUBFOLDERS,
  type PropTag,
  prop,
  propId,
} from '@nodemapi/mapi';
import type { HeaderCache } from './header-cache.ts';
import { noSupport } from './no-support.ts';
import { PropBag } from './prop-bag.ts';
import { PropObject } from './prop-object.ts';

export interface HeaderFolderFacts {
  readonly displayName: string;
  readonly creationTime: FileTime;
}

/**
 * IMAPIFolder over a `HeaderCache`, for as long as the transport is logged on. It has the part of a folder that a remote
 * viewer needs: its properties, its contents table and the marks. What waits has to be fetched before it can be opened.
 */
export class HeaderFolder extends PropObject implements IMAPIFolder {
  readonly iid = 'IMAPIFolder';
  /** A message is opened in the store that it was downloaded into. */
  readonly openEntry = (async () => {
    this.assertOpen();
    noSupport('IMAPIFolder.openEntry: what waits has to be downloaded first');
    // the one answer stands for every interface that could be asked for
  }) as unknown as IMAPIFolder['openEntry'];
  readonly #cache: HeaderCache;

  constructor(cache: HeaderCache, facts: HeaderFolderFacts) {
    const values = [
      prop(PR_ACCESS, MAPI_ACCESS_READ),
      prop(PR_ACCESS_LEVEL, 0),
      prop(PR_ASSOC_CONTENT_COUNT, 0),
      prop(PR_CREATION_TIME, facts.creationTime),
      prop(PR_DISPLAY_NAME, facts.displayName),
      prop(PR_DISPLAY_TYPE, DT_FOLDER),
      prop(PR_FOLDER_TYPE, FOLDER_GENERIC),
      prop(PR_OBJECT_TYPE, MAPI_FOLDER),
      prop(PR_SUBFOLDERS, false),
    ];
    const bag = new PropBag(values, { namedProperties: false });
    bag.addObject(PR_CONTAINER_CONTENTS);
    super(bag, { writable: false });
    this.#cache = cache;
  }

  override async getProps<const T extends readonly PropTag[]>(tags?: T): Promise<GetPropsResult<T>> {
    this.assertOpen();
    this.bag.set(PR_CONTENT_COUNT, this.#cache.count);
    return super.getProps(tags);
  }

  override async getPropList(): Promise<readonly PropTag[]> {
    this.assertOpen();
    this.bag.set(PR_CONTENT_COUNT, this.#cache.count);
    return super.getPropList();
  }

  /** Folders are not transacted: there is nothing to save. */
  override async saveChanges(): Promise<void> {
    this.assertOpen();
  }

  override async openProperty<I extends InterfaceName>(
    tag: PropTag,
    iid: I,
    options?: OpenPropertyOptions,
  ): Promise<InterfaceMap[I]> {
    if (propId(tag) !== propId(PR_CONTAINER_CONTENTS)) return super.openProperty(tag, iid, options);
    if (iid === 'IMAPITable') return (await this.getContentsTable()) as InterfaceMap[InterfaceName] as InterfaceMap[I];
    throw new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `${iid} of the contents of a folder`);
  }

  async getContentsTable(options: ContentsTableOptions = {}): Promise<IMAPITable> {
    this.assertOpen();
    if (options.associated === true) noSupport('IMAPIFolder.getContentsTable: nothing hidden waits');
    if (options.softDeletes === true) noSupport('IMAPIFolder.getContentsTable: what is deleted is gone');
    return this.#cache.openView();
  }

  async getMessageStatus(entryId: EntryId): Promise<number> {
    this.assertOpen();
    return this.#cache.status(entryId);
  }

  async setMessageStatus(entryId: EntryId, status: number, mask: number): Promise<number> {
    this.assertOpen();
    return this.#cache.setStatus(entryId, status, mask);
  }

  async getHierarchyTable(): Promise<never> {
    return this.#lacks('getHierarchyTable');
  }

  async setSearchCriteria(): Promise<never> {
    return this.#lacks('setSearchCriteria');
  }

  async getSearchCriteria(): Promise<never> {
    return this.#lacks('getSearchCriteria');
  }

  async createMessage(): Promise<never> {
    return this.#lacks('createMessage');
  }

  async copyMessages(): Promise<never> {
    return this.#lacks('copyMessages');
  }

  async deleteMessages(): Promise<never> {
    return this.#lacks('deleteMessages');
  }

  async createFolder(): Promise<never> {
    return this.#lacks('createFolder');
  }

  async copyFolder(): Promise<never> {
    return this.#lacks('copyFolder');
  }

  async deleteFolder(): Promise<never> {
    return this.#lacks('deleteFolder');
  }

  async setReadFlags(): Promise<never> {
    return this.#lacks('setReadFlags');
  }

  async saveContentsSort(): Promise<never> {
    return this.#lacks('saveContentsSort');
  }

  async emptyFolder(): Promise<never> {
    return this.#lacks('emptyFolder');
  }

  /** @throws MAPI_E_INVALID_OBJECT after the logoff of the transport, or the last release */
  protected override assertOpen(): void {
    super.assertOpen();
    this.#cache.assertOpen();
  }

  #lacks(method: string): never {
    this.assertOpen();
    return noSupport(`IMAPIFolder.${method}: a folder of headers can only be read and marked`);
  }
}
