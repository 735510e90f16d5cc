// The computer's clock, which on demand withholds the timers that are long: what arrives meanwhile was brought by events,
// on however slow a machine.
import { delayOn, systemClock } from '@nodemapi/base';

export class WithheldTimers {
  #fromMs = Number.POSITIVE_INFINITY;
  #waiting = [];

  /** For a subsystem. */
  clock = {
    ...systemClock,
    setTimer: (ms, run) => this.#setTimer(ms, run),
    delay: (ms, signal) => delayOn(this.clock, ms, signal),
  };

  /** From now on timers of so many milliseconds or more are not called when they are due, those set before included. */
  withhold(fromMs) {
    this.#fromMs = fromMs;
  }

  /** Calls them. @returns how many had been due */
  release() {
    this.#fromMs = Number.POSITIVE_INFINITY;
    const due = this.#waiting.splice(0).filter((one) => !one.isCancelled);
    for (const { run } of due) run();
    return due.length;
  }

  #setTimer(ms, run) {
    const one = { run, isCancelled: false };
    const timer = systemClock.setTimer(ms, () => {
      if (ms < this.#fromMs) run();
      else this.#waiting.push(one);
    });
    return {
      cancel: () => {
        one.isCancelled = true;
        timer.cancel();
      },
      unref: () => timer.unref(),
    };
  }
}
