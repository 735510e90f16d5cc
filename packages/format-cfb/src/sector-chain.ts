/** Chains of sectors: which parts of a file a stream lies in. [MS-CFB] 2.3 */
import type { Report } from './diagnostic.ts';
import { ENDOFCHAIN } from './header.ts';

/** Neighbouring sectors that follow each other in a chain. */
export interface Run {
  /** Position of the first in the chain, in sectors. */
  readonly first: number;
  readonly sector: number;
  count: number;
}

/** Where the chains of one table of sectors lead. */
export interface ChainSpace {
  /** Next sector by sector. */
  readonly next: Uint32Array;
  /** How many sectors there are; a larger number is none. */
  readonly sectorCount: number;
  /** Which sectors a chain has, one bit each: two chains do not share one. */
  readonly taken: Uint8Array;
  /** Where the entry of `sector` in the table lies, in bytes from the beginning of the file. */
  offsetOf(sector: number): number;
}

export function chainSpace(next: Uint32Array, sectorCount: number, offsetOf: (sector: number) => number): ChainSpace {
  return { next, sectorCount, taken: new Uint8Array((sectorCount >>> 3) + 1), offsetOf };
}

/**
 * Follows the chain from `start` for at most `needed` sectors, to its end without `needed`.
 *
 * A chain that leaves the file, comes back to itself or runs into another one ends there, with a report; so all chains
 * of a file together are no longer than the file.
 */
export function followChain(
  space: ChainSpace,
  start: number,
  needed: number | undefined,
  name: string,
  report: Report,
): readonly Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  let length = 0;
  let from = start;
  let sector = start;
  while (sector !== ENDOFCHAIN && (needed === undefined || length < needed)) {
    const stop = stopAt(space, sector, runs);
    if (stop !== undefined) {
      report(stop, space.offsetOf(from), true, `${name}: sector ${sector} after ${length} of the chain`);
      return runs;
    }
    space.taken[sector >>> 3] = (space.taken[sector >>> 3] ?? 0) | (1 << (sector & 7));
    if (last !== undefined && last.sector + last.count === sector) last.count++;
    else {
      last = { first: length, sector, count: 1 };
      runs.push(last);
    }
    length++;
    from = sector;
    sector = space.next[sector] ?? ENDOFCHAIN;
  }
  if (needed !== undefined && length < needed) {
    report('shortChain', space.offsetOf(from), true, `${name}: ${length} sectors of ${needed}`);
  }
  return runs;
}

function stopAt(
  space: ChainSpace,
  sector: number,
  runs: readonly Run[],
): 'badSector' | 'chainLoop' | 'crossLink' | undefined {
  if (sector >= space.sectorCount) return 'badSector';
  if (((space.taken[sector >>> 3] ?? 0) & (1 << (sector & 7))) === 0) return undefined;
  return runs.some((run) => sector >= run.sector && sector < run.sector + run.count) ? 'chainLoop' : 'crossLink';
}

export function sectorsIn(runs: readonly Run[]): number {
  const last = runs.at(-1);
  return last === undefined ? 0 : last.first + last.count;
}
