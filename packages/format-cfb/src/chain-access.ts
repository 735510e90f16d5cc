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
  offsetOf(sector: number): number;
}

/** RandomAccess to a chain of sectors of `source`; what is read may share memory with the source. */
export function chainAccess(source: RandomAccess, layout: ChainLayout): RandomAccess {
  const { runs, sectorSize, size, name } = layout;
  return {
    size: async () => size,
    read: async (offset, length) => {
      checkRange(name, offset, length, size);
      if (length === 0) return new Uint8Array(0);
      let index = runAt(runs, Math.floor(offset / sectorSize));
      const piece = (at: number, most: number): readonly [number, number] => {
        const run = runs[index] as Run;
        const within = at - run.first * sectorSize;
        return [layout.offsetOf(run.sector) + within, Math.min(most, run.count * sectorSize - within)];
      };
      const [position, count] = piece(offset, length);
      const head = await source.read(position, count);
      if (count === length) return head;
      const joined = new Uint8Array(length);
      joined.set(head);
      for (let done = count; done < length; ) {
        index++;
        const [from, most] = piece(offset + done, length - done);
        joined.set(await source.read(from, most), done);
        done += most;
      }
      return joined;
    },
  };
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
