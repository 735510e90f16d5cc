/** Property values as they lie in heaps, rows and subnodes. [MS-PST] 2.3.3.4, [MS-OXCDATA] 2.11.1 */
import { decodeCodePage, guidFromBytes, MapiError } from '@nodemapi/base';
import {
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
  PT_STRING8,
  PT_SYSTIME,
  PT_UNICODE,
} from '@nodemapi/mapi';
import { PstDamage } from './diagnostic.ts';

/** Bytes of a value of fixed size, by type. */
const FIXED_SIZES: readonly (number | undefined)[] = byType([
  [PT_NULL, 0],
  [PT_I2, 2],
  [PT_LONG, 4],
  [PT_R4, 4],
  [PT_ERROR, 4],
  [PT_BOOLEAN, 1],
  [PT_DOUBLE, 8],
  [PT_CURRENCY, 8],
  [PT_APPTIME, 8],
  [PT_I8, 8],
  [PT_SYSTIME, 8],
  [PT_CLSID, 16],
]);

function byType(sizes: readonly (readonly [type: number, size: number])[]): readonly (number | undefined)[] {
  const result: (number | undefined)[] = Array.from({ length: PT_CLSID + 1 }, () => undefined);
  for (const [type, size] of sizes) result[type] = size;
  return result;
}

/** Size of one value of a type; undefined for those whose size varies. */
export function fixedSize(type: number): number | undefined {
  return FIXED_SIZES[type];
}

/** Turns the bytes of a PT_STRING8 into text. */
export type TextDecoder8 = (bytes: Uint8Array) => string;

/** A decoder for `codePage`; one that is unknown is read as Windows-1252, after `onUnknown` was called. */
export function string8Decoder(codePage: number, onUnknown: () => void): TextDecoder8 {
  return (bytes) => {
    const cut = bytes.indexOf(0);
    const text = cut < 0 ? bytes : bytes.subarray(0, cut);
    if (isAscii(text)) return latin1(text);
    try {
      return decodeCodePage(text, codePage).text;
    } catch (error) {
      if (!MapiError.is(error, 'MAPI_E_UNKNOWN_CPID')) throw error;
      onUnknown();
      return decodeCodePage(text, 1252).text;
    }
  };
}

function isAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) > 0x7f) return false;
  return true;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** Text of UTF-16LE; an odd last byte is dropped, zeros at the end too. */
export function utf16Text(bytes: Uint8Array): string {
  let end = bytes.length - (bytes.length % 2);
  while (end >= 2 && bytes[end - 1] === 0 && bytes[end - 2] === 0) end -= 2;
  return Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('utf16le');
}

/**
 * The value of `type` in `bytes`, in the form of `PropTypeMap`; binary values are copied.
 *
 * @throws MAPI_E_CORRUPT_DATA if the bytes are too few, or the type is not one that files hold
 */
export function decodeValue(type: number, bytes: Uint8Array, text: TextDecoder8): unknown {
  if ((type & MV_FLAG) !== 0) return decodeMany(type & ~MV_FLAG, bytes, text);
  return decodeOne(type, bytes, text);
}

/** The value of a type of at most four bytes, which stand in one number. */
export function decodeInline(type: number, bits: number): unknown {
  switch (type) {
    case PT_LONG:
      return bits | 0;
    case PT_BOOLEAN:
      return (bits & 0xff) !== 0;
    case PT_I2:
      return (bits << 16) >> 16;
    case PT_ERROR:
      return bits >>> 0;
    default:
      return decodeOne(type, new Uint8Array([bits, bits >>> 8, bits >>> 16, bits >>> 24]), NO_TEXT);
  }
}

/** For values that are no text. */
const NO_TEXT: TextDecoder8 = () => '';

function decodeOne(type: number, bytes: Uint8Array, text: TextDecoder8): unknown {
  switch (type) {
    case PT_UNICODE:
      return utf16Text(bytes);
    case PT_STRING8:
      return text(bytes);
    case PT_BINARY:
      return bytes.slice();
    case PT_OBJECT:
    case PT_NULL:
      return null;
    default:
      return decodeFixed(type, bytes);
  }
}

function decodeFixed(type: number, bytes: Uint8Array): unknown {
  const size = fixedSize(type);
  if (size === undefined) throw new PstDamage(`property type 0x${type.toString(16)} is unknown`);
  if (bytes.length < size) throw new PstDamage(`a value of type 0x${type.toString(16)} has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case PT_I2:
      return view.getInt16(0, true);
    case PT_LONG:
      return view.getInt32(0, true);
    case PT_ERROR:
      return view.getUint32(0, true);
    case PT_R4:
      return view.getFloat32(0, true);
    case PT_BOOLEAN:
      return bytes[0] !== 0;
    case PT_DOUBLE:
    case PT_APPTIME:
      return view.getFloat64(0, true);
    case PT_CLSID:
      return guidFromBytes(bytes);
    case PT_SYSTIME:
      return view.getBigInt64(0, true);
    default:
      return view.getBigInt64(0, true); // PT_I8, PT_CURRENCY
  }
}

/** Values of fixed size stand one after another; others after a count and the offset of each. [MS-PST] 2.3.3.4.2 */
function decodeMany(type: number, bytes: Uint8Array, text: TextDecoder8): readonly unknown[] {
  const size = fixedSize(type);
  if (size !== undefined && size > 0) {
    const count = Math.floor(bytes.length / size);
    return Array.from({ length: count }, (_, index) =>
      decodeFixed(type, bytes.subarray(index * size, (index + 1) * size)),
    );
  }
  if (bytes.length === 0) return [];
  if (bytes.length < 4) throw new PstDamage(`a list of values has ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (4 + count * 4 > bytes.length) throw new PstDamage(`${count} values in ${bytes.length} bytes`);
  return Array.from({ length: count }, (_, index) => {
    const from = view.getUint32(4 + index * 4, true);
    const to = index + 1 < count ? view.getUint32(8 + index * 4, true) : bytes.length;
    if (from > to || to > bytes.length)
      throw new PstDamage(`value ${index} lies from ${from} to ${to} of ${bytes.length}`);
    return decodeOne(type, bytes.subarray(from, to), text);
  });
}
