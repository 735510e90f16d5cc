/**
 * Checks a whole Unicode file against [MS-PST]: what a reader can do without is looked at too.
 *
 * Everything found is told; the check goes on as far as it can. It holds 40 bytes a block in memory.
 */
import { MapiError, type RandomAccess } from '@nodemapi/base';
import { checkAllocation, type Extent } from './check-allocation.ts';
import { type CheckedBlock, checkBlocks } from './check-blocks.ts';
import { checkPageTree } from './check-pages.ts';
import { checkTables } from './check-tables.ts';
import { Diagnostics, isDamage, type PstDiagnostic } from './diagnostic.ts';
import { FileCache } from './file-cache.ts';
import { headerBytesMax, readHeader, UNICODE_HEADER } from './header.ts';
import type { NbtEntry } from './layout.ts';
import { fileCacheBytesMax } from './limits.ts';
import { PstFile } from './pst-file.ts';
import { bbtKind, nbtKind } from './tree-page.ts';

/** What a check looks at, and where it tells what it found. */
export interface CheckedFile {
  readonly file: FileCache;
  readonly found: Diagnostics;
  /** Parts of the file that are in use. */
  readonly extents: Extent[];
}

/** What was counted on the way. */
export interface PstCheckResult {
  readonly problems: readonly PstDiagnostic[];
  readonly pages: number;
  readonly blocks: number;
  readonly nodes: number;
  readonly tables: number;
  readonly rows: number;
}

/** @throws MAPI_E_CORRUPT_DATA if it is no PST file; MAPI_E_VERSION if it is no Unicode PST */
export async function checkPst(source: RandomAccess): Promise<PstCheckResult> {
  const size = await source.size();
  const found = new Diagnostics();
  const file = new FileCache(source, size, fileCacheBytesMax);
  const start = await file.read(0, Math.min(size, headerBytesMax), 'the header');
  const { layout, nbt, bbt } = readHeader(start, found);
  if (layout.version !== 'unicode') throw new MapiError('MAPI_E_VERSION', `${layout.version} files cannot be checked`);
  const header = UNICODE_HEADER.decode(start);
  const checked: CheckedFile = { file, found, extents: [] };
  if (header.ibFileEof !== size) found.add('badHeader', `ibFileEof is ${header.ibFileEof}, the file has ${size}`, 184);

  const blockEntries = await checkPageTree(checked, { ...bbtKind(layout), root: bbt });
  const nodes: readonly NbtEntry[] = await checkPageTree(checked, { ...nbtKind(layout), root: nbt });
  const pages = checked.extents.length;
  for (const { offset, bid } of checked.extents)
    if (bid >= header.bidNextP) found.add('badHeader', `page ${bid} is not below bidNextP ${header.bidNextP}`, offset);
  const blocks: readonly CheckedBlock[] = await checkBlocks(checked, blockEntries, nodes);
  for (const { bid, ib } of blocks)
    if (bid >= header.bidNextB) found.add('badHeader', `block ${bid} is not below bidNextB ${header.bidNextB}`, ib);
  await checkAllocation(checked, header);
  const counts = await checkTables(await PstFile.open(source), nodes, found);
  return { problems: found.list(), pages, blocks: blocks.length, nodes: nodes.length, ...counts };
}

/** Runs a part of the check; where the file stops it, that is told. */
export async function attempt(found: Diagnostics, what: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!isDamage(error)) throw error;
    found.caught('badNode', what, error);
  }
}
