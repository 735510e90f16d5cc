import { assert } from './assert.ts';
import { type Clock, delayOn, type Timer } from './clock.ts';
import { type FileTime, fileTimeFromMs } from './file-time.ts';

interface Waiting {
  readonly dueMs: number;
  readonly fn: () => void;
}

/**
 * A clock that stands still until a test moves it.
 *
 * - Timers run in order of their time, equal ones in order of their making.
 * - Before the first and after each timer, promises that are ready settle; a timer they set within the span runs too.
 */
export class VirtualClock implements Clock {
  #startMs: number;
  readonly #waiting = new Set<Waiting>();
  #elapsedMs = 0;

  /** @param startMs milliseconds since 1970 */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
  }

  /** Number of timers that wait, for tests that nothing was left behind. */
  get pendingTimers(): number {
    return this.#waiting.size;
  }

  now(): FileTime {
    return fileTimeFromMs(this.nowMs());
  }

  nowMs(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  delay(ms: number, signal?: AbortSignal): Promise<void> {
    return delayOn(this, ms, signal);
  }

  setTimer(ms: number, fn: () => void): Timer {
    assert(!Number.isNaN(ms), 'timer without a time');
    const waiting = { dueMs: this.#elapsedMs + Math.max(0, ms), fn };
    this.#waiting.add(waiting);
    return {
      cancel: () => void this.#waiting.delete(waiting),
      unref: () => {}, // nothing here keeps a process alive
    };
  }

  /** Somebody sets the time of day: forwards, or back by a negative number. No timer notices. */
  jump(ms: number): void {
    this.#startMs += ms;
  }

  /** The process stands still for `ms`: what was due meanwhile runs late, and before anything is read that has come in. */
  standStill(ms: number): void {
    assert(ms >= 0, `time does not go back by ${ms} ms`);
    this.#elapsedMs += ms;
    const untilMs = this.#elapsedMs;
    const late = [...this.#waiting].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs);
    for (const one of late) if (this.#waiting.delete(one)) one.fn();
  }

  /** Moves time on by `ms` and runs what becomes due; what a timer throws rejects the call. */
  async advance(ms: number): Promise<void> {
    assert(ms >= 0, `time does not go back by ${ms} ms`);
    const untilMs = this.#elapsedMs + ms;
    await settled();
    for (let next = this.#nextDue(untilMs); next !== undefined; next = this.#nextDue(untilMs)) {
      this.#waiting.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      next.fn();
      await settled();
    }
    this.#elapsedMs = Math.max(this.#elapsedMs, untilMs);
  }

  #nextDue(untilMs: number): Waiting | undefined {
    let next: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (waiting.dueMs > untilMs) continue;
      if (next === undefined || waiting.dueMs < next.dueMs) next = waiting; // the set keeps the order of making
    }
    return next;
  }
}

/** One turn of the event loop: every promise that is ready has run its continuations. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
