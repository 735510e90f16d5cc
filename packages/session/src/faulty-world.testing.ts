/** A session whose providers go wrong, on a clock that runs by itself, and what a client does with it. */
import assert from 'node:assert/strict';
import { MapiError, VirtualClock, withDeadline } from '@nodemapi/base';
import { type Fault, FaultPlan, faultyModule } from '@nodemapi/conformance';
import { queryAllRows, wrapStoreEntryID } from '@nodemapi/kit';
import {
  type EntryId,
  fnevObjectCreated,
  fnevTableModified,
  type IMAPISession,
  type IMsgStore,
  makeEntryId,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  propOf,
} from '@nodemapi/mapi';
import { endSession } from './end-session.ts';
import type { MemoryFiles } from './memory-files.testing.ts';
import { TestFolder } from './objects.testing.ts';
import { openStore } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';
import { BOOK_UID, STORE_UID, storeEntryId } from './test-ids.testing.ts';

/** How the client ends what it began. */
export const ENDINGS = ['logoff', 'endSession', 'fastShutdown'] as const;
export type Ending = (typeof ENDINGS)[number];

/** What a provider's logon may take. */
const providerLogonTimeoutMs = 5000;
/** What `endSession` may take. */
const endDeadlineMs = 10_000;
/** What a client waits for one of its own calls. */
const clientWaitMs = 2000;
/** How far the clock goes at a time. */
const tickMs = 500;

/** The longest that each part may take: providers hang one after the other, each with a time of its own. */
const LIMITS_MS = {
  logon: 60_000,
  openStore: 20_000,
  logoff: 31_000,
  endSession: endDeadlineMs + 1000,
  uninitialize: 31_000,
};

export class FaultyWorld {
  readonly clock = new VirtualClock();
  readonly plan = new FaultPlan({ clock: this.clock });
  readonly made: TestSubsystem;

  /** @param files what the process before this one has left */
  private constructor(files?: MemoryFiles) {
    this.made = new TestSubsystem({
      ...(files === undefined ? {} : { files }),
      clock: this.clock,
      captureOpeners: false,
      providerLogonTimeoutMs,
      loadModule: async () => faultyModule(this.made.library.module, this.plan),
    });
  }

  /** With the default profile `Work`; copied from the first world that has made it. */
  static async withProfile(former?: FaultyWorld): Promise<FaultyWorld> {
    const world = new FaultyWorld(former?.made.files.copy());
    if (former !== undefined) {
      await world.made.subsystem.MAPIInitialize();
      return world;
    }
    const { subsystem } = world.made;
    await world.within(LIMITS_MS.logon, 'the setup', async () => {
      await subsystem.MAPIInitialize();
      await using admin = await subsystem.MAPIAdminProfiles();
      await admin.createProfile('Work', { defaultServices: true });
      await admin.setDefaultProfile('Work');
    });
    return world;
  }

  /** Runs `call` while time passes; it has to settle within `limitMs`, and to fail with a MapiError if it fails. */
  async within<T>(limitMs: number, what: string, call: () => Promise<T>): Promise<T | MapiError> {
    const startMs = this.clock.monotonicMs();
    let result: { readonly value: T } | { readonly error: unknown } | undefined;
    void call().then(
      (value) => (result = { value }),
      (error: unknown) => (result = { error }),
    );
    await this.clock.advance(0);
    while (result === undefined) {
      const passedMs = this.clock.monotonicMs() - startMs;
      assert.ok(passedMs <= limitMs, `${what} hangs: ${passedMs} ms have passed`);
      await this.clock.advance(tickMs);
    }
    if ('value' in result) return result.value;
    assert.ok(MapiError.is(result.error), `${what} fails with no MapiError: ${String(result.error)}`);
    return result.error;
  }

  /** A whole session with what its client does; nothing of it may hang, or fail namelessly. */
  async session(ending: Ending): Promise<void> {
    const { subsystem } = this.made;
    const logon = (): Promise<IMAPISession> => subsystem.MAPILogonEx(null, 'Work', null);
    // a provider that calls back logs on again while it is logged on, and logs its client off later
    this.plan.reenter = logon;
    const session = await this.within(LIMITS_MS.logon, 'the logon', logon);
    if (session instanceof MapiError) return;
    this.plan.reenter = () => session.logoff();
    const store = await this.within(LIMITS_MS.openStore, 'openMsgStore', () => openStore(session));
    await this.#use(session, store instanceof MapiError ? undefined : store);
    await this.#end(session, ending);
  }

  /** The world after this one, where a fast shutdown has ended it. */
  async next(): Promise<FaultyWorld> {
    const { subsystem, files } = this.made;
    const answer = await this.within(1000, 'MAPIAdminProfiles', () => subsystem.MAPIAdminProfiles());
    if (!(answer instanceof MapiError)) return this;
    assert.equal(answer.code, 'MAPI_E_NOT_INITIALIZED');
    const next = new FaultyWorld(files);
    await next.made.subsystem.MAPIInitialize();
    return next;
  }

  /** What a client can count on when nothing goes wrong. */
  async soundSession(): Promise<void> {
    const { subsystem } = this.made;
    const session = await this.within(LIMITS_MS.logon, 'the next logon', () =>
      subsystem.MAPILogonEx(null, 'Work', null),
    );
    if (session instanceof MapiError) throw session;
    const store = await this.within(LIMITS_MS.openStore, 'the next openMsgStore', () => openStore(session));
    if (store instanceof MapiError) throw store;
    assert.deepEqual((await store.getProps([PR_DISPLAY_NAME])).values, ['Store']);
    const { warning } = await session.openAddressBook();
    assert.equal(warning, undefined);
    const report = await this.within(LIMITS_MS.endSession, 'the next end', () =>
      endSession(session, { deadlineMs: endDeadlineMs, uninitialize: false }),
    );
    if (report instanceof MapiError) throw report;
    assert.deepEqual(
      report.steps.filter(({ ok }) => !ok),
      [],
    );
  }

  async uninitialize(): Promise<void> {
    await this.within(LIMITS_MS.uninitialize, 'MAPIUninitialize', () => this.made.subsystem.MAPIUninitialize());
    assert.equal(this.made.subsystem.isInitialized, false);
  }

  async #use(session: IMAPISession, store: IMsgStore | undefined): Promise<void> {
    const bookId = makeEntryId(BOOK_UID, new TextEncoder().encode('people'));
    const folderId = storeEntryId('a');
    const sink = { onNotify: (): void => {} };
    const uses: (() => Promise<unknown>)[] = [
      () => session.openEntry(folderId),
      () => session.compareEntryIDs(folderId, storeEntryId('b')),
      () => session.advise(folderId, fnevObjectCreated, sink),
      () => session.openEntry(bookId),
      () => this.#status(session),
      () => this.#book(session),
      () => session.advise(bookId, fnevObjectCreated, sink),
      async () => session.unadvise(await session.advise(folderId, fnevObjectCreated, sink)),
      () => session.compareEntryIDs(bookId, bookId),
      () => session.openMsgStore(wrapStoreEntryID('test', storeEntryId('another'))),
      () => this.#templates(bookId),
    ];
    if (store !== undefined) uses.push(...storeUses(store));
    for (const use of uses) await this.#bounded(use);
  }

  async #status(session: IMAPISession): Promise<void> {
    const table = await session.getStatusTable();
    for (const row of await queryAllRows(table)) {
      const entryId = propOf(row, PR_ENTRYID);
      if (entryId === undefined) continue;
      const status = await session.openEntry(entryId, { iid: 'IMAPIStatus' });
      await status.validateState();
      await status.release();
    }
    await table.release();
  }

  /** What a provider asks of the address books by its support object. */
  async #templates(bookId: EntryId): Promise<void> {
    const support = this.made.library.lastBookSupport;
    const table = await support?.getOneOffTable();
    await table?.release();
    await support?.openTemplateID(bookId, new TestFolder(this.made.library, bookId));
  }

  async #book(session: IMAPISession): Promise<void> {
    const { object: book } = await session.openAddressBook();
    const root = await book.openEntry(null, { iid: 'IABContainer' });
    await queryAllRows(await root.getHierarchyTable());
    await book.resolveName([[{ tag: PR_DISPLAY_NAME, value: 'Bob' }]]);
    await book.prepareRecips([[{ tag: PR_DISPLAY_NAME, value: 'Bob' }]], [PR_DISPLAY_NAME]);
  }

  /** A client that waits so long and no longer, whatever the provider does. */
  async #bounded(use: () => Promise<unknown>): Promise<void> {
    const waiting = async (): Promise<unknown> => {
      const used = use();
      used.catch(() => {}); // it may fail when nobody waits for it any more
      return withDeadline(used, clientWaitMs, this.clock, 'a call');
    };
    await this.within(clientWaitMs + tickMs, 'a call of the client', waiting);
  }

  async #end(session: IMAPISession, ending: Ending): Promise<void> {
    if (ending === 'fastShutdown') {
      await this.within(LIMITS_MS.logoff, 'queryFastShutdown', () => session.queryFastShutdown());
      await this.within(LIMITS_MS.logoff, 'notifyProcessShutdown', () => session.notifyProcessShutdown());
      await this.within(LIMITS_MS.logoff, 'doFastShutdown', () => session.doFastShutdown());
    }
    if (ending === 'endSession') {
      const report = await this.within(LIMITS_MS.endSession, 'endSession', () =>
        endSession(session, { deadlineMs: endDeadlineMs, uninitialize: false }),
      );
      assert.ok(!(report instanceof MapiError), 'endSession throws nothing');
      assert.equal(report.steps.length, 9);
      return;
    }
    await this.within(LIMITS_MS.logoff, 'logoff', () => session.logoff());
  }
}

function storeUses(store: IMsgStore): readonly (() => Promise<unknown>)[] {
  const sink = { onNotify: (): void => {} };
  return [
    () => store.getProps([PR_DISPLAY_NAME]),
    () => store.getPropList(),
    () => store.compareEntryIDs(storeEntryId('a'), storeEntryId('b')),
    () => store.advise(null, fnevObjectCreated, sink),
    () => store.getReceiveFolder('IPM.Note'),
    () => store.getReceiveFolderTable(),
    () => store.abortSubmit(STORE_UID),
    async () => {
      const folder = await store.openEntry(null, { iid: 'IMAPIFolder' });
      await folder.getProps();
      await folder.getLastError(0x8004_010f);
      const table = await folder.getContentsTable();
      await table.setColumns([PR_DISPLAY_NAME]);
      await table.seekRow('beginning', 0);
      await table.queryRows(10);
      await folder.getHierarchyTable();
      await folder.addRef().release();
      await folder.copyMessages([], folder);
      await table.release();
      await folder.release();
    },
    async () => {
      // what it opens is left for the end of the session
      const folder = await store.openEntry(null, { iid: 'IMAPIFolder' });
      const table = await folder.getContentsTable();
      await table.advise(fnevTableModified, sink);
    },
  ];
}

/** Everything that goes wrong is told, and none of it is left to the process. */
export async function withoutUnhandled(run: () => Promise<void>): Promise<void> {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    await run();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  } finally {
    process.off('unhandledRejection', note);
  }
  assert.deepEqual(unhandled, []);
}

/** One fault in one place, a whole session long; then everything has to work again. */
export async function withFault(former: FaultyWorld, where: string, fault: Fault, ending: Ending): Promise<void> {
  await withPlan(former, (plan) => plan.set(where, fault), ending);
}

/** A session whose providers go wrong by a plan; then everything has to work again. */
export async function withPlan(former: FaultyWorld, fill: (plan: FaultPlan) => unknown, ending: Ending): Promise<void> {
  const world = await FaultyWorld.withProfile(former);
  fill(world.plan);
  await world.session(ending);
  world.plan.clear();
  const next = await world.next();
  await next.soundSession();
  if (world.plan.hanging > 0) {
    world.plan.letGo(); // what hung answers now, when nobody waits for it
    await world.clock.advance(60_000);
    await next.soundSession();
  }
  await next.uninitialize();
  if (next !== world) await world.uninitialize();
}
