/** A bug in the program: nobody catches it. An operating error is a `MapiError`. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * States what must hold if the program is right.
 *
 * @throws AssertionError with `message` if `condition` is falsy
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Stands where a `switch` has handled every case; does not compile while one is missing. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable value: ${String(value)}`);
}
