import { MapiError } from '@nodemapi/base';
import {
  assertTakes,
  COMPUTED_ON_FOLDERS,
  decideReadFlag,
  encodeProps,
  newMessageFlags,
  noSupport,
  ProgressSteps,
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
  MAPI_FOLDER,
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
  prop,
  propId,
  type ReadFlagOptions,
  type Restriction,
  type SearchCriteria,
  type SortOrderSet,
} from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import type { ContentProps } from './content-props.ts';
import {
  deleteMessages,
  doneWith,
  emptyFolder,
  messageIn,
  messageNumber,
  removeFolder,
  transferMessages,
} from './folder-contents.ts';
import { FolderHome } from './folder-home.ts';
import {
  assertHolds,
  checkNameFree,
  childNamed,
  computedOfFolder,
  existingFolder,
  type FolderKind,
  type FolderRow,
  folderKind,
  folderProps,
  folderRow,
  ROOT,
  writeFolderProps,
} from './folder-rows.ts';
import { openContentsTable, openHierarchyTable } from './folder-tables.ts';
import { copyFolder, moveFolder } from './folder-transfer.ts';
import { insertFolder } from './initial-folders.ts';
import { MessageObject } from './message.ts';
import { newDraft } from './message-draft.ts';
import { openObject } from './open-entry.ts';
import { queueEntry } from './queue-rows.ts';
import { applyReadFlag } from './read-flag.ts';
import { readSearchCriteria, writeSearchCriteria } from './search-folder.ts';
import type { StoreContext } from './store-context.ts';
import { type Computed, computedProps, StoreObject } from './store-object.ts';

/** IMAPIFolder. Not transacted: what is set is in the store at once. */
export class FolderObject extends StoreObject implements IMAPIFolder {
  readonly iid = 'IMAPIFolder';
  protected readonly computedIds = COMPUTED_ON_FOLDERS;
  protected override readonly chunkedStreams = false;
  readonly #folder: number;
  readonly #writable: boolean;

  constructor(context: StoreContext, folder: number, writable: boolean) {
    super(context);
    this.#folder = folder;
    this.#writable = writable;
  }

  async saveChanges(): Promise<void> {
    this.assertUsable();
  }

  async getContentsTable(options: ContentsTableOptions = {}): Promise<IMAPITable> {
    this.assertUsable();
    if (options.softDeletes === true) noSupport('IMAPIFolder.getContentsTable: what is deleted is gone');
    return this.context.opened(await openContentsTable(this.context, this.#kind(), options.associated === true));
  }

  async getHierarchyTable(options: HierarchyTableOptions = {}): Promise<IMAPITable> {
    this.assertUsable();
    return this.context.opened(await openHierarchyTable(this.context, this.#folder, options.convenientDepth === true));
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
    assertHolds(this.#kind());
    const associated = options.associated === true;
    const home = new FolderHome(this.context, this.#folder);
    const draft = newDraft(newMessageFlags(associated), associated);
    return this.context.opened(new MessageObject(this.context, draft, { writable: true, home }));
  }

  async copyMessages(
    entryIds: readonly EntryId[],
    destination: IMAPIFolder,
    options: { readonly move?: boolean; readonly declineOk?: boolean } & ProgressOptions = {},
  ): Promise<Done> {
    this.assertUsable();
    if (options.move === true) this.#assertStoreWritable();
    const target = await this.#ownDestination(destination);
    if (target === undefined) {
      if (options.declineOk === true) throw new MapiError('MAPI_E_DECLINE_COPY', 'the destination is another store');
      const { warning } = await this.context.support.copyMessages(this, entryIds, destination, options);
      return warning === undefined ? {} : { warning };
    }
    this.#assertStoreWritable();
    assertHolds(existingFolder(this.context.file.db, target));
    const messages = entryIds.map((entryId) => messageNumber(this.context, entryId));
    const shown = await withProgress(this.context.support, options);
    return doneWith(await transferMessages(this.context, this.#folder, messages, target, shown));
  }

  async deleteMessages(entryIds: readonly EntryId[], options: ProgressOptions = {}): Promise<Done> {
    this.#assertStoreWritable();
    const messages = entryIds.map((entryId) => messageNumber(this.context, entryId));
    return doneWith(
      await deleteMessages(
        this.context,
        this.#folder,
        messages,
        (await withProgress(this.context.support, options)).progress,
      ),
    );
  }

  async createFolder(
    name: string,
    type: 'generic' | 'search' = 'generic',
    options: CreateFolderOptions = {},
  ): Promise<IMAPIFolder> {
    this.#assertStoreWritable();
    if (name === '') throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a folder without a name');
    const { file } = this.context;
    const parent = this.#folder;
    const kind = type === 'search' ? FOLDER_SEARCH : FOLDER_GENERIC;
    const props = encodeProps(options.comment === undefined ? [] : [prop(PR_COMMENT, options.comment)]);
    const folder = await file.write((changes) => {
      assertHolds(this.#kind());
      const former = childNamed(file.db, parent, name);
      if (former !== undefined && options.openIfExists === true) return former.id;
      checkNameFree(file.db, parent, name);
      const made = insertFolder(file.db, { parent, name, type: kind, now: file.host.clock.now(), props });
      changes.folder('objectCreated', made, parent);
      changes.folder('objectModified', parent);
      return made;
    });
    return this.context.opened(new FolderObject(this.context, folder, true));
  }

  async copyFolder(entryId: EntryId, destination: IMAPIFolder, options: CopyFolderOptions = {}): Promise<Done> {
    this.assertUsable();
    const source = this.#folderNumber(entryId);
    if (options.move === true) this.#assertStoreWritable();
    const target = await this.#ownDestination(destination);
    if (target === undefined) {
      if (options.declineOk === true) throw new MapiError('MAPI_E_DECLINE_COPY', 'the destination is another store');
      const { warning } = await this.context.support.copyFolder(this, entryId, destination, options);
      return warning === undefined ? {} : { warning };
    }
    this.#assertStoreWritable();
    const { newName, subfolders = false } = options;
    if (options.move === true) await moveFolder(this.context, { source, target, newName });
    else await copyFolder(this.context, { source, target, newName, subfolders });
    return {};
  }

  async deleteFolder(
    entryId: EntryId,
    options: { readonly messages?: boolean; readonly folders?: boolean } = {},
  ): Promise<Done> {
    this.#assertStoreWritable();
    const folder = existingFolder(this.context.file.db, this.#folderNumber(entryId));
    if (folder.id === ROOT) throw new MapiError('MAPI_E_NO_ACCESS', 'the root folder stays');
    if (folder.parent !== this.#folder) throw new MapiError('MAPI_E_NOT_FOUND', 'no subfolder of this folder');
    if (folder.type !== FOLDER_SEARCH && folder.messages > 0 && options.messages !== true) {
      throw new MapiError('MAPI_E_HAS_MESSAGES', 'the folder has messages');
    }
    if (folder.folders > 0 && options.folders !== true) {
      throw new MapiError('MAPI_E_HAS_FOLDERS', 'the folder has subfolders');
    }
    const failed = await emptyFolder(this.context, folder.id, true);
    if (failed === 0) await removeFolder(this.context, folder);
    return doneWith(failed);
  }

  async setReadFlags(
    entryIds: readonly EntryId[] | null,
    options: ReadFlagOptions & ProgressOptions = {},
  ): Promise<Done> {
    this.assertUsable();
    const { progress: _progress, dialog: _dialog, ...flags } = options;
    decideReadFlag(0, flags);
    const messages = entryIds?.map((entryId) => messageNumber(this.context, entryId)) ?? this.#messages();
    let failed = 0;
    const steps = new ProgressSteps((await withProgress(this.context.support, options)).progress, messages.length);
    for (const [index, message] of messages.entries()) {
      if (this.#isReadable(message, flags)) await applyReadFlag(this.context, message, flags);
      else failed++;
      steps.done(index + 1);
    }
    return doneWith(failed);
  }

  async getMessageStatus(entryId: EntryId): Promise<number> {
    this.assertUsable();
    return this.#statusOf(messageNumber(this.context, entryId));
  }

  async setMessageStatus(entryId: EntryId, status: number, mask: number): Promise<number> {
    this.#assertStoreWritable();
    const message = messageNumber(this.context, entryId);
    const { file } = this.context;
    return file.write((changes) => {
      const former = this.#statusOf(message);
      const next = (former & ~mask) | (status & mask);
      if (next === former) return former;
      file.db.run(sql`UPDATE message SET status = ${next} WHERE id = ${message}`);
      const { folder = this.#folder } = messageIn(this.context, this.#folder, message) ?? {};
      changes.message('objectModified', message, folder);
      return former;
    });
  }

  /** Kept by read-only stores too: it is how the reader sees the folder. */
  async saveContentsSort(order: SortOrderSet, options: { readonly recursive?: boolean } = {}): Promise<void> {
    this.assertUsable();
    const { db } = this.context.file;
    const text = order.sorts.length === 0 ? null : JSON.stringify(order);
    const below = sql`WITH RECURSIVE below (id) AS (SELECT ${this.#folder} UNION
      SELECT f.id FROM folder f JOIN below b ON f.parent = b.id) SELECT id FROM below`;
    const folders = options.recursive === true ? below : sql`${this.#folder}`;
    await this.context.file.write(() => {
      db.run(sql`UPDATE folder SET contents_sort = ${text} WHERE id IN (${folders})`);
    });
  }

  async emptyFolder(options: { readonly associated?: boolean } = {}): Promise<Done> {
    this.#assertStoreWritable();
    assertHolds(this.#kind());
    return doneWith(await emptyFolder(this.context, this.#folder, options.associated === true));
  }

  async setSearchCriteria(
    restriction: Restriction | null,
    containers: readonly EntryId[] | null,
    options: SearchOptions = {},
  ): Promise<void> {
    this.assertUsable();
    await writeSearchCriteria(this.context, this.#folder, restriction, containers, options);
  }

  async getSearchCriteria(): Promise<SearchCriteria> {
    this.assertUsable();
    return readSearchCriteria(this.context, this.#row());
  }

  protected stored(): ContentProps {
    return folderProps(this.#row());
  }

  protected computed(): Computed {
    return computedProps(computedOfFolder(this.context, this.#row(), this.#writable));
  }

  protected objectTags(): readonly PropTag[] {
    return [PR_CONTAINER_CONTENTS, PR_CONTAINER_HIERARCHY, PR_FOLDER_ASSOCIATED_CONTENTS];
  }

  protected openObject(tag: PropTag, iid: InterfaceName): Promise<IMAPITable> | undefined {
    if (iid !== 'IMAPITable') return undefined;
    if (propId(tag) === propId(PR_CONTAINER_CONTENTS)) return this.getContentsTable();
    if (propId(tag) === propId(PR_CONTAINER_HIERARCHY)) return this.getHierarchyTable();
    const associated = propId(tag) === propId(PR_FOLDER_ASSOCIATED_CONTENTS);
    return associated ? this.getContentsTable({ associated }) : undefined;
  }

  protected async keep(change: (props: ContentProps) => void): Promise<void> {
    const { file } = this.context;
    await file.write((changes) => {
      const row = this.#row();
      const props = folderProps(row);
      change(props);
      const name = props.get(PR_DISPLAY_NAME);
      if (name !== undefined && row.id !== ROOT) checkNameFree(file.db, row.parent, name, row.id);
      writeFolderProps(file.db, row, props, file.host.clock.now());
      changes.folder('objectModified', row.id, row.parent);
    });
  }

  protected assertModifiable(): void {
    this.context.assertWritable();
    if (!this.#writable) throw new MapiError('MAPI_E_NO_ACCESS', 'the folder was opened for reading');
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected override async onFinalRelease(): Promise<void> {
    this.context.closed(this);
  }

  #assertStoreWritable(): void {
    this.assertUsable();
    this.context.assertWritable();
  }

  /** @throws MAPI_E_OBJECT_DELETED */
  #row(): FolderRow {
    return folderRow(this.context.file.db, this.#folder) ?? deleted();
  }

  /** @throws MAPI_E_OBJECT_DELETED */
  #kind(): FolderKind {
    return folderKind(this.context.file.db, this.#folder) ?? deleted();
  }

  #messages(): readonly number[] {
    const rows = this.context.file.db.all<{ id: number }>(
      sql`SELECT id FROM message WHERE folder = ${this.#folder} AND associated = 0
        UNION SELECT message AS id FROM found WHERE folder = ${this.#folder}`,
    );
    return rows.map(({ id }) => id);
  }

  /** Whether the read flag of a message can be changed here: it is not gone, submitted, or open for writing. */
  #isReadable(message: number, options: ReadFlagOptions): boolean {
    const { file } = this.context;
    const onlyPending = options.clearReadPending === true || options.clearNonReadPending === true;
    if (messageIn(this.context, this.#folder, message) === undefined) return false;
    if (queueEntry(file.db, message) !== undefined) return false;
    return onlyPending || !file.openForWriting.has(message);
  }

  #statusOf(message: number): number {
    const found = this.context.file.db.get<{ status: number }>(sql`SELECT status FROM message WHERE id = ${message}`);
    if (found === undefined || messageIn(this.context, this.#folder, message) === undefined) {
      throw new MapiError('MAPI_E_NOT_FOUND', 'no such message in this folder');
    }
    return found.status;
  }

  #folderNumber(entryId: EntryId): number {
    const { type, number } = this.context.parse(entryId);
    if (type !== MAPI_FOLDER) throw new MapiError('MAPI_E_INVALID_ENTRYID', 'the entry identifier is of no folder');
    return number;
  }

  /** The destination if it is a folder of this store. @throws MAPI_E_NO_ACCESS if its store may only be read */
  async #ownDestination(destination: IMAPIFolder): Promise<number | undefined> {
    const { values } = await destination.getProps([PR_ENTRYID, PR_ACCESS]);
    const [entryId, access] = values;
    assertTakes(access);
    return entryId === undefined || !this.context.owns(entryId) ? undefined : this.#folderNumber(entryId);
  }
}

function deleted(): never {
  throw new MapiError('MAPI_E_OBJECT_DELETED', 'the folder was deleted');
}
