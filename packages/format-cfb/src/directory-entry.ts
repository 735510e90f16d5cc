/** Entries of the directory. [MS-CFB] 2.6 */
import { bytes, guid, struct, u8, u16, u32, u64 } from '@nodemapi/base';

export const DIRECTORY_ENTRY = struct('DirectoryEntry', 128, {
  ab: bytes(64),
  cb: u16,
  mse: u8,
  bflags: u8,
  sidLeftSib: u32,
  sidRightSib: u32,
  sidChild: u32,
  clsId: guid,
  dwUserFlags: u32,
  ctime: u64,
  mtime: u64,
  sectStart: u32,
  ulSize: u64,
});

/** Kinds of entries: the values of `mse`. */
export const STGTY_INVALID = 0;
export const STGTY_STORAGE = 1;
export const STGTY_STREAM = 2;
export const STGTY_ROOT = 5;

export const RED = 0;
export const BLACK = 1;
/** Stands for no entry. */
export const NOSTREAM = 0xffff_ffff;
/** UTF-16 code units of a name, without the terminating zero. */
export const NAME_UNITS_MAX = 31;

const FORBIDDEN = /[/\\:!\0]/u;

/** Whether a storage or stream may have this name. [MS-CFB] 2.6.1 */
export function isEntryName(name: string): boolean {
  return name.length > 0 && name.length <= NAME_UNITS_MAX && !FORBIDDEN.test(name);
}

/**
 * Orders names as the directory does: the shorter first, then by upper-cased code units. [MS-CFB] 2.6.4
 *
 * @returns negative, 0 or positive
 */
export function compareEntryNames(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let index = 0; index < a.length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left === right) continue;
    const difference = upperUnit(left) - upperUnit(right);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Only the simple conversion: ß stays. */
function upperUnit(unit: number): number {
  if (unit < 0x80) return unit >= 0x61 && unit <= 0x7a ? unit - 0x20 : unit;
  const upper = String.fromCharCode(unit).toUpperCase();
  return upper.length === 1 ? upper.charCodeAt(0) : unit;
}

/** One string per name, equal for names that differ only in case. */
export function entryNameKey(name: string): string {
  if (/^[\x20-\x7e]*$/u.test(name)) return name.toUpperCase();
  let key = '';
  for (let index = 0; index < name.length; index++) key += String.fromCharCode(upperUnit(name.charCodeAt(index)));
  return key;
}
