/**
 * Times at which messages that wait for a transport in the queue are looked at again.
 *
 * They are spread, so that what this takes does not grow with the number of those who wait: about a tenth of a processor.
 */
import type { Clock } from '@nodemapi/base';
import type { SpoolerSettings } from './options.ts';

/** Messages that are looked at together, which is cheaper than one by one; a message takes about two milliseconds. */
const SLOT_MESSAGES = 50;
const SLOT_MS = 1000;

export class WaitSlots {
  readonly #clock: Clock;
  readonly #settings: Pick<SpoolerSettings, 'transportRetryMs' | 'retryMaxMs'>;
  #slotMs = 0;
  #used = 0;

  constructor(clock: Clock, settings: Pick<SpoolerSettings, 'transportRetryMs' | 'retryMaxMs'>) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Milliseconds since 1970 of the time for one more message: after the rest of a transport, within the longest wait. */
  next(): number {
    const nowMs = this.#clock.nowMs();
    const firstMs = Math.ceil((nowMs + this.#settings.transportRetryMs) / SLOT_MS) * SLOT_MS;
    if (this.#slotMs < firstMs) this.#begin(firstMs);
    else if (this.#used === SLOT_MESSAGES) this.#begin(this.#slotMs + SLOT_MS);
    this.#used++;
    return Math.min(this.#slotMs, nowMs + this.#settings.retryMaxMs);
  }

  /** The clock was set: what was given before says nothing any more. */
  reset(): void {
    this.#begin(0);
  }

  #begin(slotMs: number): void {
    this.#slotMs = slotMs;
    this.#used = 0;
  }
}
