/** All entries of the directory, in the order of the file. [MS-CFB] 2.6 */
import { MapiError, type RandomAccess } from '@nodemapi/base';
import type { Allocation } from './allocation.ts';
import type { Report } from './diagnostic.ts';
import {
  DIRECTORY_ENTRY,
  NAME_UNITS_MAX,
  STGTY_INVALID,
  STGTY_ROOT,
  STGTY_STORAGE,
  STGTY_STREAM,
} from './directory-entry.ts';
import type { Header } from './header.ts';
import { followChain, sectorsIn } from './sector-chain.ts';

/** An entry of the file: what the tree and the streams are made from. The rest is decoded where somebody asks. */
export interface PlacedEntry {
  readonly name: string;
  readonly kind: 'storage' | 'stream' | 'root' | 'free';
  /** Where it lies in the file. */
  readonly offset: number;
  readonly sidLeftSib: number;
  readonly sidRightSib: number;
  readonly sidChild: number;
  readonly sectStart: number;
  /** Bytes of the stream; more than a file can have if the entry says so. */
  readonly size: number;
  /** Bytes that have the entry at `at`. */
  readonly bytes: Uint8Array;
  readonly at: number;
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
    decodeEntries(bytes, start, isNew, entries, report);
  }
  if (entries[0]?.kind !== 'root') {
    const where = sectorsIn(runs) === 0 ? `sector ${header.sectDirStart}` : `${entries[0]?.offset}`;
    throw new MapiError('MAPI_E_CORRUPT_DATA', `the directory at ${where} does not begin with a root entry`);
  }
  return entries;
}

/** Places of the fields of an entry that every entry is asked for; `DIRECTORY_ENTRY` has them all. [MS-CFB] 2.6.1 */
const AT = { cb: 64, mse: 66, left: 68, right: 72, child: 76, start: 116, size: 120, sizeHigh: 124 } as const;

/** Directories are long and entries are many, so this goes round the table of fields. */
function decodeEntries(bytes: Uint8Array, start: number, isNew: boolean, to: PlacedEntry[], report: Report): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + DIRECTORY_ENTRY.size <= bytes.length; at += DIRECTORY_ENTRY.size) {
    const offset = start + at;
    const mse = view.getUint8(at + AT.mse);
    const kind = KINDS.get(mse);
    if (kind === undefined) report('badEntry', offset + AT.mse, true, `an entry of kind ${mse}`);
    const isUsed = kind !== undefined && kind !== 'free';
    // Files of version 3 may have anything in the upper half of the size. [MS-CFB] 2.6.3
    const high = isNew ? view.getUint32(at + AT.sizeHigh, true) : 0;
    to.push({
      name: isUsed ? nameAt(view, text, at, offset, report) : '',
      kind: kind ?? 'free',
      offset,
      sidLeftSib: view.getUint32(at + AT.left, true),
      sidRightSib: view.getUint32(at + AT.right, true),
      sidChild: view.getUint32(at + AT.child, true),
      sectStart: view.getUint32(at + AT.start, true),
      size: high * 2 ** 32 + view.getUint32(at + AT.size, true),
      bytes,
      at,
    });
  }
}

const NAME_BYTES = (NAME_UNITS_MAX + 1) * 2;

/** The text up to the first zero, whatever the length says. */
function nameAt(view: DataView, text: Buffer, at: number, offset: number, report: Report): string {
  const cb = view.getUint16(at + AT.cb, true);
  if (cb < 2 || cb > NAME_BYTES || cb % 2 !== 0) report('badEntry', offset + AT.cb, false, `a name of ${cb} bytes`);
  const name = text.toString('utf16le', at, at + Math.min(NAME_BYTES, cb & ~1));
  const end = name.indexOf('\0');
  return end < 0 ? name : name.slice(0, end);
}
