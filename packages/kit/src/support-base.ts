import { bytesEqual, guidToBytes, newGuid } from '@nodemapi/base';
import {
  type AdrList,
  type AdrParm,
  type BufferAllocator,
  type CopyOptions,
  type CopyResult,
  type DetailsOptions,
  type DetailsResult,
  type EntryId,
  encodeOneOff,
  type IAddrBook,
  type IMAPIAdviseSink,
  type IMAPIFolder,
  type IMAPIProgress,
  type IMAPIProp,
  type IMAPISupport,
  type IMAPITable,
  type IMessage,
  type InterfaceMap,
  type InterfaceName,
  type IProfSect,
  type IStorage,
  type IStream,
  type IUnknown,
  MapiError,
  type MapiUid,
  type MapiWarningCode,
  type Notification,
  type OpenEntryOptions,
  type OpenedEntry,
  type OpenProfileSectionOptions,
  type Preprocessor,
  type PropTag,
  type PropValue,
  type ProviderHost,
  type SpoolerNotice,
  type StorageOnStreamOptions,
  type StoreLogoffMode,
  type StoreLogoffResult,
  type UserInterface,
  type WithWarning,
} from '@nodemapi/mapi';
import { AdviseHub } from './advise-hub.ts';
import { copyFolderBetween, copyMessagesBetween, sendPendingReports } from './copy-folder.ts';
import { copyProps, copyTo } from './copy-object.ts';
import { expandRecips } from './expand-recips.ts';
import { noSupport } from './no-support.ts';
import { Progress } from './progress.ts';
import { withProgress } from './progress-steps.ts';
import { type PropertySheetOptions, showPropertySheet } from './property-sheet.ts';
import { RefCounted } from './ref-counted.ts';
import { wrapStoreEntryID } from './store-entry-id.ts';
import { SUPPORT_METHODS, type SupportKind, type SupportMethod } from './support-methods.ts';

export interface SupportBaseOptions {
  readonly kind: SupportKind;
  readonly host: ProviderHost;
  /** Shared by the support objects whose providers shall hear each other; default: one of its own. */
  readonly hub?: AdviseHub;
  readonly allocator?: BufferAllocator;
  /** The module that `wrapStoreEntryID` names; without it the method is MAPI_E_NO_SUPPORT. */
  readonly moduleName?: string;
}

/**
 * What every support object can do by itself: notifications, identifiers, copying, recipients.
 *
 * A method that does not belong to the kind of support object is MAPI_E_NO_SUPPORT, and so is every method that needs
 * a session, until a subclass overrides it; the override asks `assertOffers` first.
 *
 * spec: imapisupportiunknown
 */
export class SupportBase extends RefCounted implements IMAPISupport {
  readonly iid = 'IMAPISupport';
  readonly kind: SupportKind;
  protected readonly host: ProviderHost;
  protected readonly hub: AdviseHub;
  readonly #connections = new Set<number>();
  readonly #allocator: BufferAllocator | undefined;
  readonly #moduleName: string | undefined;

  constructor(options: SupportBaseOptions) {
    super();
    this.kind = options.kind;
    this.host = options.host;
    this.hub = options.hub ?? new AdviseHub({ log: options.host.log });
    this.#allocator = options.allocator;
    this.#moduleName = options.moduleName;
  }

  getMemAllocRoutines(): BufferAllocator {
    this.assertOffers('getMemAllocRoutines');
    return this.#allocator ?? noSupport('IMAPISupport.getMemAllocRoutines');
  }

  subscribe(key: Uint8Array, mask: number, sink: IMAPIAdviseSink, options?: { readonly sync?: boolean }): number {
    this.assertOffers('subscribe');
    const { connection } = this.hub.advise(key, mask, sink, options);
    this.#connections.add(connection);
    return connection;
  }

  unsubscribe(connection: number): void {
    this.assertOffers('unsubscribe');
    if (!this.#connections.delete(connection)) throw new MapiError('MAPI_E_NOT_FOUND', `no connection ${connection}`);
    this.hub.unadvise(connection);
  }

  notify(key: Uint8Array, notifications: readonly Notification[]): { readonly cancelled: boolean } {
    this.assertOffers('notify');
    return this.hub.notify(key, notifications);
  }

  newUID(): MapiUid {
    this.assertOffers('newUID');
    return guidToBytes(newGuid(this.host.random));
  }

  /** Without a name the address stands for it; rich text is announced unless it is refused or goes to the Internet. */
  async createOneOff(
    displayName: string | null,
    addrType: string,
    emailAddress: string,
    options: { readonly noRichInfo?: boolean } = {},
  ): Promise<EntryId> {
    this.assertOffers('createOneOff');
    if (addrType === '' || emailAddress === '') {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a one-off address needs a type and an address');
    }
    const sendRichInfo = options.noRichInfo !== true && addrType.toUpperCase() !== 'SMTP';
    return encodeOneOff({ displayName: displayName ?? emailAddress, addrType, emailAddress, sendRichInfo });
  }

  wrapStoreEntryID(entryId: EntryId): EntryId {
    this.assertOffers('wrapStoreEntryID');
    return wrapStoreEntryID(this.#moduleName ?? noSupport('IMAPISupport.wrapStoreEntryID'), entryId);
  }

  async copyMessages(
    source: IMAPIFolder,
    entryIds: readonly EntryId[],
    destination: IMAPIFolder,
    options: CopyOptions = {},
  ): Promise<CopyResult> {
    this.assertOffers('copyMessages');
    await sendPendingReports(source, entryIds);
    return {
      problems: [],
      ...(await copyMessagesBetween(source, entryIds, destination, await withProgress(this, options), copyTo)),
    };
  }

  async copyFolder(
    source: IMAPIFolder,
    entryId: EntryId,
    destination: IMAPIFolder,
    options: CopyOptions & { readonly newName?: string; readonly subfolders?: boolean } = {},
  ): Promise<CopyResult> {
    this.assertOffers('copyFolder');
    return {
      problems: [],
      ...(await copyFolderBetween(source, entryId, destination, await withProgress(this, options), copyTo)),
    };
  }

  async doCopyTo(
    source: IMAPIProp,
    exclude: readonly PropTag[] | undefined,
    destination: IMAPIProp,
    options?: CopyOptions,
  ): Promise<CopyResult> {
    this.assertOffers('doCopyTo');
    return copyTo(source, exclude, destination, await withProgress(this, options ?? {}));
  }

  async doCopyProps(
    source: IMAPIProp,
    include: readonly PropTag[],
    destination: IMAPIProp,
    options?: CopyOptions,
  ): Promise<CopyResult> {
    this.assertOffers('doCopyProps');
    return copyProps(source, include, destination, await withProgress(this, options ?? {}));
  }

  /** No preprocessors are known here, and the spooler is needed for every message. */
  async expandRecips(
    message: IMessage,
  ): Promise<{ readonly needsPreprocessing: boolean; readonly needsSpooler: boolean }> {
    this.assertOffers('expandRecips');
    await expandRecips(message, () => this.#addressBook());
    return { needsPreprocessing: false, needsSpooler: true };
  }

  async modifyStatusRow(_columns: readonly PropValue[], _options?: { readonly update?: boolean }): Promise<void> {
    noSupport('IMAPISupport.modifyStatusRow');
  }

  async openProfileSection(_uid: MapiUid | null, _options?: OpenProfileSectionOptions): Promise<IProfSect> {
    return noSupport('IMAPISupport.openProfileSection');
  }

  async registerPreprocessor(_uid: MapiUid | null, _addrType: string | null, _with: Preprocessor): Promise<void> {
    noSupport('IMAPISupport.registerPreprocessor');
  }

  async makeInvalid(_object: IUnknown): Promise<void> {
    noSupport('IMAPISupport.makeInvalid');
  }

  async spoolerYield(): Promise<{ readonly warning?: MapiWarningCode }> {
    return noSupport('IMAPISupport.spoolerYield');
  }

  async spoolerNotify(_notice: SpoolerNotice): Promise<void> {
    noSupport('IMAPISupport.spoolerNotify');
  }

  async setProviderUID(_uid: MapiUid): Promise<void> {
    noSupport('IMAPISupport.setProviderUID');
  }

  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  async openEntry(_entryId: EntryId | null, _options?: OpenEntryOptions): Promise<never> {
    return noSupport('IMAPISupport.openEntry');
  }

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    this.assertOffers('compareEntryIDs');
    if (bytesEqual(a, b)) return true;
    return noSupport('IMAPISupport.compareEntryIDs: only their provider can compare different identifiers');
  }

  async openTemplateID(_templateId: EntryId, _data: IMAPIProp, _options?: object): Promise<IMAPIProp> {
    return noSupport('IMAPISupport.openTemplateID');
  }

  async getOneOffTable(): Promise<IMAPITable> {
    return noSupport('IMAPISupport.getOneOffTable');
  }

  async address(_ui?: UserInterface, _parm?: AdrParm, _list?: AdrList | null): Promise<AdrList> {
    return noSupport('IMAPISupport.address');
  }

  async details(_entryId: EntryId, _ui?: UserInterface, _options?: DetailsOptions): Promise<DetailsResult> {
    return noSupport('IMAPISupport.details');
  }

  async newEntry(_container: EntryId | null, _template: EntryId | null, _ui?: UserInterface): Promise<EntryId> {
    return noSupport('IMAPISupport.newEntry');
  }

  async doConfigPropsheet(
    display: IMAPITable,
    data: IMAPIProp,
    ui?: UserInterface,
    options: PropertySheetOptions = {},
  ): Promise<void> {
    this.assertOffers('doConfigPropsheet');
    for (const name of Object.keys(options)) {
      if (name === 'title' || name === 'topPage') continue;
      throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `IMAPISupport.doConfigPropsheet has no option ${name}`);
    }
    await showPropertySheet(display, data, ui ?? noSupport('a property sheet without a user interface'), options);
  }

  async doProgressDialog(ui?: UserInterface): Promise<IMAPIProgress> {
    this.assertOffers('doProgressDialog');
    return new Progress('MAPI', ui);
  }

  async readReceipt(_message: IMessage, _empty: IMessage, _options?: object): Promise<void> {
    noSupport('IMAPISupport.readReceipt');
  }

  async prepareSubmit(_message: IMessage): Promise<void> {
    noSupport('IMAPISupport.prepareSubmit');
  }

  async doSentMail(_message: IMessage): Promise<void> {
    noSupport('IMAPISupport.doSentMail');
  }

  async openAddressBook(): Promise<WithWarning<IAddrBook>> {
    return noSupport('IMAPISupport.openAddressBook');
  }

  async completeMsg(_entryId: EntryId): Promise<void> {
    noSupport('IMAPISupport.completeMsg');
  }

  async storeLogoffTransports(_mode: StoreLogoffMode): Promise<StoreLogoffResult> {
    return noSupport('IMAPISupport.storeLogoffTransports');
  }

  async statusRecips(_message: IMessage, _recipients: AdrList): Promise<{ readonly warning?: MapiWarningCode }> {
    return noSupport('IMAPISupport.statusRecips');
  }

  async modifyProfile(): Promise<void> {
    noSupport('IMAPISupport.modifyProfile');
  }

  async iStorageFromStream(stream: IStream, options?: StorageOnStreamOptions): Promise<IStorage> {
    this.assertOffers('iStorageFromStream');
    const { storageOnStream } = this.host;
    if (storageOnStream === undefined) noSupport('IMAPISupport.iStorageFromStream');
    return storageOnStream(stream.addRef(), options);
  }

  async getSvcConfigSupportObj(): Promise<IMAPISupport> {
    return noSupport('IMAPISupport.getSvcConfigSupportObj');
  }

  /** @throws MAPI_E_NO_SUPPORT for a method that support objects of this kind do not have */
  protected assertOffers(method: SupportMethod): void {
    this.assertOpen();
    if (!SUPPORT_METHODS[this.kind].has(method)) noSupport(`IMAPISupport.${method} of a ${this.kind} provider`);
  }

  protected override async onFinalRelease(): Promise<void> {
    for (const connection of this.#connections) this.hub.unadvise(connection);
    this.#connections.clear();
  }

  async #addressBook(): Promise<IAddrBook | undefined> {
    try {
      return (await this.openAddressBook()).object;
    } catch (error) {
      if (MapiError.is(error, 'MAPI_E_NO_SUPPORT')) return undefined;
      throw error;
    }
  }
}
