/**
 * Whole identifiers that a short one can stand for, by what the identifiers of a store have in common.
 *
 * Objects of one kind in one store have identifiers of one length that differ in the number at their end. A short form that
 * reaches into what is before the number leaves little to look for: each whole form is tried, and no folder is read.
 */
import { type EntryId, fromHex, toHex } from 'nodemapi';

/** Digits that have to be of what the identifiers have in common: fewer would be a part of many numbers. */
const COMMON_DIGITS_MIN = 4;
/** Zero bytes at the end of a number that a short form leaves out. */
const ZERO_BYTES_MAX = 7;

/** @param text digits in lower case without zero bytes at the end, @param sample an identifier of another object of that kind */
export function wholeIdsOf(text: string, sample: EntryId): readonly EntryId[] {
  const like = toHex(sample);
  const found: EntryId[] = [];
  for (let zeros = 0; zeros <= ZERO_BYTES_MAX; zeros++) {
    const from = like.length - 2 * zeros - text.length;
    if (from < 0 || text.length < COMMON_DIGITS_MIN) break;
    const end = like.length - 2 * (ZERO_BYTES_MAX + 1); // where a number of eight bytes begins
    const common = Math.max(end - from, 0);
    if (common < COMMON_DIGITS_MIN || !like.startsWith(text.slice(0, common), from)) continue;
    found.push(fromHex(`${like.slice(0, from)}${text}${'00'.repeat(zeros)}`));
  }
  return found;
}
