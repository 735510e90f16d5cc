import { bytesEqual, concatBytes } from '@nodemapi/base';
import { type DisplayField, noSupport, RefCounted, StatusEntry, showSettings, snapshotTable } from '@nodemapi/kit';
import {
  type AdrEntry,
  type AdrList,
  type AdviseConnection,
  assertInterface,
  connectionNumber,
  ENTRY_ID_HEADER_BYTES,
  type EntryId,
  type IABLogon,
  type IDistList,
  type IMAPIAdviseSink,
  type IMAPIStatus,
  type IMAPISupport,
  type IMAPITable,
  type IMailUser,
  type InterfaceMap,
  type InterfaceName,
  MapiError,
  type Notification,
  type ObjectNotification,
  type OpenEntryOptions,
  type OpenedEntry,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  type PropTag,
  type PropValue,
  type ProviderHost,
  propOf,
} from '@nodemapi/mapi';
import { type ContainerKind, containerId, LocalABContainer } from './ab-container.ts';
import type { BookChange } from './book.ts';
import type { BookContext } from './book-context.ts';
import { allProps, type BookEntry, type EntryKind, idOfEntry, OBJECT_TYPES } from './book-entry.ts';
import { type BookObject as BookObjectId, isOfThisProvider, parseBookEntryId } from './book-entry-id.ts';
import { PR_BOOK_PATH } from './book-path.ts';
import { LocalDistList } from './dist-list.ts';
import type { NewEntry } from './entry-object.ts';
import { LocalMailUser } from './mail-user.ts';
import { prepareRecipients } from './name-resolution.ts';
import type { BookHold } from './shared-books.ts';
import { statusRow } from './status-row.ts';
import { kindOfTemplate, templateRows } from './templates.ts';

export interface LogonParts {
  readonly host: ProviderHost;
  /** Belongs to the logon, which releases it. */
  readonly support: IMAPISupport;
  /** Belongs to the logon. */
  readonly hold: BookHold;
  readonly displayName: string;
  /** The logons of this provider object by the same profile, this one included: they share the provider's MAPIUID. */
  readonly siblings: () => Iterable<LocalABLogon>;
  readonly onLogoff: () => void;
}

/**
 * The open address book of one profile.
 *
 * - Notifications follow the commit; they go to whoever is registered for the entry, for its container, or for all
 *   (no identifier).
 * - After `logoff` all objects of the logon are MAPI_E_INVALID_OBJECT.
 */
export class LocalABLogon extends RefCounted implements IABLogon {
  readonly iid = 'IABLogon';
  readonly #context: BookContext;
  readonly #hold: BookHold;
  readonly #stop: () => void;
  readonly #siblings: () => Iterable<LocalABLogon>;
  readonly #onLogoff: () => void;
  /** Sets this logon's subscriptions apart from those of others on the same book. */
  readonly #keyPrefix: Uint8Array;
  readonly #status: StatusEntry;
  #closed = false;

  constructor({ host, support, hold, displayName, siblings, onLogoff }: LogonParts) {
    super();
    this.#siblings = siblings;
    this.#onLogoff = onLogoff;
    this.#hold = hold;
    this.#keyPrefix = host.random.bytes(8);
    this.#context = {
      book: hold.book,
      support,
      clock: host.clock,
      displayName,
      contentsTable: (list) => hold.tables.open(list),
      open: (entryId, options) => this.#openAny(entryId, options),
      assertOpen: () => this.#assertLoggedOn(),
    };
    this.#status = new StatusEntry({
      logon: () => this,
      support,
      columns: () => statusRow(displayName, hold.book.path),
      methods: {
        validateState: () => this.#validateState(),
        settingsDialog: async (ui, how) => void (await showSettings(support, SETTINGS, ui, how)),
      },
    });
    this.#stop = hold.book.onChange((change) => this.#tell(change));
  }

  async logoff(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#onLogoff();
    this.#stop();
    await this.#status.close();
    try {
      await this.#hold[Symbol.asyncDispose]();
    } finally {
      await this.#context.support.release();
    }
  }

  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  async openEntry(entryId: EntryId | null, options: OpenEntryOptions = {}): Promise<InterfaceMap[InterfaceName]> {
    this.#assertLoggedOn();
    if (entryId === null) return this.#openContainer('root', options);
    const found = parseBookEntryId(this.#context.book.uid, entryId);
    if (found === undefined) return this.#ownerOf(entryId).openEntry(entryId, options);
    if (found.kind === 'root' || found.kind === 'container') return this.#openContainer(found.kind, options);
    if (found.kind === 'mailUser' || found.kind === 'distList') return this.#openRecipient(found, options);
    const kind = kindOfTemplate(this.#context.book.uid, entryId);
    assertInterface(kind === 'mailUser' ? 'IMailUser' : 'IDistList', options.iid);
    return this.#make(kind, {}, isWritable(false, options));
  }

  /** The logon on the book that an identifier is of. @throws MAPI_E_NOT_FOUND if there is none */
  #ownerOf(entryId: EntryId): LocalABLogon {
    for (const logon of this.#siblings()) if (logon !== this && logon.#owns(entryId)) return logon;
    throw new MapiError('MAPI_E_NOT_FOUND', 'the identifier is of another address book file');
  }

  #owns(entryId: EntryId): boolean {
    return !this.#closed && parseBookEntryId(this.#context.book.uid, entryId) !== undefined;
  }

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    this.#assertLoggedOn();
    for (const entryId of [a, b]) parseBookEntryId(this.#context.book.uid, entryId);
    return bytesEqual(a.subarray(FLAG_BYTES), b.subarray(FLAG_BYTES));
  }

  /** @throws MAPI_E_INVALID_ENTRYID for what cannot be registered for; MAPI_E_UNKNOWN_ENTRYID for identifiers of others */
  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    this.#assertLoggedOn();
    const { support, book } = this.#context;
    const target = entryId ?? containerId(book.uid, 'root');
    checkAdvisable(book.uid, target);
    const connection = support.subscribe(this.#key(target), mask, sink);
    const cancel = async (): Promise<void> => {
      if (!this.#closed) await this.unadvise(connection).catch(unlessUnknown);
    };
    return { connection, [Symbol.asyncDispose]: cancel };
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    this.#assertLoggedOn();
    this.#context.support.unsubscribe(connectionNumber(connection));
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    this.#assertLoggedOn();
    return this.#status.open();
  }

  async openTemplateID(): Promise<never> {
    this.#assertLoggedOn();
    return noSupport('IABLogon.openTemplateID: entries of this address book are bound to no template');
  }

  /** Templates for recipients of a message: an Internet address. */
  async getOneOffTable(): Promise<IMAPITable> {
    this.#assertLoggedOn();
    return snapshotTable(templateRows(this.#context.book.uid, ['mailUserTemplate']));
  }

  async prepareRecips(tags: readonly PropTag[] | null, list: AdrList): Promise<AdrList> {
    this.#assertLoggedOn();
    return prepareRecipients(list, tags, (recipient) => this.#propsOf(recipient));
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.logoff();
  }

  #assertLoggedOn(): void {
    if (this.#closed) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the address book was logged off');
  }

  async #validateState(): Promise<void> {
    this.#assertLoggedOn();
    this.#context.book.count();
    await this.#context.support.modifyStatusRow(statusRow(this.#context.displayName, this.#context.book.path));
  }

  async #openAny(entryId: EntryId | null, options: OpenEntryOptions = {}): Promise<OpenedEntry> {
    if (entryId === null || isOfThisProvider(entryId)) return this.openEntry(entryId, options);
    return this.#context.support.openEntry(entryId, options);
  }

  #openContainer(kind: ContainerKind, options: OpenEntryOptions): LocalABContainer {
    assertInterface('IABContainer', options.iid);
    const writable = isWritable(kind === 'container', options);
    return new LocalABContainer(this.#context, kind, writable, (made, how) => this.#make(made, how, true));
  }

  #openRecipient({ kind, number }: BookObjectId, options: OpenEntryOptions): IMailUser | IDistList {
    const entry = this.#context.book.entry(number);
    if (entry === undefined || entry.kind !== kind) throw new MapiError('MAPI_E_NOT_FOUND', `entry ${number} is gone`);
    assertInterface(entry.kind === 'mailUser' ? 'IMailUser' : 'IDistList', options.iid);
    return this.#make(entry.kind, entry, isWritable(true, options));
  }

  #make(kind: EntryKind, from: BookEntry | NewEntry, writable: boolean): IMailUser | IDistList {
    if (kind === 'mailUser') return new LocalMailUser(this.#context, from, writable);
    return new LocalDistList(this.#context, from, writable, (made, how) => this.#make(made, how, true));
  }

  /** Stored properties of a recipient of this provider; undefined for others. @throws MAPI_E_NOT_FOUND */
  #propsOf(recipient: AdrEntry): readonly PropValue[] | undefined {
    const entryId = propOf(recipient, PR_ENTRYID);
    if (entryId === undefined || !isOfThisProvider(entryId)) return undefined;
    const { book } = this.#context;
    const found = parseBookEntryId(book.uid, entryId);
    const entry = found === undefined ? undefined : book.entry(found.number);
    if (entry !== undefined && entry.kind === found?.kind) return allProps(book.uid, entry);
    throw new MapiError('MAPI_E_NOT_FOUND', 'a recipient of the address book does not exist any more');
  }

  #tell({ created, modified, deleted = [] }: BookChange): void {
    const { uid } = this.#context.book;
    const events: ObjectNotification[] = [];
    if (created !== undefined) events.push(notification('objectCreated', uid, created));
    if (modified !== undefined) events.push(notification('objectModified', uid, modified));
    for (const entry of deleted) events.push(notification('objectDeleted', uid, entry));
    for (const event of events) {
      for (const target of [event.entryId, containerId(uid, 'container'), containerId(uid, 'root')]) {
        this.#context.support.notify(this.#key(target), [event as Notification]);
      }
    }
  }

  #key(target: EntryId): Uint8Array {
    return concatBytes([this.#keyPrefix, target.subarray(FLAG_BYTES)]);
  }
}

/** The settings of the address book, as its dialog shows them. */
const SETTINGS: readonly DisplayField[] = [
  { label: 'Name', tag: PR_DISPLAY_NAME },
  { label: 'File', tag: PR_BOOK_PATH, readOnly: true },
];

/** Flags of an identifier; what follows tells objects apart. */
const FLAG_BYTES = 4;

function notification(
  kind: 'objectCreated' | 'objectModified' | 'objectDeleted',
  book: Uint8Array,
  entry: BookEntry,
): ObjectNotification {
  const parentId = containerId(book, 'container');
  return { kind, objectType: OBJECT_TYPES[entry.kind], entryId: idOfEntry(book, entry), parentId };
}

/** Whether the object opens for writing. @throws MAPI_E_NO_ACCESS if that is asked for and not allowed */
function isWritable(allowed: boolean, { modify, bestAccess }: OpenEntryOptions): boolean {
  if (modify && !allowed) throw new MapiError('MAPI_E_NO_ACCESS', 'this object cannot be modified');
  return allowed && (modify === true || bestAccess === true);
}

function checkAdvisable(book: Uint8Array, entryId: EntryId): void {
  if (entryId.length < ENTRY_ID_HEADER_BYTES) {
    throw new MapiError('MAPI_E_INVALID_ENTRYID', `an identifier of ${entryId.length} bytes`);
  }
  const found = parseBookEntryId(book, entryId);
  if (found === undefined)
    throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'the identifier is of another address book file');
  if (found.kind !== 'mailUserTemplate' && found.kind !== 'distListTemplate') return;
  throw new MapiError('MAPI_E_INVALID_ENTRYID', 'templates do not change');
}

/** A connection that was cancelled by number already is no failure of its disposal. */
function unlessUnknown(error: unknown): void {
  if (!MapiError.is(error, 'MAPI_E_NOT_FOUND')) throw error;
}
