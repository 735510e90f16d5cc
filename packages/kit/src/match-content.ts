import { bytesEqual, bytesHavePrefix } from '@nodemapi/base';
import type { ContentRestriction } from '@nodemapi/mapi';

type Fuzziness = Pick<ContentRestriction, 'match' | 'ignoreCase' | 'ignoreNonSpace' | 'loose'>;

/**
 * Whether `value` contains, begins with or equals `search`; of two strings or two binaries, nothing else.
 *
 * FL_IGNORECASE folds case in all scripts, FL_IGNORENONSPACE drops combining marks, FL_LOOSE does both. Binaries are
 * compared byte by byte.
 *
 * spec: scontentrestriction, fpropcontainsprop
 */
export function matchContent(how: Fuzziness, value: unknown, search: unknown): boolean {
  if (typeof value === 'string' && typeof search === 'string') {
    return matchText(how, foldText(value, how), foldText(search, how));
  }
  if (value instanceof Uint8Array && search instanceof Uint8Array) return matchBytes(how, value, search);
  return false;
}

/** The form in which strings are compared loosely. */
export function foldText(text: string, how: Omit<Fuzziness, 'match'>): string {
  let folded = text;
  if (how.ignoreNonSpace === true || how.loose === true) folded = folded.normalize('NFD').replaceAll(/\p{M}+/gu, '');
  if (how.ignoreCase === true || how.loose === true) folded = folded.toLowerCase();
  return folded;
}

function matchText({ match }: Fuzziness, value: string, search: string): boolean {
  if (match === 'fullString') return value === search;
  return match === 'prefix' ? value.startsWith(search) : value.includes(search);
}

function matchBytes({ match }: Fuzziness, value: Uint8Array, search: Uint8Array): boolean {
  if (match === 'fullString') return bytesEqual(value, search);
  if (match === 'prefix') return bytesHavePrefix(value, search);
  return asBuffer(value).includes(asBuffer(search));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
