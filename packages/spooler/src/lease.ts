/**
 * Keeps the lock of a message alive while a transport works on it.
 *
 * A renewal that fails is tried again soon, also when the lease is over: while the store cannot be written to, nobody
 * else takes the message. It is lost when the store says that somebody has.
 */
import type { Clock, Log, Timer } from '@nodemapi/base';
import { type EntryId, MapiError } from '@nodemapi/mapi';
import type { QueueHome } from './ledger.ts';
import { hasLeft } from './lock-lost.ts';

/** Renewals within the time of one lease, so that one may fail. */
const RENEWALS_PER_LEASE = 3;
/** Tries within the time of one lease while renewals fail. */
const RETRIES_PER_LEASE = 30;

export interface LeaseParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly leaseMs: number;
  /** The number of the lock; undefined: there is none to renew. */
  readonly lock: () => number | undefined;
  /** Somebody else has the message now. */
  readonly onLost: () => void;
}

export class Lease {
  readonly #home: QueueHome;
  readonly #entryId: EntryId;
  readonly #parts: LeaseParts;
  #timer: Timer | undefined;
  #renewal: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(home: QueueHome, entryId: EntryId, parts: LeaseParts) {
    this.#home = home;
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
    const { leaseMs, log } = this.#parts;
    const lock = this.#parts.lock();
    if (lock === undefined) return false;
    try {
      await this.#home.records.writeOutgoing(this.#entryId, { lock, leaseMs });
      return true;
    } catch (cause) {
      const error = MapiError.from(cause, 'store');
      const isTaken = error.code === 'MAPI_E_OBJECT_CHANGED';
      const lost = isTaken || (await hasLeft(this.#home.store, this.#entryId, error, log));
      log.warn('lease not renewed', { error, lost });
      if (lost) {
        this.#stopped = true;
        this.#parts.onLost();
      }
      return false;
    }
  }
}
