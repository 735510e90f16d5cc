/** Field types that only these files have. */
import { type FieldType, u32 } from '@nodemapi/base';

const HIGH = 0x1_0000_0000;

/**
 * A 64-bit block identifier or byte offset as a number: exact up to 2^53, which no real file reaches; what a damaged
 * one claims beyond that is still far outside of every limit it is compared with.
 */
export const wide: FieldType<number> = {
  size: 8,
  read: (from, at) => u32.read(from, at) + u32.read(from, at + 4) * HIGH,
  write: (to, value) => void to.u32(value % HIGH).u32(Math.floor(value / HIGH)),
};
