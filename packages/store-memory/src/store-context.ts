/** One logon to a store: whose it is and what it may do. Every object that was opened through it has it. */
import { guidToBytes, type Log } from '@nodemapi/base';
import { storeSupportMask } from '@nodemapi/kit';
import { type EntryId, type IMAPISupport, MapiError } from '@nodemapi/mapi';
import { storeEntryId } from './entry-ids.ts';
import type { MemoryStoreData } from './store-data.ts';

export interface StoreContextOptions {
  readonly data: MemoryStoreData;
  readonly support: IMAPISupport;
  readonly log: Log;
  /** MDB_WRITE */
  readonly writable: boolean;
  /** Made by `spoolerLogon`. */
  readonly spooler: boolean;
  /** Names this logon in locks. */
  readonly owner: string;
}

export class StoreContext {
  readonly data: MemoryStoreData;
  readonly support: IMAPISupport;
  readonly log: Log;
  readonly writable: boolean;
  readonly spooler: boolean;
  readonly owner: string;
  /** PR_STORE_ENTRYID: wrapped by the subsystem. */
  readonly storeEntryId: EntryId;
  /** PR_MAPPING_SIGNATURE */
  readonly mappingSignature: Uint8Array;
  readonly #options: StoreContextOptions;
  #ready = false;
  #ended = false;

  constructor(options: StoreContextOptions) {
    this.#options = options;
    this.data = options.data;
    this.support = options.support;
    this.log = options.log;
    this.writable = options.writable;
    this.spooler = options.spooler;
    this.owner = options.owner;
    this.storeEntryId = options.support.wrapStoreEntryID(storeEntryId(options.data.uid));
    this.mappingSignature = guidToBytes(options.data.names.signature);
  }

  /** Tells the spooler, once per logon, that this store is about to prepare a submission. spec: imapisupport-preparesubmit */
  async announceReadyToSend(): Promise<void> {
    if (this.#ready) return;
    await this.support.spoolerNotify({ kind: 'readyToSend' });
    this.#ready = true;
  }

  /** Whether the store was logged off: nothing that was opened through this logon works any more. */
  get ended(): boolean {
    return this.#ended;
  }

  end(): void {
    this.#ended = true;
  }

  /** The same logon, allowed to write: for what the store does of its own accord. */
  writableTwin(): StoreContext {
    return this.writable ? this : new StoreContext({ ...this.#options, writable: true });
  }

  /** PR_STORE_SUPPORT_MASK */
  get supportMask(): number {
    return storeSupportMask(this.writable);
  }

  /** @throws MAPI_E_NO_ACCESS on a store that was opened for reading */
  assertWritable(): void {
    if (!this.writable) throw new MapiError('MAPI_E_NO_ACCESS', 'the store was opened for reading');
  }

  /** @throws MAPI_E_NO_SUPPORT for everybody but the spooler */
  assertSpooler(what: string): void {
    if (!this.spooler) throw new MapiError('MAPI_E_NO_SUPPORT', `${what} is the spooler's`);
  }
}
