/** How values are laid down: in the property stream, or in streams of their own. [MS-OXMSG] 2.1, 2.4.2 */
import { ByteWriter, guidToBytes, MapiError } from '@nodemapi/base';
import { type StreamSource, streamOf } from '@nodemapi/format-cfb';
import {
  changePropType,
  MV_FLAG,
  type PropTag,
  PT_BINARY,
  PT_CLSID,
  PT_STRING8,
  PT_UNICODE,
  propType,
  tagFromNumber,
} from '@nodemapi/mapi';
import { partName, valueName } from './element-names.ts';
import { encodeFixed, FIXED } from './fixed-value.ts';
import { ENTRY, PROPATTR_READABLE, PROPATTR_WRITABLE } from './property-stream.ts';
import { isStreamType } from './stream-value.ts';
import { ansiBytes, utf16Bytes } from './text.ts';

/** How text is written: UTF-16, or a code page. */
export type TextForm = 'unicode' | { readonly codePage: number };

/** One property as it lies in the file. */
export interface WrittenValue {
  /** 16 bytes of the property stream. */
  readonly entry: Uint8Array;
  readonly streams: readonly StreamSource[];
}

const FLAGS = PROPATTR_READABLE | PROPATTR_WRITABLE;

/**
 * Lays a value down.
 *
 * @throws MAPI_E_INVALID_TYPE for a type that files do not have; MAPI_E_INVALID_PARAMETER for a value that is none of
 *   its type; MAPI_E_BAD_CHARWIDTH for text that the code page lacks
 */
export function writeValue(tag: PropTag, value: unknown, form: TextForm): WrittenValue {
  const type = propType(tag);
  const fixed = FIXED.get(type);
  if (fixed !== undefined) return { entry: entryOf(tag, encodeFixed(fixed, value)), streams: [] };
  if ((type & MV_FLAG) !== 0) return writeList(tag, value as readonly unknown[], form);
  if (!isStreamType(type)) throw new MapiError('MAPI_E_INVALID_TYPE', `type 0x${type.toString(16)}`);
  const stored = storedTag(tag, form);
  const bytes = bytesOf(propType(stored), value, form);
  return {
    entry: sizeEntry(stored, bytes.length + endBytes(propType(stored))),
    streams: [streamOf(valueName(stored), bytes)],
  };
}

/** Lays a value down that is read from `content` when it is its turn. @param tag PT_UNICODE (UTF-16LE) or binary */
export function writeLarge(tag: PropTag, size: number, content: StreamSource['content']): WrittenValue {
  return {
    entry: sizeEntry(tag, size + endBytes(propType(tag))),
    streams: [{ kind: 'stream', name: valueName(tag), size, content }],
  };
}

/** The entry of what is a storage. [MS-OXMSG] 2.4.2.2 */
export function objectEntry(tag: PropTag, kind: number): Uint8Array {
  return entryOf(tag, new ByteWriter(8).u32(0xffff_ffff).u32(kind).toBytes());
}

function writeList(tag: PropTag, values: readonly unknown[], form: TextForm): WrittenValue {
  const type = propType(tag) & ~MV_FLAG;
  const fixed = FIXED.get(type);
  const stored = storedTag(tag, form);
  const list = new ByteWriter();
  const parts: StreamSource[] = [];
  for (const [index, value] of values.entries()) {
    if (fixed !== undefined) {
      list.bytes(encodeFixed(fixed, value).subarray(0, fixed.size));
      continue;
    }
    const bytes = bytesOf(propType(stored) & ~MV_FLAG, value, form);
    if (type === PT_CLSID) {
      list.bytes(bytes);
      continue;
    }
    // In a list texts end with a zero, and the length counts it. [MS-OXMSG] 2.1.4.2
    const end = endBytes(propType(stored) & ~MV_FLAG);
    const whole = new Uint8Array(bytes.length + end);
    whole.set(bytes);
    list.u32(whole.length);
    if (end === 0) list.u32(0);
    parts.push(streamOf(partName(stored, index), whole));
  }
  if (fixed === undefined && !isStreamType(type))
    throw new MapiError('MAPI_E_INVALID_TYPE', `a list of 0x${type.toString(16)}`);
  const bytes = list.toBytes();
  return { entry: sizeEntry(stored, bytes.length), streams: [streamOf(valueName(stored), bytes), ...parts] };
}

/** Text has the type of the form it is written in. */
function storedTag(tag: PropTag, form: TextForm): PropTag {
  const type = propType(tag);
  const single = type & ~MV_FLAG;
  if (single !== PT_UNICODE && single !== PT_STRING8) return tag;
  const stored = (form === 'unicode' ? PT_UNICODE : PT_STRING8) | (type & MV_FLAG);
  return tagFromNumber(changePropType(tag, PT_BINARY) - PT_BINARY + stored);
}

function bytesOf(type: number, value: unknown, form: TextForm): Uint8Array {
  if (type === PT_UNICODE || type === PT_STRING8) {
    if (typeof value !== 'string') throw invalid(type, value);
    return form === 'unicode' ? utf16Bytes(value) : ansiBytes(value, form.codePage);
  }
  if (type === PT_CLSID) {
    if (typeof value !== 'string') throw invalid(type, value);
    return guidToBytes(value);
  }
  if (!(value instanceof Uint8Array)) throw invalid(type, value);
  return value;
}

function invalid(type: number, value: unknown): MapiError {
  return new MapiError('MAPI_E_INVALID_PARAMETER', `a ${typeof value} under type 0x${type.toString(16)}`);
}

/** Bytes that the size of a text counts and its stream does not have. */
function endBytes(type: number): number {
  return type === PT_UNICODE ? 2 : type === PT_STRING8 ? 1 : 0;
}

function sizeEntry(tag: PropTag, size: number): Uint8Array {
  return entryOf(tag, new ByteWriter(8).u32(size).u32(0).toBytes());
}

function entryOf(tag: PropTag, value: Uint8Array): Uint8Array {
  return ENTRY.encode({ tag, flags: FLAGS, value });
}
