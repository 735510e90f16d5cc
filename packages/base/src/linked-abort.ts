import { setMaxListeners } from 'node:events';

/**
 * A signal that is aborted by `abort`, or as soon as one of `signals` is, with the same reason.
 *
 * Dispose it when the work has ended: it then lets go of the signals. `AbortSignal.any` leaves that to the garbage
 * collector, which costs more than the work where there are thousands of them. Any number may hang on one signal.
 */
export class LinkedAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #signals: readonly AbortSignal[];
  readonly #onAbort = (event: Event): void => this.abort((event.target as AbortSignal).reason);

  constructor(...signals: readonly AbortSignal[]) {
    this.#signals = signals;
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted !== undefined) this.abort(aborted.reason);
    else for (const signal of signals) this.#follow(signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this[Symbol.dispose]();
    this.#controller.abort(reason);
  }

  #follow(signal: AbortSignal): void {
    setMaxListeners(0, signal); // else Node warns of a leak at the eleventh
    signal.addEventListener('abort', this.#onAbort);
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) signal.removeEventListener('abort', this.#onAbort);
  }
}
