/** The store object. Not transacted: what is set is there at once. spec: imsgstoreimapiprop */
import { type FileTime, toHex } from '@nodemapi/base';
import {
  COMPUTED_ON_STORES,
  type CountingStore,
  checkMessageClass,
  chooseReceiveFolder,
  isComputed,
  nameSection,
  PropBag,
  type QueueCount,
  StoreLogoff,
} from '@nodemapi/kit';
import {
  type AdviseConnection,
  type CheckedProps,
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
  longTermEntryId,
  MAPI_ACCESS_LEVEL_MODIFY,
  MapiError,
  type NewMailNotification,
  type OpenEntryOptions,
  type OpenedEntry,
  type OutgoingChange,
  type OutgoingEvent,
  type OutgoingRecord,
  type OutgoingStore,
  PR_ACCESS_LEVEL,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  type PropProblem,
  type PropTag,
  type PropValue,
  propOf,
  RECEIVED_SOURCES_MAX,
  type ReceivingStore,
  type StoreLogoffMode,
  type StoreLogoffResult,
} from '@nodemapi/mapi';
import { storeProps } from './computed.ts';
import { mapOf } from './content.ts';
import { folderEntryId, folderIdOf, messageIdOf, objectOf } from './entry-ids.ts';
import { openObject } from './open-entry.ts';
import { OutgoingRecords } from './outgoing-records.ts';
import {
  abortSubmit,
  checkLockable,
  finishMessage,
  lockMessage,
  releaseLocks,
  unlockMessage,
} from './queue-changes.ts';
import type { StoreContext } from './store-context.ts';
import { StoreObject } from './store-object.ts';
import { countQueue, openQueueTable, openReceiveFolderTable } from './store-tables.ts';

export class MemoryMsgStore extends StoreObject implements OutgoingStore, ReceivingStore, CountingStore {
  readonly iid = 'IMsgStore';
  readonly #connections = new Map<number, AdviseConnection>();
  readonly #onRelease: () => Promise<void>;
  readonly #logoff: StoreLogoff;
  readonly #outgoing: OutgoingRecords;

  constructor(context: StoreContext, onRelease: () => Promise<void>) {
    super(context);
    this.#onRelease = onRelease;
    this.#outgoing = new OutgoingRecords(context);
    const { support, log, data } = context;
    const hasQueue = (): boolean => [...data.messages.values()].some(({ queue }) => queue !== undefined);
    this.#logoff = new StoreLogoff({ support, log, hasQueue });
  }

  async saveChanges(): Promise<void> {
    this.assertUsable();
  }

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    this.assertUsable();
    const { data } = this.context;
    if (entryId !== null) this.#assertOwn(entryId);
    const advised = data.hub.advise(entryId === null ? null : longTermEntryId(entryId), mask, sink);
    this.#connections.set(advised.connection, advised);
    return advised;
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    const number = connectionNumber(connection);
    const advised = this.#connections.get(number);
    if (advised === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `no connection ${number}`);
    this.#connections.delete(number);
    await advised[Symbol.asyncDispose]();
  }

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    this.assertUsable();
    const [one, other] = [objectOf(this.context.data.uid, a), objectOf(this.context.data.uid, b)];
    return one.type === other.type && one.id === other.id; // whatever their flags are
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
    const { data } = this.context;
    const wanted = messageClass ?? '';
    checkMessageClass(wanted);
    const others = data.receiveFolders.filter((entry) => entry.messageClass.toLowerCase() !== wanted.toLowerCase());
    if (folder === null) {
      if (wanted === '') throw new MapiError('MAPI_E_NO_ACCESS', 'the default receive folder stays');
      data.receiveFolders = others;
      return;
    }
    data.receiveFolders = [...others, { messageClass: wanted, folder: data.folder(folderIdOf(data.uid, folder)).id }];
  }

  async getReceiveFolder(
    messageClass?: string | null,
  ): Promise<{ readonly entryId: EntryId; readonly explicitClass: string }> {
    this.assertUsable();
    const { data } = this.context;
    checkMessageClass(messageClass ?? '');
    const chosen = chooseReceiveFolder(data.receiveFolders, messageClass ?? '');
    if (chosen === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'no receive folder');
    return { entryId: folderEntryId(data.uid, chosen.folder), explicitClass: chosen.messageClass };
  }

  async getReceiveFolderTable(): Promise<IMAPITable> {
    this.assertUsable();
    return openReceiveFolderTable(this.context);
  }

  async storeLogoff(mode: StoreLogoffMode): Promise<StoreLogoffResult> {
    this.assertUsable();
    return this.#logoff.request(mode);
  }

  async abortSubmit(entryId: EntryId): Promise<void> {
    this.assertUsable();
    const { data } = this.context;
    const record = data.message(messageIdOf(data.uid, entryId));
    data.transact((tx) => abortSubmit(data, tx, record, this.context.owner));
  }

  async getOutgoingQueue(): Promise<IMAPITable> {
    this.assertUsable();
    this.context.assertSpooler('IMsgStore.getOutgoingQueue');
    return openQueueTable(this.context);
  }

  async countQueue(): Promise<readonly QueueCount[]> {
    this.assertUsable();
    this.context.assertSpooler('CountingStore.countQueue');
    return countQueue(this.context);
  }

  async setLockState(message: IMessage, locked: boolean, options: { readonly leaseMs?: number } = {}): Promise<void> {
    this.assertUsable();
    this.context.assertSpooler('IMsgStore.setLockState');
    const { data, owner } = this.context;
    const { values } = await message.getProps([PR_ENTRYID, PR_ACCESS_LEVEL]);
    const [entryId, level] = values;
    if (entryId === undefined) throw new MapiError('MAPI_E_NOT_IN_QUEUE', 'the message has never been saved');
    const record = data.message(messageIdOf(data.uid, entryId));
    checkLockable(data, record, owner);
    if (level === MAPI_ACCESS_LEVEL_MODIFY) await message.saveChanges({ keepOpenReadWrite: true });
    data.transact((tx) => {
      if (locked) lockMessage(data, tx, record, owner, options.leaseMs);
      else unlockMessage(data, tx, record, owner);
    });
  }

  async finishedMsg(entryId: EntryId): Promise<void> {
    this.assertUsable();
    this.context.assertSpooler('IMsgStore.finishedMsg');
    const { data, owner } = this.context;
    const record = data.message(messageIdOf(data.uid, entryId));
    data.transact((tx) => finishMessage(data, tx, record, owner));
  }

  async hasReceived(source: Uint8Array): Promise<boolean> {
    this.assertUsable();
    return this.context.data.received.has(toHex(source));
  }

  async saveReceived(message: IMessage, sources: readonly Uint8Array[]): Promise<boolean> {
    this.assertUsable();
    this.context.assertSpooler('ReceivingStore.saveReceived');
    const { received } = this.context.data;
    const keys = sources.map(toHex);
    if (keys[0] !== undefined && received.has(keys[0])) return false;
    const added = keys.filter((key) => !received.has(key));
    for (const key of added) received.add(key); // at once: another spooler may be at the same message
    try {
      await message.saveChanges({ keepOpenReadWrite: true });
    } catch (error) {
      for (const key of added) received.delete(key);
      throw error;
    }
    for (const oldest of received) if (received.size > RECEIVED_SOURCES_MAX) received.delete(oldest);
    return true;
  }

  async readOutgoing(message: IMessage): Promise<OutgoingRecord> {
    this.#assertOutgoing('readOutgoing');
    return this.#outgoing.read(message);
  }

  async writeOutgoing(entryId: EntryId, change: OutgoingChange, message?: IMessage): Promise<number> {
    this.#assertOutgoing('writeOutgoing');
    return this.#outgoing.write(entryId, change, message);
  }

  async finishOutgoing(
    entryId: EntryId,
    change: OutgoingChange & { readonly lock: number },
    message?: IMessage,
  ): Promise<void> {
    this.#assertOutgoing('finishOutgoing');
    await this.#outgoing.finish(entryId, change, message);
  }

  async dueOutgoing(query: DueQuery): Promise<DuePage> {
    this.#assertOutgoing('dueOutgoing');
    return this.#outgoing.due(query);
  }

  async nextOutgoingMs(now: FileTime): Promise<number | undefined> {
    this.#assertOutgoing('nextOutgoingMs');
    return this.#outgoing.nextMs(now);
  }

  async outgoingHistory(entryId: EntryId): Promise<readonly OutgoingEvent[]> {
    this.#assertOutgoing('outgoingHistory');
    return this.#outgoing.history(entryId);
  }

  async finishedOutgoing(countMax: number): Promise<readonly FinishedOutgoing[]> {
    this.#assertOutgoing('finishedOutgoing');
    return this.#outgoing.finished(countMax);
  }

  async notifyNewMail(notification: NewMailNotification): Promise<void> {
    this.assertUsable();
    this.context.assertSpooler('IMsgStore.notifyNewMail');
    this.context.data.announce({ ...notification });
  }

  protected asProp(): IMAPIProp {
    return this;
  }

  protected assertUsable(): void {
    this.assertOpen();
  }

  protected assertModifiable(): void {
    this.context.assertWritable();
  }

  protected *entries(): Iterable<PropValue> {
    yield* this.context.data.props.values();
    yield* storeProps(this.context);
  }

  override async setProps<const T extends readonly PropTag[]>(
    values: CheckedProps<T>,
  ): Promise<readonly PropProblem[]> {
    const problems = await super.setProps(values);
    const name = propOf(values, PR_DISPLAY_NAME);
    if (name !== undefined && problems.every(({ tag }) => tag !== PR_DISPLAY_NAME)) {
      await nameSection(this.context.support, name);
    }
    return problems;
  }

  protected stored(): PropBag {
    return new PropBag(this.context.data.props.values(), { computed: isComputed(COMPUTED_ON_STORES) });
  }

  protected keep(bag: PropBag): void {
    this.context.data.props = mapOf(bag);
  }

  protected openObject(): undefined {
    return undefined;
  }

  protected override async onFinalRelease(): Promise<void> {
    const { data, owner, spooler } = this.context;
    for (const connection of this.#connections.values()) await connection[Symbol.asyncDispose]();
    this.#connections.clear();
    if (spooler) data.transact((tx) => releaseLocks(data, tx, owner));
    else await this.#logoff.released();
    await this.#onRelease();
  }

  #assertOutgoing(what: string): void {
    this.assertUsable();
    this.context.assertSpooler(`OutgoingStore.${what}`);
  }

  /** @throws MAPI_E_UNKNOWN_ENTRYID */
  #assertOwn(entryId: EntryId): void {
    objectOf(this.context.data.uid, entryId);
  }
}
