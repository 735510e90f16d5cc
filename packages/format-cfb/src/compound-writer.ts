/**
 * Writes a compound file from its first byte to its last. [MS-CFB]
 *
 * - All sizes are known before, so nothing is written twice and nothing but the directory is held in memory.
 * - Order: header, allocation table, its own table, directory, table of mini sectors, mini stream, large streams.
 * - Every chain lies in one piece.
 */
import { ByteWriter, MapiError } from '@nodemapi/base';
import { type EntryPlan, encodeEntry } from './directory-writer.ts';
import {
  BYTE_ORDER,
  DIFSECT,
  ENDOFCHAIN,
  FATSECT,
  FREESECT,
  HEADER,
  HEADER_FAT_SECTORS,
  MINI_CUTOFF,
  MINI_SECTOR_SHIFT,
  MINOR_VERSION,
  SIGNATURE,
} from './header.ts';
import { type Chain, type Layout, planLayout, sectorsOf } from './layout.ts';
import type { StorageSource } from './source-tree.ts';

export interface CompoundWriteOptions {
  /** 512 makes version 3, which everybody reads; 4096 version 4. The smaller that holds everything if omitted. */
  readonly sectorSize?: 512 | 4096;
}

/** A file that can be written. */
export interface CompoundOutput {
  /** Bytes of the whole file. */
  readonly size: number;
  /** To be read once. @throws MAPI_E_CALL_FAILED if a stream gives more or fewer bytes than it said */
  readonly chunks: AsyncIterable<Uint8Array>;
}

const MINI_SECTOR_SIZE = 2 ** MINI_SECTOR_SHIFT;
/** Bytes that small pieces are collected to. */
const chunkBytes = 65_536;

/**
 * Plans a file from the storage that is its root; the root's name is not used.
 *
 * @throws MAPI_E_INVALID_PARAMETER for names that cannot be, MAPI_E_COLLISION for names that are there twice,
 *   MAPI_E_TOO_BIG for what does not fit
 */
export function writeCompoundFile(root: StorageSource, options: CompoundWriteOptions = {}): CompoundOutput {
  const layout = planLayout(root, options.sectorSize);
  return { size: (layout.sectorCount + 1) * layout.sectorSize, chunks: collected(pieces(layout), chunkBytes) };
}

/** Everything in the order of the file. */
async function* pieces(layout: Layout): AsyncGenerator<Uint8Array> {
  const { sectorSize, lockSector } = layout;
  yield padded(header(layout), sectorSize);
  yield* spread(fatSectors(layout), layout.fat, layout);
  yield* difatSectors(layout);
  yield* spread(directorySectors(layout), layout.directory, layout);
  yield* spread(miniTableSectors(layout), layout.miniTable, layout);
  yield* withLock(miniStream(layout), layout.miniStream, layout);
  for (const plan of layout.large) {
    const count = Math.ceil(plan.size / sectorSize);
    yield* withLock(contentOf(plan, sectorSize), { start: plan.start, count }, layout);
  }
  // A file may end with the sector that is left alone.
  if (lockSector === layout.sectorCount - 1) yield new Uint8Array(sectorSize);
}

function header(layout: Layout): Uint8Array {
  const { sectorSize, fat, difat, directory, miniTable } = layout;
  const list = new ByteWriter(HEADER_FAT_SECTORS * 4);
  for (const sector of [...sectorsOf(fat, undefined)].slice(0, HEADER_FAT_SECTORS)) list.u32(sector);
  while (list.length < HEADER_FAT_SECTORS * 4) list.u32(FREESECT);
  return HEADER.encode({
    abSig: SIGNATURE,
    clsid: new Uint8Array(16),
    uMinorVersion: MINOR_VERSION,
    uDllVersion: sectorSize === 512 ? 3 : 4,
    uByteOrder: BYTE_ORDER,
    uSectorShift: sectorSize === 512 ? 9 : 12,
    uMiniSectorShift: MINI_SECTOR_SHIFT,
    reserved: new Uint8Array(6),
    csectDir: sectorSize === 512 ? 0 : directory.count,
    csectFat: fat.count,
    sectDirStart: directory.start,
    signature: 0,
    ulMiniSectorCutoff: MINI_CUTOFF,
    sectMiniFatStart: startOf(miniTable),
    csectMiniFat: miniTable.count,
    sectDifStart: startOf(difat),
    csectDif: difat.count,
    sectFat: list.toBytes(),
  });
}

function startOf({ start, count }: Chain): number {
  return count === 0 ? ENDOFCHAIN : start;
}

/** The entries of the allocation table, a sector of them at a time. */
function* fatSectors(layout: Layout): Generator<Uint8Array> {
  const perSector = layout.sectorSize / 4;
  let sector = new Uint32Array(perSector);
  let count = 0;
  for (const entry of fatEntries(layout)) {
    sector[count++] = entry;
    if (count < perSector) continue;
    yield littleEndian(sector);
    sector = new Uint32Array(perSector);
    count = 0;
  }
  if (count > 0) yield littleEndian(sector.fill(FREESECT, count));
}

function* fatEntries(layout: Layout): Generator<number> {
  const { sectorSize, lockSector } = layout;
  const chains: Chain[] = [layout.directory, layout.miniTable, layout.miniStream];
  for (const { start, size } of layout.large) chains.push({ start, count: Math.ceil(size / sectorSize) });
  let sector = 0;
  const next = function* (entry: (following: number) => number, count: number): Generator<number> {
    for (let index = 0; index < count; index++, sector++) {
      if (sector === lockSector) {
        yield ENDOFCHAIN;
        sector++;
      }
      const following = sector + 1 === lockSector ? sector + 2 : sector + 1;
      yield index === count - 1 ? entry(ENDOFCHAIN) : entry(following);
    }
  };
  yield* next(() => FATSECT, layout.fat.count);
  yield* next(() => DIFSECT, layout.difat.count);
  for (const { count } of chains) yield* next((following) => following, count);
  if (sector === lockSector) yield ENDOFCHAIN;
}

function* difatSectors(layout: Layout): Generator<Uint8Array> {
  const { fat, difat, sectorSize } = layout;
  const perSector = sectorSize / 4 - 1;
  for (let index = 0; index < difat.count; index++) {
    const sector = new Uint32Array(sectorSize / 4).fill(FREESECT);
    const first = HEADER_FAT_SECTORS + index * perSector;
    for (let entry = 0; entry < perSector && first + entry < fat.count; entry++)
      sector[entry] = fat.start + first + entry;
    sector[perSector] = index === difat.count - 1 ? ENDOFCHAIN : difat.start + index + 1;
    yield littleEndian(sector);
  }
}

function* directorySectors({ entries, sectorSize }: Layout): Generator<Uint8Array> {
  const perSector = sectorSize / 128;
  for (let first = 0; first < entries.length; first += perSector) {
    const sector = new Uint8Array(sectorSize);
    for (let index = 0; index < perSector; index++)
      sector.set(encodeEntry(entries[first + index] ?? null), index * 128);
    yield sector;
  }
}

function* miniTableSectors({ small, sectorSize }: Layout): Generator<Uint8Array> {
  const perSector = sectorSize / 4;
  let sector = new Uint32Array(perSector).fill(FREESECT);
  let mini = 0;
  for (const { size } of small) {
    const count = Math.ceil(size / MINI_SECTOR_SIZE);
    for (let index = 0; index < count; index++) {
      sector[mini % perSector] = index === count - 1 ? ENDOFCHAIN : mini + 1;
      if (++mini % perSector > 0) continue;
      yield littleEndian(sector);
      sector = new Uint32Array(perSector).fill(FREESECT);
    }
  }
  if (mini % perSector > 0) yield littleEndian(sector);
}

async function* miniStream({ small, sectorSize }: Layout): AsyncGenerator<Uint8Array> {
  let written = 0;
  for (const plan of small) {
    for await (const bytes of contentOf(plan, MINI_SECTOR_SIZE)) {
      written += bytes.length;
      yield bytes;
    }
  }
  yield new Uint8Array((sectorSize - (written % sectorSize)) % sectorSize);
}

/** The bytes of a stream and zeros up to whole sectors. */
async function* contentOf({ source, size }: EntryPlan, sectorSize: number): AsyncGenerator<Uint8Array> {
  if (source.kind !== 'stream') return;
  let written = 0;
  for await (const bytes of source.content()) {
    written += bytes.length;
    if (written > size) break;
    yield bytes;
  }
  if (written !== size) {
    const what = written > size ? 'more' : `only ${written}`;
    throw new MapiError('MAPI_E_CALL_FAILED', `stream ${JSON.stringify(source.name)} of ${size} bytes gave ${what}`);
  }
  yield new Uint8Array((sectorSize - (size % sectorSize)) % sectorSize);
}

/** Puts an empty sector where nothing may lie. */
async function* withLock(
  source: AsyncIterable<Uint8Array>,
  { start, count }: Chain,
  { sectorSize, lockSector }: Layout,
): AsyncGenerator<Uint8Array> {
  if (lockSector === undefined || lockSector >= start + count || lockSector < start - 1) {
    yield* source;
    return;
  }
  let left = (lockSector - start) * sectorSize;
  // A chain that begins right behind it: the sector comes first.
  if (left < 0) yield new Uint8Array(sectorSize);
  for await (const bytes of source) {
    if (left < 0 || bytes.length <= left) {
      if (left >= 0) left -= bytes.length;
      yield bytes;
      continue;
    }
    yield bytes.subarray(0, left);
    yield new Uint8Array(sectorSize);
    yield bytes.subarray(left);
    left = -1;
  }
}

async function* spread(source: Iterable<Uint8Array>, chain: Chain, layout: Layout): AsyncGenerator<Uint8Array> {
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield* source;
  };
  yield* withLock(all(), chain, layout);
}

/** Joins small pieces; large ones pass as they are. */
async function* collected(source: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array> {
  let waiting = new Uint8Array(bytesMax);
  let count = 0;
  for await (const bytes of source) {
    if (count + bytes.length > bytesMax && count > 0) {
      yield waiting.subarray(0, count);
      waiting = new Uint8Array(bytesMax);
      count = 0;
    }
    if (bytes.length > bytesMax) yield bytes;
    else {
      waiting.set(bytes, count);
      count += bytes.length;
    }
  }
  if (count > 0) yield waiting.subarray(0, count);
}

function littleEndian(values: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true);
  return bytes;
}

function padded(bytes: Uint8Array, size: number): Uint8Array {
  const whole = new Uint8Array(size);
  whole.set(bytes);
  return whole;
}
