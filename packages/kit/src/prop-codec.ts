/**
 * Lists of property values as bytes: the form in which files keep them.
 *
 * ```
 * | format (1) = 1 | entry … |
 * entry: | tag (4) | value |                       small and fixed types: their own bytes; PT_I2 and PT_LONG a
 *                                                  varint, the sign in the lowest bit
 *        | tag (4) | length (varint) | bytes |     strings (UTF-8) and binaries
 *        | tag (4) | count (varint) | value … |    lists
 *        | id (2) 0xFFFF | tag (4) | value number (8) | size (8) |   lies elsewhere, under this number
 * ```
 * Numbers are little-endian. The order of the values is kept.
 */
import { ByteReader, ByteWriter, MapiError, parseGuid, utf8Decode, utf8Length } from '@nodemapi/base';
import {
  MV_FLAG,
  MVI_FLAG,
  type PropTag,
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
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';

/** A value that is not in the list itself but somewhere else in the file. */
export interface ValueReference {
  readonly tag: PropTag;
  /** The number under which it is kept. */
  readonly value: number;
  /** Bytes. */
  readonly size: number;
}

export interface PropList {
  readonly props: readonly PropValue[];
  readonly references: readonly ValueReference[];
}

interface Codec {
  write(writer: ByteWriter, value: unknown): void;
  read(reader: ByteReader): unknown;
}

const FORMAT = 1;
/** A tag of the identifier that names no property stands before a reference. */
const REFERENCE = 0xffff_0000;

const codec = <T>(write: (writer: ByteWriter, value: T) => unknown, read: (reader: ByteReader) => T): Codec => ({
  write: (writer, value) => void write(writer, value as T),
  read,
});

const INTEGER = codec<number>(
  (writer, value) => writeCount(writer, value < 0 ? -value * 2 - 1 : value * 2),
  (reader) => {
    const zigzag = readCount(reader);
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  },
);
const I8 = codec<bigint>(
  (writer, value) => writer.i64(value),
  (reader) => reader.i64(),
);
const DOUBLE = codec<number>(
  (writer, value) => writer.f64(value),
  (reader) => reader.f64(),
);
const TEXT = codec<string>(
  (writer, value) => {
    writeCount(writer, utf8Length(value));
    writer.utf8(value);
  },
  (reader) => utf8Decode(readBytes(reader)),
);
const BYTES = codec<Uint8Array>(writeBytes, readBytes);

/** One row per type; types that are not here are kept as bytes. */
const CODECS: ReadonlyMap<number, Codec> = new Map<number, Codec>([
  [PT_I2, INTEGER],
  [PT_LONG, INTEGER],
  [
    PT_R4,
    codec<number>(
      (writer, value) => writer.f32(value),
      (reader) => reader.f32(),
    ),
  ],
  [PT_DOUBLE, DOUBLE],
  [PT_CURRENCY, I8],
  [PT_APPTIME, DOUBLE],
  [
    PT_BOOLEAN,
    codec<boolean>(
      (writer, value) => writer.u8(value ? 1 : 0),
      (reader) => reader.u8() !== 0,
    ),
  ],
  [PT_I8, I8],
  [PT_STRING8, TEXT],
  [PT_UNICODE, TEXT],
  [PT_SYSTIME, I8],
  [
    PT_CLSID,
    codec<string>(
      (writer, value) => writer.guid(value),
      (reader) => parseGuid(reader.guid()),
    ),
  ],
  [PT_BINARY, BYTES],
]);

/** Whether values of this tag are kept by their type; any other value has to be bytes. */
export function isKeptByType(propTag: number): boolean {
  return CODECS.has(propType(propTag) & ~MVI_FLAG);
}

const codecOf = (type: number): Codec => CODECS.get(type & ~MV_FLAG) ?? BYTES;

/** @throws MAPI_E_INVALID_PARAMETER for a value that its type cannot hold */
export function encodeProps(props: readonly PropValue[], references: readonly ValueReference[] = []): Uint8Array {
  const writer = new ByteWriter(sizeHint(props));
  writer.u8(FORMAT);
  for (const { tag, value } of props) {
    writer.u32(tag);
    const type = propType(tag);
    if ((type & MV_FLAG) === 0) codecOf(type).write(writer, value);
    else writeList(writer, codecOf(type), value as readonly unknown[]);
  }
  for (const reference of references) {
    writer.u32(REFERENCE).u32(reference.tag).u64(BigInt(reference.value)).u64(BigInt(reference.size));
  }
  return writer.view();
}

/** Bytes for ASCII text and no lists. */
function sizeHint(props: readonly PropValue[]): number {
  let size = 64;
  for (const { value } of props) {
    size += 12 + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 0);
  }
  return size;
}

/** @throws MAPI_E_CORRUPT_DATA for bytes that `encodeProps` does not make */
export function decodeProps(bytes: Uint8Array): PropList {
  const reader = new ByteReader(bytes, 'property list');
  const format = reader.u8();
  if (format !== FORMAT) throw new MapiError('MAPI_E_CORRUPT_DATA', `property list of format ${format}`);
  const props: PropValue[] = [];
  const references: ValueReference[] = [];
  while (reader.remaining > 0) {
    const tag = tagFromNumber(reader.u32());
    if (tag === REFERENCE) {
      const referred = tagFromNumber(reader.u32());
      references.push({ tag: referred, value: Number(reader.u64()), size: Number(reader.u64()) });
    } else {
      props.push({ tag, value: readValue(reader, propType(tag)) });
    }
  }
  return { props, references };
}

function readValue(reader: ByteReader, type: number): unknown {
  const { read } = codecOf(type);
  if ((type & MV_FLAG) === 0) return read(reader);
  const count = readLength(reader);
  const values: unknown[] = [];
  for (let i = 0; i < count; i++) values.push(read(reader));
  return values;
}

function writeList(writer: ByteWriter, { write }: Codec, values: readonly unknown[]): void {
  writeCount(writer, values.length);
  for (const value of values) write(writer, value);
}

function writeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writeCount(writer, bytes.length);
  writer.bytes(bytes);
}

function readBytes(reader: ByteReader): Uint8Array {
  return reader.bytes(readCount(reader));
}

/** The number of values in a list; each takes a byte at least. */
function readLength(reader: ByteReader): number {
  const count = readCount(reader);
  if (count <= reader.remaining) return count;
  throw new MapiError('MAPI_E_CORRUPT_DATA', `property list at ${reader.offset}: ${count} of ${reader.remaining}`);
}

/** Seven bits per byte, the lowest first; the highest bit says that more follow. */
function writeCount(writer: ByteWriter, count: number): void {
  let rest = count;
  while (rest > 0x7f) {
    writer.u8((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  writer.u8(rest);
}

/** At most eight bytes, so that the number is exact. */
function readCount(reader: ByteReader): number {
  let count = 0;
  for (let shift = 0; shift < 49; shift += 7) {
    const byte = reader.u8();
    count += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return count;
  }
  throw new MapiError('MAPI_E_CORRUPT_DATA', `property list at ${reader.offset}: a number without end`);
}
