/** What a storage holds while it is open: streams that lie elsewhere, streams that were written, and storages. */
import type { Guid, RandomAccess } from '@nodemapi/base';
import { MapiError } from '@nodemapi/mapi';

/** A stream that lies elsewhere, such as in a compound file. */
export interface StoredStream {
  readonly kind: 'stream';
  readonly name: string;
  readonly size: number;
  open(): RandomAccess;
}

/** A storage that lies elsewhere. */
export interface StoredStorage {
  readonly kind: 'storage';
  readonly name: string;
  readonly clsid: Guid;
  readonly stateBits: number;
  readonly entries: readonly (StoredStorage | StoredStream)[];
}

/** A stream of an open storage. */
export interface StreamContent {
  readonly kind: 'stream';
  name: string;
  size: number;
  open: () => RandomAccess;
}

/** An open storage. */
export interface StorageContent {
  readonly kind: 'storage';
  name: string;
  clsid: Guid;
  stateBits: number;
  readonly entries: (StorageContent | StreamContent)[];
}

export const NO_CLASS: Guid = '00000000-0000-0000-0000-000000000000';

/** Storages within storages at most. */
const storageDepthMax = 64;

/**
 * A storage to be changed, which shares the bytes of streams with `stored`.
 *
 * @throws MAPI_E_TOO_COMPLEX for storages that nest too deep
 */
export function contentOf(stored: StoredStorage, depth = 0): StorageContent {
  if (depth > storageDepthMax) {
    throw new MapiError('MAPI_E_TOO_COMPLEX', `storages nest deeper than ${storageDepthMax}`);
  }
  const { name, clsid, stateBits } = stored;
  const entries = stored.entries.map((entry) =>
    entry.kind === 'storage' ? contentOf(entry, depth + 1) : streamContentOf(entry),
  );
  return { kind: 'storage', name, clsid, stateBits, entries };
}

function streamContentOf(stored: StoredStream): StreamContent {
  return { kind: 'stream', name: stored.name, size: stored.size, open: () => stored.open() };
}

export function emptyStorage(name: string): StorageContent {
  return { kind: 'storage', name, clsid: NO_CLASS, stateBits: 0, entries: [] };
}

/** The entry of a name in any case; undefined if there is none. */
export function entryNamed(storage: StorageContent, name: string): StorageContent | StreamContent | undefined {
  const key = name.toUpperCase();
  return storage.entries.find((entry) => entry.name.toUpperCase() === key);
}

const NAME_UNITS_MAX = 31;

/** @throws MAPI_E_INVALID_PARAMETER for a name that no storage or stream can have. [MS-CFB] 2.6.1 */
export function checkEntryName(name: string): void {
  const fits = name.length > 0 && name.length <= NAME_UNITS_MAX && !/[/\\:!\0]/u.test(name);
  if (!fits) throw new MapiError('MAPI_E_INVALID_PARAMETER', `${JSON.stringify(name)} is no name in a storage`);
}
