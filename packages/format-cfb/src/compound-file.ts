/**
 * A compound file that is being read. [MS-CFB]
 *
 * - The directory and the allocation table lie in memory (4 bytes a sector, about 300 bytes an entry); streams are read
 *   where they are.
 * - What is damaged is cut off or left out, and named in `diagnostics` with its offset; only a file without a usable
 *   header or directory fails.
 * - No chain of sectors and no tree of entries is followed twice, so reading everything takes time linear in the file.
 */
import { cachedAccess, MapiError, memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import { loadAllocation } from './allocation.ts';
import { type CfbDiagnostic, reporter } from './diagnostic.ts';
import { readDirectory } from './directory.ts';
import { buildTree, type CompoundStorage, type CompoundStream } from './directory-tree.ts';
import { HEADER, readHeader } from './header.ts';
import { StreamSpace } from './stream-space.ts';

/** Files up to here are read at once. */
const wholeFileBytesMax = 4 * 1024 * 1024;

export interface CompoundFile {
  /** 3 or 4: sectors of 512 or 4,096 bytes. */
  readonly version: 3 | 4;
  readonly root: CompoundStorage;
  /** Entries that no storage has. */
  readonly orphans: readonly (CompoundStorage | CompoundStream)[];
  /** Grows while streams are opened. */
  readonly diagnostics: readonly CfbDiagnostic[];
}

/**
 * Opens a compound file; `source` is read as long as the file is used, and closed by the caller.
 *
 * @throws MAPI_E_CORRUPT_DATA if it is no compound file or has no directory
 */
export async function openCompoundFile(source: RandomAccess): Promise<CompoundFile> {
  const diagnostics: CfbDiagnostic[] = [];
  const report = reporter(diagnostics);
  const size = await source.size();
  if (size < HEADER.size) throw new MapiError('MAPI_E_CORRUPT_DATA', `no compound file: ${size} bytes`);
  const whole = size <= wholeFileBytesMax ? await source.read(0, size) : undefined;
  const file = whole === undefined ? await cachedAccess(source) : sharedAccess(whole);
  const header = readHeader(await file.read(0, HEADER.size), report);
  const allocation = await loadAllocation(file, size, header, report);
  const entries = await readDirectory(file, allocation, header, report);
  const streams = new StreamSpace(file, whole, allocation, header, entries[0], report);
  await streams.loadMiniTable();
  const { root, orphans } = buildTree(entries, streams, report);
  return { version: header.uSectorShift === 9 ? 3 : 4, root, orphans, diagnostics };
}

/** Opens a compound file that lies in memory. @throws MAPI_E_CORRUPT_DATA */
export function openCompoundBytes(bytes: Uint8Array): Promise<CompoundFile> {
  return openCompoundFile(memoryRandomAccess(bytes));
}

/** RandomAccess whose answers share memory with `bytes`; ranges are checked by the chains. */
function sharedAccess(bytes: Uint8Array): RandomAccess {
  return {
    size: async () => bytes.length,
    read: async (offset, length) => {
      if (offset + length <= bytes.length) return bytes.subarray(offset, offset + length);
      throw new MapiError('MAPI_E_CORRUPT_DATA', `${length} bytes at ${offset} of ${bytes.length}`);
    },
  };
}
