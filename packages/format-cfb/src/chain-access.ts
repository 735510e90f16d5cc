/** The bytes of a chain, read anywhere. */
import { checkRange, type RandomAccess } from '@nodemapi/base';
import type { Run } from './sector-chain.ts';

export interface ChainLayout {
  readonly runs: readonly Run[];
  readonly sectorSize: number;
  /** Bytes of the stream, no more than its sectors hold. */
  readonly size: number;
  readonly name: string;
  /** Where a sector begins in `source`. */
  readonly offsetOf: (sector: number) => number;
}

/** RandomAccess to a chain of sectors of `source`; what is read may share memory with the source. */
export class ChainAccess implements RandomAccess {
  readonly #source: RandomAccess;
  readonly #layout: ChainLayout;

  constructor(source: RandomAccess, layout: ChainLayout) {
    this.#source = source;
    this.#layout = layout;
  }

  async size(): Promise<number> {
    return this.#layout.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const { runs, sectorSize, size, name } = this.#layout;
    checkRange(name, offset, length, size);
    if (length === 0) return new Uint8Array(0);
    let index = runAt(runs, Math.floor(offset / sectorSize));
    const [position, count] = this.#piece(index, offset, length);
    const head = await this.#source.read(position, count);
    if (count === length) return head;
    const joined = new Uint8Array(length);
    joined.set(head);
    for (let done = count; done < length; ) {
      index++;
      const [from, most] = this.#piece(index, offset + done, length - done);
      joined.set(await this.#source.read(from, most), done);
      done += most;
    }
    return joined;
  }

  /** Where the bytes at `at` lie in the source, and how many of `most` lie there in one piece. */
  #piece(index: number, at: number, most: number): readonly [number, number] {
    const { runs, sectorSize, offsetOf } = this.#layout;
    const run = runs[index] as Run;
    const within = at - run.first * sectorSize;
    return [offsetOf(run.sector) + within, Math.min(most, run.count * sectorSize - within)];
  }
}

/** Index of the run that holds the sector at `position` of the chain. */
export function runAt(runs: readonly Run[], position: number): number {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((runs[middle] as Run).first <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}
