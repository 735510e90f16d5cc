/**
 * Short forms of entry identifiers, for people: the last digits before the zero bytes in which an object number ends.
 *
 * A short form is always long enough to tell the objects that are listed with it apart, and is never taken for one of
 * several silently.
 */
import { MapiError } from 'nodemapi';
import { UsageError } from './command.ts';

const SHORT_DIGITS = 12;
const SHORT_DIGITS_MIN = 4;

/** An identifier, or the end of one, without the zero bytes at its end. */
export function significant(hex: string): string {
  return hex.replace(/(?:00)+$/u, '');
}

/** Short forms of the identifiers (hex), of one length that tells them all apart. */
export function shortIds(ids: readonly string[]): readonly string[] {
  const whole = ids.map(significant);
  const different = new Set(whole).size;
  const longest = Math.max(0, ...whole.map((id) => id.length));
  let digits = SHORT_DIGITS;
  while (digits < longest && new Set(whole.map((id) => id.slice(-digits))).size < different) digits += 2;
  return whole.map((id) => id.slice(-digits));
}

/** The short form of one identifier. */
export function shortId(id: string): string {
  return significant(id).slice(-SHORT_DIGITS);
}

/** Whether `text` is an identifier (hex) or the end of one; trailing zero bytes may be left out. */
export function isIdOf(text: string, id: string): boolean {
  const wanted = text.toLowerCase();
  return id === wanted || significant(id).endsWith(significant(wanted));
}

/** Whole identifiers have the flags and the 16 bytes of a provider before anything of their own. */
const WHOLE_DIGITS_MIN = 42;

/** Whether `text` is a whole identifier (hex), not the end of one. */
export function isWholeId(text: string): boolean {
  return text.length >= WHOLE_DIGITS_MIN && text.length % 2 === 0 && /^[0-9a-f]+$/iu.test(text);
}

/** Whether `text` can be the end of an identifier. */
export function isIdText(text: string): boolean {
  return new RegExp(`^[0-9a-f]{${SHORT_DIGITS_MIN},8192}$`, 'iu').test(text) && significant(text) !== '';
}

/** @throws UsageError if `text` cannot be the end of an identifier */
export function checkIdText(text: string): void {
  if (!isIdText(text))
    throw new UsageError(
      `"${text}" is no id: ids are hex digits, at least ${SHORT_DIGITS_MIN}, as the lists show them`,
    );
}

/** The one of `candidates` that `text` names. @throws MAPI_E_NOT_FOUND; UsageError if it names several */
export function theOneNamed<T>(
  text: string,
  candidates: readonly T[],
  idOf: (candidate: T) => string,
  what: string,
): T {
  checkIdText(text);
  const found = candidates.filter((candidate) => isIdOf(text, idOf(candidate)));
  const exact =
    found.find((candidate) => idOf(candidate) === text.toLowerCase()) ??
    (new Set(found.map(idOf)).size === 1 ? found[0] : undefined); // the same in two accounts is one
  if (exact !== undefined) return exact;
  if (found.length === 0) throw new MapiError('MAPI_E_NOT_FOUND', `there is no ${what} with the id ${text}`);
  throw new UsageError(`${found.length} ids end with ${text}; write more digits of the one you mean`);
}
