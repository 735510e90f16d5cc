import { concatBytes, type Random } from '@nodemapi/base';

/** One way of damaging bytes; the answer may be of another length. */
type Damage = (bytes: Uint8Array, source: DamageSource) => Uint8Array;

/** What damage is made from. */
export interface DamageSource {
  readonly random: Random;
  /** Other inputs, to splice in. */
  readonly others: readonly Uint8Array[];
  readonly words: readonly Uint8Array[];
}

/** Inputs are not grown beyond this. */
export const FUZZ_BYTES_MAX = 262_144;
const stepsMax = 6;
const repeatsMax = 2000;

const EXTREMES_16 = [0, 1, 2, 0x7f, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff];
const EXTREMES_32 = [0, 1, 2, 0xff, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_fffe, 0xffff_ffff];

/** A copy of `bytes` with one to six injuries, the same for the same random numbers. */
export function damagedCopy(bytes: Uint8Array, source: DamageSource): Uint8Array {
  let damaged = bytes.slice();
  const steps = 1 + below(source, stepsMax);
  for (let step = 0; step < steps; step++) {
    damaged = pick(source, DAMAGES)(damaged, source).slice(0, FUZZ_BYTES_MAX);
  }
  return damaged;
}

const flipBit: Damage = (bytes, source) => {
  const at = below(source, bytes.length);
  if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(source, 8));
  return bytes;
};

const setByte: Damage = (bytes, source) => {
  const at = below(source, bytes.length);
  if (at < bytes.length) bytes[at] = below(source, 256);
  return bytes;
};

const setExtreme: Damage = (bytes, source) => {
  const isLong = below(source, 2) === 0;
  const at = below(source, bytes.length - (isLong ? 3 : 1));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) return bytes;
  if (isLong) view.setUint32(at, pick(source, EXTREMES_32), true);
  else view.setUint16(at, pick(source, EXTREMES_16), true);
  return bytes;
};

/** A length or a count that is a little wrong, or of the size of the input. */
const moveNumber: Damage = (bytes, source) => {
  if (bytes.length < 4) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = below(source, bytes.length - 3);
  const by = below(source, 3) === 0 ? bytes.length : below(source, 17) - 8;
  view.setUint32(at, (view.getUint32(at, true) + by) >>> 0, true);
  return bytes;
};

const cutOff: Damage = (bytes, source) => bytes.subarray(0, below(source, bytes.length + 1));

const removePart: Damage = (bytes, source) => {
  const [from, to] = range(bytes, source);
  return concatBytes([bytes.subarray(0, from), bytes.subarray(to)]);
};

const repeatPart: Damage = (bytes, source) => {
  const [from, to] = range(bytes, source);
  const part = bytes.subarray(from, to);
  const room = Math.floor(Math.max(0, FUZZ_BYTES_MAX - bytes.length) / Math.max(1, part.length));
  const often = below(source, 8) === 0 ? repeatsMax : 1 + below(source, 4);
  const parts = new Array<Uint8Array>(Math.min(room, often)).fill(part);
  return concatBytes([bytes.subarray(0, to), ...parts, bytes.subarray(to)]);
};

const overwritePart: Damage = (bytes, source) => {
  const [from, to] = range(bytes, source);
  bytes.copyWithin(below(source, bytes.length), from, to);
  return bytes;
};

const splice: Damage = (bytes, source) => {
  const other = source.others[below(source, source.others.length)];
  if (other === undefined) return bytes;
  const [from, to] = range(other, source);
  const at = below(source, bytes.length + 1);
  const skipped = below(source, 2) === 0 ? to - from : 0;
  return concatBytes([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at + skipped)]);
};

const insertWord: Damage = (bytes, source) => {
  const word = source.words[below(source, source.words.length)] ?? source.random.bytes(1 + below(source, 8));
  const at = below(source, bytes.length + 1);
  return concatBytes([bytes.subarray(0, at), word, bytes.subarray(at + (below(source, 2) === 0 ? word.length : 0))]);
};

const DAMAGES: readonly Damage[] = [
  flipBit,
  setByte,
  setByte,
  setExtreme,
  setExtreme,
  moveNumber,
  cutOff,
  removePart,
  repeatPart,
  overwritePart,
  splice,
  insertWord,
  insertWord,
];

/** A part of the bytes: most often a short one. */
function range(bytes: Uint8Array, source: DamageSource): readonly [number, number] {
  const from = below(source, bytes.length);
  const longest = bytes.length - from;
  const length = below(source, 3) === 0 ? below(source, longest + 1) : Math.min(longest, 1 + below(source, 32));
  return [from, from + length];
}

function below({ random }: DamageSource, limit: number): number {
  return limit <= 1 ? 0 : random.uint32() % limit;
}

function pick<T>(source: DamageSource, from: readonly [T, ...T[]] | readonly T[]): T {
  // every list that is picked from is a constant with entries
  return from[below(source, from.length)] as T;
}
