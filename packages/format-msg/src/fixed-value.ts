/** Values of 8 bytes or less, which lie in the property stream itself. [MS-OXMSG] 2.1.2, [MS-OXCDATA] 2.11.1 */
import { ByteWriter } from '@nodemapi/base';
import {
  PT_APPTIME,
  PT_BOOLEAN,
  PT_CURRENCY,
  PT_DOUBLE,
  PT_ERROR,
  PT_I2,
  PT_I8,
  PT_LONG,
  PT_NULL,
  PT_R4,
  PT_SYSTIME,
} from '@nodemapi/mapi';

interface FixedCodec {
  /** Bytes of the value, also in a stream of several. */
  readonly size: number;
  read(view: DataView, at: number): unknown;
  write(to: ByteWriter, value: never): void;
}

const bigint: FixedCodec = {
  size: 8,
  read: (view, at) => view.getBigInt64(at, true),
  write: (to, value: bigint) => void to.i64(BigInt.asIntN(64, value)),
};
const double: FixedCodec = {
  size: 8,
  read: (view, at) => view.getFloat64(at, true),
  write: (to, value: number) => void to.f64(value),
};
const integer: FixedCodec = {
  size: 4,
  read: (view, at) => view.getInt32(at, true),
  write: (to, value: number) => void to.i32(value | 0),
};
const short: FixedCodec = {
  size: 2,
  read: (view, at) => view.getInt16(at, true),
  write: (to, value: number) => void to.i16((value << 16) >> 16),
};
const single: FixedCodec = {
  size: 4,
  read: (view, at) => view.getFloat32(at, true),
  write: (to, value: number) => void to.f32(value),
};
const failure: FixedCodec = {
  size: 4,
  read: (view, at) => view.getUint32(at, true),
  write: (to, value: number) => void to.u32(value >>> 0),
};
const boolean: FixedCodec = {
  size: 2,
  read: (view, at) => view.getUint16(at, true) !== 0,
  write: (to, value: boolean) => void to.u16(value ? 1 : 0),
};

/** The types by number. */
export const FIXED: ReadonlyMap<number, FixedCodec> = new Map<number, FixedCodec>([
  [PT_NULL, { size: 0, read: () => null, write: () => {} }],
  [PT_I2, short],
  [PT_LONG, integer],
  [PT_R4, single],
  [PT_DOUBLE, double],
  [PT_CURRENCY, bigint],
  [PT_APPTIME, double],
  [PT_ERROR, failure],
  [PT_BOOLEAN, boolean],
  [PT_I8, bigint],
  [PT_SYSTIME, bigint],
]);

/** The 8 bytes of an entry. @throws MAPI_E_INVALID_PARAMETER for a value that its type cannot hold */
export function encodeFixed(codec: FixedCodec, value: unknown): Uint8Array {
  const writer = new ByteWriter(8);
  codec.write(writer, value as never);
  return writer.zeros(8 - writer.length).toBytes();
}
