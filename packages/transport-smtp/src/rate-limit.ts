/**
 * At most so many events in any minute. Who asks is given the next free moment and waits for it; a moment that was given
 * and not used is lost, which errs on the side of the limit.
 */
import type { Clock } from '@nodemapi/base';

const MINUTE_MS = 60_000;

export class RateLimit {
  readonly #clock: Clock;
  /** The moments of the last events, as a ring; the oldest is next. */
  readonly #momentsMs: Float64Array | undefined;
  #next = 0;

  /** @param perMinute undefined: no limit */
  constructor(perMinute: number | undefined, clock: Clock) {
    this.#clock = clock;
    this.#momentsMs = perMinute === undefined ? undefined : new Float64Array(perMinute).fill(-Infinity);
  }

  /** How long the next one would wait. */
  get waitMs(): number {
    const moments = this.#momentsMs;
    return moments === undefined ? 0 : Math.max(0, this.#dueMs(moments) - this.#clock.monotonicMs());
  }

  /** Waits for the turn of the caller. Rejects with `signal.reason` when it is aborted. */
  async turn(signal: AbortSignal): Promise<void> {
    const waitMs = this.#reserve();
    if (waitMs > 0) await this.#clock.delay(waitMs, signal);
  }

  /** Takes the next free moment; answers how far away it is. */
  #reserve(): number {
    const moments = this.#momentsMs;
    if (moments === undefined) return 0;
    const nowMs = this.#clock.monotonicMs();
    const dueMs = Math.max(nowMs, this.#dueMs(moments));
    moments[this.#next] = dueMs;
    this.#next = (this.#next + 1) % moments.length;
    return dueMs - nowMs;
  }

  #dueMs(moments: Float64Array): number {
    return (moments[this.#next] ?? -Infinity) + MINUTE_MS;
  }
}
