import { deepStrictEqual, throws } from 'node:assert';
import fc from 'fast-check';
import { expectTypeOf, test } from 'vitest';
import { AssertionError } from './assert.ts';
import { fromHex, toHex } from './hex.ts';
import { bytes, f64, guid, i16, i32, i64, type StructValue, struct, u8, u16, u32, u32as64, u64 } from './struct.ts';

const ENTRY = struct('BBTENTRY', 24, { bid: u64, ib: u64, cb: u16, cRef: u16, dwPadding: u32 });
const ALL = struct('ALL', 63, {
  a: u8,
  b: u16,
  c: u32,
  d: u64,
  e: i16,
  f: i32,
  g: i64,
  h: guid,
  i: bytes(6),
  j: u32as64,
  k: f64,
});

test('fields lie in the order of the table', () => {
  const value = { bid: 4n, ib: 0x4600n, cb: 132, cRef: 2, dwPadding: 0 };
  const encoded = ENTRY.encode(value);
  deepStrictEqual(toHex(encoded), '040000000000000000460000000000008400020000000000');
  deepStrictEqual(ENTRY.decode(encoded), value);
});

test('the type follows from the table', () => {
  expectTypeOf<StructValue<typeof ENTRY>>().toEqualTypeOf<{
    readonly bid: bigint;
    readonly ib: bigint;
    readonly cb: number;
    readonly cRef: number;
    readonly dwPadding: number;
  }>();
});

test('widths that do not add up to the printed size fail on load', () => {
  throws(() => struct('WRONG', 5, { a: u32 }), new AssertionError('the fields of WRONG have 4 bytes, not 5'));
});

test('encode after decode is identity for any bytes, at any offset', () => {
  const withoutNaN = (raw: Uint8Array): boolean => !Number.isNaN(ALL.decode(raw).k); // a NaN has many spellings
  const raws = fc.uint8Array({ minLength: 63, maxLength: 63 }).filter(withoutNaN);
  fc.assert(
    fc.property(raws, fc.nat(20), (raw, offset) => {
      const file = new Uint8Array(offset + raw.length);
      file.set(raw, offset);
      deepStrictEqual(ALL.encode(ALL.decode(file, offset)), raw);
    }),
  );
});

test('too few bytes are corrupt data, with name and offset', () => {
  throws(() => ENTRY.decode(new Uint8Array(30), 10), {
    code: 'MAPI_E_CORRUPT_DATA',
    detail: 'BBTENTRY at 10 needs 24 bytes of 20',
  });
  for (const offset of [-1, 0.5, Number.NaN, 1e20]) {
    throws(() => ENTRY.decode(new Uint8Array(30), offset), { code: 'MAPI_E_CORRUPT_DATA' });
  }
});

test('a value that does not fit is refused with the name of its field', () => {
  const value = { bid: 4n, ib: 0n, cb: 65536, cRef: 2, dwPadding: 0 };
  throws(() => ENTRY.encode(value), {
    code: 'MAPI_E_INVALID_PARAMETER',
    detail: 'BBTENTRY.cb: 65536 is no integer from 0 to 65535',
  });
  const two = struct('TWO', 2, { raw: bytes(2) });
  throws(() => two.encode({ raw: fromHex('010203') }), { detail: 'TWO.raw: 3 bytes where 2 belong' });
  const old = struct('OLD', 4, { ib: u32as64 });
  throws(() => old.encode({ ib: 2n ** 32n }), { code: 'MAPI_E_INVALID_PARAMETER' });
});
