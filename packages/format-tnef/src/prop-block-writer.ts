/** Writes what prop-block.ts reads. Strings go out in the type that their tag says. */
import { ByteWriter, MapiError } from '@nodemapi/base';
import {
  type MapiNameId,
  MV_FLAG,
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
  PT_SYSTIME,
  PT_UNICODE,
  propType,
} from '@nodemapi/mapi';
import { isVariable, MNID_ID, MNID_STRING, PADDING } from './prop-block.ts';
import { ansiBytes, unicodeBytes } from './text-codec.ts';
import type { TnefObject, TnefProp } from './tnef-message.ts';

/** One block: its count and its properties. @throws MAPI_E_INVALID_TYPE for a type that TNEF cannot hold */
export function propBlock(props: readonly TnefProp[], codePage: number): Uint8Array {
  const writer = new ByteWriter();
  writePropBlock(writer, props, codePage);
  return writer.toBytes();
}

/** Writes a block behind what `writer` has, which must be a multiple of four bytes. */
export function writePropBlock(writer: ByteWriter, props: readonly TnefProp[], codePage: number): void {
  writer.u32(props.length);
  for (const each of props) {
    writer.u32(each.tag);
    if (each.name !== undefined) writeName(writer, each.name);
    const type = propType(each.tag);
    const single = type & ~MV_FLAG;
    if ((type & MV_FLAG) === 0) {
      if (isVariable(type)) writer.u32(1);
      writeValue(writer, single, each.value, codePage);
      continue;
    }
    const values = each.value as readonly unknown[]; // a value is of the type that its tag says
    writer.u32(values.length);
    for (const value of values) writeValue(writer, single, value, codePage);
  }
}

function writeName(writer: ByteWriter, name: MapiNameId): void {
  writer.guid(name.guid);
  if (name.name === undefined) writer.u32(MNID_ID).u32(name.id);
  else writeSized(writer.u32(MNID_STRING), unicodeBytes(name.name));
}

/** A value is of the type that its tag says, so the casts only tell the compiler. */
function writeValue(writer: ByteWriter, type: number, value: unknown, codePage: number): void {
  if (isVariable(type)) {
    if (type === PT_OBJECT) writeObject(writer, value as TnefObject);
    else writeSized(writer, variableBytes(type, value, codePage));
    return;
  }
  writeFixed(writer, type, value);
  writer.align(PADDING);
}

function variableBytes(type: number, value: unknown, codePage: number): Uint8Array {
  if (type === PT_BINARY) return value as Uint8Array;
  return type === PT_UNICODE ? unicodeBytes(value as string) : ansiBytes(value as string, codePage);
}

function writeObject(writer: ByteWriter, { iid, bytes }: TnefObject): void {
  writer
    .u32(16 + bytes.length)
    .guid(iid)
    .bytes(bytes)
    .align(PADDING);
}

function writeSized(writer: ByteWriter, bytes: Uint8Array): void {
  writer.u32(bytes.length).bytes(bytes).align(PADDING);
}

function writeFixed(writer: ByteWriter, type: number, value: unknown): ByteWriter {
  switch (type) {
    case PT_NULL:
      return writer;
    case PT_I2:
      return writer.i16(value as number);
    case PT_BOOLEAN:
      return writer.u16(value === true ? 1 : 0);
    case PT_LONG:
      return writer.i32((value as number) | 0);
    case PT_ERROR:
      return writer.u32(value as number);
    case PT_R4:
      return writer.f32(value as number);
    case PT_DOUBLE:
    case PT_APPTIME:
      return writer.f64(value as number);
    case PT_CURRENCY:
    case PT_I8:
      return writer.i64(value as bigint);
    case PT_SYSTIME:
      return writer.u64(value as bigint);
    case PT_CLSID:
      return writer.guid(value as Parameters<ByteWriter['guid']>[0]);
    default:
      throw new MapiError('MAPI_E_INVALID_TYPE', `TNEF cannot hold the type 0x${type.toString(16)}`);
  }
}
