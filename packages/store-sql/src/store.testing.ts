import { hostname } from 'node:os';
import { join } from 'node:path';
import { type FileTime, toHex, VirtualClock } from '@nodemapi/base';
import type { StoreUnderTest, SubsystemDouble } from '@nodemapi/conformance';
import { type StandaloneHost, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  type IMessage,
  type IMSLogon,
  type IMSProvider,
  type IMsgStore,
  MAPI_TO,
  MapiError,
  type MapiErrorCode,
  PR_DISPLAY_NAME,
  PR_MESSAGE_CLASS,
  PR_RECIPIENT_TYPE,
  prop,
  type SpoolerNotice,
} from '@nodemapi/mapi';
import { checkStore } from './check.ts';
import { PR_STORE_SQL_PATH } from './config.ts';
import { MSProviderInit } from './ms-provider.ts';
import { MsgStoreObject } from './msg-store.ts';
import { processOwner } from './process-owner.ts';
import { StoreContext } from './store-context.ts';
import { StoreFile } from './store-file.ts';

/** What all support objects of one test share. */
class Subsystem implements SubsystemDouble {
  readonly reports: { readonly nonRead: boolean }[] = [];
  readonly calls: string[] = [];
  preprocessing = false;
  failure: MapiErrorCode | undefined;

  note(call: string): void {
    this.calls.push(call);
    if (this.failure !== undefined) throw new MapiError(this.failure, `${call} was made to fail`);
  }
}

class TestSupport extends StandaloneSupport {
  readonly #subsystem: Subsystem;

  constructor(host: StandaloneHost, path: string, subsystem: Subsystem) {
    super({ kind: 'store', host, section: [prop(PR_STORE_SQL_PATH, path)] });
    this.#subsystem = subsystem;
  }

  override async readReceipt(_message: IMessage, empty: IMessage, options: { nonRead?: boolean } = {}): Promise<void> {
    this.#subsystem.note('readReceipt');
    this.#subsystem.reports.push({ nonRead: options.nonRead === true });
    const kind = options.nonRead === true ? 'IPNNRN' : 'IPNRN';
    await empty.setProps([prop(PR_MESSAGE_CLASS, `REPORT.IPM.Note.${kind}`)]);
    await empty.modifyRecipients('add', [[prop(PR_DISPLAY_NAME, 'Sender'), prop(PR_RECIPIENT_TYPE, MAPI_TO)]]);
  }

  override async prepareSubmit(_message: IMessage): Promise<void> {
    this.#subsystem.note('prepareSubmit');
  }

  override async spoolerNotify(notice: SpoolerNotice): Promise<void> {
    this.#subsystem.calls.push('spoolerNotify');
    await super.spoolerNotify(notice);
  }

  override async expandRecips(message: IMessage): Promise<{ needsPreprocessing: boolean; needsSpooler: boolean }> {
    this.#subsystem.note('expandRecips');
    const { needsSpooler } = await super.expandRecips(message);
    return { needsPreprocessing: this.#subsystem.preprocessing, needsSpooler };
  }
}

/** Logons to store files in a directory of their own, through as many provider objects as wanted. */
export class SqlStoreFixture implements AsyncDisposable {
  readonly host: StandaloneHost;
  readonly clock: VirtualClock;
  readonly subsystem = new Subsystem();
  readonly #paths = new Set<string>();
  #open: { readonly store: IMsgStore; readonly logon: IMSLogon | undefined; readonly support: TestSupport }[] = [];
  #providers: IMSProvider[] = [];

  private constructor(host: StandaloneHost, clock: VirtualClock) {
    this.host = host;
    this.clock = clock;
  }

  static async create(): Promise<SqlStoreFixture> {
    const clock = new VirtualClock();
    return new SqlStoreFixture(await standaloneHost({ clock }), clock);
  }

  path(name: string): string {
    return join(this.host.home, `${name}.mapidb`);
  }

  /** Opens a store; with `apart` through a provider object of its own, as another process would. */
  async open(options: { name?: string; write?: boolean; spooler?: boolean; apart?: boolean } = {}): Promise<IMsgStore> {
    const { name = 'store', write = true, spooler = false, apart = false } = options;
    const path = this.path(name);
    this.#paths.add(path);
    const support = new TestSupport(this.host, path, this.subsystem);
    const provider = await this.#provider(apart);
    const { store, logon } = spooler
      ? await provider.spoolerLogon(support, 'test', null, undefined)
      : await provider.logon(support, 'test', null, { write });
    this.#open.push({ store, logon, support });
    return store;
  }

  /** Closes every store, and checks the files. */
  async closeStores(): Promise<void> {
    for (const { store, logon, support } of this.#open.reverse()) {
      await store.release();
      await logon?.logoff();
      await logon?.release();
      await support.release();
    }
    this.#open = [];
    for (const provider of this.#providers) await provider.shutdown();
    this.#providers = [];
    const paths = [...this.#paths];
    this.#paths.clear();
    for (const path of paths) {
      const problems = checkStore(path);
      if (problems.length > 0) throw new Error(`${path}: ${problems.map(({ message }) => message).join('; ')}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.closeStores();
    } finally {
      await this.host[Symbol.asyncDispose]();
    }
  }

  async #provider(apart: boolean): Promise<IMSProvider> {
    const [first] = this.#providers;
    if (first !== undefined && !apart) return first;
    const { provider } = await MSProviderInit(this.host);
    if (apart) this.#providers.push(provider);
    else this.#providers.unshift(provider);
    return provider;
  }
}

/** The store for the conformance suites. */
export async function storeUnderTest(): Promise<StoreUnderTest> {
  return underTest(await SqlStoreFixture.create());
}

async function underTest(fixture: SqlStoreFixture): Promise<StoreUnderTest> {
  const { clock } = fixture;
  const close = (): Promise<void> => fixture[Symbol.asyncDispose]();
  return {
    subsystem: fixture.subsystem,
    store: await fixture.open(),
    spoolerStore: await fixture.open({ spooler: true }),
    secondSpooler: () => fixture.open({ spooler: true, apart: true }),
    readOnlyStore: () => fixture.open({ write: false }),
    secondStore: () => fixture.open({ apart: true }),
    otherStore: () => fixture.open({ name: `other-${toHex(fixture.host.random.bytes(4))}` }),
    reopen: async () => {
      await fixture.closeStores();
      return underTest(fixture);
    },
    now: (): FileTime => clock.now(),
    advance: async (ms) => {
      await clock.advance(ms);
    },
    settle: async () => {
      await clock.advance(300); // other connections are looked at every 250 ms
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
    close,
  };
}

/** A store with its file in hand, for tests of what happens underneath. */
export interface RawStore extends AsyncDisposable {
  readonly file: StoreFile;
  readonly store: IMsgStore;
  readonly spoolerStore: IMsgStore;
  /** Gives the file no more room than this. */
  limitPages(pages: number): void;
  /** The owner that a process of this machine would be. */
  ownerOf(pid: number): string;
  /** Another connection to the same file. */
  openAgain(): Promise<StoreFile>;
}

export async function rawStore(): Promise<RawStore> {
  const host = await standaloneHost();
  const path = join(host.home, 'raw.mapidb');
  const file = await StoreFile.open(host, path);
  const support = new StandaloneSupport({ kind: 'store', host });
  const open = (spooler: boolean): MsgStoreObject => {
    const owner = `${file.owner}/${spooler}`;
    return new MsgStoreObject(new StoreContext({ file, support, writable: true, spooler, owner }), async () => {});
  };
  const store = open(false);
  const spoolerStore = open(true);
  return {
    file,
    store,
    spoolerStore,
    limitPages: (pages) => file.db.exec(`PRAGMA max_page_count = ${pages}`),
    ownerOf: (pid) => processOwner({ ...file.fates, pid }, hostname(), 'test'),
    openAgain: () => StoreFile.open(host, path),
    [Symbol.asyncDispose]: async () => {
      await store.release();
      await spoolerStore.release();
      await file[Symbol.asyncDispose]();
      const problems = checkStore(path);
      await host[Symbol.asyncDispose]();
      if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('; '));
    },
  };
}
