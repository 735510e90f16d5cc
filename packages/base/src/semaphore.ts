import './dispose.ts';
import { assert } from './assert.ts';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { MapiError } from './mapi-error.ts';

export interface AcquireOptions {
  /** Longest wait in milliseconds; without it the wait has no end. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A permit; releasing it twice is harmless. */
export interface Permit extends Disposable {
  release(): void;
}

interface Waiter {
  grant(): void;
}

/** Lets at most `permits` callers in at a time, in the order of their asking. */
export class Semaphore {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #free: number;

  constructor(permits: number, clock: Clock = systemClock) {
    assert(Number.isInteger(permits) && permits > 0, `a semaphore cannot have ${permits} permits`);
    this.#free = permits;
    this.#clock = clock;
  }

  /** Permits that nobody holds. */
  get free(): number {
    return this.#free;
  }

  /** Callers that wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for a permit, which the caller releases.
   *
   * @throws MAPI_E_TIMEOUT after `timeoutMs`; `signal.reason` when the signal is aborted
   */
  acquire(options: AcquireOptions = {}): Promise<Permit> {
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve(this.#permit());
    }
    return this.#wait(options);
  }

  /** Runs `fn` while holding a permit. */
  async run<T>(fn: () => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<T> {
    if (this.#free === 0 || options.signal?.aborted === true) return this.#runLater(fn, options);
    this.#free--;
    try {
      return await fn();
    } finally {
      this.#pass();
    }
  }

  async #runLater<T>(fn: () => T | PromiseLike<T>, options: AcquireOptions): Promise<T> {
    using _permit = await this.acquire(options);
    return await fn();
  }

  #wait({ timeoutMs, signal }: AcquireOptions): Promise<Permit> {
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined;
      const leave = (): void => {
        this.#waiters.delete(waiter);
        timer?.cancel();
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        grant: () => {
          leave();
          resolve(this.#permit());
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (timeoutMs === undefined) return;
      timer = this.#clock.setTimer(timeoutMs, () => {
        leave();
        reject(new MapiError('MAPI_E_TIMEOUT', `waited ${timeoutMs} ms for a lock`));
      });
    });
  }

  #permit(): Permit {
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      this.#pass();
    };
    return { release, [Symbol.dispose]: release };
  }

  /** The permit goes straight to the next waiter, so that nobody can overtake. */
  #pass(): void {
    const [next] = this.#waiters;
    if (next === undefined) this.#free++;
    else next.grant();
  }
}
