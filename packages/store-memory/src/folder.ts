/** A folder that is open. Not transacted: what is set is there at once. spec: imapifolderimapicontainer */
import {
  assertTakes,
  COMPUTED_ON_FOLDERS,
  isComputed,
  newMessageFlags,
  ProgressSteps,
  PropBag,
  type SearchOptions,
  withProgress,
} from '@nodemapi/kit';
import {
  type ContentsTableOptions,
  type CopyFolderOptions,
  type CreateFolderOptions,
  type CreateMessageOptions,
  type Done,
  type EntryId,
  FOLDER_GENERIC,
  FOLDER_SEARCH,
  type HierarchyTableOptions,
  type IMAPIFolder,
  type IMAPIProp,
  type IMAPITable,
  type IMessage,
  type InterfaceMap,
  type InterfaceName,
  MapiError,
  type OpenEntryOptions,
  type OpenedEntry,
  PR_ACCESS,
  PR_COMMENT,
  PR_CONTAINER_CONTENTS,
  PR_CONTAINER_HIERARCHY,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_FOLDER_ASSOCIATED_CONTENTS,
  type ProgressOptions,
  type PropTag,
  type PropValue,
  prop,
  propId,
  type ReadFlagOptions,
  type Restriction,
  type SearchCriteria,
  type SortOrderSet,
} from '@nodemapi/mapi';
import { folderProps } from './computed.ts';
import { mapOf, valueIn } from './content.ts';
import { folderIdOf, messageEntryId } from './entry-ids.ts';
import {
  addFolder,
  assertHolds,
  childNamed,
  folderModified,
  isWithin,
  moveFolder,
  removeFolder,
} from './folder-changes.ts';
import {
  assertNameIsFree,
  copyFolderWithin,
  copyMessagesWithin,
  deleteMessages,
  doneWith,
  emptyFolder,
  messageIn,
  ownFolder,
} from './folder-contents.ts';
import { openContentsTable, openHierarchyTable } from './folder-tables.ts';
import { MemoryMessage } from './message.ts';
import { messageModified } from './message-changes.ts';
import { FolderHome } from './message-home.ts';
import { openObject } from './open-entry.ts';
import { applyReadFlag } from './read-flags.ts';
import { readSearchCriteria, writeSearchCriteria } from './search-folder.ts';
import type { StoreContext } from './store-context.ts';
import type { FolderRecord, MessageRecord } from './store-data.ts';
import { StoreObject } from './store-object.ts';

export class MemoryFolder extends StoreObject implements IMAPIFolder {
  readonly iid = 'IMAPIFolder';
  readonly #folder: FolderRecord;
  readonly #writable: boolean;

  constructor(context: StoreContext, folder: FolderRecord, writable: boolean) {
    super(context);
    this.#folder = folder;
    this.#writable = writable;
  }

  async saveChanges(): Promise<void> {
    this.assertUsable();
  }

  async getContentsTable(options: ContentsTableOptions = {}): Promise<IMAPITable> {
    this.assertUsable();
    if (options.softDeletes === true) throw new MapiError('MAPI_E_NO_SUPPORT', 'what is deleted is gone');
    return openContentsTable(this.context, this.#folder, options.associated === true);
  }

  async getHierarchyTable(options: HierarchyTableOptions = {}): Promise<IMAPITable> {
    this.assertUsable();
    return openHierarchyTable(this.context, this.#folder, options);
  }

  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  async openEntry(entryId: EntryId | null, options: OpenEntryOptions = {}): Promise<unknown> {
    this.assertUsable();
    return openObject(this.context, entryId, options);
  }

  /** There are no rules that `processRules` could apply. */
  async createMessage(options: CreateMessageOptions = {}): Promise<IMessage> {
    this.#assertStoreWritable();
    assertHolds(this.#folder);
    const associated = options.associated === true;
    const home = new FolderHome(this.context, this.#folder.id, associated);
    return new MemoryMessage(this.context, home, true, newMessageFlags(associated));
  }

  async copyMessages(
    entryIds: readonly EntryId[],
    destination: IMAPIFolder,
    options: { readonly move?: boolean; readonly declineOk?: boolean } & ProgressOptions = {},
  ): Promise<Done> {
    this.assertUsable();
    if (options.move === true) this.#assertStoreWritable();
    const own = await this.#ownDestination(destination);
    if (own === undefined) {
      if (options.declineOk === true) throw new MapiError('MAPI_E_DECLINE_COPY', 'the destination is another store');
      const { warning } = await this.context.support.copyMessages(this, entryIds, destination, options);
      return warning === undefined ? {} : { warning };
    }
    this.#assertStoreWritable();
    const shown = await withProgress(this.context.support, options);
    return copyMessagesWithin(this.context, this.#folder, entryIds, own, shown);
  }

  async deleteMessages(entryIds: readonly EntryId[], options: ProgressOptions = {}): Promise<Done> {
    this.#assertStoreWritable();
    return deleteMessages(
      this.context,
      this.#folder,
      entryIds,
      (await withProgress(this.context.support, options)).progress,
    );
  }

  async createFolder(
    name: string,
    type: 'generic' | 'search' = 'generic',
    options: CreateFolderOptions = {},
  ): Promise<IMAPIFolder> {
    this.#assertStoreWritable();
    assertHolds(this.#folder);
    if (name === '') throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a folder without a name');
    const { data } = this.context;
    const former = childNamed(data, this.#folder, name);
    if (former !== undefined) {
      if (options.openIfExists === true) return new MemoryFolder(this.context, former, true);
      throw new MapiError('MAPI_E_COLLISION', `a folder named ${JSON.stringify(name)} is there already`);
    }
    const props: PropValue[] = [prop(PR_DISPLAY_NAME, name)];
    if (options.comment !== undefined) props.push(prop(PR_COMMENT, options.comment));
    const kind = type === 'search' ? FOLDER_SEARCH : FOLDER_GENERIC;
    const folder = data.transact((tx) => addFolder(data, tx, this.#folder.id, kind, props));
    return new MemoryFolder(this.context, folder, true);
  }

  async copyFolder(entryId: EntryId, destination: IMAPIFolder, options: CopyFolderOptions = {}): Promise<Done> {
    this.assertUsable();
    const { data } = this.context;
    const source = data.folder(folderIdOf(data.uid, entryId));
    if (options.move === true) this.#assertStoreWritable();
    const own = await this.#ownDestination(destination);
    if (own === undefined) {
      if (options.declineOk === true) throw new MapiError('MAPI_E_DECLINE_COPY', 'the destination is another store');
      const { warning } = await this.context.support.copyFolder(this, entryId, destination, options);
      return warning === undefined ? {} : { warning };
    }
    this.#assertStoreWritable();
    assertHolds(own);
    if (isWithin(data, own.id, source.id)) {
      throw new MapiError('MAPI_E_FOLDER_CYCLE', 'the destination lies in the folder that is copied');
    }
    const name = options.newName ?? valueIn(source.props, PR_DISPLAY_NAME) ?? '';
    assertNameIsFree(this.context, own, name, options.move === true ? source : undefined);
    if (options.move !== true) {
      copyFolderWithin(this.context, source, own, name, options.subfolders === true);
      return {};
    }
    data.transact((tx) => {
      source.props = mapOf([...source.props.values(), prop(PR_DISPLAY_NAME, name)]);
      moveFolder(data, tx, source, own.id);
    });
    return {};
  }

  async deleteFolder(
    entryId: EntryId,
    options: { readonly messages?: boolean; readonly folders?: boolean } = {},
  ): Promise<Done> {
    this.#assertStoreWritable();
    const { data } = this.context;
    const folder = data.folder(folderIdOf(data.uid, entryId));
    if (folder.id === data.rootId) throw new MapiError('MAPI_E_NO_ACCESS', 'the root folder stays');
    if (folder.parentId !== this.#folder.id) throw new MapiError('MAPI_E_NOT_FOUND', 'no subfolder of this folder');
    const holds = folder.type !== FOLDER_SEARCH && folder.contents.size > 0;
    if (holds && options.messages !== true) throw new MapiError('MAPI_E_HAS_MESSAGES', 'the folder has messages');
    if (folder.children.size > 0 && options.folders !== true) {
      throw new MapiError('MAPI_E_HAS_FOLDERS', 'the folder has subfolders');
    }
    const done = await emptyFolder(this.context, folder, true);
    if (done.warning === undefined) data.transact((tx) => removeFolder(data, tx, folder));
    return done;
  }

  async setReadFlags(
    entryIds: readonly EntryId[] | null,
    options: ReadFlagOptions & ProgressOptions = {},
  ): Promise<Done> {
    this.assertUsable();
    const { progress: _progress, dialog: _dialog, ...flags } = options;
    const { data } = this.context;
    const ids = entryIds ?? [...this.#folder.contents].map((id) => messageEntryId(data.uid, id));
    let failed = 0;
    const steps = new ProgressSteps((await withProgress(this.context.support, options)).progress, ids.length);
    for (const [index, entryId] of ids.entries()) {
      if (!(await applyReadFlag(this.context, messageIn(this.context, this.#folder, entryId), flags))) failed++;
      steps.done(index + 1);
    }
    return doneWith(failed);
  }

  async getMessageStatus(entryId: EntryId): Promise<number> {
    this.assertUsable();
    return this.#messageHere(entryId).status;
  }

  async setMessageStatus(entryId: EntryId, status: number, mask: number): Promise<number> {
    this.#assertStoreWritable();
    const { data } = this.context;
    const record = this.#messageHere(entryId);
    const former = record.status;
    record.status = (former & ~mask) | (status & mask);
    if (record.status !== former) data.transact((tx) => messageModified(data, tx, record));
    return former;
  }

  /** Kept by read-only stores too: it is how the reader sees the folder. @throws MAPI_E_TOO_COMPLEX */
  async saveContentsSort(order: SortOrderSet, options: { readonly recursive?: boolean } = {}): Promise<void> {
    this.assertUsable();
    await using table = await this.getContentsTable();
    await table.sortTable(order);
    const apply = (folder: FolderRecord): void => {
      folder.contentsSort = order;
      if (options.recursive === true) for (const id of folder.children) apply(this.context.data.folder(id));
    };
    apply(this.#folder);
  }

  async emptyFolder(options: { readonly associated?: boolean } = {}): Promise<Done> {
    this.#assertStoreWritable();
    assertHolds(this.#folder);
    return emptyFolder(this.context, this.#folder, options.associated === true);
  }

  async setSearchCriteria(
    restriction: Restriction | null,
    containers: readonly EntryId[] | null,
    options: SearchOptions = {},
  ): Promise<void> {
    this.assertUsable();
    writeSearchCriteria(this.context, this.#folder, restriction, containers, options);
  }

  async getSearchCriteria(): Promise<SearchCriteria> {
    this.assertUsable();
    return readSearchCriteria(this.context, this.#folder);
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected assertUsable(): void {
    this.assertOpen();
    if (this.context.data.folders.get(this.#folder.id) !== this.#folder) {
      throw new MapiError('MAPI_E_OBJECT_DELETED', 'the folder was deleted');
    }
  }

  protected assertModifiable(): void {
    if (!this.#writable) throw new MapiError('MAPI_E_NO_ACCESS', 'the folder was opened for reading');
  }

  protected *entries(): Iterable<PropValue> {
    yield* this.#folder.props.values();
    yield* folderProps(this.context, this.#folder, this.#writable);
  }

  protected stored(): PropBag {
    return new PropBag(this.#folder.props.values(), { computed: isComputed(COMPUTED_ON_FOLDERS) });
  }

  protected keep(bag: PropBag): void {
    const { data } = this.context;
    const name = bag.get(PR_DISPLAY_NAME);
    if (name !== undefined && this.#folder.id !== data.rootId) {
      assertNameIsFree(this.context, data.folder(this.#folder.parentId), name, this.#folder);
    }
    data.transact((tx) => {
      this.#folder.props = mapOf(bag);
      this.#folder.modified = data.now();
      folderModified(data, tx, this.#folder, []);
    });
  }

  protected openObject(tag: PropTag, iid: InterfaceName): Promise<IMAPITable> | undefined {
    if (iid !== 'IMAPITable') return undefined;
    if (propId(tag) === propId(PR_CONTAINER_CONTENTS)) return this.getContentsTable();
    if (propId(tag) === propId(PR_CONTAINER_HIERARCHY)) return this.getHierarchyTable();
    const associated = propId(tag) === propId(PR_FOLDER_ASSOCIATED_CONTENTS);
    return associated ? this.getContentsTable({ associated }) : undefined;
  }

  #assertStoreWritable(): void {
    this.assertUsable();
    this.context.assertWritable();
  }

  /** @throws MAPI_E_NOT_FOUND */
  #messageHere(entryId: EntryId): MessageRecord {
    const record = messageIn(this.context, this.#folder, entryId);
    if (record === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'no such message in this folder');
    return record;
  }

  /** The destination if it is a folder of this store. @throws MAPI_E_NO_ACCESS if its store may only be read */
  async #ownDestination(destination: IMAPIFolder): Promise<FolderRecord | undefined> {
    const { values } = await destination.getProps([PR_ENTRYID, PR_ACCESS]);
    assertTakes(values[1]);
    return ownFolder(this.context, values[0]);
  }
}
