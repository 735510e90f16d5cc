import assert from 'node:assert/strict';
import { MapiError, STREAM_CHUNK_BYTES } from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { copyStream, MemoryStream, readAll } from './memory-stream.ts';

const code = (wanted: string) => (error: unknown) => MapiError.is(error) && error.code === wanted;

describe('MemoryStream', () => {
  test('PROP-046: what was written arrives on commit, and on release without one', async () => {
    const taken: string[] = [];
    const stream = new MemoryStream(Uint8Array.of(1), { onCommit: (bytes) => void taken.push(bytes.join()) });
    await stream.seek(0, 'end');
    await stream.write(Uint8Array.of(2));
    await stream.commit();
    await stream.commit();
    await stream.write(Uint8Array.of(3));
    await stream.release();
    await stream.release();
    assert.deepEqual(taken, ['1,2', '1,2,3']);
    await assert.rejects(stream.read(1), code('MAPI_E_INVALID_OBJECT'));
  });

  test('revert goes back to the last commit', async () => {
    const stream = new MemoryStream(Uint8Array.of(1, 2));
    await stream.write(Uint8Array.of(9));
    await stream.revert();
    assert.deepEqual(stream.toBytes(), Uint8Array.of(1, 2));
  });

  test('limits, positions and sizes that cannot be are refused', async () => {
    const stream = new MemoryStream(new Uint8Array(2), { bytesMax: 4 });
    await assert.rejects(stream.seek(-1), code('MAPI_E_INVALID_PARAMETER'));
    await assert.rejects(stream.setSize(-1), code('MAPI_E_INVALID_PARAMETER'));
    await assert.rejects(stream.setSize(5), code('MAPI_E_TOO_BIG'));
    await assert.rejects(stream.write(new Uint8Array(5)), code('MAPI_E_TOO_BIG'));
    const readOnly = new MemoryStream(Uint8Array.of(1), { writable: false });
    await assert.rejects(readOnly.write(Uint8Array.of(1)), code('MAPI_E_NO_ACCESS'));
    await assert.rejects(readOnly.setSize(0), code('MAPI_E_NO_ACCESS'));
  });

  test('readAll reads no more than it may', async () => {
    const bytes = new Uint8Array(STREAM_CHUNK_BYTES + 1).fill(7);
    assert.deepEqual(await readAll(new MemoryStream(bytes), bytes.length), bytes);
    await assert.rejects(readAll(new MemoryStream(bytes), bytes.length - 1), code('MAPI_E_TOO_BIG'));
  });

  test('streams are copied in part and whole', async () => {
    const source = new MemoryStream(Uint8Array.of(1, 2, 3, 4));
    const target = new MemoryStream();
    assert.equal(await source.copyTo(target, 3), 3);
    assert.equal(await copyStream(source, target), 1);
    assert.deepEqual(target.toBytes(), Uint8Array.of(1, 2, 3, 4));
  });

  test('it behaves as an array of bytes that grows with zeros', async () => {
    const near = fc.nat({ max: 3 * STREAM_CHUNK_BYTES });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), at: near, length: fc.nat({ max: STREAM_CHUNK_BYTES + 9 }) }),
      fc.record({ kind: fc.constant('size' as const), at: near, length: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const stream = new MemoryStream();
        let model = new Uint8Array(0);
        for (const [index, { kind, at, length }] of steps.entries()) {
          const size = kind === 'size' ? at : Math.max(model.length, at + length);
          const next = new Uint8Array(size);
          next.set(model.subarray(0, size));
          if (kind === 'size') await stream.setSize(at);
          else {
            const bytes = new Uint8Array(length).fill(index + 1);
            next.set(bytes, at);
            await stream.seek(at);
            await stream.write(bytes);
          }
          model = next;
        }
        assert.ok(Buffer.from(stream.toBytes()).equals(model));
      }),
      { seed: 3, numRuns: 40 },
    );
  });
});
