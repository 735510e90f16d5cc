/**
 * Writes the record of one message into the queue of its store, under the lock of this spooler.
 *
 * - Every write names its lock by the number, and fails if somebody has taken the message over since.
 * - A write of a result is repeated when it fails: while the store cannot be used at all, until the spooler ends; for
 *   some minutes where the message itself cannot be written, since it must block nobody else for ever.
 * - A message object on which something failed is thrown away with its unsaved changes.
 */
import type { Clock, Log } from '@nodemapi/base';
import {
  type EntryId,
  type IMessage,
  type IMsgStore,
  MapiError,
  type OutgoingChange,
  type OutgoingRecords,
  type OutgoingStanding,
  type OutgoingStep,
  type PropTag,
  type PropValue,
} from '@nodemapi/mapi';
import { hasLeft, isGone } from './lock-lost.ts';
import { type MessageRecord, type RecipientRecord, readRecord, standingOf } from './record.ts';
import { isOfSurroundings } from './surroundings.ts';

export interface LedgerEntry {
  /** Properties of the message itself. */
  readonly set?: readonly PropValue[];
  readonly clear?: readonly PropTag[];
  readonly standing?: OutgoingStanding;
  /** Those that differ from what was written last. */
  readonly recipients?: readonly RecipientRecord[];
  readonly step?: OutgoingStep;
  /** Keep the lock, or give it back with the same write. */
  readonly locked: boolean;
  /** For how many times the usual time; default 1. */
  readonly leases?: number;
}

/** Wait before a failed write is tried again: doubles from the first to the last. */
const REWRITE_FIRST_MS = 1_000;
const REWRITE_LAST_MS = 60_000;
/** Then a message is given up that alone cannot be written, so that it does not keep its place for ever. */
const REWRITES_MAX = 10;

/** A queue, and who keeps its records. */
export interface QueueHome {
  readonly store: IMsgStore;
  readonly records: OutgoingRecords;
}

export interface LedgerParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly leaseMs: number;
}

export class Ledger {
  readonly #home: QueueHome;
  readonly #entryId: EntryId;
  readonly #parts: LedgerParts;
  #message: IMessage | undefined;
  #lock: number | undefined;
  /** The record as it was read, and since then written by us. */
  #known: MessageRecord | undefined;

  constructor(home: QueueHome, entryId: EntryId, parts: LedgerParts) {
    this.#home = home;
    this.#entryId = entryId;
    this.#parts = parts;
  }

  /** The lock that it holds. */
  get lock(): number | undefined {
    return this.#lock;
  }

  /** The message, opened for writing; it stays the ledger's. */
  async message(): Promise<IMessage> {
    this.#message ??= await this.#home.store.openEntry(this.#entryId, { iid: 'IMessage', modify: true });
    return this.#message;
  }

  /** The record as it is now; the next write fails if somebody else takes the lock before. */
  async read(): Promise<MessageRecord> {
    this.#known = await readRecord(this.#home.records, await this.message(), this.#entryId);
    return this.#known;
  }

  /** Releases the message with everything unsaved; the next use opens it again. */
  async drop(): Promise<void> {
    const message = this.#message;
    this.#message = undefined;
    if (message === undefined) return;
    try {
      await message.release();
    } catch (cause) {
      this.#parts.log.warn('release failed', { error: MapiError.from(cause, 'spooler') });
    }
  }

  /**
   * Writes one entry, and what waits in the message. The first one takes the lock, if nobody else has taken it since the
   * record was read.
   *
   * @throws what the store throws; then nothing is written and the message is dropped
   */
  async write(entry: LedgerEntry): Promise<void> {
    const { records } = this.#home;
    const leaseMs = this.#parts.leaseMs * (entry.leases ?? 1);
    const change = { ...this.#change(entry), ...(entry.locked ? { leaseMs } : {}) };
    const number = await this.#guarded(entry, (message) => records.writeOutgoing(this.#entryId, change, message));
    this.#lock = entry.locked ? number : undefined;
    if (this.#known !== undefined) this.#known = { ...this.#known, ...entry.standing, lock: number };
  }

  /** Notes that the message is about to be offered. @throws MAPI_E_BUSY if it must not be */
  noteOffer(): void {
    if (this.#lock === undefined) throw new MapiError('MAPI_E_BUSY', 'the message is not locked any more');
    this.#home.records.noteOffer?.(this.#entryId, this.#lock);
  }

  /**
   * Writes a result, again and again if need be. False: the lock is lost, the record is somebody else's.
   *
   * @param signal ends the waiting; one last try follows, none if it was aborted before
   * @throws what the store threw last
   */
  persist(entry: LedgerEntry, signal?: AbortSignal): Promise<boolean> {
    return this.#insist(() => this.write(entry), signal);
  }

  /** Writes the last result and takes the message out of the queue, in one write. Else as `persist`. */
  finish(entry: Omit<LedgerEntry, 'locked'>, signal: AbortSignal): Promise<boolean> {
    return this.#insist(async () => {
      const lock = this.#lock;
      if (lock === undefined) throw new MapiError('MAPI_E_NO_ACCESS', 'the message is not locked');
      const change = { ...this.#change(entry), lock };
      const { records } = this.#home;
      await this.#guarded(entry, (message) => records.finishOutgoing(this.#entryId, change, message));
    }, signal);
  }

  #change({ standing, recipients, step }: Omit<LedgerEntry, 'locked'>): OutgoingChange {
    return {
      ...(this.#lock === undefined ? {} : { lock: this.#lock }),
      ...(this.#lock !== undefined || this.#known === undefined ? {} : { after: this.#known.lock }),
      ...(standing === undefined ? {} : { standing: onlyStanding(standing) }),
      ...(recipients === undefined ? {} : { recipients: recipients.map(standingOf) }),
      ...(step === undefined ? {} : { step }),
    };
  }

  /** Puts what an entry has for the message itself into it, and writes. */
  async #guarded<T>(
    { set = [], clear = [] }: Pick<LedgerEntry, 'set' | 'clear'>,
    write: (message: IMessage | undefined) => Promise<T>,
  ): Promise<T> {
    try {
      if (set.length > 0) await (await this.message()).setProps(set);
      if (clear.length > 0) await (await this.message()).deleteProps(clear);
      return await write(this.#message);
    } catch (cause) {
      await this.drop();
      throw MapiError.from(cause, 'store');
    }
  }

  async #insist(write: () => Promise<void>, signal?: AbortSignal): Promise<boolean> {
    const { log } = this.#parts;
    signal?.throwIfAborted();
    for (let tries = 1, waitMs = REWRITE_FIRST_MS; ; tries++, waitMs = Math.min(waitMs * 2, REWRITE_LAST_MS)) {
      const isLast = signal?.aborted === true;
      try {
        await write();
        return true;
      } catch (cause) {
        const error = MapiError.from(cause, 'store');
        const lost = await this.#isLost(error);
        log.warn('record not written', { error, lost });
        if (lost) return false;
        const passes = isOfSurroundings(error) || isGone(error);
        if (isLast || (!passes && tries >= REWRITES_MAX)) throw error;
      }
      if (tries > 1) await this.#wait(waitMs, signal); // a changed object is written again at once
    }
  }

  /** Whether the message has gone or belongs to somebody else, after a write has failed. Never rejects. */
  async #isLost(error: MapiError): Promise<boolean> {
    if (error.code === 'MAPI_E_OBJECT_CHANGED') return !(await this.#isOurs());
    return hasLeft(this.#home.store, this.#entryId, error, this.#parts.log);
  }

  /**
   * Whether the lock is ours still: then it was the message that somebody has changed. Where another has had the lock in
   * between, and has done nothing, it is taken anew: the record says that the attempt is still ours.
   */
  async #isOurs(): Promise<boolean> {
    const { records } = this.#home;
    const known = this.#known;
    try {
      const now = await readRecord(records, await this.message(), this.#entryId);
      if (now.lock === this.#lock) return true;
      const isSame =
        now.state === known?.state && now.attempts === known.attempts && now.lastAttempt === known.lastAttempt;
      if (!isSame) return false;
      const { leaseMs } = this.#parts;
      this.#lock = await records.writeOutgoing(this.#entryId, { after: now.lock, leaseMs });
      return true;
    } catch (cause) {
      this.#parts.log.info('lock not taken anew', { error: MapiError.from(cause, 'store') });
      return false;
    } finally {
      await this.drop();
    }
  }

  /** Waits for `ms`, or until `signal` is aborted. */
  async #wait(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await this.#parts.clock.delay(ms, signal);
    } catch (reason) {
      if (signal?.aborted !== true) throw reason;
    }
  }
}

/** The standing alone of what may be a whole record. */
function onlyStanding(record: OutgoingStanding): OutgoingStanding {
  const { state, attempts, lastAttempt, nextAttempt, reason, failures, delayTold } = record;
  return { state, attempts, lastAttempt, nextAttempt, reason, failures, delayTold };
}
