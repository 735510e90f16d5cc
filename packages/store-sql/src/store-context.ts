import { bytesEqual, type Log } from '@nodemapi/base';
import { storeSupportMask } from '@nodemapi/kit';
import { type EntryId, type IMAPISupport, type IUnknown, MapiError } from '@nodemapi/mapi';
import { sectionPath } from './config.ts';
import type { SaveContext } from './message-writer.ts';
import { followSearches } from './search-follower.ts';
import type { StoreFile } from './store-file.ts';
import {
  objectEntryId,
  parseObjectEntryId,
  recordKey,
  type StoredId,
  storeEntryId,
  storeRecordKey,
  storeUidOf,
} from './store-ids.ts';

export interface StoreContextOptions {
  readonly file: StoreFile;
  readonly support: IMAPISupport;
  /** MDB_WRITE */
  readonly writable: boolean;
  /** Made by `spoolerLogon`. */
  readonly spooler: boolean;
  /** Names this logon in locks. */
  readonly owner: string;
}

/** One logon to a store: whose it is and what it may do. Every object that was opened through it has it. */
export class StoreContext {
  readonly file: StoreFile;
  readonly support: IMAPISupport;
  readonly log: Log;
  readonly writable: boolean;
  readonly spooler: boolean;
  readonly owner: string;
  /** PR_STORE_ENTRYID: wrapped by the subsystem. */
  readonly storeEntryId: EntryId;
  /** PR_STORE_RECORD_KEY */
  readonly storeRecordKey: Uint8Array;
  /** PR_DISPLAY_NAME of the profile section; the store has no other name. */
  displayName: string | undefined;
  readonly #open = new Set<IUnknown>();
  #ended = false;
  #ready = false;

  constructor({ file, support, writable, spooler, owner }: StoreContextOptions) {
    this.file = file;
    this.support = support;
    this.log = file.host.log;
    this.writable = writable;
    this.spooler = spooler;
    this.owner = owner;
    this.storeEntryId = support.wrapStoreEntryID(storeEntryId(file.uid, sectionPath(file.host.home, file.path)));
    this.storeRecordKey = storeRecordKey(file.uid);
    file.follow = (changes) => followSearches(this, changes);
  }

  /** PR_STORE_SUPPORT_MASK */
  get supportMask(): number {
    return storeSupportMask(this.writable);
  }

  /** PR_MAPPING_SIGNATURE: names have the same identifiers in all objects of the store. */
  get mappingSignature(): Uint8Array {
    return this.file.uid;
  }

  /** What a save inside a write needs. */
  saving(): SaveContext {
    const { db, host, owner } = this.file;
    return { db, owner, random: host.random, now: host.clock.now() };
  }

  entryId(object: StoredId): EntryId {
    return objectEntryId(this.file.uid, object);
  }

  recordKey(object: StoredId): Uint8Array {
    return recordKey(this.file.uid, object);
  }

  /** Whether an identifier is of an object of this store. */
  owns(entryId: EntryId): boolean {
    const uid = storeUidOf(entryId);
    return uid !== undefined && bytesEqual(uid, this.file.uid);
  }

  /** @throws MAPI_E_UNKNOWN_ENTRYID, MAPI_E_INVALID_ENTRYID */
  parse(entryId: EntryId): StoredId {
    return parseObjectEntryId(this.file.uid, entryId);
  }

  /** @throws MAPI_E_INVALID_OBJECT after the logoff */
  assertOpen(): void {
    if (this.#ended) throw new MapiError('MAPI_E_INVALID_OBJECT', 'the store was logged off');
  }

  /** @throws MAPI_E_NO_ACCESS on a store that was opened for reading */
  assertWritable(): void {
    this.assertOpen();
    if (!this.writable) throw new MapiError('MAPI_E_NO_ACCESS', 'the store was opened for reading');
  }

  /** Makes sure that the transports are ready before the first message is prepared; once is enough. */
  async announceReady(): Promise<void> {
    if (this.#ready) return;
    await this.support.spoolerNotify({ kind: 'readyToSend' });
    this.#ready = true;
  }

  /** Objects that the end of the logon releases. */
  opened<T extends IUnknown>(object: T): T {
    this.#open.add(object);
    return object;
  }

  closed(object: IUnknown): void {
    this.#open.delete(object);
  }

  /** Ends the logon: whatever is still open is of no use any more. */
  async end(): Promise<void> {
    this.#ended = true;
    for (const object of [...this.#open]) await object.release();
    this.#open.clear();
  }
}
