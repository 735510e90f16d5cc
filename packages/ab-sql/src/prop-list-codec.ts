/**
 * Property lists as bytes, the form in which entries lie in the database.
 *
 * ```
 * | version u8 = 1 | count u32 | tag u32, value | tag u32, value | … |
 * ```
 * Numbers are 64-bit floats (integers up to 2^53 are exact), 64-bit types are 64-bit integers, strings and binaries have
 * their length in front, lists their count.
 */
import { ByteReader, ByteWriter, MapiError, utf8Decode, utf8Encode } from '@nodemapi/base';
import {
  MV_FLAG,
  MVI_FLAG,
  type PropValue,
  PT_APPTIME,
  PT_BINARY,
  PT_BOOLEAN,
  PT_CLSID,
  PT_CURRENCY,
  PT_DOUBLE,
  PT_I2,
  PT_I8,
  PT_LONG,
  PT_R4,
  PT_STRING8,
  PT_SYSTIME,
  PT_UNICODE,
  prop,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';

const VERSION = 1;

/** Entries are about people; what is larger than this is kept somewhere else. */
export const propListBytesMax = 4 * 1024 * 1024;

interface Codec {
  readonly write: (to: ByteWriter, value: never) => unknown;
  readonly read: (from: ByteReader) => unknown;
}

const number: Codec = { write: (to, value: number) => to.f64(value), read: (from) => from.f64() };
const wide: Codec = { write: (to, value: bigint) => to.i64(value), read: (from) => from.i64() };
const text: Codec = {
  write: (to, value: string) => writeBytes(to, utf8Encode(value)),
  read: (from) => utf8Decode(readBytes(from)),
};
const binary: Codec = { write: writeBytes, read: readBytes };

const CODECS: ReadonlyMap<number, Codec> = new Map([
  [PT_I2, number],
  [PT_LONG, number],
  [PT_R4, number],
  [PT_DOUBLE, number],
  [PT_APPTIME, number],
  [PT_CURRENCY, wide],
  [PT_I8, wide],
  [PT_SYSTIME, wide],
  [PT_BOOLEAN, { write: (to, value: boolean) => to.u8(value ? 1 : 0), read: (from) => from.u8() !== 0 }],
  [PT_STRING8, text],
  [PT_UNICODE, text],
  [PT_BINARY, binary],
  [PT_CLSID, { write: (to, value: string) => to.guid(value), read: (from) => from.guid() }],
]);

/** Whether values of this tag can be kept in an entry. */
export function canStore(propTag: number): boolean {
  return CODECS.has(propType(propTag) & ~MVI_FLAG);
}

/** @throws MAPI_E_TOO_BIG past `propListBytesMax`; MAPI_E_INVALID_TYPE for a type that cannot be stored */
export function encodePropList(values: readonly PropValue[]): Uint8Array {
  const writer = new ByteWriter();
  writer.u8(VERSION);
  writer.u32(values.length);
  for (const { tag, value } of values) {
    const codec = codecOf(tag);
    writer.u32(tag);
    if ((tag & MV_FLAG) === 0) {
      codec.write(writer, value as never);
      continue;
    }
    const list = value as readonly unknown[];
    writer.u32(list.length);
    for (const element of list) codec.write(writer, element as never);
  }
  const bytes = writer.toBytes();
  if (bytes.length <= propListBytesMax) return bytes;
  throw new MapiError('MAPI_E_TOO_BIG', `an entry of ${bytes.length} bytes; ${propListBytesMax} is the limit`);
}

/** @throws MAPI_E_CORRUPT_DATA for bytes that are no property list */
export function decodePropList(bytes: Uint8Array): readonly PropValue[] {
  const reader = new ByteReader(bytes, 'property list');
  const version = reader.u8();
  if (version !== VERSION) throw new MapiError('MAPI_E_CORRUPT_DATA', `property list of version ${version}`);
  const count = boundedCount(reader);
  const values: PropValue[] = [];
  for (let index = 0; index < count; index++) values.push(readProp(reader));
  if (reader.remaining === 0) return values;
  throw new MapiError('MAPI_E_CORRUPT_DATA', `property list has ${reader.remaining} bytes too many`);
}

function readProp(reader: ByteReader): PropValue {
  const at = reader.offset;
  const propTag = tagFromNumber(reader.u32());
  const codec = CODECS.get(propType(propTag) & ~MVI_FLAG);
  if (codec === undefined) throw new MapiError('MAPI_E_CORRUPT_DATA', `property list at ${at} has an unknown type`);
  if ((propTag & MV_FLAG) === 0) return prop(propTag, codec.read(reader));
  return prop(
    propTag,
    Array.from({ length: boundedCount(reader) }, () => codec.read(reader)),
  );
}

/** A count from the bytes: everything counted has at least one byte. */
function boundedCount(reader: ByteReader): number {
  const at = reader.offset;
  const count = reader.u32();
  if (count <= reader.remaining) return count;
  throw new MapiError('MAPI_E_CORRUPT_DATA', `property list at ${at} counts ${count} in ${reader.remaining} bytes`);
}

function codecOf(propTag: number): Codec {
  const codec = CODECS.get(propType(propTag) & ~MVI_FLAG);
  if (codec !== undefined) return codec;
  throw new MapiError('MAPI_E_INVALID_TYPE', `property 0x${propTag.toString(16)} has a type that cannot be stored`);
}

function writeBytes(to: ByteWriter, value: Uint8Array): void {
  to.u32(value.length);
  to.bytes(value);
}

function readBytes(from: ByteReader): Uint8Array {
  return from.bytes(from.u32());
}
