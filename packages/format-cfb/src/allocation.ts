/** The allocation table of a file (FAT), and the table of its sectors (DIFAT). [MS-CFB] 2.3, 2.5 */
import type { RandomAccess } from '@nodemapi/base';
import type { Report } from './diagnostic.ts';
import { ENDOFCHAIN, FREESECT, HEADER_FAT_SECTORS, type Header } from './header.ts';
import { type ChainSpace, chainSpace } from './sector-chain.ts';

export interface Allocation extends ChainSpace {
  readonly sectorSize: number;
  readonly fileSize: number;
  /** Where a sector begins in the file. */
  sectorOffset(sector: number): number;
}

const OFFSET_OF_FAT_LIST = 76;

/** Reads the whole table; sectors of it that cannot be read leave their part of the file free. */
export async function loadAllocation(
  file: RandomAccess,
  fileSize: number,
  header: Header,
  report: Report,
): Promise<Allocation> {
  const sectorSize = 2 ** header.uSectorShift;
  const sectorOffset = (sector: number): number => (sector + 1) * sectorSize;
  // The header takes one sector; the last one may be cut off.
  const sectorCount = Math.max(0, Math.ceil(fileSize / sectorSize) - 1);
  const perSector = sectorSize / 4;
  const fatSectorsMax = Math.ceil(sectorCount / perSector);
  const listed = await listFatSectors(file, fileSize, header, { sectorSize, sectorCount, fatSectorsMax }, report);
  const next = new Uint32Array(sectorCount).fill(FREESECT);
  const places: number[] = [];
  for (const [index, { sector, offset }] of listed.entries()) {
    const at = sectorOffset(sector);
    places.push(at);
    if (sector >= sectorCount) {
      report('badSector', offset, true, `sector ${sector} of the allocation table is not in the file`);
      continue;
    }
    const bytes = await file.read(at, Math.min(sectorSize, fileSize - at));
    const entries = Math.min(perSector, bytes.length >>> 2, sectorCount - index * perSector);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let entry = 0; entry < entries; entry++) next[index * perSector + entry] = view.getUint32(entry * 4, true);
  }
  const offsetOf = (sector: number): number =>
    (places[Math.floor(sector / perSector)] ?? OFFSET_OF_FAT_LIST) + (sector % perSector) * 4;
  const { taken } = chainSpace(next, sectorCount, offsetOf);
  return { next, sectorCount, taken, offsetOf, sectorSize, fileSize, sectorOffset };
}

interface FatSector {
  readonly sector: number;
  /** Where its number is written. */
  readonly offset: number;
}

interface Sizes {
  readonly sectorSize: number;
  readonly sectorCount: number;
  readonly fatSectorsMax: number;
}

async function listFatSectors(
  file: RandomAccess,
  fileSize: number,
  header: Header,
  { sectorSize, sectorCount, fatSectorsMax }: Sizes,
  report: Report,
): Promise<readonly FatSector[]> {
  const listed: FatSector[] = [];
  const take = (bytes: Uint8Array, base: number, count: number): void => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let index = 0; index < count && index * 4 + 4 <= bytes.length; index++) {
      const sector = view.getUint32(index * 4, true);
      // More would describe sectors that the file does not have.
      const isNone = sector === FREESECT || sector === ENDOFCHAIN;
      if (!isNone && listed.length < fatSectorsMax) listed.push({ sector, offset: base + index * 4 });
    }
  };
  take(header.sectFat, OFFSET_OF_FAT_LIST, HEADER_FAT_SECTORS);
  const perSector = sectorSize / 4 - 1;
  const seen = new Set<number>();
  let from = 68;
  for (let sector = header.sectDifStart; sector !== ENDOFCHAIN && sector !== FREESECT; ) {
    if (listed.length >= fatSectorsMax) break;
    if (sector >= sectorCount || seen.has(sector)) {
      const code = seen.has(sector) ? 'chainLoop' : 'badSector';
      report(code, from, true, `sector ${sector} of the table of the allocation table`);
      break;
    }
    seen.add(sector);
    const at = (sector + 1) * sectorSize;
    const bytes = await file.read(at, Math.min(sectorSize, fileSize - at));
    take(bytes, at, perSector);
    if (bytes.length < sectorSize) {
      report('cutOff', at, true, `sector ${sector} of the table of the allocation table is cut off`);
      break;
    }
    from = at + perSector * 4;
    sector = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(perSector * 4, true);
  }
  const wanted = header.csectFat;
  if (listed.length < Math.min(wanted, fatSectorsMax)) {
    report('shortChain', 44, true, `${listed.length} sectors of the allocation table of ${wanted}`);
  }
  return listed;
}
