import { randomBytes } from 'node:crypto';
import { assert } from './assert.ts';

/** Where random numbers come from, so that a test can repeat them from a seed. */
export interface Random {
  /** `count` new random bytes. */
  bytes(count: number): Uint8Array;
  /** An integer from 0 to 2^32 - 1. */
  uint32(): number;
  /** A number from 0 up to but not including 1. */
  float(): number;
}

/** Bytes that are asked of the system at a time: a question costs more than its answer. */
const poolBytes = 4096;

/** The system's cryptographic source. Each byte is given out once, and no copy of it is kept. */
export const systemRandom: Random = createSystemRandom();

function createSystemRandom(): Random {
  let pool = new Uint8Array(0);
  const bytes = (count: number): Uint8Array => {
    if (count > poolBytes / 4) return new Uint8Array(randomBytes(count));
    if (count > pool.length) pool = new Uint8Array(randomBytes(poolBytes));
    const given = pool.slice(0, count);
    pool.fill(0, 0, count);
    pool = pool.subarray(count);
    return given;
  };
  const uint32 = (): number => new DataView(bytes(4).buffer).getUint32(0, true);
  return { bytes, uint32, float: () => uint32() / 2 ** 32 };
}

/** The same numbers for the same `seed` (mulberry32); for tests, never for secrets. */
export function seededRandom(seed: number): Random {
  assert(Number.isSafeInteger(seed), `seed ${seed} is no integer`);
  let state = seed >>> 0;
  const uint32 = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => uint32() & 0xff),
    uint32,
    float: () => uint32() / 2 ** 32,
  };
}
