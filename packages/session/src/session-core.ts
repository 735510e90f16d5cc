/**
 * What all members of one session share: profile, providers, status table, spooler.
 *
 * - Address books are logged on with the session, stores when they are opened, transports when the spooler starts.
 * - The spooler exists from the first member with mail on until the last member has left.
 * - The last member ends transports, address books and stores, in this order, each provider once.
 */
import { LatestRead, MapiError, Mutex, toHex } from '@nodemapi/base';
import type { SessionInfo } from '@nodemapi/hub';
import { AdviseHub, type Spooler, unwrapStoreEntryID } from '@nodemapi/kit';
import {
  type IMAPISession,
  type MapiUid,
  type OutgoingReport,
  PR_DISPLAY_NAME,
  PR_PROVIDER_DLL_NAME,
  PR_RESOURCE_FLAGS,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  type PropValue,
  prop,
  propOf,
  STATUS_FAILURE,
  STATUS_INBOUND_FLUSH,
  STATUS_OUTBOUND_FLUSH,
  STATUS_TEMP_SECTION,
  type StoreLogoffMode,
  type StoreLogoffResult,
  type UserInterface,
} from '@nodemapi/mapi';
import { AddressBooks } from './address-books.ts';
import type { BufferPool } from './buffer-pool.ts';
import { EntryRouter } from './entry-router.ts';
import { MessagingHooks } from './hooks.ts';
import { MessageStores, NOTHING_LEFT } from './message-stores.ts';
import { type Profile, removeProvider, sectionValue, uidBytes } from './profile.ts';
import { ProviderObjects } from './provider-objects.ts';
import { type ProviderRef, type ProviderSlot, RESOURCE_TYPE_OF } from './provider-slot.ts';
import { ServiceGate } from './service-gate.ts';
import { validateServices } from './service-validation.ts';
import type { SessionEnvironment, SessionParts, SlotOptions } from './session-context.ts';
import { SessionEvents } from './session-events.ts';
import { identityOf, spoolerHost } from './spooler-host.ts';
import { coupledTransports, SPOOLER_ROW, StatusTable } from './status-table.ts';
import { type StoreDefaults, StoreTable, storeFlags, storeIdOf } from './store-table.ts';
import { SessionSupport } from './support.ts';
import { Teardown } from './teardown.ts';
import { Transports } from './transports.ts';
import { UidRegistry } from './uid-registry.ts';

/** What a spooler needs to abort what did not end in time, and to account for it. */
const spoolerAbortMs = 2500;

export interface SessionOptions {
  /** How processes know the session. */
  readonly info: SessionInfo;
  readonly buffers: BufferPool;
  /** MAPI_NT_SERVICE, which the entry points of providers are told. */
  readonly ntService?: boolean;
}

export class SessionCore implements SessionParts {
  readonly environment: SessionEnvironment;
  readonly info: SessionInfo;
  readonly profileName: string;
  readonly hub: AdviseHub;
  readonly events: SessionEvents;
  readonly uids = new UidRegistry();
  readonly status: StatusTable;
  readonly gate: ServiceGate;
  readonly objects: ProviderObjects;
  readonly stores: MessageStores;
  readonly addressBooks: AddressBooks;
  readonly transports: Transports;
  readonly hooks: MessagingHooks;
  readonly router: EntryRouter;
  readonly storeTable: StoreTable;
  readonly defaults: StoreDefaults = { default: undefined, extraFlags: new Map() };
  readonly #buffers: BufferPool;
  readonly #slots = new Set<ProviderSlot>();
  #finalOutgoing: OutgoingReport | undefined;
  /** Stores that are being opened for the spooler, by section. */
  readonly #attaching = new Map<string, Promise<void>>();
  /** Stores that the spooler could not use. */
  readonly #unattached = new Set<string>();
  readonly #background = new Set<Promise<unknown>>();
  readonly #storesSeen = new LatestRead();
  /** What providers say of their state is shown in the order in which they say it. */
  readonly #statusTurns: Mutex;
  #use: AsyncDisposable | undefined;
  #onDefaultStore: (() => Promise<void>) | undefined;
  #watch: Disposable | undefined;
  #spooler: Spooler | undefined;
  #spoolerStarted: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(environment: SessionEnvironment, options: SessionOptions) {
    this.environment = environment;
    this.info = options.info;
    this.profileName = options.info.profile;
    this.#buffers = options.buffers;
    this.#statusTurns = new Mutex(environment.clock);
    this.hub = new AdviseHub({ log: environment.log });
    this.events = new SessionEvents(this.hub);
    this.status = new StatusTable(this.hub);
    this.storeTable = new StoreTable(this.hub);
    const { clock, log, admin } = environment;
    const profile = (): Promise<Profile> => this.profile();
    const logonTimeoutMs = environment.providerLogonTimeoutMs;
    this.gate = new ServiceGate({
      entries: admin.entries,
      clock,
      log,
      turns: environment.logonTurns,
      logonTimeoutMs,
      profile,
    });
    const host = options.ntService === true ? { ...environment.host, ntService: true } : environment.host;
    const { entryPoints } = environment;
    this.objects = new ProviderObjects({ modules: admin.modules, host, entryPoints, startMsMax: logonTimeoutMs });
    this.stores = new MessageStores(this);
    this.addressBooks = new AddressBooks(this);
    this.transports = new Transports(this);
    this.hooks = new MessagingHooks(this);
    this.router = new EntryRouter(this);
  }

  /** Opens the profile and logs the address books on. @throws MAPI_E_LOGON_FAILED if no service is usable */
  static async open(
    environment: SessionEnvironment,
    options: SessionOptions,
    ui?: UserInterface,
  ): Promise<SessionCore> {
    const core = new SessionCore(environment, options);
    try {
      await core.#start(ui);
      return core;
    } catch (error) {
      await core.discard();
      throw error;
    }
  }

  /** Whether it was made for others too. */
  get shared(): boolean {
    return this.info.shared;
  }

  /** Its end has begun. */
  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** Ends it after a logon that failed half way: no member has it. */
  async discard(): Promise<void> {
    const { clock, log } = this.environment;
    await this.close(new Teardown(clock, log, this.environment.providerLogonTimeoutMs));
  }

  profile(): Promise<Profile> {
    return this.environment.admin.profiles.read(this.profileName);
  }

  spooler(): Spooler | undefined {
    return this.#spooler;
  }

  /** Brings the spooler up, in the background; a second call does nothing. */
  startSpooler(): void {
    if (this.#spoolerStarted !== undefined || this.closed) return;
    const spooler = this.environment.createSpooler(spoolerHost(this));
    this.#spooler = spooler;
    this.#spoolerStarted = this.#runSpooler(spooler);
  }

  /** Resolves when the spooler has started, or could not, and serves every store that it was given until now. */
  async spoolerReady(): Promise<void> {
    await this.#spoolerStarted;
    await Promise.all(this.#attaching.values());
  }

  /**
   * Shows the spooler every store of the profile, also while its start waits for a transport: it knows what is queued
   * then, and sends none of it before it has started. Whether it has them all.
   */
  async attachAll(): Promise<boolean> {
    const spooler = this.#spooler;
    if (spooler === undefined) return false;
    const refs = await this.stores.spoolerRefs();
    const attaching = Promise.all(refs.map((ref) => this.#attach(spooler, ref)));
    this.inBackground(attaching, 'attachment of the stores');
    await attaching;
    return refs.every((ref) => this.stores.isWithSpooler(ref) && !this.#unattached.has(ref.uid));
  }

  /** Lets the spooler work for a store that a client has opened, unless it does. */
  attachStore(ref: ProviderRef): void {
    const spooler = this.#spooler;
    if (spooler !== undefined) this.inBackground(this.#attach(spooler, ref), 'attachment of a store');
  }

  /** The fate of the outgoing mail when the spooler had ended; undefined before, and where it did not end. */
  get finalOutgoing(): OutgoingReport | undefined {
    return this.#finalOutgoing;
  }

  /** Work that nobody waits for but the end of the session. */
  inBackground(work: Promise<unknown>, what: string): void {
    const settled = work.catch((error: unknown) => this.environment.log.warn(`${what} failed`, { error }));
    this.#background.add(settled);
    void settled.finally(() => this.#background.delete(settled));
  }

  /** Runs `refresh` when another store becomes the default one. */
  onDefaultStoreChanged(refresh: () => Promise<void>): void {
    this.#onDefaultStore = refresh;
  }

  /** Logons that are there, in the order of their opening. */
  openSlots(): readonly ProviderSlot[] {
    return [...this.#slots];
  }

  /** A logon of the provider whose section is `uid`. */
  slotOfSection(uid: string): ProviderSlot | undefined {
    return [...this.#slots].find((slot) => slot.ref.uid === uid && slot.logon !== undefined);
  }

  openSlot(ref: ProviderRef, options: SlotOptions = {}): ProviderSlot {
    const { admin, host, targets } = this.environment;
    const support = new SessionSupport({
      kind: ref.kind,
      host,
      allocator: this.#buffers,
      sections: admin,
      targets,
      profileName: this.profileName,
      section: ref.uid,
      moduleName: ref.module,
      session: {
        hub: this.hub,
        spooler: () => this.#spooler,
        setProviderUID: (uid) => {
          if (options.hidden !== true) this.uids.add(uid, slot);
        },
        modifyStatusRow: (columns, update) =>
          this.#statusTurns.run(() => this.#modifyStatusRow(slot, options, columns, update)),
        openEntry: (entryId, options_) => this.router.openEntry(slot.owner, entryId, options_),
        compareEntryIDs: (a, b) => this.router.compareEntryIDs(slot.owner, a, b),
        openAddressBook: () => this.router.openAddressBook(),
        openTemplateID: (templateId, data, options_) => this.router.openTemplateID(templateId, data, options_),
        openOneOffTable: () => this.router.openOneOffTable(),
        modifyProfile: () => this.#keepSection(ref, options),
        coupledTransport: () => this.#coupledTransport(ref),
        storeLogoff: (mode) => this.#storeLogoff(slot, mode),
        released: () => this.#forgetSlot(slot),
        identity: () => identityOf(this.status.rows()),
        session: () => slot.owner as IMAPISession | undefined,
      },
    });
    const slot: ProviderSlot = { ref, owner: options.owner, support, logon: undefined, closing: false };
    this.#slots.add(slot);
    return slot;
  }

  async closeSlot(slot: ProviderSlot, teardown: Teardown): Promise<void> {
    if (slot.closing) return;
    slot.closing = true;
    this.#slots.delete(slot);
    await this.#forgetSlot(slot);
    const { logon } = slot;
    const name = slot.ref.displayName;
    const isShared = [...this.#slots].some((other) => other.logon === logon);
    if (logon !== undefined && !isShared) {
      await teardown.run(name, 'logoff', () => ('transportLogoff' in logon ? logon.transportLogoff() : logon.logoff()));
      await teardown.run(name, 'release of the logon object', () => logon.release());
    }
    if (slot.supportLeft === true) return;
    await teardown.run(name, 'release of the support object', () => slot.support.release());
  }

  /** LOGOFF-22: its MAPIUIDs are nobody's, and with the last logon of its section the status row goes. */
  async #forgetSlot(slot: ProviderSlot): Promise<void> {
    this.uids.remove(slot);
    const isLast = ![...this.#slots].some((other) => other !== slot && other.ref.uid === slot.ref.uid);
    if (isLast) await this.status.remove(slot.ref.uid);
  }

  /** StoreLogoffTransports: the spooler lets go of a store, unless others use it. */
  async #storeLogoff(slot: ProviderSlot, mode: StoreLogoffMode): Promise<StoreLogoffResult> {
    const spooler = this.#spooler;
    if (spooler === undefined) return NOTHING_LEFT;
    await this.#attaching.get(slot.ref.uid);
    const result = await this.stores.logoffTransports(slot, spooler, mode);
    const isClients = slot.owner !== undefined; // the spooler's own logon says so, too, as it ends
    if (isClients && this.stores.isOpenBesides(slot)) this.attachStore(slot.ref); // who came while the spooler let go
    return result;
  }

  /** Rows of the store table follow the profile and the session's own choices. */
  async refreshStores(): Promise<void> {
    await this.#storesSeen.read(
      () => this.profile(),
      (profile) => this.storeTable.refresh(profile, this.defaults),
    );
    await this.#onDefaultStore?.();
  }

  /**
   * Ends the spooler, which waits so long for what it is sending, or a moment from when `hurry` is aborted; where it has
   * ended it does nothing.
   */
  async stopSpooler(waitMs: number, hurry?: AbortSignal): Promise<void> {
    const spooler = this.#spooler;
    if (spooler !== undefined) this.#finalOutgoing = await spooler.shutdown(waitMs, hurry);
  }

  /** Ends everything; what providers do wrong is noted in `teardown`. Once only. */
  close(teardown: Teardown): Promise<void> {
    this.#closed ??= this.#close(teardown);
    return this.#closed;
  }

  async #start(ui: UserInterface | undefined): Promise<void> {
    const { admin } = this.environment;
    this.#use = await admin.profiles.use(this.profileName);
    const profile = await this.profile();
    await this.status.addOwnRows(this.profileName);
    await this.refreshStores();
    this.#watch = admin.profiles.changed.subscribe((name) => this.#profileChanged(name));
    await this.transports.prepare();
    await validateServices(this, profile, ui);
    await this.addressBooks.start(ui);
    const usable = profile.services.length === 0 || profile.services.some(({ uid }) => !this.gate.isDisabled(uid));
    if (usable) return;
    const [problem] = this.gate.problems();
    throw new MapiError('MAPI_E_LOGON_FAILED', `no message service of profile ${this.profileName} can be used`, {
      cause: problem?.error,
    });
  }

  async #profileChanged(name: string): Promise<void> {
    if (name !== this.profileName || this.#closed !== undefined) return;
    try {
      await this.refreshStores();
    } catch (error) {
      this.environment.log.warn('the message store table cannot follow its profile', { profile: name, error });
    }
  }

  async #runSpooler(spooler: Spooler): Promise<void> {
    try {
      await spooler.start();
      for (const ref of await this.stores.spoolerRefs()) await this.#attach(spooler, ref);
    } catch (error) {
      this.environment.log.error('the spooler cannot be started', { profile: this.profileName, error });
      await this.status.update(SPOOLER_ROW, [prop(PR_STATUS_CODE, STATUS_FAILURE)]);
    }
  }

  /** A store that the spooler cannot open is left to the clients; the session goes on. */
  async #attach(spooler: Spooler, ref: ProviderRef): Promise<void> {
    const running = this.#attaching.get(ref.uid);
    if (running !== undefined) return running;
    if (this.stores.isWithSpooler(ref) || this.gate.isDisabled(ref.service) || this.#closed !== undefined) return;
    const attaching = this.#attachNow(spooler, ref);
    this.#attaching.set(ref.uid, attaching);
    try {
      await attaching;
    } finally {
      this.#attaching.delete(ref.uid);
    }
  }

  async #attachNow(spooler: Spooler, ref: ProviderRef): Promise<void> {
    try {
      const store = await this.stores.openForSpooler(ref);
      // Its identifier stands in the profile since its first logon, which may have been that of another process just now.
      await this.refreshStores();
      await spooler.attachStore(store);
      this.#unattached.delete(ref.uid);
    } catch (error) {
      this.#unattached.add(ref.uid);
      this.environment.log.warn('the spooler cannot use a store', { store: ref.displayName, error });
    }
  }

  /** PR_PROVIDER_DLL_NAME, PR_RESOURCE_FLAGS and PR_RESOURCE_TYPE are MAPI's. */
  async #modifyStatusRow(
    slot: ProviderSlot,
    options: SlotOptions,
    columns: readonly PropValue[],
    update: boolean,
  ): Promise<void> {
    const { ref } = slot;
    if (options.hidden === true) return;
    const profile = await this.profile();
    if (!this.#slots.has(slot)) return; // its row went with it
    const flags =
      ref.kind === 'store'
        ? storeFlags(profile, ref.uid, this.defaults)
        : (sectionValue(profile, ref.uid, PR_RESOURCE_FLAGS) ?? 0);
    const own = [
      prop(PR_PROVIDER_DLL_NAME, ref.module),
      prop(PR_RESOURCE_TYPE, RESOURCE_TYPE_OF[ref.kind]),
      prop(PR_RESOURCE_FLAGS, flags),
    ];
    const given = columns.filter(({ tag }) => !own.some((value) => value.tag === tag));
    const before = flushBits(this.status.row(ref.uid) ?? []);
    if (update) await this.status.update(ref.uid, given);
    else {
      const isNamed = given.some(({ tag }) => tag === PR_DISPLAY_NAME);
      const name = isNamed ? [] : [prop(PR_DISPLAY_NAME, ref.displayName)];
      await this.status.set(ref.uid, [...name, ...given, ...own]);
    }
    // a transport may begin a flush by itself
    if (ref.kind === 'transport' && (flushBits(given) & ~before) !== 0) this.#spooler?.flushAsked(uidBytes(ref.uid));
  }

  /** The transport whose row names the store as its own, if there is one. spec: pidtagownstoreentryid */
  async #coupledTransport(ref: ProviderRef): Promise<MapiUid | undefined> {
    const coupled = coupledTransports(this.status);
    if (ref.kind !== 'store' || coupled.size === 0) return undefined;
    const wrapped = storeIdOf(await this.profile(), ref.uid);
    const own = [wrapped, unwrapStoreEntryID(wrapped)?.entryId ?? wrapped].map(toHex);
    const uid = [...coupled].find(([, storeId]) => own.includes(toHex(storeId)))?.[0];
    return uid === undefined ? undefined : uidBytes(uid);
  }

  async #keepSection(ref: ProviderRef, options: SlotOptions): Promise<void> {
    if (options.temporary === true) return;
    await this.environment.admin.profiles.update(this.profileName, (profile) => {
      const flags = sectionValue(profile, ref.uid, PR_RESOURCE_FLAGS) ?? 0;
      const section = profile.sections.get(ref.uid);
      section?.props.set(PR_RESOURCE_FLAGS >>> 16, prop(PR_RESOURCE_FLAGS, flags & ~STATUS_TEMP_SECTION));
    });
  }

  async #close(teardown: Teardown): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    await teardown.run('spooler', 'start', () => this.#spoolerStarted);
    await teardown.run('stores', 'attachment to the spooler', () => Promise.all(this.#background));
    this.gate.close();
    if (this.#spooler !== undefined) {
      // What is being sent gets most of the time: what is cut off may arrive twice.
      const limitMs = teardown.remainingMs * 0.75;
      const waitMs = Math.max(1, limitMs / 3, limitMs - spoolerAbortMs);
      await teardown.run('spooler', 'shutdown', () => this.stopSpooler(waitMs, teardown.hurry), limitMs);
    }
    await this.transports.closeAll(teardown);
    await this.hooks.closeAll(teardown);
    await this.addressBooks.closeAll(teardown);
    await this.stores.close(teardown);
    await this.#shutdownProviders(teardown);
    await this.#endOwn(teardown);
  }

  async #shutdownProviders(teardown: Teardown): Promise<void> {
    for (const { provider, component } of await this.objects.loaded()) {
      await teardown.run(component, 'shutdown', () => provider.shutdown());
      await teardown.run(component, 'release of the provider object', () => provider.release());
    }
    this.objects.forget();
  }

  async #endOwn(teardown: Teardown): Promise<void> {
    await teardown.run('profile', 'removal of temporary sections', () => this.#removeTemporary());
    await this.status.close();
    await this.storeTable.close();
    this.hub.close();
    await teardown.run('profile', 'release', () => this.#use?.[Symbol.asyncDispose]());
  }

  async #removeTemporary(): Promise<void> {
    const isTemporary = (profile: Profile, uid: string): boolean =>
      ((sectionValue(profile, uid, PR_RESOURCE_FLAGS) ?? 0) & STATUS_TEMP_SECTION) !== 0;
    const { profiles } = this.environment.admin;
    const now = await this.profile();
    if (!now.looseProviders.some((uid) => isTemporary(now, uid))) return;
    await profiles.update(this.profileName, (profile) => {
      for (const uid of [...profile.looseProviders]) if (isTemporary(profile, uid)) removeProvider(profile, uid);
    });
  }
}

function flushBits(columns: readonly PropValue[]): number {
  return (propOf(columns, PR_STATUS_CODE) ?? 0) & (STATUS_INBOUND_FLUSH | STATUS_OUTBOUND_FLUSH);
}
