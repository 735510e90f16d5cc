import { crc32 } from 'node:zlib';

/** The CRC of pages, blocks and the header: CRC-32 that starts with 0 and is not inverted at the end. [MS-PST] 5.3 */
export function pstCrc(bytes: Uint8Array): number {
  return ~crc32(bytes, 0xffff_ffff) >>> 0;
}

/** wSig of the page or block `bid` at byte `ib`. [MS-PST] 5.5 */
export function pstSignature(ib: number, bid: number): number {
  const mixed = (ib ^ bid) >>> 0; // both are taken modulo 2^32
  return ((mixed >>> 16) ^ mixed) & 0xffff;
}
