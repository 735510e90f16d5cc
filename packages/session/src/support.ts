/** Support objects of a session: what the subsystem does for one logon of one provider. spec: imapisupportiunknown */
import { MapiError } from '@nodemapi/base';
import {
  type AdviseHub,
  fileSentMessage,
  noSupport,
  queryAllRows,
  type SessionIdentity,
  type Spooler,
  SupportBase,
  type SupportKind,
} from '@nodemapi/kit';
import {
  type AdrList,
  type AdrParm,
  type BufferAllocator,
  type DetailsOptions,
  type DetailsResult,
  type EntryId,
  type IAddrBook,
  type IMAPIProp,
  type IMAPISession,
  type IMAPISupport,
  type IMAPITable,
  type IMessage,
  type InterfaceMap,
  type InterfaceName,
  type IProfSect,
  type IUnknown,
  type MapiUid,
  type MapiWarningCode,
  MSGFLAG_RESEND,
  type OpenEntryOptions,
  type OpenedEntry,
  type OpenProfileSectionOptions,
  PR_MESSAGE_FLAGS,
  type Preprocessor,
  type PropValue,
  type ProviderHost,
  type SpoolerNotice,
  type StoreLogoffMode,
  type StoreLogoffResult,
  type UserInterface,
  type WithWarning,
} from '@nodemapi/mapi';
import { uidText } from './admin-context.ts';
import { openSection, type SectionSource } from './prof-sect.ts';
import { type UidText, uidBytes } from './profile.ts';
import { checkNotice } from './spooler-notices.ts';
import { makeReadReport, preparedForResend, routeRecipients } from './support-mail.ts';
import type { TargetRegistry } from './target-registry.ts';

/** What a support object asks of its session; a configuration support object has none. */
export interface SupportSession {
  readonly hub: AdviseHub;
  spooler(): Spooler | undefined;
  setProviderUID(uid: MapiUid): void;
  modifyStatusRow(columns: readonly PropValue[], update: boolean): Promise<void>;
  storeLogoff(mode: StoreLogoffMode): Promise<StoreLogoffResult>;
  /** The last reference to the support object is gone: its logon has nothing to show any more. */
  released(): Promise<void>;
  openEntry(entryId: EntryId, options: OpenEntryOptions): Promise<OpenedEntry>;
  compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean>;
  openAddressBook(): Promise<WithWarning<IAddrBook>>;
  openTemplateID(templateId: EntryId, data: IMAPIProp, options: object): Promise<IMAPIProp>;
  openOneOffTable(): Promise<IMAPITable>;
  /** Makes the section of a store permanent. */
  modifyProfile(): Promise<void>;
  /** The transport that is tightly coupled with this store; undefined if none is. */
  coupledTransport(): Promise<MapiUid | undefined>;
  /** Who the session sends for. */
  identity(): SessionIdentity | undefined;
  /** IMAPIGetSession: the session this logon belongs to, where it belongs to one. */
  session(): IMAPISession | undefined;
}

export interface SupportConfig {
  readonly kind: SupportKind;
  readonly host: ProviderHost;
  readonly allocator: BufferAllocator;
  readonly sections: SectionSource;
  readonly targets: TargetRegistry;
  readonly profileName: string;
  /** The provider's own section. */
  readonly section: UidText;
  readonly moduleName: string | undefined;
  readonly session: SupportSession | undefined;
}

export class SessionSupport extends SupportBase {
  readonly #config: SupportConfig;

  constructor(config: SupportConfig) {
    super({
      kind: config.kind,
      host: config.host,
      allocator: config.allocator,
      ...(config.session === undefined ? {} : { hub: config.session.hub }),
      ...(config.moduleName === undefined ? {} : { moduleName: config.moduleName }),
    });
    this.#config = config;
  }

  /** IMAPIGetSession. @throws MAPI_E_NO_SUPPORT where no one session is meant */
  getMAPISession(): IMAPISession {
    return this.#session('getMAPISession').session() ?? noSupport('IMAPIGetSession: the logon is shared');
  }

  override async setProviderUID(uid: MapiUid): Promise<void> {
    this.assertOffers('setProviderUID');
    uidText(uid);
    this.#session('setProviderUID').setProviderUID(uid);
  }

  override async modifyStatusRow(
    columns: readonly PropValue[],
    options: { readonly update?: boolean } = {},
  ): Promise<void> {
    this.assertOffers('modifyStatusRow');
    await this.#session('modifyStatusRow').modifyStatusRow(columns, options.update === true);
  }

  override async openProfileSection(uid: MapiUid | null, options: OpenProfileSectionOptions = {}): Promise<IProfSect> {
    this.assertOffers('openProfileSection');
    for (const name of Object.keys(options)) {
      if (!['modify', 'deferredErrors', 'forceAccess'].includes(name)) {
        throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `IMAPISupport.openProfileSection has no option ${name}`);
      }
    }
    const { sections, profileName, section } = this.#config;
    const text = uid === null ? section : uidText(uid);
    const byProvider = this.kind !== 'configuration';
    return openSection(sections, profileName, text, { modify: options.modify === true, byProvider });
  }

  override openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  override openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  override async openEntry(entryId: EntryId | null, options: OpenEntryOptions = {}): Promise<never> {
    this.assertOffers('openEntry');
    if (entryId === null)
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'IMAPISupport.openEntry without an identifier');
    return (await this.#session('openEntry').openEntry(entryId, options)) as never;
  }

  override async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    this.assertOffers('compareEntryIDs');
    return this.#session('compareEntryIDs').compareEntryIDs(a, b);
  }

  override async openAddressBook(): Promise<WithWarning<IAddrBook>> {
    this.assertOffers('openAddressBook');
    return this.#session('openAddressBook').openAddressBook();
  }

  /** @throws MAPI_E_UNKNOWN_ENTRYID if the provider of the template is not there: the entry is read-only then */
  override async openTemplateID(templateId: EntryId, data: IMAPIProp, options: object = {}): Promise<IMAPIProp> {
    this.assertOffers('openTemplateID');
    const unknown = Object.keys(options).find((name) => name !== 'fillEntry');
    if (unknown !== undefined) {
      throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `IMAPISupport.openTemplateID has no option ${unknown}`);
    }
    return this.#session('openTemplateID').openTemplateID(templateId, data, options);
  }

  override async getOneOffTable(): Promise<IMAPITable> {
    this.assertOffers('getOneOffTable');
    return this.#session('getOneOffTable').openOneOffTable();
  }

  override async newEntry(container: EntryId | null, template: EntryId | null, ui?: UserInterface): Promise<EntryId> {
    this.assertOffers('newEntry');
    await using book = await this.#addressBook();
    return await book.newEntry(container, template, ui);
  }

  override async details(entryId: EntryId, ui?: UserInterface, options?: DetailsOptions): Promise<DetailsResult> {
    this.assertOffers('details');
    await using book = await this.#addressBook();
    return await book.details(entryId, ui, options);
  }

  override async address(ui?: UserInterface, parm: AdrParm = {}, list: AdrList | null = null): Promise<AdrList> {
    this.assertOffers('address');
    await using book = await this.#addressBook();
    if (parm.sdi !== true) return await book.address(ui, parm, list);
    const dialogs = book.addRef(); // the dialog outlives the call
    const onDismiss: AdrParm['onDismiss'] = (result) => {
      void dialogs.release();
      parm.onDismiss?.(result);
    };
    return await dialogs.address(ui, { ...parm, onDismiss }, list);
  }

  override async makeInvalid(object: IUnknown): Promise<void> {
    this.assertOffers('makeInvalid');
    this.#config.targets.invalidate(object);
  }

  override async modifyProfile(): Promise<void> {
    this.assertOffers('modifyProfile');
    await this.#session('modifyProfile').modifyProfile();
  }

  /** Without a spooler (MAPI_NO_MAIL) nobody hears it. */
  override async spoolerNotify(notice: SpoolerNotice): Promise<void> {
    this.assertOffers('spoolerNotify');
    const isTransport = this.kind === 'transport';
    checkNotice(isTransport ? 'transport' : 'store', notice);
    const uid = isTransport ? uidBytes(this.#config.section) : undefined;
    await this.#session('spoolerNotify').spooler()?.notice(uid, notice);
  }

  /** @throws MAPI_E_NO_SUPPORT without a spooler, which nobody transmits for then */
  override async registerPreprocessor(
    uid: MapiUid | null,
    addrType: string | null,
    preprocessor: Preprocessor,
  ): Promise<void> {
    this.assertOffers('registerPreprocessor');
    if (uid !== null) uidText(uid);
    const spooler = this.#session('registerPreprocessor').spooler() ?? noSupport('a preprocessor without a spooler');
    spooler.registerPreprocessor(uidBytes(this.#config.section), { uid, addrType, preprocessor });
  }

  override async expandRecips(message: IMessage): ReturnType<SupportBase['expandRecips']> {
    const answer = await super.expandRecips(message);
    const session = this.#session('expandRecips');
    const spooler = session.spooler();
    if (spooler === undefined) return answer;
    const coupled = await session.coupledTransport();
    return spooler.preprocesses || coupled !== undefined ? routeRecipients(message, spooler, coupled) : answer;
  }

  /** @throws MAPI_E_NO_SUPPORT unless a transport has the store as its own */
  override async completeMsg(entryId: EntryId): Promise<void> {
    this.assertOffers('completeMsg');
    const session = this.#session('completeMsg');
    const spooler = session.spooler() ?? noSupport('IMAPISupport.completeMsg without a spooler');
    if ((await session.coupledTransport()) === undefined)
      noSupport('IMAPISupport.completeMsg of a store that is coupled with no transport');
    await spooler.completeMsg(entryId);
  }

  override async spoolerYield(): Promise<{ readonly warning?: MapiWarningCode }> {
    this.assertOffers('spoolerYield');
    const answer = await this.#session('spoolerYield').spooler()?.yield(uidBytes(this.#config.section));
    return answer?.cancelled === true ? { warning: 'MAPI_W_CANCEL_MESSAGE' } : {};
  }

  override async statusRecips(message: IMessage, recipients: AdrList): Promise<{ readonly warning?: MapiWarningCode }> {
    this.assertOffers('statusRecips');
    const spooler = this.#session('statusRecips').spooler() ?? noSupport('IMAPISupport.statusRecips without a spooler');
    return spooler.statusRecips(message, recipients);
  }

  override async storeLogoffTransports(mode: StoreLogoffMode): Promise<StoreLogoffResult> {
    this.assertOffers('storeLogoffTransports');
    return this.#session('storeLogoffTransports').storeLogoff(mode);
  }

  override async readReceipt(
    message: IMessage,
    empty: IMessage,
    options: { readonly nonRead?: boolean } = {},
  ): Promise<void> {
    this.assertOffers('readReceipt');
    const session = this.#session('readReceipt');
    const { clock, log } = this.host;
    await makeReadReport(message, empty, {
      clock,
      log,
      identity: session.identity(),
      nonRead: options.nonRead === true,
      openEntry: (entryId) => session.openEntry(entryId, {}),
    });
  }

  /** Without a spooler (MAPI_NO_MAIL) no hook sees the message. */
  override async doSentMail(message: IMessage): Promise<void> {
    this.assertOffers('doSentMail');
    await fileSentMessage(message, {
      wish: async () => (await this.#session('doSentMail').spooler()?.sentMail(message)) ?? {},
      openFolder: (entryId) => this.openEntry(entryId, { iid: 'IMAPIFolder', modify: true }),
    });
  }

  /** Prepares a message that is sent again. spec: imapisupport-preparesubmit */
  override async prepareSubmit(message: IMessage): Promise<void> {
    this.assertOffers('prepareSubmit');
    const { values } = await message.getProps([PR_MESSAGE_FLAGS]);
    if (((values[0] ?? 0) & MSGFLAG_RESEND) === 0) return;
    await using table = await message.getRecipientTable();
    await message.modifyRecipients('modify', (await queryAllRows(table)).map(preparedForResend));
  }

  override async getSvcConfigSupportObj(): Promise<IMAPISupport> {
    this.assertOffers('getSvcConfigSupportObj');
    return new SessionSupport({ ...this.#config, kind: 'configuration', session: undefined });
  }

  async #addressBook(): Promise<IAddrBook> {
    return (await this.#session('openAddressBook').openAddressBook()).object;
  }

  protected override async onFinalRelease(): Promise<void> {
    await super.onFinalRelease();
    await this.#config.session?.released();
  }

  #session(method: string): SupportSession {
    return this.#config.session ?? noSupport(`IMAPISupport.${method} without a session`);
  }
}
