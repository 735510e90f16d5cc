/** The store object. Not transacted: what is set is there at once. spec: imsgstoreimapiprop */

import { type FileTime, MapiError } from '@nodemapi/base';
import {
  ALL_FOLDERS_VALID,
  COMPUTED_ON_STORES,
  type CountingStore,
  checkMessageClass,
  chooseReceiveFolder,
  DEFAULT_FOLDERS,
  decodeProps,
  encodeProps,
  MemoryRowSource,
  MemoryRows,
  nameSection,
  noSupport,
  type QueueCount,
  RECEIVE_FOLDER_COLUMNS,
  StoreLogoff,
  storeState,
  TableView,
} from '@nodemapi/kit';
import {
  type AdviseConnection,
  connectionNumber,
  type DuePage,
  type DueQuery,
  type EntryId,
  type FinishedOutgoing,
  type IMAPIAdviseSink,
  type IMAPIProp,
  type IMAPITable,
  type IMessage,
  type InterfaceMap,
  type InterfaceName,
  type ListPage,
  type ListQuery,
  MAPI_FOLDER,
  MAPI_STORE,
  type NewMailNotification,
  type OpenEntryOptions,
  type OpenedEntry,
  type OutgoingChange,
  type OutgoingEvent,
  type OutgoingRecord,
  type OutgoingStore,
  PR_ACCESS,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_RECORD_KEY,
  PR_STORE_STATE,
  PR_VALID_FOLDER_MASK,
  type PropTag,
  type PropValue,
  prop,
  propId,
  type ReceivingStore,
  type Row,
  type StoreLogoffMode,
  type StoreLogoffResult,
} from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import { ContentProps } from './content-props.ts';
import { duePage, nextDueMs, queueCounts } from './due-messages.ts';
import { existingFolder, ROOT } from './folder-rows.ts';
import { openQueueTable } from './folder-tables.ts';
import { MessageObject } from './message.ts';
import { accessLevel, commonProps, messageAccess } from './message-props.ts';
import { openObject } from './open-entry.ts';
import { OutgoingControl } from './outgoing-control.ts';
import { finishedOf, readHistory } from './outgoing-history.ts';
import { QueueControl } from './queue.ts';
import { messageNumber } from './queue-rows.ts';
import { draftsEndingIn, finishedEndingIn, listedPage, queuedEndingIn } from './queued-messages.ts';
import { isReceived, saveReceived } from './received.ts';
import { decodeCriteria } from './search-criteria.ts';
import type { StoreContext } from './store-context.ts';
import { instanceKey } from './store-ids.ts';
import { type Computed, computedProps, StoreObject } from './store-object.ts';

interface ReceiveFolderRow {
  readonly class: string;
  readonly folder: number;
}

export class MsgStoreObject extends StoreObject implements OutgoingStore, ReceivingStore, CountingStore {
  readonly iid = 'IMsgStore';
  protected readonly computedIds = COMPUTED_ON_STORES;
  protected override readonly chunkedStreams = false;
  readonly #queue: QueueControl;
  readonly #outgoing: OutgoingControl;
  readonly #connections = new Map<number, Disposable>();
  readonly #onRelease: () => Promise<void>;
  readonly #logoff: StoreLogoff;

  constructor(context: StoreContext, onRelease: () => Promise<void>) {
    super(context);
    this.#queue = new QueueControl(context);
    this.#outgoing = new OutgoingControl(context);
    this.#onRelease = onRelease;
    const { support, log, file } = context;
    const hasQueue = (): boolean => file.db.get(sql`SELECT 1 FROM outgoing LIMIT 1`) !== undefined;
    this.#logoff = new StoreLogoff({ support, log, hasQueue });
  }

  async saveChanges(): Promise<void> {
    this.assertUsable();
  }

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    this.assertUsable();
    const { file } = this.context;
    const key = entryId === null ? null : instanceKey(this.context.parse(entryId));
    const advised = file.hub.advise(key, mask, sink);
    this.#connections.set(advised.connection, file.watch());
    return { connection: advised.connection, [Symbol.asyncDispose]: () => this.#unadvise(advised.connection) };
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    const number = connectionNumber(connection);
    if (!this.#connections.has(number)) throw new MapiError('MAPI_E_NOT_FOUND', `no connection ${number}`);
    await this.#unadvise(number);
  }

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    this.assertUsable();
    const [one, other] = [this.context.parse(a), this.context.parse(b)];
    return one.type === other.type && one.number === other.number; // whatever their flags are
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

  async setReceiveFolder(messageClass: string | null, folder: EntryId | null): Promise<void> {
    this.assertUsable();
    this.context.assertWritable();
    const { file } = this.context;
    const wanted = messageClass ?? '';
    checkMessageClass(wanted);
    if (folder === null) {
      if (wanted === '') throw new MapiError('MAPI_E_NO_ACCESS', 'the default receive folder stays');
      await file.write(() => {
        file.db.run(sql`DELETE FROM receive_folder WHERE class_key = ${wanted.toLowerCase()}`);
      });
      return;
    }
    const { type, number } = this.context.parse(folder);
    if (type !== MAPI_FOLDER) throw new MapiError('MAPI_E_INVALID_ENTRYID', 'the entry identifier is of no folder');
    await file.write(() => {
      existingFolder(file.db, number);
      file.db.run(sql`INSERT INTO receive_folder (class_key, class, folder)
        VALUES (${wanted.toLowerCase()}, ${wanted}, ${number})
        ON CONFLICT (class_key) DO UPDATE SET class = excluded.class, folder = excluded.folder`);
    });
  }

  async getReceiveFolder(
    messageClass?: string | null,
  ): Promise<{ readonly entryId: EntryId; readonly explicitClass: string }> {
    this.assertUsable();
    checkMessageClass(messageClass ?? '');
    const entries = this.#receiveFolders().map((row) => ({ messageClass: row.class, folder: row.folder }));
    const chosen = chooseReceiveFolder(entries, messageClass ?? '');
    const number = chosen?.folder ?? this.context.file.folders.inbox ?? ROOT;
    return {
      entryId: this.context.entryId({ type: MAPI_FOLDER, number }),
      explicitClass: chosen?.messageClass ?? '',
    };
  }

  async getReceiveFolderTable(): Promise<IMAPITable> {
    this.assertUsable();
    const rows = this.#receiveFolders().map((row): Row => {
      const id = { type: MAPI_FOLDER, number: row.folder } as const;
      return [
        prop(PR_ENTRYID, this.context.entryId(id)),
        prop(PR_RECORD_KEY, this.context.recordKey(id)),
        prop(PR_MESSAGE_CLASS, row.class),
      ];
    });
    const source = new MemoryRowSource(new MemoryRows(rows, RECEIVE_FOLDER_COLUMNS), {
      columns: RECEIVE_FOLDER_COLUMNS,
      type: 'snapshot',
    });
    return this.context.opened(await TableView.open(source, { hub: this.context.file.hub }));
  }

  async storeLogoff(mode: StoreLogoffMode): Promise<StoreLogoffResult> {
    this.assertUsable();
    return this.#logoff.request(mode);
  }

  async abortSubmit(entryId: EntryId): Promise<void> {
    this.assertUsable();
    this.context.assertWritable();
    await this.#queue.abortSubmit(entryId);
  }

  async getOutgoingQueue(): Promise<IMAPITable> {
    this.#assertSpooler('IMsgStore.getOutgoingQueue');
    await this.#queue.releaseDeadLocks();
    return this.context.opened(await openQueueTable(this.context));
  }

  async countQueue(): Promise<readonly QueueCount[]> {
    this.#assertSpooler('CountingStore.countQueue');
    return queueCounts(this.context.file.db);
  }

  async setLockState(message: IMessage, locked: boolean, options: { readonly leaseMs?: number } = {}): Promise<void> {
    this.#assertSpooler('IMsgStore.setLockState');
    if (message instanceof MessageObject) return this.#queue.setLockState(message, locked, options.leaseMs);
    return this.#queue.setLockStateByContract(message, locked, options.leaseMs);
  }

  async finishedMsg(entryId: EntryId): Promise<void> {
    this.#assertSpooler('IMsgStore.finishedMsg');
    await this.#outgoing.finishByContract(entryId);
  }

  async readOutgoing(message: IMessage): Promise<OutgoingRecord> {
    this.#assertSpooler('OutgoingStore.readOutgoing');
    if (!(message instanceof MessageObject)) return noSupport('OutgoingStore.readOutgoing of a foreign object');
    return this.#outgoing.read(message);
  }

  async writeOutgoing(entryId: EntryId, change: OutgoingChange, message?: IMessage): Promise<number> {
    this.#assertSpooler('OutgoingStore.writeOutgoing');
    return this.#outgoing.write(entryId, change, message);
  }

  noteOffer(entryId: EntryId, lock: number): void {
    this.#assertSpooler('OutgoingStore.noteOffer');
    this.#outgoing.noteOffer(entryId, lock);
  }

  async finishOutgoing(
    entryId: EntryId,
    change: OutgoingChange & { readonly lock: number },
    message?: IMessage,
  ): Promise<void> {
    this.#assertSpooler('OutgoingStore.finishOutgoing');
    await this.#outgoing.finish(entryId, change, message);
  }

  async dueOutgoing(query: DueQuery): Promise<DuePage> {
    this.#assertSpooler('OutgoingStore.dueOutgoing');
    return duePage(this.context, query);
  }

  async listOutgoing(query: ListQuery): Promise<ListPage> {
    this.#assertSpooler('OutgoingStore.listOutgoing');
    return listedPage(this.context, query);
  }

  async findOutgoing(ending: string, countMax: number): Promise<readonly EntryId[]> {
    this.#assertSpooler('OutgoingStore.findOutgoing');
    return queuedEndingIn(this.context, ending, countMax);
  }

  async findFinished(ending: string, countMax: number): Promise<readonly FinishedOutgoing[]> {
    this.#assertSpooler('OutgoingStore.findFinished');
    return finishedEndingIn(this.context, ending, countMax);
  }

  async findDrafts(ending: string, countMax: number): Promise<readonly EntryId[]> {
    this.#assertSpooler('OutgoingStore.findDrafts');
    return draftsEndingIn(this.context, ending, countMax);
  }

  async nextOutgoingMs(now: FileTime): Promise<number | undefined> {
    this.#assertSpooler('OutgoingStore.nextOutgoingMs');
    return nextDueMs(this.context, now);
  }

  async outgoingHistory(entryId: EntryId): Promise<readonly OutgoingEvent[]> {
    this.#assertSpooler('OutgoingStore.outgoingHistory');
    return readHistory(this.context.file.db, messageNumber(this.context, entryId));
  }

  async finishedOutgoing(countMax: number): Promise<readonly FinishedOutgoing[]> {
    this.#assertSpooler('OutgoingStore.finishedOutgoing');
    return finishedOf(this.context, countMax);
  }

  async hasReceived(source: Uint8Array): Promise<boolean> {
    this.#assertSpooler('ReceivingStore.hasReceived');
    return isReceived(this.context.file.db, source);
  }

  async saveReceived(message: IMessage, sources: readonly Uint8Array[]): Promise<boolean> {
    this.#assertSpooler('ReceivingStore.saveReceived');
    if (!(message instanceof MessageObject)) return noSupport('ReceivingStore.saveReceived of a foreign object');
    this.context.assertWritable();
    return saveReceived(this.context, message, sources);
  }

  async notifyNewMail(notification: NewMailNotification): Promise<void> {
    this.#assertSpooler('IMsgStore.notifyNewMail');
    const { messageClass, messageFlags } = notification;
    const message = this.context.parse(notification.entryId);
    const folder = this.context.parse(notification.parentId);
    await this.context.file.write((changes) => {
      changes.newMail(message.number, folder.number, { messageClass, messageFlags });
    });
  }

  protected stored(): ContentProps {
    const found = this.context.file.db.get<{ value: Uint8Array }>(sql`SELECT value FROM meta WHERE key = 'props'`);
    const props = new ContentProps(found === undefined ? undefined : decodeProps(found.value));
    for (const { tag, value } of this.#folderProps()) if (!props.has(tag)) props.set(tag, value as never);
    const { displayName } = this.context;
    if (displayName !== undefined) props.set(PR_DISPLAY_NAME, displayName);
    return props;
  }

  protected computed(tags?: readonly PropTag[]): Computed {
    const { context } = this;
    const asked = tags === undefined || tags.some((tag) => propId(tag) === propId(PR_STORE_STATE));
    return computedProps([
      ...commonProps(context, MAPI_STORE),
      prop(PR_ENTRYID, context.storeEntryId),
      prop(PR_RECORD_KEY, context.storeRecordKey),
      asked ? prop(PR_STORE_STATE, storeState(this.#hasSearches())) : undefined,
      prop(PR_ACCESS, messageAccess(context)),
      accessLevel(context.writable),
    ]);
  }

  protected objectTags(): readonly PropTag[] {
    return [];
  }

  protected openObject(): undefined {
    return undefined;
  }

  protected async keep(change: (props: ContentProps) => void): Promise<void> {
    const { file, support, displayName } = this.context;
    const name = await file.write(() => {
      const props = this.stored();
      change(props);
      file.db.run(sql`INSERT INTO meta (key, value) VALUES ('props', ${encodeProps(props.values)})
        ON CONFLICT (key) DO UPDATE SET value = excluded.value`);
      return props.get(PR_DISPLAY_NAME);
    });
    if (name === undefined || name === displayName) return;
    await nameSection(support, name);
    this.context.displayName = name;
  }

  protected assertModifiable(): void {
    this.context.assertWritable();
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected override async onFinalRelease(): Promise<void> {
    for (const connection of [...this.#connections.keys()]) await this.#unadvise(connection);
    if (this.context.spooler && !this.context.file.db.closed) await this.#queue.releaseLocks();
    if (!this.context.spooler && !this.context.file.db.closed) await this.#logoff.released();
    await this.context.end();
    await this.#onRelease();
  }

  /** The entry identifiers of the folders that every store has. */
  #folderProps(): PropValue[] {
    const { folders } = this.context.file;
    const named = DEFAULT_FOLDERS.flatMap(({ key, entryIdTag }) => {
      const number = folders[key];
      if (entryIdTag === undefined || number === undefined) return [];
      return [prop(entryIdTag, this.context.entryId({ type: MAPI_FOLDER, number }))];
    });
    return [...named, prop(PR_VALID_FOLDER_MASK, ALL_FOLDERS_VALID)];
  }

  #hasSearches(): boolean {
    const rows = this.context.file.db.all<{ search: string }>(sql`SELECT search FROM folder WHERE search IS NOT NULL`);
    return rows.some(({ search }) => decodeCriteria(search).running);
  }

  #receiveFolders(): ReceiveFolderRow[] {
    return this.context.file.db.all<ReceiveFolderRow>(sql`SELECT class, folder FROM receive_folder ORDER BY class_key`);
  }

  async #unadvise(connection: number): Promise<void> {
    const watch = this.#connections.get(connection);
    if (!this.#connections.delete(connection)) return;
    watch?.[Symbol.dispose]();
    if (!this.context.file.db.closed) this.context.file.hub.unadvise(connection);
  }

  #assertSpooler(what: string): void {
    this.assertUsable();
    if (!this.context.spooler) noSupport(`${what} of a client's store`);
  }
}
