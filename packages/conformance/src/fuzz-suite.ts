import { MapiError, seededRandom } from '@nodemapi/base';
import { test } from 'vitest';
import { damagedCopy } from './fuzz-damage.ts';
import type { FuzzTarget } from './fuzz-target.ts';

export interface FuzzSuiteOptions {
  readonly seed?: number;
  /** Damaged copies that are tried, as far as the time allows. */
  readonly runs?: number;
}

const runsUsual = 4000;
const msMax = 1500;

/** Registers a test that feeds damaged copies of the target's own seeds to it; `npm run fuzz` goes on from there. */
export function fuzzSuite(target: FuzzTarget, { seed = 1, runs = runsUsual }: FuzzSuiteOptions = {}): void {
  test(`hostile bytes: ${target.name} gives a value or a MapiError`, async () => {
    const others = await target.seeds();
    for (const input of others) await target.run(input.slice());
    const source = { random: seededRandom(seed), others, words: target.words ?? [] };
    const end = performance.now() + msMax;
    for (let run = 0; run < runs && performance.now() < end; run++) {
      const input = damagedCopy(others[run % others.length] ?? new Uint8Array(0), source);
      try {
        await target.run(input);
      } catch (error) {
        if (MapiError.is(error)) continue;
        const shown = Buffer.from(input).toString('hex').slice(0, 4000);
        throw new Error(`${target.name}, seed ${seed}, run ${run}: ${shown}`, { cause: error });
      }
    }
  });
}
