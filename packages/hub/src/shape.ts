/** Checks of values that came from another process: shape and size, before anything is done with them. */

/** Whether a value is a `T`. */
export type Check<T> = (value: unknown) => value is T;

/** An object that has these fields; others are let be, so that a newer process may say more. */
export function record<T extends object>(fields: { readonly [K in keyof T]: Check<T[K]> }): Check<T> {
  const checks = Object.entries(fields) as readonly (readonly [string, Check<unknown>])[];
  return (value): value is T => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return checks.every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]));
  };
}

/** At most `max` values of one kind. */
export function list<T>(check: Check<T>, max: number): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.length <= max && value.every(check);
}

/** Text of 1 to `max` UTF-16 units, or from 0 on with `min` 0. */
export function text(max: number, min = 1): Check<string> {
  return (value): value is string => typeof value === 'string' && value.length >= min && value.length <= max;
}

/** A whole number that is not negative. */
export const whole: Check<number> = (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export const flag: Check<boolean> = (value): value is boolean => typeof value === 'boolean';

/** Anything that JSON can say; who gets it checks it. */
export const anything: Check<unknown> = (_value): _value is unknown => true;

export function exactly<const T extends string>(wanted: T): Check<T> {
  return (value): value is T => value === wanted;
}

export function oneOf<const T extends string>(...wanted: readonly T[]): Check<T> {
  return (value): value is T => wanted.some((one) => one === value);
}

/** `check`, or nothing. */
export function maybe<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}
