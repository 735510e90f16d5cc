/**
 * The time limits of one run of the conversation: one for the step that waits, which begins anew when the conversation
 * moves on, and one for everything together. One timer serves both; it is set anew only when it has run.
 *
 * A process that stood still (SIGSTOP, a blocked event loop) finds its timers due before it has read what has come meanwhile. So
 * the time for which it stood still counts as none, and the step that waits is given a moment in which its answer may be read.
 */
import type { Clock, Timer } from '@nodemapi/base';

/** So many bytes taken buy a second more than the limit for everything: a big message may take long, a slow drip may not. */
const BYTES_PER_SECOND_MIN = 8192;

/** A timer that comes so late has come after a standstill. */
const standstillMsMin = 100;
/** What lies in the socket is read within that time. */
const readMs = 1000;

export interface RunLimits {
  /** For each step. */
  readonly stepMs: number;
  /** For the run as a whole, without the time that the bytes of a message buy. */
  readonly wholeMs: number;
}

export class StepDeadline {
  readonly #clock: Clock;
  readonly #onLate: (limitMs: number, whole: boolean) => void;
  #timer: Timer | undefined;
  #startedMs = 0;
  #wholeMs = 0;
  #bytes = 0;
  #stepMs = 0;
  #stepDueMs = 0;
  /** When the timer is due. */
  #timerDueMs = 0;
  /** The step that waits has had its moment after a standstill; there is one only, or a busy process would never be late. */
  #excused = false;

  /** @param onLate called once in a run, with the limit that was reached */
  constructor(clock: Clock, onLate: (limitMs: number, whole: boolean) => void) {
    this.#clock = clock;
    this.#onLate = onLate;
  }

  /** A run begins. */
  begin({ stepMs, wholeMs }: RunLimits): void {
    this.end();
    this.#startedMs = this.#clock.monotonicMs();
    this.#wholeMs = wholeMs;
    this.#bytes = 0;
    this.moved(stepMs);
    this.#set(Math.min(stepMs, wholeMs));
  }

  /** The conversation has moved on; the step that waits now may take `stepMs`. */
  moved(stepMs: number): void {
    this.#stepMs = stepMs;
    this.#stepDueMs = this.#clock.monotonicMs() + stepMs;
    this.#excused = false;
  }

  /** Bytes of the message were taken. */
  took(bytes: number): void {
    this.#bytes += bytes;
  }

  /** The run has ended; nothing is late any more. */
  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #set(ms: number): void {
    this.#timerDueMs = this.#clock.monotonicMs() + ms;
    this.#timer = this.#clock.setTimer(ms, () => this.#look());
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    const lateMs = nowMs - this.#timerDueMs;
    if (lateMs >= standstillMsMin) this.#excuse(nowMs, lateMs);
    const wholeMs = this.#wholeMs + (this.#bytes / BYTES_PER_SECOND_MIN) * 1000;
    const stepLeftMs = this.#stepDueMs - nowMs;
    const wholeLeftMs = this.#startedMs + wholeMs - nowMs;
    if (stepLeftMs <= 0) this.#onLate(this.#stepMs, false);
    else if (wholeLeftMs <= 0) this.#onLate(wholeMs, true);
    else this.#set(Math.min(stepLeftMs, wholeLeftMs));
  }

  /** The process stood still for `lateMs`. */
  #excuse(nowMs: number, lateMs: number): void {
    this.#startedMs += lateMs;
    if (this.#excused) return;
    this.#excused = true;
    this.#stepDueMs = Math.max(this.#stepDueMs, nowMs + readMs);
  }
}
