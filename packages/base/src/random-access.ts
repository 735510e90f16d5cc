import { MapiError } from './mapi-error.ts';

/** Bytes that can be read anywhere, such as a file. Formats take this and open nothing themselves. */
export interface RandomAccess {
  /** Length in bytes. */
  size(): Promise<number>;
  /**
   * Exactly `length` bytes from `offset`, never fewer.
   *
   * @throws MAPI_E_CORRUPT_DATA if they do not all exist
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Like `read`, into memory that is there: who reads much and keeps little uses the same memory again and again. May be
   * absent; then `read` is to be used. After a failure `into` holds anything.
   */
  readInto?(offset: number, into: Uint8Array): Promise<void>;
}

/** RandomAccess over `bytes`; what is read is a copy. */
export function memoryRandomAccess(bytes: Uint8Array): RandomAccess {
  return {
    size: async () => bytes.length,
    read: async (offset, length) => {
      checkRange('memory', offset, length, bytes.length);
      return bytes.slice(offset, offset + length);
    },
  };
}

/** @throws MAPI_E_CORRUPT_DATA unless `length` bytes lie at `offset` of `name`, which has `size` */
export function checkRange(name: string, offset: number, length: number, size: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (whole && offset >= 0 && length >= 0 && offset + length <= size) return;
  throw new MapiError('MAPI_E_CORRUPT_DATA', `${name}: ${length} bytes at ${offset} do not lie within ${size}`);
}
