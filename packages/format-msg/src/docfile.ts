/** OLE objects: a storage within the file on one side, the bytes of a compound file on the other. */
import { concatBytes, MapiError, memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import {
  type CompoundFile,
  type CompoundOutput,
  type CompoundStorage,
  type StorageSource,
  type StreamSource,
  writeCompoundFile,
} from '@nodemapi/format-cfb';
import { PR_ATTACH_DATA_BIN, STREAM_CHUNK_BYTES } from '@nodemapi/mapi';
import type { MsgProp } from './msg-object.ts';

/** A storage as a compound file of its own, which is made when somebody reads it. spec: opening-an-attachment */
export class DocfileProp implements MsgProp {
  readonly tag = PR_ATTACH_DATA_BIN;
  readonly #storage: CompoundStorage;
  #bytes: Promise<Uint8Array> | undefined;

  constructor(storage: CompoundStorage) {
    this.#storage = storage;
  }

  get size(): number {
    return this.#plan().size;
  }

  read(): Promise<Uint8Array> {
    this.#bytes ??= whole(this.#plan());
    return this.#bytes;
  }

  async open(): Promise<RandomAccess> {
    return memoryRandomAccess(await this.read());
  }

  #plan(): CompoundOutput {
    return writeCompoundFile(storageSource(this.#storage, ''));
  }
}

/** Storages within storages of one OLE object. */
const storageDepthMax = 64;

/** Whether the storages in `storage` nest no deeper than those that are written. */
export function isShallow(storage: CompoundStorage): boolean {
  let level: readonly CompoundStorage[] = [storage];
  for (let depth = 0; depth <= storageDepthMax; depth++) {
    if (level.length === 0) return true;
    level = level.flatMap(({ entries }) => entries.filter((entry) => entry.kind === 'storage'));
  }
  return false;
}

async function whole({ chunks }: CompoundOutput): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return concatBytes(parts);
}

/**
 * The storage of a compound file, to be written into another one as `name`.
 *
 * @throws MAPI_E_TOO_COMPLEX for storages that nest too deep
 */
export function docfileSource(file: CompoundFile, name: string): StorageSource {
  if (!isShallow(file.root)) throw new MapiError('MAPI_E_TOO_COMPLEX', `storages deeper than ${storageDepthMax}`);
  return storageSource(file.root, name);
}

function storageSource(storage: CompoundStorage, name: string): StorageSource {
  const seen = new Set<string>();
  const entries = storage.entries.flatMap((entry) => {
    // Of two entries of one name a damaged file may have, the second cannot be written.
    if (storage.find(entry.name) !== entry || seen.has(entry.name)) return [];
    seen.add(entry.name);
    return [
      entry.kind === 'storage' ? storageSource(entry, entry.name) : streamSource(entry.name, entry.size, entry.open()),
    ];
  });
  const { clsid, stateBits, created, modified } = storage;
  return { kind: 'storage', name, clsid, stateBits, created, modified, entries };
}

function streamSource(name: string, size: number, access: RandomAccess): StreamSource {
  return { kind: 'stream', name, size, content: () => pieces(access, size) };
}

async function* pieces(access: RandomAccess, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += STREAM_CHUNK_BYTES) {
    yield access.read(at, Math.min(STREAM_CHUNK_BYTES, size - at));
  }
}
