type Listener<T> = (value: T) => unknown;

/**
 * Tells listeners about values, in the order in which they subscribed.
 *
 * - A listener that throws, or whose promise rejects, stops neither the emitter nor its neighbours: `onError` gets the error.
 * - After a subscription is disposed no call arrives, not even of a value that is being emitted.
 * - Who subscribes while a value is being emitted gets the next one.
 */
export class Emitter<T> {
  readonly #subscriptions = new Set<{ readonly listener: Listener<T> }>();
  readonly #onError: (error: unknown) => void;

  /** @param onError gets what listeners throw; by default it becomes a warning of the process */
  constructor(onError: (error: unknown) => void = warn) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#subscriptions.size;
  }

  /** Adds `listener`, which may be there already; disposing the result removes it, twice is harmless. */
  subscribe(listener: Listener<T>): Disposable {
    const subscription = { listener };
    this.#subscriptions.add(subscription);
    return { [Symbol.dispose]: () => void this.#subscriptions.delete(subscription) };
  }

  emit(value: T): void {
    for (const subscription of [...this.#subscriptions]) {
      if (this.#subscriptions.has(subscription)) this.#call(subscription.listener, value);
    }
  }

  /** Removes every listener. */
  clear(): void {
    this.#subscriptions.clear();
  }

  #call(listener: Listener<T>, value: T): void {
    try {
      const result = listener(value);
      if (result instanceof Promise) result.catch(this.#onError);
    } catch (error) {
      this.#onError(error);
    }
  }
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(`a listener threw ${String(error)}`));
}
