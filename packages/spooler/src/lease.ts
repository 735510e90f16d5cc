/**
 * Keeps the lock of a message alive while a transport works on it.
 *
 * - It renews through a message object of its own, so that nothing the transport has changed is saved by a renewal.
 * - A renewal that fails is tried again soon, also when the lease is over: while the store cannot be written to, nobody
 *   else takes the message. It is lost when the store says that somebody has.
 */
import type { Clock, Log, Timer } from '@nodemapi/base';
import { type EntryId, type IMsgStore, MapiError } from '@nodemapi/mapi';
import type { LockTerm } from './lock-term.ts';

/** Renewals within the time of one lease, so that one may fail. */
const RENEWALS_PER_LEASE = 3;
/** Tries within the time of one lease while renewals fail. */
const RETRIES_PER_LEASE = 30;

export interface LeaseParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly leaseMs: number;
  readonly term: LockTerm;
  /** Somebody else has the message now. */
  readonly onLost: () => void;
}

export class Lease {
  readonly #store: IMsgStore;
  readonly #entryId: EntryId;
  readonly #parts: LeaseParts;
  #timer: Timer | undefined;
  #renewal: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(store: IMsgStore, entryId: EntryId, parts: LeaseParts) {
    this.#store = store;
    this.#entryId = entryId;
    this.#parts = parts;
  }

  start(): void {
    this.#startIn(RENEWALS_PER_LEASE);
  }

  /** Ends it; resolves when no renewal runs any more. The lock itself stays. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#renewal;
  }

  #startIn(partsOfLease: number): void {
    if (this.#stopped) return;
    this.#timer = this.#parts.clock.setTimer(this.#parts.leaseMs / partsOfLease, () => {
      this.#renewal = this.#renew().then((done) => this.#startIn(done ? RENEWALS_PER_LEASE : RETRIES_PER_LEASE));
    });
  }

  /** Whether the lock is renewed. Never rejects. */
  async #renew(): Promise<boolean> {
    try {
      await using message = await this.#store.openEntry(this.#entryId, { iid: 'IMessage', modify: true });
      await this.#store.setLockState(message, true, { leaseMs: this.#parts.leaseMs });
      this.#parts.term.taken();
      return true;
    } catch (cause) {
      const error = MapiError.from(cause, 'store');
      const lost = await this.#parts.term.isLost(error);
      this.#parts.log.warn('lease not renewed', { error, lost });
      if (lost) {
        this.#stopped = true;
        this.#parts.onLost();
      }
      return false;
    }
  }
}
