import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { encodeFrame, FrameReader, frameBytesMax } from './frame.ts';

describe('frames', () => {
  test('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), (messages, step) => {
        const bytes = Buffer.concat(messages.map((message) => encodeFrame(message)));
        const reader = new FrameReader();
        const read: unknown[] = [];
        for (let at = 0; at < bytes.length; at += step) read.push(...reader.push(bytes.subarray(at, at + step)));
        assert.equal(JSON.stringify(read), JSON.stringify(messages));
      }),
      { seed: 1 },
    );
  });

  test('hostile bytes are refused by name, or wait for more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new FrameReader().push(bytes);
        } catch (error) {
          assert.equal((error as { code: string }).code, 'MAPI_E_CORRUPT_DATA');
        }
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('a length beyond the limit is refused before anything is kept for it', () => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(frameBytesMax + 1);
    assert.throws(() => new FrameReader().push(head), { code: 'MAPI_E_CORRUPT_DATA' });
    assert.throws(() => encodeFrame('x'.repeat(frameBytesMax)), { code: 'MAPI_E_TOO_BIG' });
  });
});
