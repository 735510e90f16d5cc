/**
 * IMAPISession: one member of a session.
 *
 * - A member logs off once; the last one to do so ends what all share.
 * - The end releases whatever the client still holds; releasing the session without a logoff is a logoff.
 */
import { Emitter, MapiError, WARNINGS } from '@nodemapi/base';
import { getProp, RefCounted, unwrapStoreEntryID } from '@nodemapi/kit';
import {
  type AdviseConnection,
  assertInterface,
  type DefaultStoreMode,
  type EndReport,
  type EntryId,
  encodeOneOff,
  type IAddrBook,
  type IMAPIAdviseSink,
  type IMAPISession,
  type IMAPITable,
  type IMessage,
  type IMsgServiceAdmin,
  type IMsgStore,
  type InterfaceMap,
  type InterfaceName,
  type IProfSect,
  type LogoffOptions,
  type MapiErrorInfo,
  type MapiUid,
  type MapiWarningCode,
  type OpenEntryOptions,
  type OpenedEntry,
  type OpenMsgStoreOptions,
  type OpenProfileSectionOptions,
  PR_STORE_SUPPORT_MASK,
  type ShowFormOptions,
  type UserInterface,
  type WithWarning,
} from '@nodemapi/mapi';
import { openClientSection } from './admin-context.ts';
import { AdviseRouter } from './advise-router.ts';
import { setDefaultStore } from './default-store.ts';
import { Forms } from './forms.ts';
import type { EndRequest } from './home-end.ts';
import { ensureIPMTree, renewIPMTree } from './ipm-tree.ts';
import type { Membrane } from './membrane.ts';
import { MsgServiceAdmin } from './msg-service-admin.ts';
import { SessionAdvises } from './session-advises.ts';
import type { SessionCore } from './session-core.ts';
import { type LifeEvent, SessionLife } from './session-life.ts';
import type { SessionOwner } from './session-owner.ts';
import { identityEntryId, identityRow } from './spooler-host.ts';
import { storeIdSection } from './store-table.ts';
import { Teardown, type TeardownProblem } from './teardown.ts';

/** How long a plain logoff waits for providers. */
const logoffDeadlineMs = 30_000;

/** The identifier that stands for nobody: MAPI_W_NO_SERVICE. */
const NO_IDENTITY = encodeOneOff({
  displayName: 'Unknown',
  addrType: 'NONE',
  emailAddress: 'Unknown',
  sendRichInfo: false,
});

export interface MapiSessionOptions {
  readonly core: SessionCore;
  readonly membrane: Membrane;
  readonly owner: SessionOwner;
  readonly noMail: boolean;
  readonly ui: UserInterface | undefined;
}

/** How a member ends. */
export interface MemberEnd {
  readonly deadlineMs: number;
  /** The other members of a shared session are told to end, too; default false. */
  readonly shared?: boolean;
  /** Default 'logoff'. */
  readonly event?: LifeEvent;
  /** Somebody is impatient when it is aborted: what is being sent is not waited for much longer. */
  readonly hurry?: AbortSignal;
}

export class MapiSession extends RefCounted implements IMAPISession {
  readonly iid = 'IMAPISession';
  readonly core: SessionCore;
  readonly membrane: Membrane;
  readonly owner: SessionOwner;
  /** MAPI_NO_MAIL: this member neither sends nor receives. */
  readonly noMail: boolean;
  /** How far its end has come. */
  readonly life = new SessionLife();
  /** The report of `endSession`, which runs once. */
  endReport: Promise<EndReport> | undefined;
  /** How somebody outside wants this member to end. */
  endRequest: EndRequest | undefined;
  /** Emits when that report is there. */
  readonly reported = new Emitter<EndReport>();
  readonly #ui: UserInterface | undefined;
  readonly #router = new AdviseRouter('IMAPISession');
  readonly #advises: SessionAdvises;
  readonly #forms: Forms;
  #ended: Promise<readonly TeardownProblem[]> | undefined;
  #onGone: () => void = () => {};
  readonly #gone = new Promise<void>((resolve) => {
    this.#onGone = resolve;
  });

  constructor(options: MapiSessionOptions) {
    super();
    this.core = options.core;
    this.membrane = options.membrane;
    this.owner = options.owner;
    this.noMail = options.noMail;
    this.#ui = options.ui;
    this.#advises = new SessionAdvises(options.core.events);
    this.#forms = new Forms(options.membrane);
  }

  /** Whether the logoff has begun. */
  get ended(): boolean {
    return this.life.isOver;
  }

  /** What failed when providers were logged on, in one: after MAPI_W_ERRORS_RETURNED. */
  override async getLastError(hresult: number): Promise<MapiErrorInfo | undefined> {
    const problems = this.core.gate.problems();
    const isAbout = hresult >>> 0 === WARNINGS.MAPI_W_ERRORS_RETURNED;
    const [first, second] = problems;
    if (!isAbout || first === undefined) return undefined;
    const error = problems.map((problem) => `${problem.ref.displayName}: ${problem.error.detail}`).join('; ');
    const component = second === undefined ? first.ref.displayName : 'MAPI';
    return { error, component, lowLevelError: first.error.hresult, context: 0 };
  }

  async getMsgStoresTable(): Promise<IMAPITable> {
    this.#assertUsable();
    return this.core.storeTable.openView();
  }

  async openMsgStore(entryId: EntryId, options: OpenMsgStoreOptions = {}, ui?: UserInterface): Promise<IMsgStore> {
    this.#assertUsable();
    if (!(entryId instanceof Uint8Array) || entryId.length === 0) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'IMAPISession.openMsgStore without an identifier');
    }
    const opened = await this.core.stores.openForClient(this, entryId, options, ui ?? this.#ui);
    const { store, ref, needsTree } = opened;
    if (options.noMail === true || options.temporary === true) return store;
    const mayWrite = options.write === true || options.bestAccess === true;
    if (needsTree && mayWrite) await ensureIPMTree(this.core, ref.uid, store);
    if (!this.noMail) this.core.attachStore(ref);
    return store;
  }

  async openAddressBook(
    options: { readonly noDialog?: boolean } = {},
    ui?: UserInterface,
  ): Promise<WithWarning<IAddrBook>> {
    this.#assertUsable();
    return this.core.router.openAddressBook(options.noDialog === true ? undefined : (ui ?? this.#ui));
  }

  async openProfileSection(uid: MapiUid, options: OpenProfileSectionOptions = {}): Promise<IProfSect> {
    this.#assertUsable();
    return openClientSection(this.core.environment.admin, this.core.profileName, uid, options);
  }

  async getStatusTable(): Promise<IMAPITable> {
    this.#assertUsable();
    await this.core.spoolerReady();
    return this.core.status.openView(this.noMail ? 'noMail' : 'mail');
  }

  openEntry<I extends InterfaceName>(
    entryId: EntryId | null,
    options: OpenEntryOptions<I> & { readonly iid: I },
  ): Promise<InterfaceMap[I]>;
  openEntry(entryId: EntryId | null, options?: Omit<OpenEntryOptions, 'iid'>): Promise<OpenedEntry>;
  async openEntry(entryId: EntryId | null, options: OpenEntryOptions = {}): Promise<OpenedEntry> {
    this.#assertUsable();
    if (entryId === null)
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'IMAPISession.openEntry without an identifier');
    if (unwrapStoreEntryID(entryId) === undefined && storeIdSection(entryId) === undefined) {
      return this.core.router.openEntry(this, entryId, options);
    }
    assertInterface('IMsgStore', options.iid);
    const { modify, bestAccess, deferredErrors } = options;
    return this.openMsgStore(entryId, {
      noDialog: true,
      ...(modify === undefined ? {} : { write: modify }),
      ...(bestAccess === undefined ? {} : { bestAccess }),
      ...(deferredErrors === undefined ? {} : { deferredErrors }),
    });
  }

  async compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean> {
    this.#assertUsable();
    if (unwrapStoreEntryID(a) !== undefined && unwrapStoreEntryID(b) !== undefined) {
      return (await this.core.stores.sectionOf(a)) === (await this.core.stores.sectionOf(b));
    }
    return this.core.router.compareEntryIDs(this, a, b);
  }

  async advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection> {
    this.#assertUsable();
    if (entryId === null || entryId.length === 0) return this.#router.adopt(this.#advises.advise(mask, sink));
    const { logon } = this.core.router.ownerOf(this, entryId);
    return this.#router.adopt(await logon.advise(entryId, mask, sink));
  }

  unadvise(connection: number | AdviseConnection): Promise<void> {
    return this.#router.unadvise(connection);
  }

  async messageOptions(): Promise<void> {
    throw new MapiError('MAPI_E_NOT_FOUND', 'IMAPISession.messageOptions: no message has options');
  }

  async queryDefaultMessageOpt(): Promise<never> {
    throw new MapiError('MAPI_E_NOT_FOUND', 'IMAPISession.queryDefaultMessageOpt: no message has options');
  }

  async enumAdrTypes(): Promise<readonly string[]> {
    this.#assertUsable();
    await this.core.spoolerReady();
    return this.noMail ? [] : (this.core.spooler()?.addressTypes() ?? []);
  }

  async queryIdentity(): Promise<{ readonly entryId: EntryId; readonly warning?: MapiWarningCode }> {
    this.#assertUsable();
    await this.core.spoolerReady();
    const row = identityRow(this.core.status.rows());
    const entryId = row === undefined ? undefined : identityEntryId(row);
    return entryId === undefined ? { entryId: NO_IDENTITY, warning: 'MAPI_W_NO_SERVICE' } : { entryId };
  }

  async setDefaultStore(mode: DefaultStoreMode, entryId: EntryId | null): Promise<void> {
    this.#assertUsable();
    if (entryId === null) return setDefaultStore(this.core, mode, null, 0);
    const uid = await this.core.stores.sectionOf(entryId);
    const { store, end } = await this.core.stores.openForClient(
      this,
      entryId,
      { noDialog: true, write: true },
      undefined,
    );
    try {
      await setDefaultStore(this.core, mode, uid, (await getProp(store, PR_STORE_SUPPORT_MASK)) ?? 0);
      if (mode === 'default') await renewIPMTree(this.core, uid, store);
    } finally {
      await end();
    }
  }

  async adminServices(): Promise<IMsgServiceAdmin> {
    this.#assertUsable();
    return new MsgServiceAdmin(this.core.environment.admin, this.core.profileName);
  }

  async showForm(options: ShowFormOptions, ui?: UserInterface): Promise<void> {
    this.#assertUsable();
    await this.#forms.show(options, ui ?? this.#ui);
  }

  async prepareForm(message: IMessage, iid: 'IMessage' | null = null): Promise<number> {
    this.#assertUsable();
    return this.#forms.prepare(message, iid);
  }

  /** @throws MAPI_E_USER_CANCEL if the user is asked and declines; MAPI_E_INVALID_OBJECT the second time */
  async logoff(ui?: UserInterface, options: LogoffOptions = {}): Promise<void> {
    this.#assertUsable();
    if (options.ui === true && ui !== undefined && !(await ui.confirm('Log off?'))) {
      throw new MapiError('MAPI_E_USER_CANCEL', 'the user stays logged on');
    }
    await this.end({ deadlineMs: logoffDeadlineMs, shared: options.shared === true });
  }

  /**
   * Ends this member; a second call waits for the first, and after a fast shutdown there is nothing to do. Answers what
   * went wrong, each with its component.
   */
  end(how: MemberEnd): Promise<readonly TeardownProblem[]> {
    if (this.life.state === 'shutDown') return Promise.resolve([]);
    this.#ended ??= this.#end(how);
    return this.#ended;
  }

  /** DoFastShutdown: from now on every call fails, and nothing is logged off. */
  shutDown(): void {
    if (this.life.admits('fastShutdown')) this.life.enter('fastShutdown');
    if (this.owner.tracesLeaks) this.owner.noteLeftOpen(this, this.membrane.ledger.leftOpen());
    this.membrane.end();
    for (const state of this.membrane.ledger.handles()) this.membrane.takeBack(state);
    this.#onGone();
  }

  async queryFastShutdown(): Promise<void> {
    this.#assertUsable();
    await this.owner.fastShutdown.query();
  }

  async notifyProcessShutdown(): Promise<void> {
    this.#assertUsable();
    await this.owner.fastShutdown.notify();
  }

  async doFastShutdown(): Promise<void> {
    this.#assertUsable();
    await this.owner.fastShutdown.run();
  }

  /** Resolves when this member has ended, with the report if `endSession` did it. */
  async whenEnded(): Promise<EndReport | undefined> {
    await this.#gone;
    return this.endReport;
  }

  protected override async onFinalRelease(): Promise<void> {
    await this.end({ deadlineMs: logoffDeadlineMs, event: 'release' });
    if (this.life.admits('release')) this.life.enter('release');
  }

  async #end({ deadlineMs, shared, event, hurry }: MemberEnd): Promise<readonly TeardownProblem[]> {
    this.life.enter(event ?? 'logoff');
    const { clock, log } = this.core.environment;
    const teardown = new Teardown(clock, log, deadlineMs, hurry);
    if (this.owner.tracesLeaks) this.owner.noteLeftOpen(this, this.membrane.ledger.leftOpen());
    this.membrane.end();
    await teardown.run('session', 'unadvise', () => this.#router.close());
    for (const advise of this.membrane.ledger.advises()) {
      if (advise.record.target === this) this.membrane.ledger.unadvised(advise);
    }
    if (shared === true && this.core.shared) {
      await teardown.run('session', 'notice to the other members', () => this.owner.end(this.core));
    }
    this.owner.leave(this);
    await teardown.run('session', 'release of messages without their form', () => this.#forms.close());
    await this.#releaseLeftOpen(teardown);
    await this.core.stores.close(teardown, this);
    await this.owner.left(this, teardown);
    this.life.enter('finished');
    this.#onGone();
    return teardown.problems;
  }

  /** What was opened last goes first; the session's own handles stay, for their release. */
  async #releaseLeftOpen(teardown: Teardown): Promise<void> {
    for (const state of this.membrane.ledger.handles()) {
      if (state.record.target === this) continue;
      this.membrane.takeBack(state);
      const { component, iid, target } = state.record;
      if (iid === 'IMsgStore') this.core.stores.releasing(target, this);
      await teardown.run(component, `release of an ${iid}`, () => target.release());
    }
  }

  #assertUsable(): void {
    this.assertOpen();
    if (this.ended) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the session has ended');
  }
}
