/**
 * Finds the leaves of both B-trees anywhere in a file, for one whose header or upper pages are lost.
 *
 * A page is only taken if its checksum is right. Old versions of pages stay in a file until something is written over
 * them; of two entries with one key the one from the page that was written later is taken.
 */
import { type Diagnostics, isDamage } from './diagnostic.ts';
import type { FileCache } from './file-cache.ts';
import type { BbtEntry, NbtEntry, PstLayout } from './layout.ts';
import { PAGE_TYPES, type PageTreeKind, pageProblem, TreePage } from './tree-page.ts';

export interface FoundEntries {
  readonly blocks: ReadonlyMap<number, BbtEntry>;
  readonly nodes: ReadonlyMap<number, NbtEntry>;
}

/** Pages lie at multiples of this in every version. */
const pageAlign = 512;

interface Dated<E> {
  readonly entry: E;
  readonly written: number;
}

/** Reads the whole file; what is found is held in memory. */
export async function searchPages(
  file: FileCache,
  layout: PstLayout,
  kinds: { readonly bbt: PageTreeKind<BbtEntry>; readonly nbt: PageTreeKind<NbtEntry> },
  diagnostics: Diagnostics,
): Promise<FoundEntries> {
  const blocks = new Map<number, Dated<BbtEntry>>();
  const nodes = new Map<number, Dated<NbtEntry>>();
  const { pageBytes, pageTrailer } = layout;
  const ptypeAt = pageBytes - pageTrailer.size;
  for (let ib = pageAlign; ib + pageBytes <= file.size; ib += pageAlign) {
    const bytes = file.readNow(ib, pageBytes) ?? (await file.read(ib, pageBytes, 'page'));
    const ptype = bytes[ptypeAt];
    if (bytes[ptypeAt + 1] !== ptype) continue;
    if (ptype === PAGE_TYPES.bbt) take(bytes, ib, layout, kinds.bbt, blocks, diagnostics);
    else if (ptype === PAGE_TYPES.nbt) take(bytes, ib, layout, kinds.nbt, nodes, diagnostics);
  }
  return { blocks: entriesOf(blocks), nodes: entriesOf(nodes) };
}

function take<E>(
  bytes: Uint8Array,
  ib: number,
  layout: PstLayout,
  kind: PageTreeKind<E>,
  into: Map<number, Dated<E>>,
  diagnostics: Diagnostics,
): void {
  const { bid: written } = layout.pageTrailer.decode(bytes, layout.pageBytes - layout.pageTrailer.size);
  if (pageProblem(bytes, layout, kind.ptype, ib, written) !== undefined) return;
  try {
    for (const entry of new TreePage(bytes, layout, kind, ib).leaves()) {
      const key = kind.key(entry);
      if ((into.get(key)?.written ?? -1) < written) into.set(key, { entry, written });
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    diagnostics.caught('badPage', 'a page that was found', error);
  }
}

function entriesOf<E>(dated: ReadonlyMap<number, Dated<E>>): ReadonlyMap<number, E> {
  const keys = [...dated.keys()].sort((a, b) => a - b);
  return new Map(keys.map((key) => [key, (dated.get(key) as Dated<E>).entry]));
}
