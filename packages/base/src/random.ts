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

/** The system's cryptographic source. */
export const systemRandom: Random = {
  bytes: (count) => new Uint8Array(randomBytes(count)),
  uint32: () => randomBytes(4).readUInt32LE(0),
  float: () => randomBytes(4).readUInt32LE(0) / 2 ** 32,
};

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
