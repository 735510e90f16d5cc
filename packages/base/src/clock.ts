import { assert } from './assert.ts';
import { type FileTime, fileTimeFromMs } from './file-time.ts';

/** A call that is due later; cancelling twice or after it ran is harmless. */
export interface Timer {
  cancel(): void;
  /** Lets the process end while the timer waits. */
  unref(): void;
}

/** Where time comes from, so that a test can let days pass in milliseconds. */
export interface Clock {
  now(): FileTime;
  /** Milliseconds since 1970, for arithmetic; may jump when the system's time is set. */
  nowMs(): number;
  /**
   * Milliseconds since some fixed moment; never goes back. Deadlines are measured with it. All processes of a machine have
   * the same, until the machine is started anew.
   */
  monotonicMs(): number;
  /** Resolves after `ms`. Rejects with `signal.reason` when it is aborted. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` once after `ms`. */
  setTimer(ms: number, fn: () => void): Timer;
}

/** Node's timers fire at once beyond this; longer ones are made of several. */
const timerMsMax = 2 ** 31 - 1;

/** The computer's clock. */
export const systemClock: Clock = {
  now: () => fileTimeFromMs(Date.now()),
  nowMs: () => Date.now(),
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  delay: (ms, signal) => delayOn(systemClock, ms, signal),
  setTimer: systemTimer,
};

/** `Clock.delay` for any clock, made of its `setTimer`. */
export function delayOn(clock: Pick<Clock, 'setTimer'>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function systemTimer(ms: number, fn: () => void): Timer {
  assert(!Number.isNaN(ms), 'timer without a time');
  let left = Math.max(0, ms);
  let referenced = true;
  let handle: NodeJS.Timeout;
  const step = (): void => {
    const part = Math.min(left, timerMsMax);
    left -= part;
    handle = setTimeout(() => (left > 0 ? step() : fn()), part);
    if (!referenced) handle.unref();
  };
  step();
  return {
    cancel: () => clearTimeout(handle),
    unref: () => {
      referenced = false;
      handle.unref();
    },
  };
}
