/** Values of 8 bytes or less, which lie in the property stream itself. [MS-OXMSG] 2.1.2, [MS-OXCDATA] 2.11.1 */
import { ByteReader, ByteWriter } from '@nodemapi/base';
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
  read(from: ByteReader): unknown;
  write(to: ByteWriter, value: never): void;
}

const bigint: FixedCodec = {
  size: 8,
  read: (from) => from.i64(),
  write: (to, value: bigint) => void to.i64(BigInt.asIntN(64, value)),
};
const double: FixedCodec = { size: 8, read: (from) => from.f64(), write: (to, value: number) => void to.f64(value) };

/** The types by number. */
export const FIXED: ReadonlyMap<number, FixedCodec> = new Map<number, FixedCodec>([
  [PT_NULL, { size: 0, read: () => null, write: () => {} }],
  [PT_I2, { size: 2, read: (from) => from.i16(), write: (to, value: number) => void to.i16((value << 16) >> 16) }],
  [PT_LONG, { size: 4, read: (from) => from.i32(), write: (to, value: number) => void to.i32(value | 0) }],
  [PT_R4, { size: 4, read: (from) => from.f32(), write: (to, value: number) => void to.f32(value) }],
  [PT_DOUBLE, double],
  [PT_CURRENCY, bigint],
  [PT_APPTIME, double],
  [PT_ERROR, { size: 4, read: (from) => from.u32(), write: (to, value: number) => void to.u32(value >>> 0) }],
  [
    PT_BOOLEAN,
    { size: 2, read: (from) => from.u16() !== 0, write: (to, value: boolean) => void to.u16(value ? 1 : 0) },
  ],
  [PT_I8, bigint],
  [PT_SYSTIME, bigint],
]);

/** The value in the 8 bytes of an entry. */
export function decodeFixed(codec: FixedCodec, bytes: Uint8Array): unknown {
  return codec.read(new ByteReader(bytes, 'value'));
}

/** The 8 bytes of an entry. @throws MAPI_E_INVALID_PARAMETER for a value that its type cannot hold */
export function encodeFixed(codec: FixedCodec, value: unknown): Uint8Array {
  const writer = new ByteWriter(8);
  codec.write(writer, value as never);
  return writer.zeros(8 - writer.length).toBytes();
}
