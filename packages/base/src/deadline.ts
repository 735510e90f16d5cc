import type { Clock } from './clock.ts';
import { MapiError } from './mapi-error.ts';

/**
 * Waits for `promise`, but at most `ms`; leaves no timer behind.
 *
 * What the promise does after the deadline is ignored; whoever can stop it should.
 *
 * @param what is being waited for, for the error text
 * @throws MAPI_E_TIMEOUT after `ms`
 */
export function withDeadline<T>(promise: PromiseLike<T>, ms: number, clock: Clock, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(ms, () => reject(new MapiError('MAPI_E_TIMEOUT', `${what} took over ${ms} ms`)));
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
