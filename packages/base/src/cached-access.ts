import { checkRange, type RandomAccess } from './random-access.ts';

export interface CachedAccessOptions {
  /** Bytes read at a time; default 64 KiB. */
  readonly pageBytes?: number;
  /** Pages that are kept; default 64. */
  readonly pagesMax?: number;
}

const PAGE_BYTES = 65_536;
const PAGES_MAX = 64;

/**
 * RandomAccess that reads whole pages of `source` and keeps the last ones, so that many small reads cost few calls.
 *
 * A read of more than a page goes to the source as it is. What is read may share memory with the cache: it is not to
 * be changed. In memory lie at most `pagesMax * pageBytes` bytes.
 */
export async function cachedAccess(source: RandomAccess, options: CachedAccessOptions = {}): Promise<RandomAccess> {
  const size = await source.size();
  const pageBytes = options.pageBytes ?? PAGE_BYTES;
  const pagesMax = options.pagesMax ?? PAGES_MAX;
  const pages = new Map<number, Promise<Uint8Array>>();

  const page = (index: number): Promise<Uint8Array> => {
    const known = pages.get(index);
    if (known !== undefined) {
      pages.delete(index); // to the end of the order: the first is dropped first
      pages.set(index, known);
      return known;
    }
    const at = index * pageBytes;
    const loading = source.read(at, Math.min(pageBytes, size - at));
    pages.set(index, loading);
    loading.catch(() => pages.delete(index)); // a failure is the reader's, and is not kept
    if (pages.size > pagesMax) pages.delete(pages.keys().next().value as number);
    return loading;
  };

  return {
    size: async () => size,
    read: async (offset, length) => {
      checkRange('file', offset, length, size);
      if (length === 0) return new Uint8Array(0);
      if (length > pageBytes) return source.read(offset, length);
      const first = Math.floor(offset / pageBytes);
      const start = offset - first * pageBytes;
      const bytes = await page(first);
      if (start + length <= bytes.length) return bytes.subarray(start, start + length);
      const joined = new Uint8Array(length);
      const head = bytes.subarray(start);
      joined.set(head);
      joined.set((await page(first + 1)).subarray(0, length - head.length), head.length);
      return joined;
    },
  };
}
