/** Everything around a spooler in a test: a virtual clock, a store in memory, scripted transports, and a host. */
import { tmpdir } from 'node:os';
import { type Log, type MemoryLog, memoryLog, type Random, seededRandom, toHex, VirtualClock } from '@nodemapi/base';
import {
  openReceiveFolder,
  type SessionIdentity,
  type Spooler,
  type SpoolerHook,
  type SpoolerHost,
  StandaloneSupport,
  standaloneHost,
} from '@nodemapi/kit';
import {
  type EntryId,
  encodeOneOff,
  type IMAPIFolder,
  type IMessage,
  type IMsgStore,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_MESSAGE_CLASS,
  PR_RECIPIENT_TYPE,
  PR_STATUS_STRING,
  PR_SUBJECT,
  type PropTag,
  type PropValue,
  prop,
  propOf,
  type Row,
} from '@nodemapi/mapi';
import { createMemoryStore, type MemoryStore } from '@nodemapi/store-memory';
import type { SpoolerOptions } from './options.ts';
import type { ScriptedTransport } from './scripted-transport.testing.ts';
import { createSpooler } from './spooler.ts';

export const ME: SessionIdentity = {
  displayName: 'Me',
  addrType: 'SMTP',
  emailAddress: 'me@example.org',
  entryId: encodeOneOff({ displayName: 'Me', addrType: 'SMTP', emailAddress: 'me@example.org', sendRichInfo: true }),
};

export interface WorldOptions {
  readonly transports?: readonly ScriptedTransport[];
  readonly options?: SpoolerOptions;
  readonly identity?: SessionIdentity | null;
  readonly unavailable?: readonly string[];
  readonly hooks?: readonly SpoolerHook[];
  readonly seed?: number;
  /** The support object of the store says that messages have to be preprocessed. */
  readonly preprocessing?: boolean;
}

/** What one process has: its host and its spooler. */
export interface Process {
  readonly spooler: Spooler;
  readonly host: SpoolerHost;
  readonly store: IMsgStore;
  readonly closed: string[];
}

class PreprocessingSupport extends StandaloneSupport {
  override async expandRecips(message: IMessage): ReturnType<StandaloneSupport['expandRecips']> {
    return { ...(await super.expandRecips(message)), needsPreprocessing: true };
  }
}

export class World {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly log: MemoryLog = memoryLog();
  readonly statusTexts: string[] = [];
  readonly client: IMsgStore;
  readonly memory: MemoryStore;
  transports: readonly ScriptedTransport[];
  #processes = 0;
  readonly #given: WorldOptions;

  private constructor(given: WorldOptions, random: Random, memory: (clock: VirtualClock, log: Log) => MemoryStore) {
    this.#given = given;
    this.random = random;
    this.transports = given.transports ?? [];
    this.memory = memory(this.clock, this.log);
    this.client = this.memory.open();
  }

  static async make(given: WorldOptions = {}): Promise<World> {
    const random = seededRandom(given.seed ?? 1);
    const Support = given.preprocessing === true ? PreprocessingSupport : StandaloneSupport;
    const support = new Support({ kind: 'store', host: await standaloneHost({ random, home: tmpdir() }) });
    return new World(given, random, (clock, log) => createMemoryStore(support, { clock, random, log }));
  }

  /** A world with one spooler that has started. */
  static async started(given: WorldOptions = {}): Promise<World & { readonly main: Process }> {
    const world = await World.make(given);
    const main = await world.process();
    await main.spooler.start();
    return Object.assign(world, { main });
  }

  /** Another process with the store; not started. `wrap` may put something between spooler and store. */
  async process(
    options: SpoolerOptions = {},
    wrap: (store: IMsgStore) => IMsgStore = (store) => store,
  ): Promise<Process> {
    const store = this.memory.openSpooler();
    const closed: string[] = [];
    const host: SpoolerHost = {
      clock: this.clock,
      random: this.random,
      log: this.log,
      owner: `process ${++this.#processes}`,
      openTransports: async () => this.transports.map((transport) => transport.asTransport()),
      openHooks: async () => this.#given.hooks ?? [],
      closeTransport: async (uid) => void closed.push(toHex(uid)),
      defaultStore: () => STORE_ID,
      identity: async () => (this.#given.identity === null ? undefined : (this.#given.identity ?? ME)),
      updateStatus: (columns) => void this.statusTexts.push(propOf(columns, PR_STATUS_STRING) ?? ''),
      unavailableTransports: () => this.#given.unavailable ?? [],
    };
    const spooler = createSpooler(host, { retryJitter: 0, ...this.#given.options, ...options });
    await spooler.attachStore({ entryId: STORE_ID, displayName: 'Store', store: wrap(store) });
    return { spooler, host, store, closed };
  }

  /** Submits a message; its recipients are SMTP addresses, or `TYPE:address`. */
  async submit(subject: string, to: readonly string[], props: readonly PropValue[] = []): Promise<EntryId> {
    const message = await this.draft(subject, to, props);
    await message.saveChanges({ keepOpenReadWrite: true });
    const { values } = await message.getProps([PR_ENTRYID]);
    await message.submitMessage();
    await message.release();
    return values[0] as EntryId;
  }

  async draft(subject: string, to: readonly string[], props: readonly PropValue[] = []): Promise<IMessage> {
    await using outbox = await this.outbox();
    const message = await outbox.createMessage();
    await message.setProps([prop(PR_SUBJECT, subject), prop(PR_MESSAGE_CLASS, 'IPM.Note'), ...props]);
    await message.modifyRecipients('add', to.map(recipient));
    return message;
  }

  async outbox(): Promise<IMAPIFolder> {
    const { values } = await this.client.getProps([PR_IPM_OUTBOX_ENTRYID]);
    return this.client.openEntry(values[0] as EntryId, { iid: 'IMAPIFolder', modify: true });
  }

  /** Lets `ms` pass, with everything that comes of it. */
  async pass(ms = 0): Promise<void> {
    await turns();
    await this.clock.advance(ms);
    await turns();
  }

  /** Rows of the folder that takes messages of a class. */
  async received(messageClass: string, tags: readonly PropTag[] = [PR_MESSAGE_CLASS]): Promise<readonly Row[]> {
    await using folder = await openReceiveFolder(this.client, messageClass);
    await using table = await folder.getContentsTable();
    await table.setColumns(tags);
    return await table.queryRows(1000);
  }

  /** Messages of the outgoing queue. */
  async queued(): Promise<number> {
    await using store = this.memory.openSpooler();
    await using queue = await store.getOutgoingQueue();
    return await queue.getRowCount();
  }
}

export const STORE_ID: EntryId = new Uint8Array([0, 0, 0, 0, 1, 2, 3]);

function recipient(text: string): readonly PropValue[] {
  const match = /^([A-Z]+):(.*)$/u.exec(text);
  const [type, address] = match === null ? ['SMTP', text] : [match[1] ?? '', match[2] ?? ''];
  return [
    prop(PR_RECIPIENT_TYPE, MAPI_TO),
    prop(PR_DISPLAY_NAME, address),
    prop(PR_ADDRTYPE, type),
    prop(PR_EMAIL_ADDRESS, address),
    prop(PR_ENTRYID, encodeOneOff({ displayName: address, addrType: type, emailAddress: address, sendRichInfo: true })),
  ];
}

/** Lets everything that is ready happen: promises, and what waits for a turn of the event loop. */
export async function turns(count = 12): Promise<void> {
  for (let index = 0; index < count; index++) await new Promise((resolve) => setImmediate(resolve));
}

/** The store, each of whose calls takes a random time. */
export function jittered(store: IMsgStore, random: Random): IMsgStore {
  const slow: IMsgStore = new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'addRef') return () => slow;
      return async (...args: unknown[]) => {
        await turns(random.uint32() % 5);
        return Reflect.apply(value, target, args);
      };
    },
  });
  return slow;
}

/** The store as one of somebody else is: with the documented methods only. */
export function contractOnly(store: IMsgStore): IMsgStore {
  const plain: IMsgStore = overlaid(store, { addRef: () => plain, writeOutgoing: undefined });
  return plain;
}

/** The object with some of its methods replaced. */
export function overlaid<T extends object>(target: T, methods: Readonly<Record<string, unknown>>): T {
  return new Proxy(target, {
    get: (object, name) => {
      if (typeof name === 'string' && Object.hasOwn(methods, name)) return methods[name];
      const value: unknown = Reflect.get(object, name, object);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}
