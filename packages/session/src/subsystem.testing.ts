/** A subsystem on files in memory, with the providers of the tests and a spooler that only takes notes. */
import { type Clock, memoryLog, seededRandom, systemClock } from '@nodemapi/base';
import {
  type DrainOptions,
  type OutgoingView,
  outgoingReport,
  type PreprocessorRegistration,
  type SentMailWish,
  type Spooler,
  type SpoolerHost,
  type SpoolerRoute,
} from '@nodemapi/kit';
import type { Catalogue, CatalogueProvider, OutgoingMessage, OutgoingReport, StoreLogoffResult } from '@nodemapi/mapi';
import { MemoryFiles } from './memory-files.testing.ts';
import { TestLibrary } from './providers.testing.ts';
import { Subsystem } from './subsystem.ts';
import type { SubsystemConfig } from './subsystem-config.ts';

const NO_OUTGOING: OutgoingReport = { sent: 0, failed: 0, left: 0, held: 0, unknown: 0, messages: [] };

/** Notes what it is asked to do; `messages` is what it says is queued. */
export class NotingSpooler implements Spooler {
  readonly calls: string[] = [];
  /** The time that its shutdown was given. */
  shutdownMs: number | undefined;
  readonly host: SpoolerHost;
  messages: readonly OutgoingMessage[] = [];
  detachAnswer: StoreLogoffResult = { complete: true, inbound: false, outbound: false, outboundQueue: false };
  drainAnswer: (options: DrainOptions) => Promise<OutgoingReport> = async () => NO_OUTGOING;
  #started: Promise<void> = Promise.resolve();

  constructor(host: SpoolerHost) {
    this.host = host;
  }

  start(): Promise<void> {
    this.calls.push('start');
    this.#started = this.host.openTransports().then(() => {});
    return this.#started;
  }

  ready(): Promise<void> {
    return this.#started;
  }

  async attachStore(store: { readonly displayName: string }): Promise<void> {
    this.calls.push(`attach ${store.displayName}`);
  }

  async detachStore(...[, mode]: Parameters<Spooler['detachStore']>): ReturnType<Spooler['detachStore']> {
    this.calls.push(`detach ${mode}`);
    return this.detachAnswer;
  }

  async notice(...[uid, notice]: Parameters<Spooler['notice']>): Promise<void> {
    this.calls.push(`notice ${uid === undefined ? 'store' : 'transport'} ${notice.kind}`);
  }

  async flushQueues(options: object): ReturnType<Spooler['flushQueues']> {
    this.calls.push(`flush ${Object.keys(options).join(' ')}`);
    return { sent: 0, failed: 0, left: 0, received: 0 };
  }

  flushAsked(): void {
    this.calls.push('flush asked');
  }

  async validateState(): Promise<void> {
    this.calls.push('validateState');
  }

  readonly preprocesses = true;
  /** What `route` answers. */
  routes: SpoolerRoute = { carriers: [], needsPreprocessing: false };

  registerPreprocessor(_uid: Uint8Array, { addrType }: PreprocessorRegistration): void {
    this.calls.push(`preprocessor ${addrType}`);
  }

  route(): SpoolerRoute {
    return this.routes;
  }

  async completeMsg(): Promise<void> {
    this.calls.push('completeMsg');
  }

  addressTypes(): readonly string[] {
    return ['SMTP'];
  }

  async outgoing(): Promise<readonly OutgoingMessage[]> {
    return this.messages;
  }

  get queue(): OutgoingView {
    return {
      counts: async () => [],
      page: () => this.outgoing(),
      of: () => this.outgoing(),
      find: () => this.outgoing(),
      findFinished: async () => [],
      findDrafts: async () => [],
      watch: () => ({ [Symbol.dispose]: () => {} }),
      history: async () => [],
      finished: async () => [],
      report: async () => outgoingReport(await this.outgoing()),
    };
  }

  async drain(options: DrainOptions): Promise<OutgoingReport> {
    this.calls.push('drain');
    return this.drainAnswer(options);
  }

  async cancel(): Promise<void> {
    this.calls.push('cancel');
  }

  async shutdown(deadlineMs: number): Promise<OutgoingReport> {
    this.calls.push('shutdown');
    this.shutdownMs = deadlineMs;
    return outgoingReport(this.messages);
  }

  async yield(): ReturnType<Spooler['yield']> {
    return { cancelled: false };
  }

  /** What the outbound hooks want. */
  wish: SentMailWish = {};

  async sentMail(): Promise<SentMailWish> {
    this.calls.push('sentMail');
    return this.wish;
  }

  async statusRecips(): Promise<object> {
    return {};
  }
  async hold(): Promise<void> {}
  async retry(): Promise<void> {}
}

const provider = (
  displayName: string,
  resourceType: CatalogueProvider['resourceType'],
  ...resourceFlags: readonly string[]
): CatalogueProvider => ({ displayName, providerDisplay: displayName, module: 'test', resourceType, resourceFlags });

/** Services: a store, another store, an address book, a transport, and one without an entry point. */
export const TEST_CATALOGUE: Catalogue = {
  services: {
    STORE: {
      displayName: 'Store service',
      module: 'test',
      resourceFlags: [],
      providers: [provider('Store', 'MAPI_STORE_PROVIDER', 'STATUS_DEFAULT_STORE')],
      options: { path: { tag: '0x6600001f', description: 'path', default: 'here' } },
    },
    ARCHIVE: {
      displayName: 'Archive service',
      module: 'test',
      resourceFlags: [],
      providers: [provider('Archive', 'MAPI_STORE_PROVIDER')],
      options: {},
    },
    BOOK: {
      displayName: 'Book service',
      module: 'test',
      resourceFlags: ['SERVICE_SINGLE_COPY', 'SERVICE_NO_PRIMARY_IDENTITY'],
      providers: [provider('Book', 'MAPI_AB_PROVIDER')],
      options: {},
    },
    MAIL: {
      displayName: 'Mail service',
      module: 'test',
      resourceFlags: [],
      providers: [provider('Transport', 'MAPI_TRANSPORT_PROVIDER', 'STATUS_PRIMARY_IDENTITY')],
      options: {},
    },
    LATE: {
      displayName: '',
      resourceFlags: [],
      providers: [provider('Late', 'MAPI_TRANSPORT_PROVIDER', 'STATUS_XP_PREFER_LAST', 'STATUS_PRIMARY_IDENTITY')],
      options: {},
    },
  },
  defaultServices: ['STORE', 'BOOK', 'MAIL'],
};

export class TestSubsystem {
  readonly library = new TestLibrary();
  readonly files: MemoryFiles;
  readonly log = memoryLog();
  readonly spoolers: NotingSpooler[] = [];
  readonly loaded: string[] = [];
  readonly subsystem: Subsystem;
  readonly config: SubsystemConfig;

  constructor(overrides: Partial<SubsystemConfig> & { readonly files?: MemoryFiles; readonly clock?: Clock } = {}) {
    this.files = overrides.files ?? new MemoryFiles();
    this.config = {
      home: '/home/test',
      clock: systemClock,
      random: seededRandom(1),
      log: this.log,
      catalogue: TEST_CATALOGUE,
      loadModule: async (name) => {
        this.loaded.push(name);
        return this.library.module;
      },
      createSpooler: (host) => {
        const spooler = new NotingSpooler(host);
        this.spoolers.push(spooler);
        return spooler;
      },
      ...overrides,
      files: this.files,
    };
    this.subsystem = new Subsystem(this.config);
  }

  /** Initialised, with the default profile `Work` of the default services. */
  static async withProfile(overrides: ConstructorParameters<typeof TestSubsystem>[0] = {}): Promise<TestSubsystem> {
    const made = new TestSubsystem(overrides);
    await made.subsystem.MAPIInitialize();
    await using admin = await made.subsystem.MAPIAdminProfiles();
    await admin.createProfile('Work', { defaultServices: true });
    await admin.setDefaultProfile('Work');
    made.library.calls.length = 0;
    return made;
  }
}
