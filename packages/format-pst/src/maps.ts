/**
 * Where the allocation maps lie, and how they look. [MS-PST] 2.2.2.7.2 to 2.2.2.7.6
 *
 * ```
 * 0x4200  DList
 * 0x4400  AMap 0, PMap 0, blocks and pages … up to the next AMap, 253952 bytes on
 * ```
 * An AMap has a bit for each 64 bytes, from its own on. The maps besides it are kept for old readers and say nothing.
 */
import { pstCrc, pstSignature } from './checksum.ts';
import { LAYOUTS } from './layout.ts';

export const MAP_TYPES = { fmap: 0x82, pmap: 0x83, amap: 0x84, fpmap: 0x85, dlist: 0x86 } as const;

export const dlistAt = 0x4200;
export const amapFirst = 0x4400;
/** Bytes of a page that are a map. */
export const mapBytes = 496;
export const slotBytes = 64;
/** What one AMap is about. */
export const amapCovers = mapBytes * 8 * slotBytes;

export const pageBytes = LAYOUTS.unicode.pageBytes;

const amapsPerPmap = 8;
const fmapFirst = 128;
const amapsPerFmap = mapBytes;
const fpmapFirst = 128 * 64;
const amapsPerFpmap = mapBytes * 64;

export function amapOffset(index: number): number {
  return amapFirst + index * amapCovers;
}

/** The maps at the beginning of the part of the file that AMap `index` is about, in order. */
export function mapsOf(index: number): readonly number[] {
  const types: number[] = [MAP_TYPES.amap];
  if (index % amapsPerPmap === 0) types.push(MAP_TYPES.pmap);
  if (index >= fmapFirst && (index - fmapFirst) % amapsPerFmap === 0) types.push(MAP_TYPES.fmap);
  if (index >= fpmapFirst && (index - fpmapFirst) % amapsPerFpmap === 0) types.push(MAP_TYPES.fpmap);
  return types;
}

/** Fills in the trailer of a page; those of maps are identified by their place and have no signature. */
export function sealPage(page: Uint8Array, ptype: number, ib: number, bid: number): void {
  const isMap = ptype >= MAP_TYPES.fmap && ptype <= MAP_TYPES.fpmap;
  const { pageTrailer } = LAYOUTS.unicode;
  const trailerAt = pageBytes - pageTrailer.size;
  const dwCRC = pstCrc(page.subarray(0, trailerAt));
  const wSig = isMap ? 0 : pstSignature(ib, bid);
  page.set(pageTrailer.encodeRow({ ptype, ptypeRepeat: ptype, wSig, dwCRC, bid: isMap ? ib : bid }), trailerAt);
}
