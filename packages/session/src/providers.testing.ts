/** Small real providers whose every step a test can watch, and break. */
import { bytesEqual, nullLog, utf8Encode } from '@nodemapi/base';
import {
  AdviseHub,
  noSupport,
  PropBag,
  PropObject,
  RefCounted,
  StatusObject,
  StoreLogoff,
  snapshotTable,
} from '@nodemapi/kit';
import {
  AB_MODIFIABLE,
  AB_RECIPIENTS,
  type AdviseConnection,
  CURRENT_SPI_VERSION,
  type EntryId,
  encodeOneOff,
  entryIdData,
  type IABLogon,
  type IABProvider,
  type IMAPIAdviseSink,
  type IMAPIProp,
  type IMAPIStatus,
  type IMAPISupport,
  type IMAPITable,
  type IMSLogon,
  type IMSProvider,
  type IMsgStore,
  type IXPLogon,
  type IXPProvider,
  MapiError,
  type MapiErrorInfo,
  makeEntryId,
  PR_CONTAINER_FLAGS,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_IDENTITY_DISPLAY,
  PR_IDENTITY_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_OBJECT_TYPE,
  PR_RESOURCE_METHODS,
  PR_STATUS_CODE,
  PR_STORE_SUPPORT_MASK,
  type PropValue,
  type ProviderHost,
  type ProviderModule,
  prop,
  type ServiceEntryCall,
  STATUS_AVAILABLE,
  STATUS_VALIDATE_STATE,
  STORE_CREATE_OK,
  STORE_MODIFY_OK,
  STORE_NOTIFY_OK,
  STORE_SUBMIT_OK,
  type UserInterface,
} from '@nodemapi/mapi';
import { TestContainer, TestFolder } from './objects.testing.ts';

export const STORE_UID = utf8Encode('test store uid 0');
export const BOOK_UID = utf8Encode('test book uid 00');

const ANN = encodeOneOff({ displayName: 'Ann', addrType: 'SMTP', emailAddress: 'ann@b.c', sendRichInfo: false });
const SUPPORT_MASK = STORE_SUBMIT_OK | STORE_CREATE_OK | STORE_MODIFY_OK | STORE_NOTIFY_OK;

/** What tests may put in the way: each runs before the provider does its own work. */
export interface Behaviour {
  storeInit?: () => unknown;
  storeLogon?: () => unknown;
  storeLogoff?: () => unknown;
  storeShutdown?: () => unknown;
  bookLogon?: () => unknown;
  bookLogoff?: () => unknown;
  transportLogon?: () => unknown;
  transportLogoff?: () => unknown;
  openEntry?: () => unknown;
  openTemplateID?: (...args: Parameters<IABLogon['openTemplateID']>) => IMAPIProp;
  oneOffTable?: () => Promise<IMAPITable>;
  entry?: (call: ServiceEntryCall) => unknown;
  fastShutdown?: () => unknown;
  /** Of the status objects; told whose, and with what options. */
  validate?: (who: string, options: object) => unknown;
  doFastShutdown?: () => unknown;
}

/** A library with all three kinds of provider; `calls` says what was called, in order. */
export class TestLibrary {
  readonly calls: string[] = [];
  readonly hub = new AdviseHub();
  behaviour: Behaviour = {};
  spiVersion = CURRENT_SPI_VERSION;
  lastSupport: IMAPISupport | undefined;
  lastStore: IMsgStore | undefined;
  lastBookSupport: IMAPISupport | undefined;
  lastTransportSupport: IMAPISupport | undefined;
  lastTransport: IXPLogon | undefined;
  lastHost: ProviderHost | undefined;
  /** What the transport was logged on with, and the identifiers of the stores. */
  readonly logonArguments: unknown[] = [];
  /** Whom the transport might have asked. */
  readonly transportUis: unknown[] = [];
  /** PR_STORE_SUPPORT_MASK of the stores. */
  supportMask = SUPPORT_MASK;
  /** Objects that were handed out and not released. */
  open = 0;
  /** Whether the providers keep their support objects, as they must. */
  keepsSupport = true;
  /** What a store logon answers for the logon of the spooler, and what that was given. */
  spoolerSecurity: Uint8Array | undefined;
  givenSecurity: Uint8Array | undefined;
  storeWarning: MapiErrorInfo | undefined;
  /** What the transports say of their user. */
  identity: readonly PropValue[] = [prop(PR_IDENTITY_DISPLAY, 'Ann'), prop(PR_IDENTITY_ENTRYID, ANN)];
  /** Options of the last logon of a store or an address book, and the user interface that came with them. */
  lastLogon: { readonly options: object; readonly ui: UserInterface | undefined } | undefined;

  keep(support: IMAPISupport): IMAPISupport {
    return this.keepsSupport ? support.addRef() : support;
  }

  readonly module: ProviderModule = {
    MSProviderInit: async (host) => {
      this.lastHost = host;
      await this.did('MSProviderInit', this.behaviour.storeInit);
      return { provider: new TestMSProvider(this), spiVersion: this.spiVersion };
    },
    ABProviderInit: async (host) => {
      this.lastHost = host;
      await this.did('ABProviderInit');
      return { provider: new TestABProvider(this), spiVersion: this.spiVersion };
    },
    XPProviderInit: async (host) => {
      this.lastHost = host;
      await this.did('XPProviderInit');
      return { provider: new TestXPProvider(this), spiVersion: this.spiVersion };
    },
    ServiceEntry: async (call) => {
      this.calls.push(`entry ${call.context}`);
      await this.behaviour.entry?.(call);
    },
  };

  /** Notes a call; a behaviour that answers something other than undefined answers for the provider. */
  async did(what: string, behaviour?: () => unknown): Promise<unknown> {
    this.calls.push(what);
    return behaviour?.();
  }
}

export function storeEntryId(name: string): EntryId {
  return makeEntryId(STORE_UID, utf8Encode(name));
}

abstract class TestProvider extends RefCounted {
  readonly library: TestLibrary;

  constructor(library: TestLibrary) {
    super();
    this.library = library;
  }

  async queryFastShutdown(): Promise<void> {
    await this.library.did(`${this.iid}.queryFastShutdown`, this.library.behaviour.fastShutdown);
  }

  async notifyProcessShutdown(): Promise<void> {
    await this.library.did(`${this.iid}.notifyProcessShutdown`);
  }

  async doFastShutdown(): Promise<void> {
    await this.library.did(`${this.iid}.doFastShutdown`, this.library.behaviour.doFastShutdown);
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.library.did(`${this.iid}.release`);
  }
}

class TestMSProvider extends TestProvider implements IMSProvider {
  readonly iid = 'IMSProvider';

  async shutdown(): Promise<void> {
    await this.library.did('IMSProvider.shutdown', this.library.behaviour.storeShutdown);
  }

  async logon(
    ...[support, , entryId, options, ui]: Parameters<IMSProvider['logon']>
  ): ReturnType<IMSProvider['logon']> {
    this.library.logonArguments.push(entryId);
    this.library.lastLogon = { options, ui };
    const answer = await this.library.did('IMSProvider.logon', this.library.behaviour.storeLogon);
    return (answer as never) ?? this.#open(support);
  }

  async spoolerLogon(
    ...[support, , , security]: Parameters<IMSProvider['spoolerLogon']>
  ): ReturnType<IMSProvider['spoolerLogon']> {
    this.library.givenSecurity = security;
    await this.library.did('IMSProvider.spoolerLogon');
    return this.#open(support);
  }

  async compareStoreIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return bytesEqual(a, b);
  }

  async #open(support: IMAPISupport): ReturnType<IMSProvider['logon']> {
    this.library.lastSupport = this.library.keep(support);
    await using section = await support.openProfileSection(null);
    const { values } = await section.getProps([PR_DISPLAY_NAME]);
    await support.setProviderUID(STORE_UID);
    await support.modifyStatusRow(statusColumns(values[0] ?? ''));
    const store = new TestMsgStore(this.library, support, values[0] ?? '');
    this.library.lastStore = store;
    const { spoolerSecurity, storeWarning: warning } = this.library;
    const logon = new TestMSLogon(this.library, support);
    return { store, logon, spoolerSecurity, ...(warning === undefined ? {} : { warning }) };
  }
}

class TestMSLogon extends RefCounted implements IMSLogon {
  readonly iid = 'IMSLogon';
  readonly #library: TestLibrary;
  readonly #support: IMAPISupport;

  constructor(library: TestLibrary, support: IMAPISupport) {
    super();
    this.#library = library;
    this.#support = support;
  }

  async logoff(): Promise<void> {
    await this.#library.did('IMSLogon.logoff', this.#library.behaviour.storeLogoff);
    await this.#support.release();
  }

  readonly openEntry = (async (entryId: EntryId) => {
    const answer = await this.#library.did('IMSLogon.openEntry', this.#library.behaviour.openEntry);
    return answer ?? new TestFolder(this.#library, entryId);
  }) as IMSLogon['openEntry'];

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return bytesEqual(a, b);
  }

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    return this.#library.hub.advise(entryId, mask, sink);
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    this.#library.hub.unadvise(connection);
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    return new StatusObject(statusColumns('store'), {
      validateState: async (_ui, options = {}) => {
        this.#library.calls.push('validate');
        await this.#library.behaviour.validate?.('store', options);
      },
    });
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.#library.did('IMSLogon.release');
  }
}

class TestMsgStore extends PropObject implements IMsgStore {
  readonly iid = 'IMsgStore';
  readonly #library: TestLibrary;
  readonly #logoff: StoreLogoff;

  constructor(library: TestLibrary, support: IMAPISupport, name: string) {
    const entryId = support.wrapStoreEntryID(storeEntryId(name));
    const values = [
      prop(PR_ENTRYID, entryId),
      prop(PR_DISPLAY_NAME, name),
      prop(PR_STORE_SUPPORT_MASK, library.supportMask),
    ];
    super(new PropBag([...values, prop(PR_OBJECT_TYPE, 1)]));
    this.#library = library;
    this.#logoff = new StoreLogoff({ support, log: nullLog, hasQueue: () => false });
    library.open++;
  }

  readonly openEntry = (async (entryId: EntryId | null) => {
    const answer = await this.#library.did('IMsgStore.openEntry', this.#library.behaviour.openEntry);
    return answer ?? new TestFolder(this.#library, entryId ?? storeEntryId('root'));
  }) as IMsgStore['openEntry'];

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    return this.#library.hub.advise(entryId, mask, sink);
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    this.#library.hub.unadvise(connection);
  }

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return bytesEqual(a, b);
  }

  async getReceiveFolder(): ReturnType<IMsgStore['getReceiveFolder']> {
    return { entryId: storeEntryId('inbox'), explicitClass: '' };
  }

  async getReceiveFolderTable(): ReturnType<IMsgStore['getReceiveFolderTable']> {
    return snapshotTable([[prop(PR_MESSAGE_CLASS, '')]]);
  }

  storeLogoff(...[mode]: Parameters<IMsgStore['storeLogoff']>): ReturnType<IMsgStore['storeLogoff']> {
    return this.#logoff.request(mode);
  }

  async setReceiveFolder(): Promise<void> {
    noSupport('setReceiveFolder');
  }

  async abortSubmit(): Promise<void> {
    noSupport('abortSubmit');
  }

  async getOutgoingQueue(): ReturnType<IMsgStore['getOutgoingQueue']> {
    return noSupport('getOutgoingQueue');
  }

  async setLockState(): Promise<void> {
    noSupport('setLockState');
  }

  async finishedMsg(): Promise<void> {
    noSupport('finishedMsg');
  }

  async notifyNewMail(): Promise<void> {
    noSupport('notifyNewMail');
  }

  protected override async onFinalRelease(): Promise<void> {
    this.#library.open--;
    await this.#library.did('IMsgStore.release');
    await this.#logoff.released();
  }
}

class TestABProvider extends TestProvider implements IABProvider {
  readonly iid = 'IABProvider';

  async shutdown(): Promise<void> {
    await this.library.did('IABProvider.shutdown');
  }

  async logon(...[support, , options, ui]: Parameters<IABProvider['logon']>): Promise<IABLogon> {
    this.library.lastLogon = { options, ui };
    const answer = await this.library.did('IABProvider.logon', this.library.behaviour.bookLogon);
    if (answer !== undefined) return answer as IABLogon;
    this.library.keep(support);
    this.library.lastBookSupport = support;
    await support.setProviderUID(BOOK_UID);
    return new TestABLogon(this.library, support);
  }
}

class TestABLogon extends RefCounted implements IABLogon {
  readonly iid = 'IABLogon';
  readonly #library: TestLibrary;
  readonly #support: IMAPISupport;

  constructor(library: TestLibrary, support: IMAPISupport) {
    super();
    this.#library = library;
    this.#support = support;
  }

  async logoff(): Promise<void> {
    await this.#library.did('IABLogon.logoff', this.#library.behaviour.bookLogoff);
    await this.#support.release();
  }

  readonly openEntry = (async (entryId: EntryId | null) => {
    const isRoot = entryId === null;
    return new TestContainer(isRoot ? 'root' : new TextDecoder().decode(entryIdData(entryId, BOOK_UID)));
    // one answer for every interface: these tests ask for containers only
  }) as unknown as IABLogon['openEntry'];

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    return bytesEqual(a, b);
  }

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    return this.#library.hub.advise(entryId, mask, sink);
  }

  async unadvise(connection: number | AdviseConnection): Promise<void> {
    this.#library.hub.unadvise(connection);
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    return new StatusObject(statusColumns('book'), {
      validateState: async (_ui, options = {}) => void (await this.#library.behaviour.validate?.('book', options)),
    });
  }

  async openTemplateID(...args: Parameters<IABLogon['openTemplateID']>): Promise<IMAPIProp> {
    return this.#library.behaviour.openTemplateID?.(...args) ?? noSupport('openTemplateID');
  }

  async getOneOffTable(): Promise<IMAPITable> {
    return (await this.#library.behaviour.oneOffTable?.()) ?? noSupport('getOneOffTable');
  }

  async prepareRecips(...[, list]: Parameters<IABLogon['prepareRecips']>): ReturnType<IABLogon['prepareRecips']> {
    return list;
  }
}

class TestXPProvider extends TestProvider implements IXPProvider {
  readonly iid = 'IXPProvider';

  async shutdown(): Promise<void> {
    await this.library.did('IXPProvider.shutdown');
  }

  async transportLogon(
    ...[support, , options, ui]: Parameters<IXPProvider['transportLogon']>
  ): ReturnType<IXPProvider['transportLogon']> {
    this.library.logonArguments.push(options);
    this.library.transportUis.push(ui);
    const answer = await this.library.did('IXPProvider.transportLogon', this.library.behaviour.transportLogon);
    if (answer !== undefined) return answer as never;
    this.library.keep(support);
    this.library.lastTransportSupport = support;
    await support.modifyStatusRow([...statusColumns('transport'), ...this.library.identity]);
    this.library.lastTransport = new TestXPLogon(this.library, support);
    return { logon: this.library.lastTransport };
  }
}

class TestXPLogon extends RefCounted implements IXPLogon {
  readonly iid = 'IXPLogon';
  readonly #library: TestLibrary;
  readonly #support: IMAPISupport;

  constructor(library: TestLibrary, support: IMAPISupport) {
    super();
    this.#library = library;
    this.#support = support;
  }

  async transportLogoff(): Promise<void> {
    await this.#library.did('IXPLogon.transportLogoff', this.#library.behaviour.transportLogoff);
    await this.#support.release();
  }

  async addressTypes(): ReturnType<IXPLogon['addressTypes']> {
    return { types: ['SMTP'], uids: [] };
  }

  async openStatusEntry(): Promise<IMAPIStatus> {
    return new StatusObject(statusColumns('transport'), {
      validateState: async (_ui, options = {}) => void (await this.#library.behaviour.validate?.('transport', options)),
    });
  }

  async transportNotify(): Promise<void> {}
  async idle(): Promise<void> {}
  async validateState(): Promise<void> {}
  async flushQueues(): Promise<void> {}
  async startMessage(): Promise<void> {}

  async poll(): Promise<boolean> {
    return false;
  }

  async submitMessage(): Promise<never> {
    throw new MapiError('MAPI_E_NOT_ME', 'submitMessage');
  }

  async endMessage(): ReturnType<IXPLogon['endMessage']> {
    return 'sent';
  }
}

/** PR_CONTAINER_FLAGS of the one container of the test address book. */
export const CONTAINER_FLAGS = AB_RECIPIENTS | AB_MODIFIABLE;
export const CONTAINER_ROW = [
  prop(PR_ENTRYID, makeEntryId(BOOK_UID, utf8Encode('people'))),
  prop(PR_DISPLAY_NAME, 'People'),
  prop(PR_CONTAINER_FLAGS, CONTAINER_FLAGS),
];

function statusColumns(name: string): ReturnType<typeof prop<never>>[] {
  return [
    prop(PR_DISPLAY_NAME, name),
    prop(PR_STATUS_CODE, STATUS_AVAILABLE),
    prop(PR_RESOURCE_METHODS, STATUS_VALIDATE_STATE),
  ] as never;
}
