import assert from 'node:assert/strict';
import { fromHex, MapiError, utf8Decode, utf8Encode } from '@nodemapi/base';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { compressRtf } from './compress-rtf.ts';
import { decompressRtf, readCompressedRtfHeader } from './decompress-rtf.ts';
import { rtfCrc } from './rtf-crc.ts';

/** [MS-OXRTFCP] 4.1.1 and 4.1.2: text, compressed. */
const SIMPLE = {
  rtf: '{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n',
  compressed: '2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0',
};
const CROSSING = {
  rtf: '{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}',
  compressed: '1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0',
};

function corrupt(error: unknown): boolean {
  return MapiError.is(error, 'MAPI_E_CORRUPT_DATA');
}

/** Bytes that repeat themselves near and far, as RTF does. */
const repetitive = fc
  .array(fc.constantFrom('\\par ', '{\\b ', '}', 'hello', '\\f0\\fs20', 'x'.repeat(40), '\\colortbl', '\0\xff'), {
    maxLength: 400,
  })
  .map((parts) => Uint8Array.from(Buffer.from(parts.join(''), 'latin1')));

describe('compressed RTF', () => {
  test('RTF-001: both examples of the specification are read, compressed or stored', () => {
    for (const { rtf, compressed } of [SIMPLE, CROSSING]) {
      const read = decompressRtf(fromHex(compressed), { strict: true });
      assert.equal(utf8Decode(read.rtf), rtf);
      const stored = compressRtf(utf8Encode(rtf), { stored: true });
      assert.equal(readCompressedRtfHeader(stored).compType, 0x414c454d);
      assert.equal(utf8Decode(decompressRtf(stored, { strict: true }).rtf), rtf);
    }
  });

  test('what is written is no longer than what the specification writes', () => {
    for (const { rtf, compressed } of [SIMPLE, CROSSING]) {
      assert.equal(compressRtf(utf8Encode(rtf)).length, compressed.length / 2);
    }
  });

  test('whatever is compressed comes back, and text that repeats itself becomes smaller', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 9000 }), repetitive), (rtf) => {
        assert.deepEqual(Buffer.from(decompressRtf(compressRtf(rtf), { strict: true }).rtf), Buffer.from(rtf));
      }),
      { seed: 4, numRuns: 200 },
    );
    const rtf = utf8Encode(`{\\rtf1 ${'\\par the quick brown fox jumps over the lazy dog'.repeat(200)}}`);
    assert.ok(compressRtf(rtf).length < rtf.length / 4);
  });

  test('a run may reach exactly as far back as the ring allows, and no further', () => {
    for (const distance of [4094, 4095, 4096, 4097]) {
      const filler = Uint8Array.from({ length: distance }, (_, at) => 1 + ((at * 7919) % 200));
      filler.set([250, 251, 252, 253]);
      const rtf = Uint8Array.from([...filler, 250, 251, 252, 253]);
      assert.deepEqual(decompressRtf(compressRtf(rtf), { strict: true }).rtf, rtf, `distance ${distance}`);
    }
  });

  test('RTF-002: a value is corrupt if its header is cut off or of neither kind', () => {
    assert.throws(() => decompressRtf(new Uint8Array(15)), corrupt);
    const other = fromHex(SIMPLE.compressed);
    other[8] = 0x58;
    assert.throws(() => decompressRtf(other), corrupt);
  });

  test('RTF-002: a value that is shorter than its header says is corrupt, and yields what is there', () => {
    const whole = fromHex(SIMPLE.compressed);
    const short = whole.subarray(0, whole.length - 8);
    assert.throws(() => decompressRtf(short, { strict: true }), corrupt);
    const { rtf, diagnostics } = decompressRtf(short);
    assert.equal(utf8Decode(rtf), '{\\rtf1\\ansi\\ansicpg1252\\pard hello w');
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ['cutOff', 'badCrc', 'cutOff', 'badSize'],
    );
  });

  test('bytes behind the end are left alone', () => {
    const padded = Uint8Array.from([...fromHex(SIMPLE.compressed), 0, 0, 0]);
    assert.equal(utf8Decode(decompressRtf(padded, { strict: true }).rtf), SIMPLE.rtf);
  });

  test('a wrong checksum is reported with its place', () => {
    const damaged = fromHex(SIMPLE.compressed);
    damaged[12] = 0;
    assert.deepEqual(decompressRtf(damaged).diagnostics, [
      { code: 'badCrc', detail: 'the checksum does not match', offset: 12 },
    ]);
    assert.throws(() => decompressRtf(damaged, { strict: true }), corrupt);
  });

  test('a reference to what was never written finds zeros', () => {
    const contents = fromHex('01f000'); // one reference: place 0xf00, two bytes
    const header = fromHex('0f000000020000004c5a467500000000');
    const value = Uint8Array.from([...header, ...contents]);
    assert.deepEqual(decompressRtf(value).rtf, new Uint8Array(2));
  });

  test('sizes that lie allocate nothing', () => {
    const lying = fromHex(SIMPLE.compressed);
    lying.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    const { rtf } = decompressRtf(lying);
    assert.equal(utf8Decode(rtf), SIMPLE.rtf);
    assert.ok(rtf.buffer.byteLength < 1000);
  });

  test('a stored value whose size counts the header too is read whole', () => {
    const stored = compressRtf(utf8Encode('{\\rtf1 x}'), { stored: true });
    stored[4] = 9 + 12;
    assert.deepEqual(decompressRtf(stored), { rtf: utf8Encode('{\\rtf1 x}'), diagnostics: [] });
    assert.throws(() => decompressRtf(stored, { strict: true }), corrupt);
  });

  test('the checksum is that of the specification', () => {
    assert.equal(rtfCrc(fromHex(SIMPLE.compressed).subarray(16)), 0xa7c7c5f1);
    assert.equal(rtfCrc(new Uint8Array(0)), 0);
  });
});
