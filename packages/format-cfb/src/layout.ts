/** Where everything of a file that is written will lie: all sizes are known before the first byte. [MS-CFB] 2 */
import { MapiError } from '@nodemapi/base';
import { type EntryPlan, planDirectory } from './directory-writer.ts';
import { ENDOFCHAIN, HEADER_FAT_SECTORS, MAXREGSECT, MINI_CUTOFF, MINI_SECTOR_SHIFT } from './header.ts';
import type { StorageSource } from './source-tree.ts';

const MINI_SECTOR_SIZE = 2 ** MINI_SECTOR_SHIFT;
/** The bytes from here to 0x80000000 are left alone: OLE locks them. [MS-CFB] 2.10 */
const RANGE_LOCK_OFFSET = 0x7fff_ff00;
/** A stream of version 3 is smaller than this. [MS-CFB] 2.6.3 */
const VERSION_3_BYTES_MAX = 0x8000_0000;

/** A chain of the file: sectors from `start` on, the lock sector left out. */
export interface Chain {
  readonly start: number;
  readonly count: number;
}

export interface Layout {
  readonly sectorSize: 512 | 4096;
  readonly entries: readonly EntryPlan[];
  /** Streams below the cutoff, in the order of the mini stream. */
  readonly small: readonly EntryPlan[];
  /** The others, in the order of the file. */
  readonly large: readonly EntryPlan[];
  /** Sectors of the allocation table, not a chain. */
  readonly fat: Chain;
  readonly difat: Chain;
  readonly directory: Chain;
  readonly miniTable: Chain;
  readonly miniStream: Chain;
  readonly sectorCount: number;
  /** The sector that nothing lies in; undefined in a file that ends before it. */
  readonly lockSector: number | undefined;
}

/** @throws MAPI_E_TOO_BIG for what no compound file of this sector size holds */
export function planLayout(root: StorageSource, wanted: 512 | 4096 | undefined): Layout {
  const entries = planDirectory(root);
  const streams = entries.filter(({ source, size }) => source.kind === 'stream' && size > 0);
  const small = streams.filter(({ size }) => size < MINI_CUTOFF);
  const large = streams.filter(({ size }) => size >= MINI_CUTOFF);
  const bytes = large.reduce((sum, { size }) => sum + size, 0);
  const sectorSize = wanted ?? (bytes < VERSION_3_BYTES_MAX / 2 ? 512 : 4096);
  const tooLarge = sectorSize === 512 ? large.find(({ size }) => size >= VERSION_3_BYTES_MAX) : undefined;
  if (tooLarge !== undefined)
    throw new MapiError('MAPI_E_TOO_BIG', `a stream of ${tooLarge.size} bytes needs sectors of 4096`);
  return place(entries, small, large, sectorSize);
}

function place(
  entries: readonly EntryPlan[],
  small: readonly EntryPlan[],
  large: readonly EntryPlan[],
  sectorSize: 512 | 4096,
): Layout {
  const sectors = (bytes: number): number => Math.ceil(bytes / sectorSize);
  let miniSectors = 0;
  for (const plan of small) {
    plan.start = miniSectors;
    miniSectors += Math.ceil(plan.size / MINI_SECTOR_SIZE);
  }
  const fixed = sectors(entries.length * 128) + sectors(miniSectors * 4) + sectors(miniSectors * MINI_SECTOR_SIZE);
  const content = fixed + large.reduce((sum, { size }) => sum + sectors(size), 0);
  const { fatCount, difatCount, hasLock } = tableSizes(content, sectorSize);

  const lockSector = hasLock ? Math.floor(RANGE_LOCK_OFFSET / sectorSize) - 1 : undefined;
  const take = taker(lockSector);
  const fat = take(fatCount);
  const difat = take(difatCount);
  const directory = take(sectors(entries.length * 128));
  const miniTable = take(sectors(miniSectors * 4));
  const miniStream = take(sectors(miniSectors * MINI_SECTOR_SIZE));
  const top = entries[0] as EntryPlan;
  top.start = miniStream.count === 0 ? ENDOFCHAIN : miniStream.start;
  top.size = miniSectors * MINI_SECTOR_SIZE;
  for (const plan of large) plan.start = take(sectors(plan.size)).start;
  const sectorCount = content + fatCount + difatCount + (hasLock ? 1 : 0);
  if (sectorCount > MAXREGSECT) throw new MapiError('MAPI_E_TOO_BIG', `${sectorCount} sectors of ${sectorSize} bytes`);
  return { sectorSize, entries, small, large, fat, difat, directory, miniTable, miniStream, sectorCount, lockSector };
}

/** The tables describe themselves too, so their sizes are found by trying. */
function tableSizes(content: number, sectorSize: number): { fatCount: number; difatCount: number; hasLock: boolean } {
  const perSector = sectorSize / 4;
  let [fatCount, difatCount, hasLock] = [0, 0, false];
  for (;;) {
    const total = content + fatCount + difatCount + (hasLock ? 1 : 0);
    const isLong = sectorSize === 4096 && (total + 1) * sectorSize > RANGE_LOCK_OFFSET;
    const fat = Math.ceil((total + (isLong && !hasLock ? 1 : 0)) / perSector);
    const difat = Math.ceil(Math.max(0, fat - HEADER_FAT_SECTORS) / (perSector - 1));
    if (fat === fatCount && difat === difatCount && isLong === hasLock) return { fatCount, difatCount, hasLock };
    [fatCount, difatCount, hasLock] = [fat, difat, isLong];
  }
}

/** Gives sectors one after another. */
function taker(lockSector: number | undefined): (count: number) => Chain {
  let next = 0;
  return (count) => {
    if (next === lockSector && count > 0) next++;
    const start = next;
    next += count;
    if (lockSector !== undefined && start < lockSector && next > lockSector) next++;
    return { start, count };
  };
}

/** The sectors of a chain, in order. */
export function* sectorsOf({ start, count }: Chain, lockSector: number | undefined): Generator<number> {
  let sector = start;
  for (let index = 0; index < count; index++) {
    if (sector === lockSector) sector++;
    yield sector++;
  }
}
