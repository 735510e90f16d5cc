import { deepStrictEqual, throws } from 'node:assert';
import fc from 'fast-check';
import { test } from 'vitest';
import { ByteReader } from './byte-reader.ts';
import { fromHex } from './hex.ts';

test('numbers are little-endian', () => {
  const reader = new ByteReader(fromHex('01' + '0201' + '04030201' + '0807060504030201' + 'ff' + 'feff' + 'fdffffff'));
  deepStrictEqual(
    [reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.i8(), reader.i16(), reader.i32(), reader.remaining],
    [1, 0x0102, 0x01020304, 0x0102030405060708n, -1, -2, -3, 0],
  );
});

test('floats, signed 64 bits and GUIDs', () => {
  const reader = new ByteReader(
    fromHex('0000c03f' + '000000000000f8bf' + 'ffffffffffffffff' + '33221100554477668899aabbccddeeff'),
  );
  deepStrictEqual(
    [reader.f32(), reader.f64(), reader.i64(), reader.guid()],
    [1.5, -1.5, -1n, '00112233-4455-6677-8899-aabbccddeeff'],
  );
});

test('a source that lies in the middle of a buffer is read from its own start', () => {
  deepStrictEqual(new ByteReader(Uint8Array.of(9, 9, 1, 0).subarray(2)).u16(), 1);
});

test('bytes copies and view shares', () => {
  const source = Uint8Array.of(1, 2, 3, 4);
  const reader = new ByteReader(source);
  const copied = reader.bytes(2);
  const shared = reader.view(2);
  source.fill(0);
  deepStrictEqual([copied, shared], [Uint8Array.of(1, 2), Uint8Array.of(0, 0)]);
});

test('skip, align and seek move', () => {
  const reader = new ByteReader(new Uint8Array(16));
  reader.skip(5);
  reader.align(4);
  const aligned = reader.offset;
  reader.align(4);
  reader.seek(16);
  deepStrictEqual([aligned, reader.offset, reader.length], [8, 16, 16]);
});

test('reading past the end names the thing and the offset, and moves nothing', () => {
  const reader = new ByteReader(new Uint8Array(6), 'NBTENTRY');
  reader.u32();
  throws(() => reader.u32(), { code: 'MAPI_E_CORRUPT_DATA', detail: 'NBTENTRY at 4 needs 4 bytes of 2' });
  deepStrictEqual(reader.offset, 4);
});

test('any hostile count or offset is corrupt data', () => {
  const hostile = fc
    .oneof(fc.double(), fc.integer({ min: 9 }), fc.integer({ max: -1 }))
    .filter((n) => !(n >= 0 && n <= 8 && Number.isInteger(n)));
  const reader = new ByteReader(new Uint8Array(8));
  fc.assert(
    fc.property(hostile, (count) => {
      throws(() => reader.bytes(count), { code: 'MAPI_E_CORRUPT_DATA' });
      throws(() => reader.seek(count), { code: 'MAPI_E_CORRUPT_DATA' });
    }),
  );
});
