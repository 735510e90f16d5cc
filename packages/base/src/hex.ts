import { MapiError } from './mapi-error.ts';

/** Lower-case hexadecimal digits of `bytes`, two per byte. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/**
 * Bytes of hexadecimal digits in either case, without separators.
 *
 * @throws MAPI_E_INVALID_PARAMETER for an odd number of digits or anything that is no digit
 */
export function fromHex(digits: string): Uint8Array {
  if (digits.length % 2 !== 0) {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `${digits.length} hexadecimal digits are not whole bytes`);
  }
  const wrong = digits.search(/[^0-9a-f]/i);
  if (wrong >= 0) {
    throw new MapiError(
      'MAPI_E_INVALID_PARAMETER',
      `${JSON.stringify(digits[wrong])} at ${wrong} is no hexadecimal digit`,
    );
  }
  return new Uint8Array(Buffer.from(digits, 'hex'));
}
