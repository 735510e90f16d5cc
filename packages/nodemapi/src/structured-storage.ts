/** IStorage over compound files: what OLE gives MAPI. spec: imapisupport-istoragefromstream */
import { checkRange, MapiError, type RandomAccess } from '@nodemapi/base';
import {
  type CompoundStorage,
  openCompoundFile,
  type StorageSource,
  type StreamSource,
  writeCompoundFile,
} from '@nodemapi/format-cfb';
import { StorageObject, type StoredStorage, type StoredStream } from '@nodemapi/kit';
import { type IStorage, type IStream, STREAM_CHUNK_BYTES, type StorageOnStream } from '@nodemapi/mapi';

/** A storage that is changed is written to memory up to here before it replaces what was in the stream. */
const storageBytesMax = 1024 * 1024 * 1024;

/**
 * Opens the compound file in a stream, which belongs to the storage from here on; with `create` a new one in its place.
 *
 * Streams of the storage are read where they are. `commit` writes the whole storage anew and commits the stream.
 *
 * @throws MAPI_E_CORRUPT_DATA if the stream has no compound file; MAPI_E_NO_ACCESS to change a stream for reading
 */
export const storageOnStream: StorageOnStream = async (stream, options = {}) => {
  try {
    const writable = options.modify === true || options.create === true;
    if (writable && !(await stream.stat()).writable) {
      throw new MapiError('MAPI_E_NO_ACCESS', 'the stream was opened for reading');
    }
    const start = options.current === true ? await stream.seek(0, 'current') : 0;
    const file = options.create === true ? undefined : await openCompoundFile(streamAccess(stream, start));
    const onRelease = (): Promise<void> => stream.release();
    if (!writable) return StorageObject.open(file?.root, { onRelease });
    const onCommit = (storage: StoredStorage): Promise<void> => replace(stream, start, storage);
    return StorageObject.open(file?.root, { writable, onCommit, onRelease });
  } catch (error) {
    await stream.release();
    throw error;
  }
};

/** A storage that lies within a file, for reading. */
export function readOnlyStorage(storage: CompoundStorage): IStorage {
  return StorageObject.open(storage);
}

/** Reads at any place of a stream from `start` on, by its position, one read after the other. */
function streamAccess(stream: IStream, start: number): RandomAccess {
  let turn: Promise<unknown> = Promise.resolve();
  const readAt = async (offset: number, length: number): Promise<Uint8Array> => {
    checkRange('storage', offset, length, await sizeFrom(stream, start));
    await stream.seek(start + offset);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const part = await stream.read(Math.min(STREAM_CHUNK_BYTES, length - done));
      if (part.length === 0) throw new MapiError('MAPI_E_CORRUPT_DATA', `the stream ended at ${offset + done}`);
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  };
  return {
    size: () => sizeFrom(stream, start),
    read: (offset, length) => {
      const mine = turn.then(() => readAt(offset, length));
      turn = mine.catch(() => undefined); // the failure is the reader's
      return mine;
    },
  };
}

async function sizeFrom(stream: IStream, start: number): Promise<number> {
  return Math.max(0, (await stream.stat()).size - start);
}

/** Writes to memory first: the streams of the storage are read from what is replaced. */
async function replace(stream: IStream, start: number, storage: StoredStorage): Promise<void> {
  const { size, chunks } = writeCompoundFile(storageSource(storage));
  if (size > storageBytesMax) throw new MapiError('MAPI_E_TOO_BIG', `a storage of ${size} bytes`);
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
  await stream.seek(start);
  await stream.setSize(start);
  for (const part of parts) await stream.write(part);
  await stream.commit();
}

function storageSource({ name, clsid, stateBits, entries }: StoredStorage): StorageSource {
  const inner = entries.map((entry) => (entry.kind === 'storage' ? storageSource(entry) : streamSource(entry)));
  return { kind: 'storage', name, clsid, stateBits, entries: inner };
}

function streamSource({ name, size, open }: StoredStream): StreamSource {
  return { kind: 'stream', name, size, content: () => pieces(open(), size) };
}

async function* pieces(access: RandomAccess, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += STREAM_CHUNK_BYTES) {
    yield access.read(at, Math.min(STREAM_CHUNK_BYTES, size - at));
  }
}
