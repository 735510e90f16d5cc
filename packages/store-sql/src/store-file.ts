import { hostname } from 'node:os';
import { dirname } from 'node:path';
import {
  Emitter,
  guidToBytes,
  MapiError,
  newGuid,
  type ProcessFates,
  processFates,
  type Timer,
  toHex,
} from '@nodemapi/base';
import { AdviseHub, NOTIFICATIONS_LOST } from '@nodemapi/kit';
import { type MapiUid, outgoingStateNumber, type ProviderHost } from '@nodemapi/mapi';
import { Database, sql } from '@nodemapi/sqlite';
import { makeInitialFolders } from './initial-folders.ts';
import {
  ChangeList,
  isJournalLong,
  type JournalRow,
  journalAfter,
  lastSeq,
  notificationOf,
  pruneJournal,
} from './journal.ts';
import { NamedPropertyMap } from './named-property-map.ts';
import { Offers } from './offers.ts';
import { isOwnerGone, processOwner } from './process-owner.ts';
import { STORE_APPLICATION_ID, STORE_MIGRATIONS } from './schema.ts';
import { instanceKey } from './store-ids.ts';

/** How often a listener looks for the changes of others that it was not woken for. */
const pollMs = 250;
/** So long after the last listener has gone wake-ups still come: the next one need not ask for them anew. */
const lingerMs = 1000;
const OWNER_ONLY = 0o700;

export interface StoreFileOptions {
  readonly busyTimeoutMs?: number;
  /** This process, and what can be told of others; as the system says if not given. */
  readonly fates?: ProcessFates;
  /** The uid of a store that is made; a new one if not given. */
  readonly uid?: MapiUid;
}

/**
 * One store file, open: what all logons of a provider to it share.
 *
 * - Every change goes through `write`: it is journalled in its own transaction, and told after the commit.
 * - Notifications are read from the journal, so they come in commit order, with the changes of other processes between.
 * - Others' changes are looked for only while somebody listens: when others wake it, and from time to time, since a
 *   wake-up may get lost.
 */
export class StoreFile implements AsyncDisposable {
  readonly path: string;
  readonly db: Database;
  readonly host: ProviderHost;
  /** The store's own uid. */
  readonly uid: MapiUid;
  /** Names this opening of the file: owner of values that are not saved yet, and of locks. */
  readonly owner: string;
  readonly fates: ProcessFates;
  readonly names: NamedPropertyMap;
  /** Sinks: under the instance key of an object, or null for the whole store. */
  readonly hub: AdviseHub;
  /** The journal as it grows, for tables. */
  readonly changes = new Emitter<readonly JournalRow[]>();
  /** Changes went by unread: whoever shows something reads it anew. */
  readonly lost = new Emitter<void>();
  /** Saved messages that somebody has open for writing: number → how often. */
  readonly openForWriting = new Map<number, number>();
  readonly folders: Readonly<Record<string, number>>;
  /** What is known of attempts that are cut off. */
  readonly offers: Offers;
  /** Brings the search folders up to the changes of a write; set by the first logon. */
  follow: (changes: ChangeList) => void = () => {};
  #seen: number;
  /** Committed rows that are told in the next microtask. */
  readonly #untold: JournalRow[] = [];
  #dataVersion: number;
  /** Transactions of this connection, also those that are not told yet. */
  #commits = 0;
  readonly #crash: Disposable | undefined;
  #timer: Timer | undefined;
  #watchers = 0;
  /** What all who have this store open are woken for. */
  readonly #topic: string;
  readonly #onWake = (): void => this.#poll();
  #woken: Disposable | undefined;
  #lingering: Timer | undefined;

  private constructor(path: string, db: Database, host: ProviderHost, fates: ProcessFates) {
    this.path = path;
    this.db = db;
    this.host = host;
    this.fates = fates;
    this.owner = processOwner(fates, hostname(), toHex(host.random.bytes(4)));
    this.uid = metaBytes(db, 'uid');
    this.#topic = `store ${toHex(this.uid)}`;
    this.folders = JSON.parse(metaText(db, 'folders')) as Record<string, number>;
    this.names = new NamedPropertyMap(this);
    this.offers = new Offers({ host, path, owner: this.owner, fates, sending: () => sendingIn(db) });
    this.hub = new AdviseHub({ log: host.log });
    this.#crash = host.crash?.register({ recover: () => db.recover(), proceed: () => db.proceed() });
    this.#dataVersion = db.dataVersion(); // first: what others commit after it is looked for
    this.#seen = lastSeq(db);
    db.hook({ seal: (results) => this.#journal(results), kept: (rows) => this.#written(rows) });
  }

  /**
   * Opens the store at `path`; a file that is not there is made, with the folders of a new store.
   *
   * @throws MAPI_E_CORRUPT_STORE, MAPI_E_VERSION, MAPI_E_NO_ACCESS, MAPI_E_NOT_ENOUGH_DISK, MAPI_E_BUSY
   */
  static async open(host: ProviderHost, path: string, options: StoreFileOptions = {}): Promise<StoreFile> {
    await host.files.mkdir(dirname(path), { mode: OWNER_ONLY });
    await makePrivate(host, path);
    const db = Database.open(path, {
      applicationId: STORE_APPLICATION_ID,
      migrations: STORE_MIGRATIONS,
      ...options,
    });
    try {
      const { fates = processFates() } = options;
      if (!isInitialised(db)) db.withImmediate(() => initialise(db, host, options.uid));
      tidyUp(db, host, fates);
      return new StoreFile(path, db, host, fates);
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  /**
   * Runs `operation` in a transaction, journals the changes that it names, and tells of them after the commit.
   *
   * It may run more than once before the promise settles, so it changes nothing but the database.
   */
  async write<T>(operation: (changes: ChangeList) => T): Promise<T> {
    const { result } = await this.db.write(() => {
      const changes = new ChangeList();
      return new Written(operation(changes), changes);
    });
    return result;
  }

  /**
   * Another one whenever rows may be others than before, told or not: a commit of ours is seen before it is told, while it is on its
   * way to the disk, and one of others until this process is woken.
   */
  get version(): string {
    return `${this.db.dataVersion()} ${this.#commits}`;
  }

  /** Journals what the operations of one transaction have changed: what they say alike is said once. */
  #journal(results: readonly unknown[]): readonly JournalRow[] {
    this.#commits++;
    const all = new ChangeList();
    for (const result of results) if (result instanceof Written) all.append(result.changes);
    this.follow(all);
    return all.store(this.db, this.owner);
  }

  /** Tells of everything in the journal that has not been told yet; nobody listens to a store that is being closed. */
  pump(): void {
    if (this.db.closed) return;
    this.#tellUntold();
    for (;;) {
      const rows = journalAfter(this.db, this.#seen);
      const last = rows.at(-1);
      if (last === undefined) return;
      if ((rows[0]?.seq ?? 0) > this.#seen + 1) this.#tellLost();
      this.#seen = last.seq;
      this.#tell(rows);
    }
  }

  /** Rows that this connection has just committed are known; what others have written before them is read. */
  #written(rows: readonly JournalRow[]): void {
    const [first] = rows;
    const last = rows.at(-1);
    if (this.db.closed || first === undefined || last === undefined) return;
    this.host.wakeUps?.signal(this.#topic, this.#onWake);
    if (last.seq <= this.#seen) return;
    if (first.seq !== this.#seen + 1) {
      this.pump();
      return;
    }
    this.#seen = last.seq;
    // The writes of one commit are told together, before any of their promises is continued.
    if (this.#untold.length === 0) queueMicrotask(() => this.#tellUntold());
    this.#untold.push(...rows);
  }

  #tellUntold(): void {
    const rows = this.#untold.splice(0);
    if (rows.length > 0 && !this.db.closed) this.#tell(rows);
  }

  /** Looks for the changes of others until the result is disposed. */
  watch(): Disposable {
    this.#watchers++;
    this.#lingering?.cancel();
    this.#woken ??= this.host.wakeUps?.listen(this.#topic, this.#onWake);
    this.#pollLater();
    let watching = true;
    return {
      [Symbol.dispose]: () => {
        if (!watching) return;
        watching = false;
        this.#watchers--;
        if (this.#watchers === 0) this.#linger();
      },
    };
  }

  noteOpenForWriting(message: number, step: 1 | -1): void {
    const count = (this.openForWriting.get(message) ?? 0) + step;
    if (count > 0) this.openForWriting.set(message, count);
    else this.openForWriting.delete(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.db.closed) return;
    this.#crash?.[Symbol.dispose]();
    this.#timer?.cancel();
    this.#watchers = 0;
    this.#sleep();
    this.hub.close();
    this.changes.clear();
    this.lost.clear();
    await this.offers[Symbol.asyncDispose]();
    await this.db.close();
  }

  #linger(): void {
    if (this.#woken === undefined) return;
    this.#lingering = this.host.clock.setTimer(lingerMs, () => this.#sleep());
    this.#lingering.unref();
  }

  #sleep(): void {
    this.#lingering?.cancel();
    this.#woken?.[Symbol.dispose]();
    this.#woken = undefined;
  }

  /** Older rows were dropped before this connection came to read them: its process stood still for long. */
  #tellLost(): void {
    this.lost.emit();
    this.hub.notify(null, [{ kind: 'extended', event: NOTIFICATIONS_LOST, parameters: new Uint8Array(0) }]);
  }

  #tell(rows: readonly JournalRow[]): void {
    this.changes.emit(rows);
    if (this.hub.size === 0) return;
    for (const row of rows) {
      const notification = notificationOf(this.uid, row);
      if (notification === undefined) continue;
      this.hub.notify(null, [notification]);
      if (row.event !== 'newMail') {
        this.hub.notify(instanceKey({ type: row.object_type, number: row.object }), [notification]);
      }
    }
  }

  #pollLater(): void {
    if (this.#timer !== undefined || this.#watchers === 0 || this.db.closed) return;
    this.#timer = this.host.clock.setTimer(pollMs, () => {
      this.#timer = undefined;
      this.#poll();
      this.#pollLater();
    });
    this.#timer.unref();
  }

  #poll(): void {
    if (this.db.closed) return;
    try {
      const version = this.db.dataVersion();
      if (version === this.#dataVersion) return;
      this.pump();
      this.#dataVersion = version; // what could not be read is read next time
    } catch (error) {
      this.host.log.warn('store cannot be polled', { path: this.path, error });
    }
  }
}

/** What an operation has answered, with the changes that it names. */
class Written<T> {
  readonly result: T;
  readonly changes: ChangeList;

  constructor(result: T, changes: ChangeList) {
    this.result = result;
    this.changes = changes;
  }
}

/** The database takes over the permissions of the file for what it keeps beside it. */
async function makePrivate({ files }: ProviderHost, path: string): Promise<void> {
  if (!(await files.exists(path))) await (await files.openAppend(path, { mode: 0o600 }))[Symbol.asyncDispose]();
}

function isInitialised(db: Database): boolean {
  return db.get(sql`SELECT 1 FROM meta WHERE key = 'uid'`) !== undefined;
}

function initialise(db: Database, host: ProviderHost, given: MapiUid | undefined): void {
  if (isInitialised(db)) return; // by another process, meanwhile
  const uid = given ?? guidToBytes(newGuid(host.random));
  const folders = makeInitialFolders(db, host.clock.now());
  db.run(sql`INSERT INTO meta (key, value) VALUES ('uid', ${uid}), ('folders', ${JSON.stringify(folders)})`);
}

/**
 * Drops what processes that are gone have left unsaved, and the oldest of the journal. An open writes only if there is
 * something to drop, and where another process has the write lock that is left to a later one.
 */
function tidyUp(db: Database, host: ProviderHost, fates: ProcessFates): void {
  const strays = db
    .all<{ owner: string }>(sql`SELECT DISTINCT owner FROM value WHERE owner IS NOT NULL`)
    .filter(({ owner }) => isOwnerGone(owner, fates));
  if (strays.length === 0 && !isJournalLong(db)) return;
  try {
    db.withImmediate(() => {
      for (const { owner } of strays) db.run(sql`DELETE FROM value WHERE owner = ${owner}`);
      pruneJournal(db);
    });
  } catch (error) {
    if (!MapiError.is(error, 'MAPI_E_BUSY')) throw error;
    host.log.info('what is left over stays until the next open', { path: db.path, error });
  }
}

/** The attempts that run, or were cut off. */
function sendingIn(db: Database): readonly (readonly [message: number, lock: number])[] {
  const rows = db.all<{ message: number; lock_number: number }>(
    sql`SELECT message, lock_number FROM outgoing WHERE state = ${outgoingStateNumber('sending')}`,
  );
  return rows.map(({ message, lock_number: lock }) => [message, lock]);
}

function metaBytes(db: Database, key: string): Uint8Array {
  const value = meta(db, key);
  if (value instanceof Uint8Array) return value;
  throw new MapiError('MAPI_E_CORRUPT_STORE', `${db.path} lacks its ${key}`);
}

function metaText(db: Database, key: string): string {
  const value = meta(db, key);
  if (typeof value === 'string') return value;
  throw new MapiError('MAPI_E_CORRUPT_STORE', `${db.path} lacks its ${key}`);
}

function meta(db: Database, key: string): unknown {
  return db.get<{ value: unknown }>(sql`SELECT value FROM meta WHERE key = ${key}`)?.value;
}
