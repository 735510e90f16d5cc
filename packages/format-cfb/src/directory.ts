/** All entries of the directory, in the order of the file. [MS-CFB] 2.6 */
import { MapiError, type RandomAccess } from '@nodemapi/base';
import type { Allocation } from './allocation.ts';
import type { Report } from './diagnostic.ts';
import {
  DIRECTORY_ENTRY,
  type DirectoryEntry,
  NAME_UNITS_MAX,
  STGTY_INVALID,
  STGTY_ROOT,
  STGTY_STORAGE,
  STGTY_STREAM,
} from './directory-entry.ts';
import type { Header } from './header.ts';
import { followChain, sectorsIn } from './sector-chain.ts';

export interface PlacedEntry extends DirectoryEntry {
  readonly name: string;
  readonly kind: 'storage' | 'stream' | 'root' | 'free';
  /** Where it lies in the file. */
  readonly offset: number;
}

const KINDS: ReadonlyMap<number, PlacedEntry['kind']> = new Map([
  [STGTY_INVALID, 'free'],
  [STGTY_STORAGE, 'storage'],
  [STGTY_STREAM, 'stream'],
  [STGTY_ROOT, 'root'],
]);

/** @throws MAPI_E_CORRUPT_DATA without a root entry */
export async function readDirectory(
  file: RandomAccess,
  allocation: Allocation,
  header: Header,
  report: Report,
): Promise<readonly PlacedEntry[]> {
  const runs = followChain(allocation, header.sectDirStart, undefined, 'directory', report);
  const { sectorSize, sectorOffset, fileSize } = allocation;
  const entries: PlacedEntry[] = [];
  const isNew = header.uSectorShift !== 9;
  for (const run of runs) {
    const start = sectorOffset(run.sector);
    const wanted = run.count * sectorSize;
    const bytes = await file.read(start, Math.min(wanted, fileSize - start));
    if (bytes.length < wanted) report('cutOff', start, true, `directory: ${bytes.length} bytes of ${wanted}`);
    for (let at = 0; at + DIRECTORY_ENTRY.size <= bytes.length; at += DIRECTORY_ENTRY.size) {
      entries.push(decodeEntry(bytes, at, start + at, isNew, report));
    }
  }
  if (entries[0]?.kind !== 'root') {
    const where = sectorsIn(runs) === 0 ? `sector ${header.sectDirStart}` : `${entries[0]?.offset}`;
    throw new MapiError('MAPI_E_CORRUPT_DATA', `the directory at ${where} does not begin with a root entry`);
  }
  return entries;
}

const HIGH_HALF = 0xffff_ffffn;

function decodeEntry(bytes: Uint8Array, at: number, offset: number, isNew: boolean, report: Report): PlacedEntry {
  const entry = DIRECTORY_ENTRY.decode(bytes, at);
  const kind = KINDS.get(entry.mse);
  if (kind === undefined) report('badEntry', offset + 66, true, `an entry of kind ${entry.mse}`);
  const isUsed = kind !== undefined && kind !== 'free';
  const units = entry.cb / 2 - 1;
  if (isUsed && (!Number.isInteger(units) || units < 0 || units > NAME_UNITS_MAX)) {
    report('badEntry', offset + 64, false, `a name of ${entry.cb} bytes`);
  }
  // Files of version 3 may have anything in the upper half of the size. [MS-CFB] 2.6.3
  const ulSize = isNew ? entry.ulSize : entry.ulSize & HIGH_HALF;
  return { ...entry, ulSize, name: isUsed ? nameOf(entry) : '', kind: kind ?? 'free', offset };
}

/** The text up to the first zero, whatever the length says. */
function nameOf({ ab, cb }: DirectoryEntry): string {
  const bytes = Buffer.from(ab.buffer, ab.byteOffset, Math.min(ab.length, Math.max(cb & ~1, 0)));
  const text = bytes.toString('utf16le');
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
