/** The first 512 or 564 bytes: version, encoding, and where the two B-trees begin. [MS-PST] 2.2.2.6 */
import { bytes, MapiError, type Struct, struct, u8, u16, u32 } from '@nodemapi/base';
import { pstCrc } from './checksum.ts';
import type { PstEncoding } from './crypt.ts';
import type { Diagnostics } from './diagnostic.ts';
import { wide } from './field.ts';
import { LAYOUTS, type PstLayout, type PstVersion } from './layout.ts';

/** `!BDN` */
export const PST_MAGIC = 0x4e44_4221;
/** `SM`: a PST; `SO`: an OST; `AB`: a personal address book. */
const KINDS: Readonly<Record<number, PstKind>> = { 19795: 'pst', 20307: 'ost', 16961: 'pab' };
/** What the file is: personal folders, the copy of a mailbox, or a personal address book. */
export type PstKind = 'pst' | 'ost' | 'pab';

/** Bytes to read for the header of any version. */
export const headerBytesMax = 564;

/** What every version begins with. */
const HEADER_START = struct('HEADER', 12, { dwMagic: u32, dwCRCPartial: u32, wMagicClient: u16, wVer: u16 });

/** ROOT. [MS-PST] 2.2.2.5 */
const ANSI_ROOT = {
  dwReserved: u32,
  ibFileEof: u32,
  ibAMapLast: u32,
  cbAMapFree: u32,
  cbPMapFree: u32,
  nbtBid: u32,
  nbtIb: u32,
  bbtBid: u32,
  bbtIb: u32,
  fAMapValid: u8,
  bReserved: u8,
  wReserved: u16,
} as const;

const UNICODE_ROOT = {
  dwReserved: u32,
  ibFileEof: wide,
  ibAMapLast: wide,
  cbAMapFree: wide,
  cbPMapFree: wide,
  nbtBid: wide,
  nbtIb: wide,
  bbtBid: wide,
  bbtIb: wide,
  fAMapValid: u8,
  bReserved: u8,
  wReserved: u16,
} as const;

const START = {
  dwMagic: u32,
  dwCRCPartial: u32,
  wMagicClient: u16,
  wVer: u16,
  wVerClient: u16,
  bPlatformCreate: u8,
  bPlatformAccess: u8,
  dwReserved1: u32,
  dwReserved2: u32,
} as const;

export const ANSI_HEADER = struct('HEADER', 512, {
  ...START,
  bidNextB: u32,
  bidNextP: u32,
  dwUnique: u32,
  rgnid: bytes(128),
  ...ANSI_ROOT,
  rgbFM: bytes(128),
  rgbFP: bytes(128),
  bSentinel: u8,
  bCryptMethod: u8,
  rgbReserved: bytes(2),
  ullReserved: bytes(8),
  dwReserved3: u32,
  rgbReserved2: bytes(3),
  bReserved2: u8,
  rgbReserved3: bytes(32),
});

export const UNICODE_HEADER = struct('HEADER', 564, {
  ...START,
  bidUnused: wide,
  bidNextP: wide,
  dwUnique: u32,
  rgnid: bytes(128),
  qwUnused: bytes(8),
  ...UNICODE_ROOT,
  dwAlign: u32,
  rgbFM: bytes(128),
  rgbFP: bytes(128),
  bSentinel: u8,
  bCryptMethod: u8,
  rgbReserved: bytes(2),
  bidNextB: wide,
  dwCRCFull: u32,
  rgbReserved2: bytes(3),
  bReserved2: u8,
  rgbReserved3: bytes(32),
});

/** dwCRCPartial covers the bytes from wMagicClient on. */
export const crcPartialStart = 8;
export const crcPartialBytes = 471;
/** dwCRCFull covers these many from wMagicClient on. */
export const crcFullBytes = 516;

/** A page: its identifier and its byte in the file. MAPI: BREF */
export interface PageRef {
  readonly bid: number;
  readonly ib: number;
}

export interface PstHeader {
  readonly kind: PstKind;
  readonly layout: PstLayout;
  readonly encoding: PstEncoding;
  /** Length that the file should have. */
  readonly ibFileEof: number;
  readonly nbt: PageRef;
  readonly bbt: PageRef;
}

/**
 * Reads the header; wrong checksums and sizes are diagnostics.
 *
 * @throws MAPI_E_CORRUPT_DATA if it is no such file; MAPI_E_VERSION for a version or encoding that is not known
 */
export function readHeader(start: Uint8Array, diagnostics: Diagnostics): PstHeader {
  const { dwMagic, wMagicClient, wVer } = HEADER_START.decode(start);
  const kind = KINDS[wMagicClient];
  if (dwMagic !== PST_MAGIC || kind === undefined)
    throw new MapiError('MAPI_E_CORRUPT_DATA', 'this is no PST or OST file: it does not begin with !BDN and SM or SO');
  const layout = LAYOUTS[versionOf(wVer)];
  const table: Struct<typeof ANSI_HEADER extends Struct<infer F> ? F : never> | typeof UNICODE_HEADER =
    layout.version === 'ansi' ? ANSI_HEADER : UNICODE_HEADER;
  const header = table.decode(start);
  checkSums(start, header, layout.version, diagnostics);
  return {
    kind,
    layout,
    encoding: encodingOf(header.bCryptMethod),
    ibFileEof: header.ibFileEof,
    nbt: { bid: header.nbtBid, ib: header.nbtIb },
    bbt: { bid: header.bbtBid, ib: header.bbtIb },
  };
}

/** wVer: 14 and 15 are ANSI, 23 Unicode, 36 Unicode with pages of 4 KB; 21 was a test version of 23. */
function versionOf(wVer: number): PstVersion {
  if (wVer === 14 || wVer === 15) return 'ansi';
  if (wVer >= 36) return 'unicode4k';
  if (wVer >= 20) return 'unicode';
  throw new MapiError('MAPI_E_VERSION', `version ${wVer} of the file is unknown`);
}

function encodingOf(bCryptMethod: number): PstEncoding {
  const known = (['none', 'permute', 'cyclic'] as const)[bCryptMethod];
  if (known !== undefined) return known;
  const what = bCryptMethod === 0x10 ? 'Windows Information Protection' : `method ${bCryptMethod}`;
  throw new MapiError('MAPI_E_VERSION', `the file is encrypted by ${what}, which needs a key that is not in it`);
}

function checkSums(
  start: Uint8Array,
  header: { readonly dwCRCPartial: number; readonly dwCRCFull?: number; readonly bSentinel: number },
  version: PstVersion,
  diagnostics: Diagnostics,
): void {
  const crc = (length: number): number => pstCrc(start.subarray(crcPartialStart, crcPartialStart + length));
  if (crc(crcPartialBytes) !== header.dwCRCPartial)
    diagnostics.add('badHeader', 'dwCRCPartial of the header is not that of its bytes', 4);
  if (version !== 'ansi' && header.dwCRCFull !== undefined && crc(crcFullBytes) !== header.dwCRCFull)
    diagnostics.add('badHeader', 'dwCRCFull of the header is not that of its bytes', 524);
  if (header.bSentinel !== 0x80)
    diagnostics.add('badHeader', `bSentinel is ${header.bSentinel}, not 128`, version === 'ansi' ? 460 : 512);
}
