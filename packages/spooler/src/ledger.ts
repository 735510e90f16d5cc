/**
 * Writes the record of one message into its store, under the lock of this spooler.
 *
 * - Every write is one `setLockState`, or `finishLocked`: it saves, and fails if somebody else has the lock.
 * - A write of a result is repeated when it fails: while the store cannot be used at all, until the spooler ends; for
 *   some minutes where the message itself cannot be written, since it must block nobody else for ever.
 * - A message object on which something failed is thrown away with its unsaved changes.
 */
import type { Clock, Log } from '@nodemapi/base';
import { supportsFinishing } from '@nodemapi/kit';
import {
  type EntryId,
  type IMessage,
  type IMsgStore,
  MapiError,
  type MapiErrorCode,
  type PropTag,
  type PropValue,
} from '@nodemapi/mapi';
import { isGone, LockTerm, type LockTermParts } from './lock-term.ts';
import { isSpoolerTag, type RecipientRecord, recipientRow } from './record.ts';
import { isOfSurroundings } from './surroundings.ts';

export interface LedgerEntry {
  readonly set: readonly PropValue[];
  readonly clear?: readonly PropTag[];
  readonly recipients?: readonly RecipientRecord[];
  /** Keep the lock, or give it back with the same write. */
  readonly locked: boolean;
}

/** Wait before a failed write is tried again: doubles from the first to the last. */
const REWRITE_FIRST_MS = 1_000;
const REWRITE_LAST_MS = 60_000;
/** Then a message is given up that alone cannot be written, so that it does not keep its place for ever. */
const REWRITES_MAX = 10;

export class Ledger {
  readonly #store: IMsgStore;
  readonly #entryId: EntryId;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #leaseMs: number;
  /** The lock under which it writes. */
  readonly term: LockTerm;
  #message: IMessage | undefined;

  constructor(store: IMsgStore, entryId: EntryId, parts: LockTermParts) {
    this.#store = store;
    this.#entryId = entryId;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#leaseMs = parts.leaseMs;
    this.term = new LockTerm(store, entryId, parts);
  }

  /** The message, opened for writing; it stays the ledger's. */
  async message(): Promise<IMessage> {
    this.#message ??= await this.#store.openEntry(this.#entryId, { iid: 'IMessage', modify: true });
    return this.#message;
  }

  /** Releases the message with everything unsaved; the next use opens it again. */
  async drop(): Promise<void> {
    const message = this.#message;
    this.#message = undefined;
    if (message === undefined) return;
    try {
      await message.release();
    } catch (cause) {
      this.#log.warn('release failed', { error: MapiError.from(cause, 'spooler') });
    }
  }

  /** Writes one entry. @throws what the store throws; then nothing is written and the message is dropped */
  async write(entry: LedgerEntry): Promise<void> {
    await this.#save(entry, (message) => this.#store.setLockState(message, entry.locked, { leaseMs: this.#leaseMs }));
    if (entry.locked) this.term.taken();
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

  /**
   * Writes the last result and takes the message out of the queue: in one transaction where the store can, else one
   * after the other. Else as `persist`.
   */
  async finish(entry: Omit<LedgerEntry, 'locked'>, signal: AbortSignal): Promise<boolean> {
    const store = this.#store;
    if (supportsFinishing(store)) {
      let again = false;
      const write = async (): Promise<void> => {
        if (again) await this.write({ ...entry, locked: true }); // the lock may have ended in the meantime
        again = true;
        await this.#save(entry, (message) => store.finishLocked(message));
      };
      return this.#insist(write, signal);
    }
    if (!(await this.persist({ ...entry, locked: true }, signal))) return false;
    await this.remove(signal);
    return true;
  }

  /** Takes a message whose result is written out of the queue. */
  async remove(signal: AbortSignal): Promise<void> {
    await this.drop();
    signal.throwIfAborted();
    await this.#store.finishedMsg(this.#entryId);
  }

  /** Puts an entry into the message and saves it by `save`. */
  async #save(entry: Omit<LedgerEntry, 'locked'>, save: (message: IMessage) => Promise<void>): Promise<void> {
    try {
      const message = await this.message();
      if (entry.set.length > 0) checkProblems(await message.setProps(entry.set));
      if (entry.clear !== undefined && entry.clear.length > 0) await message.deleteProps(entry.clear);
      const rows = (entry.recipients ?? []).map(recipientRow);
      if (rows.length > 0) await message.modifyRecipients('modify', rows);
      await save(message);
    } catch (cause) {
      await this.drop();
      throw MapiError.from(cause, 'store');
    }
  }

  async #insist(write: () => Promise<void>, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    for (let tries = 1, waitMs = REWRITE_FIRST_MS; ; tries++, waitMs = Math.min(waitMs * 2, REWRITE_LAST_MS)) {
      const isLast = signal?.aborted === true;
      try {
        await write();
        return true;
      } catch (cause) {
        const error = MapiError.from(cause, 'store');
        const lost = await this.term.isLost(error);
        this.#log.warn('record not written', { error, lost });
        if (lost) return false;
        const passes = isOfSurroundings(error) || isGone(error);
        if (isLast || (!passes && tries >= REWRITES_MAX)) throw error;
      }
      if (tries > 1) await this.#wait(waitMs, signal); // a changed object is written again at once
    }
  }

  /** Waits for `ms`, or until `signal` is aborted. */
  async #wait(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await this.#clock.delay(ms, signal);
    } catch (reason) {
      if (signal?.aborted !== true) throw reason;
    }
  }
}

/** Only the spooler's own properties must be set: a store may compute the others itself. */
function checkProblems(problems: readonly { readonly tag: PropTag; readonly code: MapiErrorCode }[]): void {
  const own = problems.find(({ tag }) => isSpoolerTag(tag));
  if (own !== undefined) throw new MapiError(own.code, 'the store does not keep the state of outgoing mail');
}
