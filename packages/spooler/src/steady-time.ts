/** What the spooler knows of the time although somebody may set the clock. */
import type { Clock } from '@nodemapi/base';

/** What the two clocks of a computer may differ by between two looks without anybody having set one. */
const DRIFT_MAX_MS = 10_000;

export class SteadyTime {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #startMonotonicMs: number;
  #offsetMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.nowMs();
    this.#startMonotonicMs = clock.monotonicMs();
    this.#offsetMs = this.#startMs - this.#startMonotonicMs;
  }

  /**
   * Milliseconds since 1970, not later than the clock says and not later than has really passed since the start: for what
   * gives up for good after a time, which a clock that is set forwards must not bring about.
   */
  nowMs(): number {
    const passed = this.#clock.monotonicMs() - this.#startMonotonicMs;
    return Math.min(this.#clock.nowMs(), this.#startMs + passed);
  }

  /** By how much the clock was set since the last call, forwards or (negative) back; 0 if it was not. */
  takeJumpMs(): number {
    const offset = this.#clock.nowMs() - this.#clock.monotonicMs();
    const jump = offset - this.#offsetMs;
    this.#offsetMs = offset;
    return Math.abs(jump) > DRIFT_MAX_MS ? jump : 0;
  }
}
