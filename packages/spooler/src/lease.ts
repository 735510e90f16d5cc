/**
 * Keeps the lock of a message alive while a transport works on it.
 *
 * It renews through a message object of its own, so that nothing the transport has changed is saved by a renewal.
 */
import type { Clock, Log, Timer } from '@nodemapi/base';
import { type EntryId, type IMsgStore, MapiError } from '@nodemapi/mapi';
import { isLost } from './ledger.ts';

/** Renewals within the time of one lease, so that one may fail. */
const RENEWALS_PER_LEASE = 3;

export interface LeaseParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly leaseMs: number;
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
    if (this.#stopped) return;
    this.#timer = this.#parts.clock.setTimer(this.#parts.leaseMs / RENEWALS_PER_LEASE, () => {
      this.#renewal = this.#renew().then(() => this.start());
    });
  }

  /** Ends it; resolves when no renewal runs any more. The lock itself stays. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#renewal;
  }

  async #renew(): Promise<void> {
    try {
      await using message = await this.#store.openEntry(this.#entryId, { iid: 'IMessage', modify: true });
      await this.#store.setLockState(message, true, { leaseMs: this.#parts.leaseMs });
    } catch (cause) {
      const error = MapiError.from(cause, 'store');
      this.#parts.log.warn('lease not renewed', { error });
      if (!isLost(error)) return;
      this.#stopped = true;
      this.#parts.onLost();
    }
  }
}
