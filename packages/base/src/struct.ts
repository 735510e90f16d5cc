import { assert } from './assert.ts';
import { ByteWriter } from './byte-writer.ts';
import { type Guid, guidFromBytes } from './guid.ts';
import { MapiError } from './mapi-error.ts';

/** How one field of `size` bytes is read and written. */
export interface FieldType<T> {
  readonly size: number;
  /** @param at a place with `size` bytes */
  read(from: Uint8Array, at: number): T;
  write(writer: ByteWriter, value: T): void;
}

export type StructFields = Readonly<Record<string, FieldType<unknown>>>;

/** The values of a table of fields. */
export type FieldValues<F> = { readonly [K in keyof F]: F[K] extends FieldType<infer T> ? T : never };

/** A structure of fixed size. */
export interface Struct<F> {
  readonly name: string;
  readonly size: number;
  /** Where each field begins: for those who read one of them, or each of very many, without an object for all. */
  readonly offsets: { readonly [K in keyof F]: number };
  /** @throws MAPI_E_CORRUPT_DATA with name and offset if fewer than `size` bytes lie at `offset` */
  decode(bytes: Uint8Array, offset?: number): FieldValues<F>;
  /** @throws MAPI_E_INVALID_PARAMETER with name and field if a value does not fit its field */
  encode(value: FieldValues<F>): Uint8Array;
}

/** The values of a struct: `type Bbt = StructValue<typeof BBTENTRY>`. */
export type StructValue<S> = S extends Struct<infer F> ? FieldValues<F> : never;

export const u8: FieldType<number> = {
  size: 1,
  read: (from, at) => from[at] as number,
  write: (to, value) => void to.u8(value),
};
export const u16: FieldType<number> = {
  size: 2,
  read: (from, at) => (from[at] as number) | ((from[at + 1] as number) << 8),
  write: (to, value) => void to.u16(value),
};
export const u32: FieldType<number> = {
  size: 4,
  read: (from, at) => i32At(from, at) >>> 0,
  write: (to, value) => void to.u32(value),
};
export const u64: FieldType<bigint> = {
  size: 8,
  read: (from, at) => viewAt(from, at, 8).getBigUint64(0, true),
  write: (to, value) => void to.u64(value),
};
export const i8: FieldType<number> = {
  size: 1,
  read: (from, at) => ((from[at] as number) << 24) >> 24,
  write: (to, value) => void to.i8(value),
};
export const i16: FieldType<number> = {
  size: 2,
  read: (from, at) => (((from[at] as number) << 16) | ((from[at + 1] as number) << 24)) >> 16,
  write: (to, value) => void to.i16(value),
};
export const i32: FieldType<number> = { size: 4, read: i32At, write: (to, value) => void to.i32(value) };
export const i64: FieldType<bigint> = {
  size: 8,
  read: (from, at) => viewAt(from, at, 8).getBigInt64(0, true),
  write: (to, value) => void to.i64(value),
};
export const f32: FieldType<number> = {
  size: 4,
  read: (from, at) => viewAt(from, at, 4).getFloat32(0, true),
  write: (to, value) => void to.f32(value),
};
export const f64: FieldType<number> = {
  size: 8,
  read: (from, at) => viewAt(from, at, 8).getFloat64(0, true),
  write: (to, value) => void to.f64(value),
};
export const guid: FieldType<Guid> = {
  size: 16,
  read: (from, at) => guidFromBytes(from, at),
  write: (to, value) => void to.guid(value),
};

/** Four bytes that an older file version has where the newer one has eight; the value is a bigint in both. */
export const u32as64: FieldType<bigint> = {
  size: 4,
  read: (from, at) => BigInt(i32At(from, at) >>> 0),
  write: (to, value) => void to.u32(Number(value)),
};

function i32At(from: Uint8Array, at: number): number {
  const low = (from[at] as number) | ((from[at + 1] as number) << 8);
  return low | ((from[at + 2] as number) << 16) | ((from[at + 3] as number) << 24);
}

function viewAt(from: Uint8Array, at: number, size: number): DataView {
  return new DataView(from.buffer, from.byteOffset + at, size);
}

/** Exactly `count` bytes, copied. */
export function bytes(count: number): FieldType<Uint8Array> {
  assert(Number.isInteger(count) && count >= 0, `a field cannot have ${count} bytes`);
  return {
    size: count,
    read: (from, at) => from.slice(at, at + count),
    write: (to, value) => {
      if (value.length !== count) {
        throw new MapiError('MAPI_E_INVALID_PARAMETER', `${value.length} bytes where ${count} belong`);
      }
      to.bytes(value);
    },
  };
}

/**
 * Describes a structure as the table of its fields, in file order.
 *
 * @param size total in bytes, as the specification prints it
 * @throws AssertionError at once if the widths of the fields do not add up to `size`
 */
export function struct<const F extends StructFields>(name: string, size: number, fields: F): Struct<F> {
  // Object.entries loses the types of the fields, and a row may be of any
  const rows = Object.entries(fields) as unknown as readonly (readonly [string, FieldType<unknown>])[];
  const total = rows.reduce((sum, [, field]) => sum + field.size, 0);
  const keys = rows.map(([key]) => key);
  const types = rows.map(([, field]) => field);
  const shape: Record<string, unknown> = Object.fromEntries(keys.map((key) => [key, 0]));
  assert(total === size, `the fields of ${name} have ${total} bytes, not ${size}`);
  let end = 0;
  const offsets = Object.fromEntries(
    rows.map(([key, field]) => {
      end += field.size;
      return [key, end - field.size];
    }),
  );
  return {
    name,
    size,
    offsets: offsets as { readonly [K in keyof F]: number }, // from the keys of F, just above
    decode(source, offset = 0) {
      if (!Number.isInteger(offset) || offset < 0 || offset + size > source.length) {
        const left = Math.max(0, source.length - offset);
        throw new MapiError('MAPI_E_CORRUPT_DATA', `${name} at ${offset} needs ${size} bytes of ${left}`);
      }
      const values = { ...shape }; // all of one struct have one hidden class, which filling an empty object gives late
      let at = offset;
      for (let index = 0; index < keys.length; index++) {
        const field = types[index] as FieldType<unknown>;
        values[keys[index] as string] = field.read(source, at);
        at += field.size;
      }
      return values as FieldValues<F>;
    },
    encode(value) {
      const writer = new ByteWriter();
      for (const [key, field] of rows) encodeField(writer, name, key, field, (value as Record<string, unknown>)[key]);
      return writer.toBytes();
    },
  };
}

function encodeField(to: ByteWriter, name: string, key: string, field: FieldType<unknown>, value: unknown): void {
  try {
    field.write(to, value);
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    throw new MapiError(error.code, `${name}.${key}: ${error.detail}`, { cause: error });
  }
}
