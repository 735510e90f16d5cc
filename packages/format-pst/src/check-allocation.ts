/** Checks that every byte in use is so once, and that the allocation maps say the same. [MS-PST] 2.2.2.7.2 to 2.2.2.7.6 */
import { pstCrc } from './checksum.ts';
import { LAYOUTS } from './layout.ts';
import { amapCovers, amapOffset, dlistAt, MAP_TYPES, mapBytes, mapsOf, pageBytes, slotBytes } from './maps.ts';
import { attempt, type CheckedFile } from './pst-check.ts';
import { pageProblem } from './tree-page.ts';

/** A part of the file that is in use. */
export interface Extent {
  readonly offset: number;
  readonly size: number;
  /** Of a page. */
  readonly bid: number;
}

export interface AllocationHeader {
  readonly ibFileEof: number;
  readonly ibAMapLast: number;
  readonly cbAMapFree: number;
  readonly fAMapValid: number;
}

export async function checkAllocation(checked: CheckedFile, header: AllocationHeader): Promise<void> {
  const { found, extents, file } = checked;
  const regions = Math.max(0, Math.ceil((header.ibFileEof - amapOffset(0)) / amapCovers));
  if (amapOffset(regions - 1) !== header.ibAMapLast)
    found.add('badHeader', `ibAMapLast is ${header.ibAMapLast}, the last AMap lies at ${amapOffset(regions - 1)}`, 192);
  if (header.fAMapValid !== 1 && header.fAMapValid !== 2)
    found.add('badHeader', `fAMapValid is ${header.fAMapValid}: the maps say nothing`, 248);
  const used = extents.sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, size } of used) {
    if (offset < end) found.add('badPage', `what lies at ${offset} overlaps what ends at ${end}`, offset);
    end = Math.max(end, offset + size);
  }
  let free = 0;
  let next = 0;
  for (let region = 0; region < regions; region++) {
    const start = amapOffset(region);
    const expected = new Uint8Array(mapBytes);
    const maps = mapsOf(region).length * pageBytes;
    mark(expected, 0, maps);
    for (let extent = used[next]; extent !== undefined && extent.offset < start + amapCovers; extent = used[++next]) {
      if (extent.offset < start + maps || extent.offset + extent.size > start + amapCovers)
        found.add('badPage', `${extent.size} bytes at ${extent.offset} cross a map`, extent.offset);
      mark(expected, extent.offset - start, extent.size);
    }
    free += freeBytesOf(expected);
    await attempt(found, `maps at ${start}`, () => checkMaps(checked, region, expected));
  }
  if (free !== header.cbAMapFree) found.add('badHeader', `cbAMapFree is ${header.cbAMapFree}, free are ${free}`, 200);
  const dlist = await file.read(dlistAt, pageBytes, 'DList');
  if (dlist[496] !== MAP_TYPES.dlist) found.add('badPage', `the DList is of type ${dlist[496]}`, dlistAt);
}

async function checkMaps({ file, found }: CheckedFile, region: number, expected: Uint8Array): Promise<void> {
  let ib = amapOffset(region);
  for (const ptype of mapsOf(region)) {
    const bytes = await file.read(ib, pageBytes, 'map');
    const trailer = LAYOUTS.unicode.pageTrailer.decode(bytes, mapBytes);
    if (trailer.wSig !== 0) found.add('badPage', `the map has the signature ${trailer.wSig}`, ib);
    const isRight =
      trailer.ptype === ptype && trailer.bid === ib && trailer.dwCRC === pstCrc(bytes.subarray(0, mapBytes));
    if (!isRight)
      found.add('badPage', `the map of type ${ptype}: ${pageProblem(bytes, LAYOUTS.unicode, ptype, ib, ib)}`, ib);
    if (ptype === MAP_TYPES.amap) {
      for (let at = 0; at < mapBytes; at++) {
        if (bytes[at] === expected[at]) continue;
        const place = ib + at * 8 * slotBytes;
        found.add('badPage', `the AMap says ${bytes[at]} of what lies at ${place}, in use is ${expected[at]}`, place);
      }
    }
    ib += pageBytes;
  }
}

function mark(map: Uint8Array, at: number, size: number): void {
  for (let slot = at / slotBytes; slot < (at + size) / slotBytes && slot < mapBytes * 8; slot++)
    map[slot >>> 3] = (map[slot >>> 3] as number) | (0x80 >>> (slot & 7));
}

function freeBytesOf(map: Uint8Array): number {
  let free = 0;
  for (const byte of map) for (let rest = ~byte & 0xff; rest !== 0; rest &= rest - 1) free += slotBytes;
  return free;
}
