import { memoryRandomAccess, type RandomAccess } from '@nodemapi/base';
import type { RandomWrite } from './file-writer.ts';

/** A file in memory that can be written anywhere. */
export class MemoryWrite implements RandomWrite {
  #bytes = new Uint8Array(1 << 20);
  #length = 0;
  /** How often each place was written. */
  readonly writes: { readonly offset: number; readonly length: number }[] = [];

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.writes.push({ offset, length: bytes.length });
    if (offset + bytes.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (offset + bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, offset);
    this.#length = Math.max(this.#length, offset + bytes.length);
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  source(): RandomAccess {
    return memoryRandomAccess(this.bytes());
  }
}
