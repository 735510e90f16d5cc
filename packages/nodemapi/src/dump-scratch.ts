/** Where `mapi dump` makes messages of files that hold none, but text: a store in memory. */
import { nodeFileSystem, nullLog, type RandomAccess, systemClock, systemRandom } from '@nodemapi/base';
import { StandaloneSupport } from '@nodemapi/kit';
import { CURRENT_SPI_VERSION, type IMsgStore } from '@nodemapi/mapi';
import { createMemoryStore } from '@nodemapi/store-memory';

/** Bytes read at a time. */
const chunkBytes = 256 * 1024;

/** An empty store; `release` ends it. */
export function scratchStore(): { readonly store: IMsgStore; release(): Promise<void> } {
  const host = { clock: systemClock, random: systemRandom, log: nullLog, files: nodeFileSystem, home: '' };
  const support = new StandaloneSupport({ kind: 'store', host: { ...host, mapiVersion: CURRENT_SPI_VERSION } });
  const store = createMemoryStore(support).open();
  return {
    store,
    release: async () => {
      await store.release();
      await support.release();
    },
  };
}

/** The bytes of a file, in their order. */
export async function* chunksOf(source: RandomAccess): AsyncGenerator<Uint8Array> {
  const size = await source.size();
  for (let at = 0; at < size; at += chunkBytes) yield source.read(at, Math.min(chunkBytes, size - at));
}
