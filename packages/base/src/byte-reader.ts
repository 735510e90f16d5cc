import { GUID_SIZE, type Guid, guidFromBytes } from './guid.ts';
import { MapiError } from './mapi-error.ts';

/**
 * Reads little-endian values one after another.
 *
 * Whatever would pass the end throws MAPI_E_CORRUPT_DATA with the name and the offset, and moves nothing.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #name: string;
  #offset = 0;

  /** @param name what is being read, for error texts */
  constructor(bytes: Uint8Array, name = 'data') {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#name = name;
  }

  /** Where the next value is read. */
  get offset(): number {
    return this.#offset;
  }

  get length(): number {
    return this.#bytes.length;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  guid(): Guid {
    return guidFromBytes(this.#bytes, this.#take(GUID_SIZE));
  }

  /** The next `count` bytes, copied. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.slice(at, at + count);
  }

  /** The next `count` bytes, sharing memory with the source. */
  view(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** Steps over the padding up to the next multiple of `boundary`. */
  align(boundary: number): void {
    this.#take((boundary - (this.#offset % boundary)) % boundary);
  }

  seek(offset: number): void {
    if (!Number.isInteger(offset) || offset < 0 || offset > this.#bytes.length) throw this.#short(offset, 0);
    this.#offset = offset;
  }

  #take(count: number): number {
    const at = this.#offset;
    if (!Number.isInteger(count) || count < 0 || count > this.remaining) throw this.#short(at, count);
    this.#offset = at + count;
    return at;
  }

  #short(at: number, count: number): MapiError {
    return new MapiError('MAPI_E_CORRUPT_DATA', `${this.#name} at ${at} needs ${count} bytes of ${this.length - at}`);
  }
}
