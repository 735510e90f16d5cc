import { assert } from './assert.ts';
import { utf8Length } from './bytes.ts';
import { type Guid, guidToBytes } from './guid.ts';
import { MapiError } from './mapi-error.ts';

const FIRST_SIZE = 64;
const encoder = new TextEncoder();

/** Builds little-endian bytes; grows as needed. A number that its width cannot hold throws MAPI_E_INVALID_PARAMETER. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** @param sizeHint bytes that will be written, roughly */
  constructor(sizeHint = FIRST_SIZE) {
    this.#bytes = new Uint8Array(sizeHint);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far, which is where the next value goes. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    checkInteger(value, 0, 0xff);
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  u16(value: number): this {
    checkInteger(value, 0, 0xffff);
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(value: number): this {
    checkInteger(value, 0, 0xffff_ffff);
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  u64(value: bigint): this {
    checkBigInt(value, 0n, 0xffff_ffff_ffff_ffffn);
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, true);
    return this;
  }

  i8(value: number): this {
    checkInteger(value, -0x80, 0x7f);
    const at = this.#grow(1);
    this.#view.setInt8(at, value);
    return this;
  }

  i16(value: number): this {
    checkInteger(value, -0x8000, 0x7fff);
    const at = this.#grow(2);
    this.#view.setInt16(at, value, true);
    return this;
  }

  i32(value: number): this {
    checkInteger(value, -0x8000_0000, 0x7fff_ffff);
    const at = this.#grow(4);
    this.#view.setInt32(at, value, true);
    return this;
  }

  i64(value: bigint): this {
    checkBigInt(value, -0x8000_0000_0000_0000n, 0x7fff_ffff_ffff_ffffn);
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value, true);
    return this;
  }

  f32(value: number): this {
    const at = this.#grow(4);
    this.#view.setFloat32(at, value, true);
    return this;
  }

  f64(value: number): this {
    const at = this.#grow(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  guid(value: Guid): this {
    return this.bytes(guidToBytes(value));
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** UTF-8 of `text`; a lone surrogate becomes U+FFFD. */
  utf8(text: string): this {
    const at = this.#grow(utf8Length(text));
    encoder.encodeInto(text, this.#bytes.subarray(at));
    return this;
  }

  zeros(count: number): this {
    this.#grow(count);
    return this;
  }

  /** Pads with zeros up to the next multiple of `boundary`. */
  align(boundary: number): this {
    return this.zeros((boundary - (this.#length % boundary)) % boundary);
  }

  /** Overwrites a 32-bit number written before, such as a length that is known only now. */
  patchU32(offset: number, value: number): this {
    assert(offset >= 0 && offset + 4 <= this.#length, `patch at ${offset} lies outside ${this.#length} bytes`);
    checkInteger(value, 0, 0xffff_ffff);
    this.#view.setUint32(offset, value, true);
    return this;
  }

  /** Everything written, for as long as nothing more is written; it may share its memory with what follows. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of everything written so far; writing may go on. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(count: number): number {
    assert(Number.isInteger(count) && count >= 0, `cannot write ${count} bytes`);
    const at = this.#length;
    if (at + count > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, at + count));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = at + count;
    return at;
  }
}

/** @throws MAPI_E_INVALID_PARAMETER unless `value` is an integer from `min` to `max` */
export function checkInteger(value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new MapiError('MAPI_E_INVALID_PARAMETER', `${value} is no integer from ${min} to ${max}`);
}

/** @throws MAPI_E_INVALID_PARAMETER unless `value` lies from `min` to `max` */
export function checkBigInt(value: bigint, min: bigint, max: bigint): void {
  if (value >= min && value <= max) return;
  throw new MapiError('MAPI_E_INVALID_PARAMETER', `${value} is no integer from ${min} to ${max}`);
}
