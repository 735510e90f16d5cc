import { MapiError, Mutex } from '@nodemapi/base';
import type { Acquired } from '@nodemapi/hub';
import { CrashRecovery, type Spooler } from '@nodemapi/kit';
import type {
  CrashRecoveryOptions,
  IMAPIInitMonitor,
  IMAPISession,
  IProfAdmin,
  IPropData,
  ITableData,
  LeftOpenObject,
  LogonOptions,
  MapiBuffer,
  PropTag,
  ProviderModule,
  UserInterface,
  WizardOptions,
} from '@nodemapi/mapi';
import { configureAll } from './admin-context.ts';
import { BoundEnds } from './bound-ends.ts';
import { BufferPool } from './buffer-pool.ts';
import { catalogueModules, checkCatalogue } from './catalogue.ts';
import { EntryPoints } from './entry-points.ts';
import { FastShutdown } from './fast-shutdown.ts';
import { Foreground } from './foreground.ts';
import { handleState } from './handle.ts';
import { HomeSessions } from './home-sessions.ts';
import { IdleEngine } from './idle-engine.ts';
import { InitCounts } from './init-counts.ts';
import { InitMonitor, InitSignal } from './init-monitor.ts';
import type { InitializeOptions } from './init-steps.ts';
import { Initialiser } from './initialiser.ts';
import { launchWizard } from './launch-wizard.ts';
import { type Leak, LeakTrace, openLeaks } from './leak-trace.ts';
import { checkLogon, chooseProfile, isWithoutMail } from './logon-choice.ts';
import { makeEnvironment } from './make-environment.ts';
import { MapiSession } from './mapi-session.ts';
import { Membrane, type MembraneOptions } from './membrane.ts';
import { ModuleLoader } from './module-loader.ts';
import { type Opener, Openers } from './openers.ts';
import { systemProcesses } from './processes.ts';
import { ProfAdmin } from './prof-admin.ts';
import { announceService } from './service-entries.ts';
import type { SessionEnvironment } from './session-context.ts';
import { SessionCore } from './session-core.ts';
import type { SessionOwner } from './session-owner.ts';
import type { SubsystemConfig } from './subsystem-config.ts';
import type { Teardown } from './teardown.ts';
import { Utilities } from './utilities.ts';

const LOGON_TIMEOUT_SHORT_MS = 3000;
const SESSIONS_MAX = 1000;
/** How long the last MAPIUninitialize waits for sessions that nobody logged off. */
const abandonedSessionMsMax = 30_000;

/** One MAPI subsystem: MAPI's functions, on a home, a clock and files of its own. */
export class Subsystem {
  readonly #config: SubsystemConfig;
  readonly #environment: SessionEnvironment;
  readonly #modules: ModuleLoader;
  readonly #buffers: BufferPool;
  readonly #openers: Openers;
  readonly #leaks: LeakTrace | undefined;
  readonly #counts = new InitCounts();
  readonly #crash: CrashRecovery;
  readonly #initSignal: InitSignal;
  readonly #entryPoints = new EntryPoints();
  readonly #foreground = new Foreground();
  readonly #utilities: Utilities;
  readonly #logons: Mutex;
  readonly #owner: SessionOwner;
  readonly #sessions = new Set<MapiSession>();
  readonly #home: HomeSessions;
  #shared: SessionCore | undefined;
  #adminMembrane: Membrane;
  readonly #initialiser: Initialiser;
  /** The idle engine of the process. */
  readonly idle: IdleEngine;

  /** @throws MAPI_E_INVALID_PARAMETER for a catalogue with a mistake in it */
  constructor(config: SubsystemConfig) {
    checkCatalogue(config.catalogue);
    this.#config = config;
    const { captureOpeners = true, internalDirectories = [], traceLeaks = false } = config;
    this.#openers = new Openers({ captureOpeners: captureOpeners || traceLeaks, internalDirectories });
    this.#leaks = traceLeaks ? new LeakTrace() : undefined;
    this.#crash = new CrashRecovery(config.log);
    this.#logons = new Mutex(config.clock);
    this.#buffers = new BufferPool(config.log, this.#openers);
    const load = (name: string): Promise<ProviderModule> => this.#entryPoints.run(name, () => config.loadModule(name));
    this.#modules = new ModuleLoader(load, catalogueModules(config.catalogue));
    this.#home = this.#makeHome();
    this.#environment = makeEnvironment({
      config,
      buffers: this.#buffers,
      crash: this.#crash,
      entryPoints: this.#entryPoints,
      modules: this.#modules,
      wakeUps: this.#home.wakeUps,
    });
    this.#adminMembrane = this.#newMembrane();
    this.#owner = this.#makeOwner();
    this.#initSignal = config.initSignal ?? new InitSignal();
    this.#utilities = new Utilities(this.#counts, () => this.#newMembrane());
    this.#initialiser = new Initialiser({
      config,
      counts: this.#counts,
      signal: this.#initSignal,
      entryPoints: this.#entryPoints,
      reachProfiles: () => this.#environment.admin.profiles.names(),
    });
    this.idle = new IdleEngine({ clock: config.clock, log: config.log, foreground: this.#foreground });
  }

  /** Whether MAPI is initialised. */
  get isInitialized(): boolean {
    return this.#counts.mapi > 0;
  }

  /**
   * Adds one to the count; the first call builds what all others share, and a call beside it waits for it.
   *
   * @throws MAPI_E_UNKNOWN_FLAGS, MAPI_E_INVALID_PARAMETER (a version other than 0); then the code of the step that failed
   * @see spec: mapiinitialize
   */
  async MAPIInitialize(init: InitializeOptions = {}): Promise<void> {
    await this.#initialiser.enter(init);
  }

  /**
   * Takes one from the count; at zero sessions that are still logged on are ended and the libraries dropped.
   *
   * With OLE still up it works, and logs the wrong order; the OleUninitialize that comes too late then throws.
   */
  async MAPIUninitialize(): Promise<void> {
    if (!(await this.#initialiser.leave())) return;
    this.#leaks?.note(this.#adminMembrane.ledger.leftOpen(), 'MAPIUninitialize');
    this.#adminMembrane.end();
    this.#adminMembrane = this.#newMembrane();
    this.#utilities.endIfDown();
    for (const session of [...this.#sessions])
      await session.end({ deadlineMs: abandonedSessionMsMax, event: 'uninitialize' });
    if (this.#counts.mapi > 0) return;
    this.#modules.drop();
    await this.#home.close();
  }

  /**
   * Keeps local files whole when the process is about to go without a logoff. It waits for nothing, works at any time,
   * and says nothing of what it did.
   *
   * @throws MAPI_E_UNKNOWN_FLAGS, MAPI_E_INVALID_PARAMETER for flags that make no sense
   * @see spec: mapicrashrecovery
   */
  MAPICrashRecovery(options: CrashRecoveryOptions): void {
    this.#crash.run(options);
  }

  /** Works before, during and after the initialisation. spec: createmapiinitializationmonitor */
  CreateMAPIInitializationMonitor(): IMAPIInitMonitor {
    return new InitMonitor(this.#initSignal, this.#config.clock);
  }

  /** Brings up structured storage, which OLE attachments and message files need. */
  OleInitialize(): void {
    this.#counts.enterOle();
  }

  /** @throws MAPI_E_NOT_INITIALIZED without OleInitialize, and after MAPIUninitialize, where it comes too late */
  OleUninitialize(): void {
    this.#counts.leaveOle();
  }

  /** @param flags reserved, 0. @throws MAPI_E_UNKNOWN_FLAGS */
  ScInitMapiUtil(flags = 0): void {
    this.#counts.enterUtil(flags);
  }

  /** @throws MAPI_E_NOT_INITIALIZED without ScInitMapiUtil */
  DeinitMapiUtil(): void {
    this.#counts.leaveUtil();
    this.#utilities.endIfDown();
  }

  /** CreateTable: a table in memory, whose rows are told apart by `index`. @throws MAPI_E_NOT_INITIALIZED */
  CreateTable(index: PropTag, columns?: readonly PropTag[]): ITableData {
    return this.#utilities.createTable(index, columns, this.#openers.caller(0));
  }

  /** CreateIProp: properties in memory. @throws MAPI_E_NOT_INITIALIZED; MAPI_E_INTERFACE_NOT_SUPPORTED for another interface */
  CreateIProp(iid = 'IPropData'): IPropData {
    return this.#utilities.createIProp(iid, this.#openers.caller(0));
  }

  MAPIAllocateBuffer(size: number): MapiBuffer {
    this.#counts.assertUtilities('MAPIAllocateBuffer');
    return this.#buffers.allocateBuffer(size, this.#openers.caller(0));
  }

  MAPIAllocateMore(size: number, root: MapiBuffer): MapiBuffer {
    this.#counts.assertUtilities('MAPIAllocateMore');
    return this.#buffers.allocateMore(size, root);
  }

  /** A new root block with the contents of `original`, which stays as it is; null is an empty one. */
  MAPIReallocateBuffer(original: MapiBuffer | null, size: number): MapiBuffer {
    this.#counts.assertUtilities('MAPIReallocateBuffer');
    return this.#buffers.reallocateBuffer(original, size);
  }

  /** Works at any time: a buffer outlives the session that it was made for. */
  MAPIFreeBuffer(buffer: MapiBuffer | null): void {
    this.#buffers.freeBuffer(buffer);
  }

  /** @throws MAPI_E_NOT_INITIALIZED */
  async MAPIAdminProfiles(): Promise<IProfAdmin> {
    const opener = this.#openers.caller(0);
    this.#counts.assertMapi('MAPIAdminProfiles');
    return this.#adminMembrane.wrap(new ProfAdmin(this.#environment.admin), opener);
  }

  /**
   * Logs on, or joins the shared session.
   *
   * @param password profiles have none: null or ''; another one fails, or is asked for anew with `passwordUi`
   * @throws MAPI_E_LOGON_FAILED, MAPI_E_TIMEOUT (only with `timeoutShort`), MAPI_E_USER_CANCEL, MAPI_E_UNKNOWN_FLAGS,
   *   MAPI_E_NOT_INITIALIZED, MAPI_E_CORRUPT_DATA for a profile that cannot be read
   * @see spec: mapilogonex
   */
  async MAPILogonEx(
    ui: UserInterface | null,
    profileName: string | null,
    password: string | null,
    options: LogonOptions = {},
  ): Promise<IMAPISession> {
    const opener = this.#openers.caller(0);
    this.#counts.assertMapi('MAPILogonEx');
    const { round } = this.#initialiser;
    checkLogon(profileName, password, options);
    const { logonTimeoutShortMs = LOGON_TIMEOUT_SHORT_MS } = this.#config;
    using _turn = await this.#logons.acquire(options.timeoutShort === true ? { timeoutMs: logonTimeoutShortMs } : {});
    this.#counts.assertMapi('MAPILogonEx');
    const isService = this.#initialiser.isService(options);
    const asked: LogonOptions = isService ? { ...options, ntService: true } : options;
    const shownUi = isService || ui === null ? undefined : ui;
    const shared = options.newSession === true ? undefined : this.#shared;
    if (shared?.events.endings === 0) return this.#join(shared, asked, shownUi, opener);
    const acquired = await this.#home.acquire(asked, options.timeoutShort === true ? logonTimeoutShortMs : undefined);
    try {
      const core = await this.#openCore(acquired, { profileName, password }, asked, shownUi);
      if (!this.#isStillUp(round)) await this.#abandon(core);
      return await this.#join(core, asked, shownUi, opener);
    } finally {
      this.#home.settle(acquired);
    }
  }

  /** Tells a service that it is in the catalogue now: MSG_SERVICE_INSTALL. @throws MAPI_E_NOT_FOUND */
  async installService(name: string): Promise<void> {
    const { catalogue, entries } = this.#environment.admin;
    await announceService(catalogue, entries, name, { context: 'install' });
  }

  /**
   * Asks a service to clean up before it leaves the catalogue: MSG_SERVICE_UNINSTALL.
   *
   * @throws MAPI_E_NOT_FOUND; MAPI_E_USER_CANCEL if the user keeps it
   */
  async uninstallService(name: string, ui?: UserInterface): Promise<void> {
    const { catalogue, entries } = this.#environment.admin;
    await announceService(catalogue, entries, name, { context: 'uninstall', uiAllowed: ui !== undefined, ui });
  }

  /**
   * The Profile Wizard: adds services to a profile, which is made if it has to be, and answers its name.
   *
   * @param services names in the catalogue; none: the user chooses among all
   * @throws MAPI_E_CALL_FAILED for whatever goes wrong, with the cause; MAPI_E_NOT_INITIALIZED
   * @see spec: launchwizardentry
   */
  async LaunchWizard(ui: UserInterface, services: readonly string[], options: WizardOptions = {}): Promise<string> {
    this.#counts.assertMapi('LaunchWizard');
    return launchWizard(this.#environment.admin, ui, services, options);
  }

  /** Delivers what is queued for sinks before it returns; not to be awaited within a sink. */
  async HrDispatchNotifications(): Promise<void> {
    this.#counts.assertMapi('HrDispatchNotifications');
    await Promise.all([this.#utilities.flush(), ...[...this.#cores()].map((core) => core.hub.flush())]);
  }

  /** For the front door: the spooler of a session; none without mail, or when the session has ended. */
  spoolerOf(session: IMAPISession): Spooler | undefined {
    const member = this.#memberOf(session);
    return member === undefined || member.ended || member.noMail ? undefined : member.core.spooler();
  }

  /** The same, when it has started and serves the stores of the profile. @throws what its start threw */
  async readySpoolerOf(session: IMAPISession): Promise<Spooler | undefined> {
    await this.#memberOf(session)?.core.spoolerReady();
    return this.spoolerOf(session);
  }

  /** For the front door: the sessions of the home, in all its processes. @throws MAPI_E_NOT_INITIALIZED */
  get sharing(): Pick<HomeSessions, 'list' | 'endFromOutside'> {
    this.#counts.assertMapi('sharing');
    return this.#home;
  }

  /** For the front door: what the client of a session holds, with the lines that opened it. */
  openObjects(session: IMAPISession): readonly LeftOpenObject[] {
    return this.#memberOf(session)?.membrane.ledger.openObjects() ?? [];
  }

  /** What programs left open: what ended sessions had to close, if `traceLeaks` is on, and what is open now. */
  leaks(): { readonly leaks: readonly Leak[]; readonly more: number } {
    const members = [...this.#sessions].map((session) => session.membrane);
    const open = openLeaks([this.#adminMembrane, this.#utilities.membrane, ...members], this.#buffers.openBlocks());
    return { leaks: [...(this.#leaks?.leaks ?? []), ...open], more: this.#leaks?.more ?? 0 };
  }

  /** The core of a new session, or this process's core of one that other processes have. */
  async #openCore(
    acquired: Acquired,
    given: { readonly profileName: string | null; readonly password: string | null },
    options: LogonOptions,
    ui: UserInterface | undefined,
  ): Promise<SessionCore> {
    const { profiles } = this.#environment.admin;
    const wanted =
      acquired.outcome === 'join'
        ? acquired.session.profile // members have the profile of the first logon
        : await chooseProfile(profiles, given.profileName, given.password, options, ui);
    const { sessionsMax = SESSIONS_MAX } = this.#config;
    if (this.#sessions.size >= sessionsMax) {
      throw new MapiError('MAPI_E_LOGON_FAILED', `${sessionsMax} sessions are open, which is the limit`);
    }
    const allowedUi = options.logonUi === true || options.passwordUi === true ? ui : undefined;
    if (options.serviceUiAlways === true) await configureAll(this.#environment.admin, wanted, allowedUi);
    const info = this.#home.describe(acquired, wanted, options.allowOthers === true);
    const core = await SessionCore.open(
      this.#environment,
      { info, buffers: this.#buffers, ntService: options.ntService === true },
      allowedUi,
    );
    if (info.joinable) this.#shared = core;
    return core;
  }

  /** Whether MAPI has not gone down since, by the last MAPIUninitialize or a fast shutdown. */
  #isStillUp(round: number): boolean {
    return this.#initialiser.round === round && this.#counts.mapi > 0;
  }

  /** MAPI went down while a session was being opened. @throws MAPI_E_NOT_INITIALIZED */
  async #abandon(core: SessionCore): Promise<never> {
    if (this.#shared === core) this.#shared = undefined;
    await core.discard();
    throw overtaken();
  }

  async #join(
    core: SessionCore,
    options: LogonOptions,
    ui: UserInterface | undefined,
    opener: Opener,
  ): Promise<IMAPISession> {
    const membrane = this.#newMembrane({
      onStoreReleasing: (store) => core.stores.releasing(store, session),
      onStoreReleased: (store) => core.stores.released(store, session),
    });
    const noMail = isWithoutMail(options);
    const session: MapiSession = new MapiSession({ core, membrane, owner: this.#owner, noMail, ui });
    this.#sessions.add(session);
    const handle: IMAPISession = membrane.wrap(session, opener);
    await this.#home.enter(session);
    if (session.ended) throw overtaken();
    if (noMail) return handle;
    core.startSpooler();
    if (options.forceDownload === true) {
      await core.spoolerReady();
      await core.spooler()?.flushQueues({ download: true });
    }
    return handle;
  }

  async #left(session: MapiSession, teardown: Teardown): Promise<void> {
    this.#sessions.delete(session);
    const isLast = ![...this.#sessions].some((other) => other.core === session.core);
    if (!isLast) return;
    if (this.#shared === session.core) this.#shared = undefined;
    await session.core.close(teardown);
  }

  #cores(): ReadonlySet<SessionCore> {
    return new Set([...this.#sessions].map((session) => session.core));
  }

  #memberOf(session: IMAPISession): MapiSession | undefined {
    const target = handleState(session)?.record.target;
    return target instanceof MapiSession && target.owner === this.#owner ? target : undefined;
  }

  #newMembrane(hooks: Pick<MembraneOptions, 'onStoreReleasing' | 'onStoreReleased'> = {}): Membrane {
    const { log, trace } = this.#config;
    return new Membrane({
      targets: this.#environment.targets,
      log,
      openers: this.#openers,
      trace,
      foreground: this.#foreground,
      ...hooks,
    });
  }

  #makeOwner(): SessionOwner {
    const sessions = this.#sessions;
    const counts = this.#counts;
    return {
      buffers: this.#buffers,
      fastShutdown: this.#makeFastShutdown(),
      crash: this.#crash,
      boundEnds: new BoundEnds(),
      get openSessions() {
        return sessions.size;
      },
      tracesLeaks: this.#leaks !== undefined,
      noteLeftOpen: (session, left) => this.#leaks?.note(left, `the end of the session of ${session.core.profileName}`),
      answered: () => this.#home.answered(),
      leave: (session) => this.#home.leave(session),
      end: (core) => this.#home.end(core),
      left: (session, teardown) => this.#left(session, teardown),
      undoOle: () => counts.undoOle(),
      undoUtil: () => counts.undoUtil(),
      undoMapi: async () => {
        if (counts.mapi === 0 || (counts.mapi === 1 && sessions.size > 0)) return false;
        await this.MAPIUninitialize();
        return true;
      },
    };
  }

  #makeFastShutdown(): FastShutdown {
    const { clock, log, fastShutdownPolicy = 0 } = this.#config;
    const onDone = (): void => {
      for (const session of this.#sessions) session.shutDown();
      this.#adminMembrane.end();
      this.#counts.close();
      this.#utilities.endIfDown();
      // whoever asked for the end from outside gets his answer, and the other processes a goodbye
      this.#home.close().catch((error: unknown) => log.warn('the other processes were not told of the end', { error }));
    };
    return new FastShutdown({ policy: fastShutdownPolicy, clock, log, sessions: () => this.#cores(), onDone });
  }

  #makeHome(): HomeSessions {
    const { hub: endpoint, clock, log, random, processes = systemProcesses } = this.#config;
    return new HomeSessions({ endpoint, clock, log, random, processes, sessions: this.#sessions });
  }
}

function overtaken(): MapiError {
  return new MapiError('MAPI_E_NOT_INITIALIZED', 'MAPI went down before the logon was done');
}
