/** The stores that the spooler serves, each with its own reference and a reader of its outgoing queue. */
import { type Clock, type Log, toHex } from '@nodemapi/base';
import type { SpoolerStore } from '@nodemapi/kit';
import { type EntryId, type IMsgStore, MapiError, type OutgoingRecords, supportsOutgoing } from '@nodemapi/mapi';
import { ContractRecords } from './contract-records.ts';
import { QueueReader } from './queue-reader.ts';

export interface AttachedStore {
  readonly key: string;
  readonly entryId: EntryId;
  readonly displayName: string;
  readonly store: IMsgStore;
  /** The records of its queue. */
  readonly records: OutgoingRecords;
  /** undefined: it sends nothing. */
  readonly reader: QueueReader | undefined;
  /** Whether messages of it may be started. */
  sends: boolean;
  /** Whether mail may be received into it. */
  receives: boolean;
}

export interface StoreSetParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Names this spooler. */
  readonly owner: string;
  readonly waitMaxMs: number;
  /** Called when the queue of one has changed. */
  readonly onChange: () => void;
}

export class StoreSet {
  readonly #stores = new Map<string, AttachedStore>();
  #closed = false;
  readonly #log: Log;
  readonly #parts: StoreSetParts;

  constructor(parts: StoreSetParts) {
    this.#log = parts.log;
    this.#parts = parts;
  }

  get list(): readonly AttachedStore[] {
    return [...this.#stores.values()];
  }

  get(key: string): AttachedStore | undefined {
    return this.#stores.get(key);
  }

  find(entryId: EntryId): AttachedStore | undefined {
    return this.#stores.get(toHex(entryId));
  }

  /** Attaches a store; one that is attached already stays as it is. */
  async attach({ entryId, displayName, store }: SpoolerStore): Promise<void> {
    const key = toHex(entryId);
    if (this.#stores.has(key)) return;
    const own = store.addRef();
    try {
      const records = supportsOutgoing(own) ? own : new ContractRecords(own, this.#parts);
      const reader = await this.#openReader(own, records, displayName);
      const refusal = this.#refusal(key, displayName);
      if (refusal !== undefined) {
        await reader?.close();
        throw refusal;
      }
      this.#stores.set(key, { key, entryId, displayName, store: own, records, reader, sends: true, receives: true });
    } catch (error) {
      await own.release();
      throw error;
    }
  }

  /** Lets go of a store. */
  async detach(attached: AttachedStore): Promise<void> {
    if (!this.#stores.delete(attached.key)) return;
    for (const close of [() => attached.reader?.close(), () => attached.store.release()]) {
      try {
        await close();
      } catch (cause) {
        const error = MapiError.from(cause, attached.displayName);
        this.#log.warn('store not closed', { store: attached.displayName, error });
      }
    }
  }

  async detachAll(): Promise<void> {
    this.#closed = true; // what is being attached now is let go
    for (const attached of this.list) await this.detach(attached);
  }

  /** The store in which a message lies. */
  async storeOf(entryId: EntryId): Promise<IMsgStore | undefined> {
    for (const { store } of this.list) {
      try {
        await using _message = await store.openEntry(entryId, { iid: 'IMessage' });
        return store;
      } catch (cause) {
        if (!MapiError.is(cause)) throw cause; // else it lies in another one
      }
    }
    return undefined;
  }

  /** What may have happened while its queue was being opened. */
  #refusal(key: string, displayName: string): MapiError | undefined {
    if (this.#stores.has(key)) return new MapiError('MAPI_E_BUSY', `${displayName} is being attached twice`);
    return this.#closed ? new MapiError('MAPI_E_END_OF_SESSION', 'the spooler has been shut down') : undefined;
  }

  async #openReader(store: IMsgStore, records: OutgoingRecords, displayName: string): Promise<QueueReader | undefined> {
    const { waitMaxMs, onChange } = this.#parts;
    try {
      return await QueueReader.open(store, { records, waitMaxMs, onChange });
    } catch (cause) {
      if (!MapiError.is(cause, 'MAPI_E_NO_SUPPORT')) throw cause;
      this.#log.debug('store sends nothing', { store: displayName });
      return undefined;
    }
  }
}
