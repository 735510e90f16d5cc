import { type Clock, systemClock } from './clock.ts';
import { type AcquireOptions, type Permit, Semaphore } from './semaphore.ts';

/** An asynchronous lock, first come first served; it is not reentrant. */
export class Mutex {
  readonly #semaphore: Semaphore;

  constructor(clock: Clock = systemClock) {
    this.#semaphore = new Semaphore(1, clock);
  }

  get locked(): boolean {
    return this.#semaphore.free === 0;
  }

  /** Callers that wait. */
  get waiting(): number {
    return this.#semaphore.waiting;
  }

  /**
   * Waits for the lock, which the caller releases: `using lock = await mutex.acquire()`.
   *
   * @throws MAPI_E_TIMEOUT after `timeoutMs`; `signal.reason` when the signal is aborted
   */
  acquire(options: AcquireOptions = {}): Promise<Permit> {
    return this.#semaphore.acquire(options);
  }

  /** Runs `fn` while holding the lock. */
  run<T>(fn: () => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<T> {
    return this.#semaphore.run(fn, options);
  }
}
