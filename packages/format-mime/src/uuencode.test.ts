import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { uudecodeLine, uuencode, uuencodedName } from './uuencode.ts';

async function encoded(bytes: Uint8Array, size: number): Promise<readonly string[]> {
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const parts: Uint8Array[] = [];
  for await (const part of uuencode('a b.txt', pieces())) parts.push(part);
  return Buffer.concat(parts).toString('latin1').split('\r\n');
}

test('a file stands between begin and end', async () => {
  assert.deepEqual(await encoded(Buffer.from('Cat'), 9), ['begin 0644 a b.txt', '#0V%T', '`', 'end', '']);
  assert.equal(uuencodedName('begin 0644 a b.txt '), 'a b.txt');
  assert.equal(uuencodedName('begin here to read'), undefined);
});

test('what was encoded is decoded, however it was cut; what is no such line is none', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 99 }), async (bytes, size) => {
      const lines = await encoded(bytes, size);
      assert.ok(lines.every((line) => line.length <= 61));
      const decoded = lines.slice(1, -3).map((line) => uudecodeLine(line) ?? assert.fail(line));
      assert.deepEqual(Buffer.concat(decoded), Buffer.from(bytes));
    }),
    { seed: 5, numRuns: 200 },
  );
  for (const line of [
    '',
    'lower case text',
    'MFAR TOO SHORT TO TELL BUT PADDED, AND THEN MUCH TOO LONG FOR WHAT ITS FIRST CHARACTER SAYS',
  ])
    assert.equal(uudecodeLine(line), undefined, line);
});
