import { decodeCodePage, encodeCodePage } from '@nodemapi/base';
import { MapiError, type PropTag, PT_BINARY, PT_STRING8, PT_UNICODE, propType } from '@nodemapi/mapi';

/** Code page of streams over PT_STRING8. */
const STRING8_CODE_PAGE = 1252;

/**
 * The bytes of a stream over a property: binaries as they are, PT_UNICODE as UTF-16LE, PT_STRING8 as windows-1252;
 * no terminating zero.
 *
 * @throws MAPI_E_INTERFACE_NOT_SUPPORTED for types that have no stream
 */
export function streamBytes(target: PropTag, value: unknown): Uint8Array {
  switch (propType(target)) {
    case PT_BINARY:
      return value instanceof Uint8Array ? value : new Uint8Array(0);
    case PT_UNICODE:
      return utf16Encode(String(value ?? ''));
    case PT_STRING8:
      return encodeCodePage(String(value ?? ''), STRING8_CODE_PAGE).bytes;
    default:
      throw noStream(target);
  }
}

/** The value that the bytes of a stream stand for. @throws MAPI_E_INTERFACE_NOT_SUPPORTED */
export function streamValue(target: PropTag, bytes: Uint8Array): string | Uint8Array {
  switch (propType(target)) {
    case PT_BINARY:
      return bytes;
    case PT_UNICODE:
      return utf16Decode(bytes);
    case PT_STRING8:
      return decodeCodePage(bytes, STRING8_CODE_PAGE).text;
    default:
      throw noStream(target);
  }
}

/** UTF-16LE of `text`, lone surrogates included. */
export function utf16Encode(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'utf16le'));
}

/** Text of UTF-16LE; an odd byte at the end is dropped. */
export function utf16Decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length & ~1).toString('utf16le');
}

function noStream(target: PropTag): MapiError {
  return new MapiError('MAPI_E_INTERFACE_NOT_SUPPORTED', `0x${target.toString(16)} has no stream`);
}
