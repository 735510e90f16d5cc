/** Encodes property values as files keep them. [MS-PST] 2.3.3.4, [MS-OXCDATA] 2.11.1 */
import { concatBytes, guidToBytes, MapiError } from '@nodemapi/base';
import {
  isValueOfType,
  MV_FLAG,
  PT_APPTIME,
  PT_BINARY,
  PT_BOOLEAN,
  PT_CLSID,
  PT_DOUBLE,
  PT_ERROR,
  PT_I2,
  PT_LONG,
  PT_NULL,
  PT_R4,
  PT_UNICODE,
} from '@nodemapi/mapi';
import { fixedSize } from './value.ts';

/**
 * The bytes of a value of `type`.
 *
 * @throws MAPI_E_INVALID_TYPE for a type that Unicode files do not hold, or a value of another type
 */
export function encodeValue(type: number, value: unknown): Uint8Array {
  if (!isValueOfType(type, value))
    throw new MapiError('MAPI_E_INVALID_TYPE', `the value is not of type 0x${type.toString(16)}`);
  if ((type & MV_FLAG) !== 0) return encodeMany(type & ~MV_FLAG, value as readonly unknown[]);
  return encodeOne(type, value);
}

function encodeOne(type: number, value: unknown): Uint8Array {
  switch (type) {
    case PT_UNICODE:
      return utf16Bytes(value as string);
    case PT_BINARY:
      return value as Uint8Array;
    case PT_CLSID:
      return guidToBytes(value as string);
    case PT_NULL:
      return new Uint8Array(0);
    default:
      return encodeFixed(type, value);
  }
}

export function utf16Bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf16le'));
}

function encodeFixed(type: number, value: unknown): Uint8Array {
  const size = fixedSize(type);
  if (size === undefined)
    throw new MapiError('MAPI_E_INVALID_TYPE', `values of type 0x${type.toString(16)} cannot be written`);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  switch (type) {
    case PT_I2:
      view.setInt16(0, value as number, true);
      break;
    case PT_LONG:
    case PT_ERROR:
      view.setInt32(0, value as number, true);
      break;
    case PT_R4:
      view.setFloat32(0, value as number, true);
      break;
    case PT_BOOLEAN:
      view.setUint8(0, value === true ? 1 : 0);
      break;
    case PT_DOUBLE:
    case PT_APPTIME:
      view.setFloat64(0, value as number, true);
      break;
    default:
      view.setBigInt64(0, value as bigint, true); // PT_I8, PT_CURRENCY, PT_SYSTIME
  }
  return bytes;
}

function encodeMany(type: number, values: readonly unknown[]): Uint8Array {
  const parts = values.map((value) => encodeOne(type, value));
  if (fixedSize(type) !== undefined) return concatBytes(parts);
  const head = new Uint8Array(4 + 4 * parts.length);
  const view = new DataView(head.buffer);
  view.setUint32(0, parts.length, true);
  let at = head.length;
  parts.forEach((part, index) => {
    view.setUint32(4 + 4 * index, at, true);
    at += part.length;
  });
  return concatBytes([head, ...parts]);
}
