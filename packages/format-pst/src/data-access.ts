/** The data of a node as bytes that can be read anywhere. */
import type { RandomAccess } from '@nodemapi/base';
import type { DataTree } from './data-tree.ts';
import { PstDamage } from './diagnostic.ts';

/** Reads a value where it is; the block read last stays in memory. */
export class DataAccess implements RandomAccess {
  readonly #data: DataTree;
  /** Where each block begins, as far as that was needed. */
  readonly #starts: number[] = [0];
  #last: { readonly index: number; readonly bytes: Uint8Array } | undefined;

  constructor(data: DataTree) {
    this.#data = data;
  }

  async size(): Promise<number> {
    return this.#data.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.#data.size))
      throw new PstDamage(`${length} bytes at ${offset} of a value of ${this.#data.size}`);
    const result = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { start, bytes } = await this.#blockWith(offset + done);
      const part = bytes.subarray(offset + done - start, offset + length - start);
      result.set(part, done);
      done += part.length;
    }
    return result;
  }

  async #blockWith(offset: number): Promise<{ readonly start: number; readonly bytes: Uint8Array }> {
    let index = this.#indexBefore(offset);
    for (;;) {
      const start = this.#starts[index] as number;
      const known = this.#starts[index + 1];
      if (known !== undefined && known <= offset) index += 1;
      else {
        const bytes = await this.#block(index);
        this.#starts[index + 1] = start + bytes.length;
        if (offset < start + bytes.length) return { start, bytes };
        index += 1;
      }
    }
  }

  /** The last block that is known to begin at or before `offset`. */
  #indexBefore(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async #block(index: number): Promise<Uint8Array> {
    if (this.#last?.index === index) return this.#last.bytes;
    const bytes = await this.#data.block(index);
    this.#last = { index, bytes };
    return bytes;
  }
}
