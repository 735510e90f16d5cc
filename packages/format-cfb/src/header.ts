/** The first 512 bytes of a compound file. [MS-CFB] 2.2 */
import { bytes, bytesEqual, MapiError, type StructValue, struct, u16, u32 } from '@nodemapi/base';
import type { Report } from './diagnostic.ts';

export const HEADER = struct('StructuredStorageHeader', 512, {
  abSig: bytes(8),
  clsid: bytes(16),
  uMinorVersion: u16,
  uDllVersion: u16,
  uByteOrder: u16,
  uSectorShift: u16,
  uMiniSectorShift: u16,
  reserved: bytes(6),
  csectDir: u32,
  csectFat: u32,
  sectDirStart: u32,
  signature: u32,
  ulMiniSectorCutoff: u32,
  sectMiniFatStart: u32,
  csectMiniFat: u32,
  sectDifStart: u32,
  csectDif: u32,
  sectFat: bytes(436),
});
export type Header = StructValue<typeof HEADER>;

export const SIGNATURE = Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1);
export const HEADER_FAT_SECTORS = 109;
export const MINI_SECTOR_SHIFT = 6;
export const MINI_CUTOFF = 4096;
export const MINOR_VERSION = 0x3e;
export const BYTE_ORDER = 0xfffe;

/** Numbers that stand for no sector. [MS-CFB] 2.1 */
export const DIFSECT = 0xffff_fffc;
export const FATSECT = 0xffff_fffd;
export const ENDOFCHAIN = 0xffff_fffe;
export const FREESECT = 0xffff_ffff;
/** The largest number of a sector that holds data. */
export const MAXREGSECT = 0xffff_fffa;

/** Whether `head`, the first bytes of a file, begins as a compound file does. */
export function isCompoundFile(head: Uint8Array): boolean {
  return head.length >= SIGNATURE.length && bytesEqual(head.subarray(0, SIGNATURE.length), SIGNATURE);
}

/**
 * Decodes the header.
 *
 * @throws MAPI_E_CORRUPT_DATA if it is none, or its sectors have a size that no version has
 */
export function readHeader(head: Uint8Array, report: Report): Header {
  if (!isCompoundFile(head)) throw new MapiError('MAPI_E_CORRUPT_DATA', 'no compound file: the signature is missing');
  const header = HEADER.decode(head);
  if (header.uSectorShift !== 9 && header.uSectorShift !== 12) {
    throw new MapiError('MAPI_E_CORRUPT_DATA', `header at 30: sectors of 2^${header.uSectorShift} bytes`);
  }
  if (header.uMiniSectorShift !== MINI_SECTOR_SHIFT) {
    throw new MapiError('MAPI_E_CORRUPT_DATA', `header at 32: mini sectors of 2^${header.uMiniSectorShift} bytes`);
  }
  const version = header.uSectorShift === 9 ? 3 : 4;
  if (header.uDllVersion !== version) {
    report('headerField', 26, false, `version ${header.uDllVersion} with sectors of 2^${header.uSectorShift} bytes`);
  }
  if (header.uByteOrder !== BYTE_ORDER) report('headerField', 28, false, `byte order ${header.uByteOrder}`);
  if (header.ulMiniSectorCutoff !== MINI_CUTOFF) {
    report('headerField', 56, false, `mini stream cutoff ${header.ulMiniSectorCutoff}`);
  }
  return header;
}
