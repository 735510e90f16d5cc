import assert from 'node:assert/strict';
import { concatBytes, utf8Decode, utf8Encode } from '@nodemapi/base';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { collect, inPieces } from './collect.testing.ts';
import { transferDecoder } from './transfer-decoder.ts';
import { EncodingChooser, encodeTransfer } from './transfer-encoder.ts';

function decode(encoding: string, encoded: Uint8Array, size: number): { bytes: Uint8Array; damaged: boolean } {
  const decoder = transferDecoder(encoding);
  assert.ok(decoder);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < encoded.length; at += size) pieces.push(decoder.write(encoded.subarray(at, at + size)));
  pieces.push(decoder.end());
  return { bytes: concatBytes(pieces), damaged: decoder.damaged };
}

const decodeText = (encoding: string, text: string): string => utf8Decode(decode(encoding, utf8Encode(text), 3).bytes);

describe('decoders', () => {
  test('base64 skips what is foreign and goes on after padding', () => {
    assert.equal(decodeText('base64', 'aGVs\r\nbG8='), 'hello');
    assert.equal(decodeText('base64', 'aGVsbG8=aGVsbG8='), 'hellohello');
    assert.equal(decodeText('base64', 'a!G*V?s bG8'), 'hello');
    assert.equal(decode('base64', utf8Encode('aGVsbG8'), 2).damaged, true);
    assert.equal(decode('base64', utf8Encode('aGVsbG8='), 2).damaged, false);
  });

  test('quoted-printable joins soft breaks, drops trailing blanks, keeps broken escapes', () => {
    assert.equal(decodeText('quoted-printable', 'a=\r\nb=3D=20 \t\r\nc'), 'ab= \r\nc');
    assert.equal(decodeText('quoted-printable', 'a= \t\r\nb=\nc'), 'abc');
    assert.equal(decodeText('quoted-printable', '=ZZ=4'), '=ZZ=4');
    assert.equal(decodeText('quoted-printable', '=e4='.replace('e4', '41')), 'A');
    assert.equal(decode('quoted-printable', utf8Encode('=ZZ'), 1).damaged, true);
  });

  test('an encoding that is unknown has no decoder', () => assert.equal(transferDecoder('x-odd'), undefined));
});

describe('encoders', () => {
  for (const encoding of ['base64', 'quoted-printable'] as const) {
    test(`${encoding}: any bytes in any pieces come back, in short lines of ASCII`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.integer({ min: 1, max: 99 }), async (bytes, size) => {
          // a line feed of its own is written as the line break of the wire
          const body = Uint8Array.from(bytes, (byte) => (byte === 0x0a ? 0x0b : byte));
          const encoded = await collect(encodeTransfer(inPieces(body, size), encoding));
          assert.ok(
            utf8Decode(encoded)
              .split('\r\n')
              .every((line) => /^[\t\x20-\x7e]{0,76}$/.test(line) && !/[ \t]$/.test(line)),
          );
          assert.deepEqual(decode(encoding, encoded, size), { bytes: body, damaged: false });
        }),
        { seed: 5, numRuns: 300 },
      );
    });
  }

  test('line breaks become CRLF wherever the pieces are cut', async () => {
    for (const size of [1, 2, 3, 100]) {
      for (const encoding of ['7bit', 'quoted-printable'] as const) {
        const encoded = await collect(encodeTransfer(inPieces(utf8Encode('a\nb\r\nc\r\n\nd'), size), encoding));
        assert.equal(utf8Decode(encoded), 'a\r\nb\r\nc\r\n\r\nd');
      }
    }
  });

  test('MIME-009: a long line makes quoted-printable of all of it, 8-bit text never stays as it is', () => {
    const chosen = (text: string): string => {
      const chooser = new EncodingChooser();
      chooser.write(utf8Encode(text));
      return chooser.choose(140);
    };
    assert.equal(chosen('short\r\nlines'), '7bit');
    assert.equal(chosen(`${'x'.repeat(140)}\r\n`), '7bit');
    assert.equal(chosen(`${'x'.repeat(141)}\r\n`), 'quoted-printable');
    assert.equal(chosen('a little ä here and no more'), 'quoted-printable');
    assert.equal(chosen('日本語'), 'base64');
    assert.equal(chosen('zero \0'), 'quoted-printable');
    assert.equal(chosen('carriage \r return'), 'quoted-printable');
  });
});

test('a line that ends in LF alone is noticed, wherever the pieces are cut', () => {
  const bareLf = (...pieces: readonly string[]): boolean => {
    const chooser = new EncodingChooser();
    for (const piece of pieces) chooser.write(utf8Encode(piece));
    return chooser.bareLf;
  };
  assert.equal(bareLf('a\r', '\nb\r\n'), false);
  assert.equal(bareLf('a\r\nb', '\n'), true);
});
