import assert from 'node:assert/strict';
import { fromHex, toHex } from '@nodemapi/base';
import { describe, it } from 'vitest';
import { pstCrc, pstSignature } from './checksum.ts';
import { decodeBlock, encodeBlock, type PstEncoding } from './crypt.ts';

const PLAIN = new Uint8Array(Array.from({ length: 700 }, (_, index) => index & 0xff));

function decoded(stored: Uint8Array, encoding: PstEncoding, bid = 0): Uint8Array {
  const into = new Uint8Array(stored.length);
  decodeBlock(stored, encoding, bid, into);
  return into;
}

describe('encodings', () => {
  it('undo themselves, and change every byte or nearly', () => {
    for (const encoding of ['none', 'permute', 'cyclic'] as const) {
      const stored = encodeBlock(PLAIN, encoding, 0x1234_5678);
      assert.deepEqual(decoded(stored, encoding, 0x1234_5678), PLAIN);
    }
  });

  it('permute replaces 0, 1, 2 … by the first bytes of the table in the specification', () => {
    assert.equal(toHex(encodeBlock(PLAIN.subarray(0, 6), 'permute', 0)), '41361362a821');
    assert.equal(toHex(decoded(fromHex('000102'), 'permute')), '47f1b4');
  });

  it('permute gives the same wherever the bytes lie, and however many they are', () => {
    const whole = encodeBlock(PLAIN, 'permute', 0);
    for (const [from, to] of [
      [0, 700],
      [1, 700],
      [1, 2],
      [2, 5],
      [7, 7],
    ] as const)
      assert.deepEqual(encodeBlock(PLAIN.subarray(from, to), 'permute', 0), whole.subarray(from, to));
  });

  it('cyclic depends on the block', () => {
    assert.notDeepEqual(encodeBlock(PLAIN, 'cyclic', 4), encodeBlock(PLAIN, 'cyclic', 8));
    assert.deepEqual(encodeBlock(PLAIN, 'cyclic', 4), encodeBlock(PLAIN, 'cyclic', 0x1_0000_0004)); // low 32 bits
  });
});

describe('checksums', () => {
  it('the CRC starts with 0 and is not inverted', () => {
    assert.equal(pstCrc(new Uint8Array(100)), 0);
    assert.equal(pstCrc(fromHex('80')), 0xedb88320);
  });

  it('the signature mixes the place and the identifier', () => {
    assert.equal(pstSignature(0x4600, 4), 0x4604);
    assert.equal(pstSignature(0x12345678, 0), 0x1234 ^ 0x5678);
    assert.equal(pstSignature(0x1_0000_4600, 4), 0x4604);
  });
});
