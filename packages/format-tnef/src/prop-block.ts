/**
 * A list of properties in attMAPIProps, attAttachment and the rows of attRecipTable.
 *
 * ```
 * | count (4) | property … |
 * property: | tag (4) | GUID (16) | kind (4) = 0 | id (4)                              |  with a name from 0x8000 on
 *           |         |           |        = 1 | bytes (4) | UTF-16 name | to 4        |
 *           | value                                                                    |  fixed: to 4 bytes
 *           | count (4) | bytes (4) | value | to 4 | …                                 |  strings, binaries, objects, lists
 * ```
 * [MS-OXTNEF] 2.1.3.4; spec: attmapiprops
 */
import { ByteReader, type Guid, MapiError } from '@nodemapi/base';
import {
  changePropType,
  isStorableType,
  type MapiNameId,
  MV_FLAG,
  NAMED_ID_MIN,
  type PropType,
  PT_APPTIME,
  PT_BINARY,
  PT_BOOLEAN,
  PT_CLSID,
  PT_CURRENCY,
  PT_DOUBLE,
  PT_ERROR,
  PT_I2,
  PT_I8,
  PT_LONG,
  PT_NULL,
  PT_OBJECT,
  PT_R4,
  PT_STRING8,
  PT_SYSTIME,
  PT_UNICODE,
  propId,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';
import type { TextCodec } from './text-codec.ts';
import type { TnefObject, TnefProp } from './tnef-message.ts';

const GUID_BYTES = 16;
/** Of an object that counts no value. */
const NO_INTERFACE = '00000000-0000-0000-0000-000000000000' as Guid;
/** `MNID_ID` and `MNID_STRING`. */
export const MNID_ID = 0;
export const MNID_STRING = 1;
export const PADDING = 4;
/** A property has a tag and, but for PT_NULL, a value: no block can have more properties than that. */
const propBytesMin = 4;

/** Types whose values have their length in front. */
export function isVariable(type: number): boolean {
  return type === PT_STRING8 || type === PT_UNICODE || type === PT_BINARY || type === PT_OBJECT;
}

/** What was read of a block, and what stopped it. */
export interface PropBlock {
  readonly props: TnefProp[];
  readonly error?: MapiError;
}

/** Reads properties; `error` says why the rest could not be read. */
export function readPropBlock(reader: ByteReader, codec: TextCodec): PropBlock {
  const props: TnefProp[] = [];
  try {
    const count = reader.u32();
    if (count > reader.remaining / propBytesMin) {
      const detail = `${count} properties in ${reader.remaining} bytes`;
      while (reader.remaining > 0) props.push(readProp(reader, codec));
      return { props, error: new MapiError('MAPI_E_CORRUPT_DATA', detail) };
    }
    for (let index = 0; index < count; index++) props.push(readProp(reader, codec));
    return { props };
  } catch (error) {
    if (MapiError.is(error)) return { props, error };
    throw error;
  }
}

function readProp(reader: ByteReader, codec: TextCodec): TnefProp {
  const tag = tagFromNumber(reader.u32());
  const name = propId(tag) >= NAMED_ID_MIN ? readName(reader, codec) : undefined;
  const type = propType(tag);
  const single = type & ~MV_FLAG;
  if ((type & MV_FLAG) !== 0 && !isStorableType(type)) throw unknownType(type);
  const stored = single === PT_STRING8 ? changePropType(tag, ((type & MV_FLAG) | PT_UNICODE) as PropType) : tag;
  const value = (type & MV_FLAG) === 0 ? readSingle(reader, type, codec) : readList(reader, single, codec);
  return name === undefined ? { tag: stored, value } : { tag: stored, value, name };
}

function readName(reader: ByteReader, codec: TextCodec): MapiNameId {
  const guid = reader.guid();
  const kind = reader.u32();
  if (kind === MNID_ID) return { guid, id: reader.u32() };
  if (kind !== MNID_STRING)
    throw new MapiError('MAPI_E_CORRUPT_DATA', `a property name is of the unknown kind ${kind}`);
  return { guid, name: codec.unicode(readSized(reader)) };
}

function readSingle(reader: ByteReader, type: number, codec: TextCodec): unknown {
  if (!isVariable(type)) return readFixed(reader, type);
  const count = reader.u32();
  // one value is one; further ones, which nothing writes, are stepped over
  if (count > 1 + reader.remaining / PADDING) throw new MapiError('MAPI_E_CORRUPT_DATA', `a value counts as ${count}`);
  const value = count === 0 ? emptyValue(type) : readVariable(reader, type, codec);
  for (let index = 1; index < count; index++) readSized(reader);
  return value;
}

function readList(reader: ByteReader, type: number, codec: TextCodec): readonly unknown[] {
  const count = reader.u32();
  if (count > reader.remaining / PADDING)
    throw new MapiError('MAPI_E_CORRUPT_DATA', `${count} values in ${reader.remaining} bytes`);
  const values: unknown[] = [];
  for (let index = 0; index < count; index++) {
    values.push(isVariable(type) ? readVariable(reader, type, codec) : readFixed(reader, type));
  }
  return values;
}

function emptyValue(type: number): unknown {
  if (type === PT_OBJECT) return { iid: NO_INTERFACE, bytes: new Uint8Array(0) } satisfies TnefObject;
  return type === PT_BINARY ? new Uint8Array(0) : '';
}

function readVariable(reader: ByteReader, type: number, codec: TextCodec): unknown {
  const bytes = readSized(reader);
  if (type === PT_UNICODE) return codec.unicode(bytes);
  if (type === PT_STRING8) return codec.ansi(bytes);
  return type === PT_OBJECT ? readObject(bytes) : bytes;
}

function readObject(bytes: Uint8Array): TnefObject {
  const reader = new ByteReader(bytes, 'object');
  const iid: Guid = reader.guid();
  return { iid, bytes: bytes.subarray(GUID_BYTES) };
}

/** Bytes behind their length; the padding behind them may be missing at the end. */
function readSized(reader: ByteReader): Uint8Array {
  const bytes = reader.view(reader.u32());
  reader.skip(Math.min(reader.remaining, (PADDING - (bytes.length % PADDING)) % PADDING));
  return bytes;
}

function readFixed(reader: ByteReader, type: number): unknown {
  switch (type) {
    case PT_NULL:
      return null;
    case PT_I2:
      return padded(reader, reader.i16());
    case PT_BOOLEAN:
      return padded(reader, reader.u16() !== 0);
    case PT_LONG:
      return reader.i32();
    case PT_ERROR:
      return reader.u32();
    case PT_R4:
      return reader.f32();
    case PT_DOUBLE:
    case PT_APPTIME:
      return reader.f64();
    case PT_CURRENCY:
    case PT_I8:
      return reader.i64();
    case PT_SYSTIME:
      return reader.u64();
    case PT_CLSID:
      return reader.guid();
    default:
      throw unknownType(type);
  }
}

function unknownType(type: number): MapiError {
  return new MapiError('MAPI_E_CORRUPT_DATA', `a property is of the unknown type 0x${type.toString(16)}`);
}

function padded<T>(reader: ByteReader, value: T): T {
  reader.skip(Math.min(2, reader.remaining));
  return value;
}
