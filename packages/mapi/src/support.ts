/** MAPI: IMAPISupport, what the subsystem does for a provider. Which methods work depends on the kind of provider. spec: imapisupportiunknown */
import type { MapiWarningCode } from '@nodemapi/base';
import type { DetailsOptions, DetailsResult, IAddrBook } from './addr-book.ts';
import type { AdrParm } from './adr-parm.ts';
import type { OpensEntries } from './container.ts';
import type { EntryId, MapiUid } from './entry-id.ts';
import type { IMAPIFolder } from './folder.ts';
import type { CopyOptions, CopyResult, IMAPIProp } from './mapi-prop.ts';
import type { BufferAllocator } from './memory.ts';
import type { IMessage } from './message.ts';
import type { StoreLogoffMode, StoreLogoffResult } from './msg-store.ts';
import type { IMAPIAdviseSink, NewMailNotification, Notification } from './notification.ts';
import type { IProfSect } from './prof-sect.ts';
import type { IMAPIProgress } from './progress.ts';
import type { PropTag } from './prop-tag.ts';
import type { PropValue } from './prop-value.ts';
import type { StorageOnStreamOptions } from './provider-host.ts';
import type { AdrList } from './recipient.ts';
import type { OpenProfileSectionOptions, WithWarning } from './session.ts';
import type { IStorage, IStream } from './stream.ts';
import type { IMAPITable } from './table.ts';
import type { HasLastError, IUnknown } from './unknown.ts';
import type { UserInterface } from './user-interface.ts';

/** NOTIFY_NEWMAIL, NOTIFY_READYTOSEND, … with the data that belongs to each. spec: imapisupport-spoolernotify */
export type SpoolerNotice =
  | { readonly kind: 'newMail' | 'readyToSend' | 'critSec' | 'nonCrit' | 'configChange' }
  | { readonly kind: 'sentDeferred'; readonly entryId: EntryId }
  | { readonly kind: 'criticalError'; readonly error: string }
  | { readonly kind: 'newMailReceived'; readonly notification: NewMailNotification };

/** The numbers of MAPI for what providers tell the spooler, NOTIFY_NEWMAIL … NOTIFY_NEWMAIL_RECEIVED. spec: imapisupport-spoolernotify */
export const SPOOLER_NOTICES: Readonly<Record<SpoolerNotice['kind'], number>> = {
  newMail: 0x1,
  readyToSend: 0x2,
  sentDeferred: 0x4,
  critSec: 0x1000,
  nonCrit: 0x2000,
  configChange: 0x4000,
  criticalError: 0x1000_0000,
  newMailReceived: 0x2000_0000,
};

/** MAPI: PREPROCESSMESSAGE and REMOVEPREPROCESSINFO of one registration. */
export interface Preprocessor {
  /**
   * Makes a message ready for its transport, in the message itself. It submits nothing and releases nothing that it was
   * given; it may run again on the same message if a process dies.
   *
   * @param context `folder` is where further messages can be made; those that it answers the spooler submits and releases
   * @returns `messages` without the one that was given; `undeliverable` as for `statusRecips`
   */
  preprocessMessage(
    message: IMessage,
    context: { readonly folder: IMAPIFolder },
  ): Promise<{ readonly messages: readonly IMessage[]; readonly undeliverable: AdrList }>;
  /** Takes away what was added for the transmission; called when the message has been sent. */
  removePreprocessInfo(message: IMessage): Promise<void>;
}

export interface IMAPISupport extends IUnknown, HasLastError, OpensEntries {
  readonly iid: 'IMAPISupport';
  getMemAllocRoutines(): BufferAllocator;
  /** Registers a sink under a key. @returns the connection, nonzero */
  subscribe(key: Uint8Array, mask: number, sink: IMAPIAdviseSink, options?: { readonly sync?: boolean }): number;
  /** @throws MAPI_E_NOT_FOUND */
  unsubscribe(connection: number): void;
  /** Hands events to the sinks under a key: queued, never inside the caller's call, unless they asked for sync. */
  notify(key: Uint8Array, notifications: readonly Notification[]): { readonly cancelled: boolean };
  /** Adds the provider's status row; `update` merges the given columns into it. */
  modifyStatusRow(columns: readonly PropValue[], options?: { readonly update?: boolean }): Promise<void>;
  /** The caller's own section with null. */
  openProfileSection(uid: MapiUid | null, options?: OpenProfileSectionOptions): Promise<IProfSect>;
  registerPreprocessor(uid: MapiUid | null, addrType: string | null, preprocessor: Preprocessor): Promise<void>;
  newUID(): MapiUid;
  /** Afterwards every call on the object but `release` fails with MAPI_E_INVALID_OBJECT. */
  makeInvalid(object: IUnknown): Promise<void>;
  /** Lets the spooler work. MAPI_W_CANCEL_MESSAGE: stop the message in hand. */
  spoolerYield(): Promise<{ readonly warning?: MapiWarningCode }>;
  spoolerNotify(notice: SpoolerNotice): Promise<void>;
  createOneOff(
    displayName: string | null,
    addrType: string,
    emailAddress: string,
    options?: { readonly noRichInfo?: boolean },
  ): Promise<EntryId>;
  setProviderUID(uid: MapiUid): Promise<void>;
  compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean>;
  openTemplateID(templateId: EntryId, data: IMAPIProp, options?: { readonly fillEntry?: boolean }): Promise<IMAPIProp>;
  getOneOffTable(): Promise<IMAPITable>;
  /** As by the address book. */
  address(ui?: UserInterface, parm?: AdrParm, list?: AdrList | null): Promise<AdrList>;
  details(entryId: EntryId, ui?: UserInterface, options?: DetailsOptions): Promise<DetailsResult>;
  newEntry(container: EntryId | null, template: EntryId | null, ui?: UserInterface): Promise<EntryId>;
  /**
   * Shows the standard property sheet; `topPage` is the page shown first, from 0.
   *
   * @throws MAPI_E_USER_CANCEL; MAPI_E_NO_SUPPORT without a user interface
   */
  doConfigPropsheet(
    display: IMAPITable,
    data: IMAPIProp,
    ui?: UserInterface,
    options?: { readonly title?: string; readonly topPage?: number },
  ): Promise<void>;
  copyMessages(
    source: IMAPIFolder,
    entryIds: readonly EntryId[],
    destination: IMAPIFolder,
    options?: CopyOptions,
  ): Promise<CopyResult>;
  copyFolder(
    source: IMAPIFolder,
    entryId: EntryId,
    destination: IMAPIFolder,
    options?: CopyOptions & { readonly newName?: string; readonly subfolders?: boolean },
  ): Promise<CopyResult>;
  /** Copies by the contract alone, so that it works between providers. */
  doCopyTo(
    source: IMAPIProp,
    exclude: readonly PropTag[] | undefined,
    destination: IMAPIProp,
    options?: CopyOptions,
  ): Promise<CopyResult>;
  doCopyProps(
    source: IMAPIProp,
    include: readonly PropTag[],
    destination: IMAPIProp,
    options?: CopyOptions,
  ): Promise<CopyResult>;
  doProgressDialog(ui?: UserInterface): Promise<IMAPIProgress>;
  readReceipt(message: IMessage, empty: IMessage, options?: { readonly nonRead?: boolean }): Promise<void>;
  prepareSubmit(message: IMessage): Promise<void>;
  /** Expands lists, resolves one-offs, drops duplicate recipients. */
  expandRecips(message: IMessage): Promise<{ readonly needsPreprocessing: boolean; readonly needsSpooler: boolean }>;
  doSentMail(message: IMessage): Promise<void>;
  openAddressBook(): Promise<WithWarning<IAddrBook>>;
  completeMsg(entryId: EntryId): Promise<void>;
  storeLogoffTransports(mode: StoreLogoffMode): Promise<StoreLogoffResult>;
  /** Makes delivery and non-delivery reports for recipients of a message. */
  statusRecips(message: IMessage, recipients: AdrList): Promise<{ readonly warning?: MapiWarningCode }>;
  /** The public form of a store's private identifier. */
  wrapStoreEntryID(entryId: EntryId): EntryId;
  /** Makes a store's section permanent and lists the store. */
  modifyProfile(): Promise<void>;
  /**
   * Opens the compound file in a stream. The storage holds a reference of its own; the caller's stays the caller's.
   *
   * @throws MAPI_E_CORRUPT_DATA if the stream has none; MAPI_E_NO_ACCESS to change a stream that is for reading
   * @see spec: imapisupport-istoragefromstream
   */
  iStorageFromStream(stream: IStream, options?: StorageOnStreamOptions): Promise<IStorage>;
  getSvcConfigSupportObj(): Promise<IMAPISupport>;
}
