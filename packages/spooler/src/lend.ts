/** An object lent to somebody else's code for the time of one call. */
import { MapiError } from '@nodemapi/mapi';

export interface Loan<T> {
  readonly object: T;
  /** From now on every call on it fails. */
  end(): void;
}

export interface LoanTerms {
  /** Methods that are MAPI_E_NO_SUPPORT. */
  readonly withheld?: readonly string[];
  /** Called before each call of a method; what it throws is what the borrower gets instead. */
  readonly onCall?: () => void;
}

/**
 * Lends `target`, which stays the caller's: references and releases of the borrower do nothing.
 *
 * After `end` every method fails with MAPI_E_INVALID_OBJECT. Objects that the borrower has opened from it are its own.
 */
export function lend<T extends object>(target: T, { withheld = [], onCall }: LoanTerms = {}): Loan<T> {
  let ended = false;
  const release = (): Promise<void> => Promise.resolve();
  const object: T = new Proxy(target, {
    get: (own, name) => {
      if (name === 'release' || name === Symbol.asyncDispose) return release;
      if (name === 'addRef') return () => object;
      const value: unknown = Reflect.get(own, name, own);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        const refused = refusal(String(name), ended, withheld);
        if (refused !== undefined) return Promise.reject(refused); // as the methods of the contract do
        try {
          onCall?.();
        } catch (error) {
          return Promise.reject(error);
        }
        return Reflect.apply(value, own, args);
      };
    },
  });
  return {
    object,
    end: () => {
      ended = true;
    },
  };
}

function refusal(name: string, ended: boolean, withheld: readonly string[]): MapiError | undefined {
  if (ended) return new MapiError('MAPI_E_INVALID_OBJECT', `${name} after the end of the call`);
  return withheld.includes(name) ? new MapiError('MAPI_E_NO_SUPPORT', `${name} is the spooler's here`) : undefined;
}
