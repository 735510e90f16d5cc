/** Reads a stream from its position to its end in pieces. */
import { type IStream, STREAM_CHUNK_BYTES } from '@nodemapi/mapi';

export async function* streamChunks(stream: IStream): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) {
    const bytes = await stream.read(STREAM_CHUNK_BYTES);
    if (bytes.length === 0) return;
    yield bytes;
  }
}
