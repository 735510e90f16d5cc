import './dispose.ts';
import { assert } from './assert.ts';

type Closer = () => unknown;

/**
 * Owns things and closes them in reverse order: the AsyncDisposableStack that Node 20 lacks.
 *
 * - Every closer runs, whatever the others throw.
 * - The first error is thrown; those after it are in its `suppressed` array.
 * - Disposing twice is harmless; adding after disposal or `move` is a bug.
 */
export class AsyncStack implements AsyncDisposable {
  #closers: Closer[] = [];
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Takes ownership of `value` and returns it; null and undefined pass through. */
  use<T extends AsyncDisposable | Disposable | null | undefined>(value: T): T {
    this.#assertOpen();
    if (value !== null && value !== undefined) this.#closers.push(closerOf(value));
    return value;
  }

  /** Runs `closer` on disposal. */
  defer(closer: () => void | PromiseLike<void>): void {
    this.#assertOpen();
    this.#closers.push(closer);
  }

  /** Hands everything to a new stack and leaves this one disposed. */
  move(): AsyncStack {
    this.#assertOpen();
    const moved = new AsyncStack();
    moved.#closers = this.#closers;
    this.#closers = [];
    this.#disposed = true;
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const closers = this.#closers.reverse();
    this.#closers = [];
    const errors: unknown[] = [];
    for (const close of closers) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw merged(errors);
  }

  #assertOpen(): void {
    assert(!this.#disposed, 'AsyncStack is used after it was disposed or moved');
  }
}

function closerOf(value: AsyncDisposable | Disposable): Closer {
  if (Symbol.asyncDispose in value) return () => value[Symbol.asyncDispose]();
  return () => value[Symbol.dispose]();
}

/** The first error keeps its identity, since callers look at its code; only a frozen or foreign one is wrapped. */
function merged(errors: readonly unknown[]): unknown {
  const [first, ...suppressed] = errors;
  if (suppressed.length === 0) return first;
  if (!(first instanceof Error) || !Object.isExtensible(first) || 'suppressed' in first) {
    return new AggregateError(errors, 'several things failed to close', { cause: first });
  }
  Object.defineProperty(first, 'suppressed', { value: suppressed, configurable: true });
  return first;
}
