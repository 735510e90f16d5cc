/** Making compound files of plain objects and back, for tests. */
import { concatBytes } from '@nodemapi/base';
import type { CompoundOutput } from './compound-writer.ts';
import type { CompoundStorage } from './directory-tree.ts';
import { type StorageSource, streamOf } from './source-tree.ts';

/** Streams are bytes, storages are objects. */
export interface Tree {
  readonly [name: string]: Uint8Array | Tree;
}

export function storageOf(name: string, tree: Tree): StorageSource {
  const entries = Object.entries(tree).map(([each, value]) =>
    value instanceof Uint8Array ? streamOf(each, value) : storageOf(each, value),
  );
  return { kind: 'storage', name, entries };
}

/** Everything in a storage, read. */
export async function treeOf(storage: CompoundStorage): Promise<Tree> {
  const tree: Record<string, Uint8Array | Tree> = {};
  for (const entry of storage.entries) {
    tree[entry.name] =
      entry.kind === 'storage' ? await treeOf(entry) : Uint8Array.from(await entry.open().read(0, entry.size));
  }
  return tree;
}

/** The whole file. */
export async function bytesOf({ size, chunks }: CompoundOutput): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
  const bytes = concatBytes(parts);
  if (bytes.length !== size) throw new Error(`${bytes.length} bytes were written, ${size} announced`);
  return bytes;
}

/** Bytes that differ from place to place. */
export function pattern(size: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: size }, () => {
    state = (state * 1103515245 + 12345) & 0x7fff_ffff;
    return state >>> 16;
  });
}
