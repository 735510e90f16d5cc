import { deepStrictEqual, throws } from 'node:assert';
import fc from 'fast-check';
import { test } from 'vitest';
import { AssertionError } from './assert.ts';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { concatBytes, utf8Encode } from './bytes.ts';
import { toHex } from './hex.ts';

test('numbers are little-endian', () => {
  const writer = new ByteWriter().u8(1).u16(0x0102).u32(0x01020304).u64(0x0102030405060708n).i8(-1).i16(-2).i32(-3);
  deepStrictEqual(toHex(writer.toBytes()), '010201040302010807060504030201fffefffdffffff');
});

test('what is written is read again', () => {
  const values = fc.record({
    u32: fc.nat(0xffff_ffff),
    u64: fc.bigInt(0n, 2n ** 64n - 1n),
    i64: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    f64: fc.double(),
    guid: fc.uuid(),
    bytes: fc.uint8Array({ maxLength: 200 }),
  });
  fc.assert(
    fc.property(values, (value) => {
      const writer = new ByteWriter().u32(value.u32).u64(value.u64).i64(value.i64).f64(value.f64).guid(value.guid);
      const reader = new ByteReader(writer.bytes(value.bytes).toBytes());
      const read = {
        u32: reader.u32(),
        u64: reader.u64(),
        i64: reader.i64(),
        f64: reader.f64(),
        guid: reader.guid(),
        bytes: reader.bytes(reader.remaining),
      };
      deepStrictEqual(read, { ...value });
    }),
  );
});

test('align pads with zeros and patchU32 fills in later', () => {
  const writer = new ByteWriter().u32(0).u8(7).align(4).align(4);
  writer.patchU32(0, writer.length);
  deepStrictEqual([toHex(writer.toBytes()), writer.length], ['0800000007000000', 8]);
  throws(() => writer.patchU32(5, 1), AssertionError);
});

test('text is UTF-8, whatever it holds and however long it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(100), (text, before) => {
      const writer = new ByteWriter(1).zeros(before).utf8(text).u8(7);
      deepStrictEqual(writer.toBytes(), concatBytes([new Uint8Array(before), utf8Encode(text), Uint8Array.of(7)]));
      deepStrictEqual(writer.view(), writer.toBytes());
    }),
  );
  deepStrictEqual(toHex(new ByteWriter().utf8('a\ud800').toBytes()), '61efbfbd');
});

test('what toBytes gave does not change with later writing', () => {
  const writer = new ByteWriter().u8(1);
  const before = writer.toBytes();
  writer.u8(2);
  deepStrictEqual(before, Uint8Array.of(1));
});

test('a number that does not fit its width is refused, and nothing is written', () => {
  const writer = new ByteWriter();
  const wrong = [
    () => writer.u8(256),
    () => writer.u8(-1),
    () => writer.u16(1.5),
    () => writer.u32(2 ** 32),
    () => writer.i8(128),
    () => writer.i16(-32769),
    () => writer.i32(2 ** 31),
    () => writer.u64(-1n),
    () => writer.u64(2n ** 64n),
    () => writer.i64(2n ** 63n),
  ];
  for (const write of wrong) throws(write, { code: 'MAPI_E_INVALID_PARAMETER' });
  deepStrictEqual(writer.length, 0);
});

test('a value that makes the buffer grow is written into the grown one', () => {
  for (let before = 56; before <= 64; before++) {
    const writer = new ByteWriter();
    for (let index = 0; index < before; index++) writer.u8(index);
    writer.u16(0x1234).u32(0x56789abc).u64(1n);
    deepStrictEqual(toHex(writer.toBytes().subarray(before)), '3412bc9a78560100000000000000');
  }
});
