/**
 * Names of files that are made of names that people choose.
 *
 * File systems take 255 bytes in a name; what is made here leaves room for a number, an extension and the suffixes of
 * locks, journals and temporary files.
 */
import { createHash } from 'node:crypto';
import { toHex, utf8Encode } from '@nodemapi/base';

/** Bytes of UTF-8 in a name without its extension. */
export const FILE_NAME_BYTES_MAX = 200;
/** Bytes of UTF-8 that one unit of UTF-16 becomes at most. */
const unitBytesMax = 3;
/** Hexadecimal digits that stand for what was cut off. */
const hashDigits = 32;

/**
 * A name that is short enough: as it is, or its beginning, `-` and a hash of the whole, so that names that begin alike
 * stay apart. Neither a character nor an escape (`%` and hexadecimal digits) is cut in two.
 */
export function shortFileName(name: string): string {
  if (name.length * unitBytesMax <= FILE_NAME_BYTES_MAX || utf8Encode(name).length <= FILE_NAME_BYTES_MAX) return name;
  const hash = toHex(createHash('sha256').update(name).digest()).slice(0, hashDigits);
  const room = FILE_NAME_BYTES_MAX - hashDigits - 1;
  let start = '';
  let bytes = 0;
  for (const [part] of name.matchAll(/%[0-9a-f]+|./gsu)) {
    bytes += utf8Encode(part).length;
    if (bytes > room) break;
    start += part;
  }
  return `${start}-${hash}`;
}

/** A name as a file name that people can read: letters, digits, `_`, `-` and inner spaces; all else as `%` and its number. */
export function readableFileName(name: string): string {
  const escaped = name.replaceAll(/[^\p{L}\p{N} _-]|^ | $/gu, (character) => {
    return `%${(character.codePointAt(0) ?? 0).toString(16)}`;
  });
  return shortFileName(escaped);
}
