/** Reads a file in pieces, so that a message of any size takes little memory. */
import type { FileSystem } from '@nodemapi/base';

const CHUNK_BYTES = 65_536;

export async function* readFileInPieces(files: FileSystem, path: string): AsyncGenerator<Uint8Array> {
  await using file = await files.openRead(path);
  const size = await file.size();
  for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
    yield await file.read(offset, Math.min(CHUNK_BYTES, size - offset));
  }
}
