import assert from 'node:assert/strict';
import { once } from 'node:events';
import { concatBytes, utf8Encode } from '@nodemapi/base';
import fc from 'fast-check';
import DataStream from 'nodemailer/lib/smtp-connection/data-stream';
import { test } from 'vitest';
import { DotStuffing } from './dot-stuffing.ts';

function stuffed(pieces: readonly Uint8Array[]): Uint8Array {
  const stuffing = new DotStuffing();
  return concatBytes([...pieces.map((piece) => stuffing.next(piece)), stuffing.end()]);
}

const text = (...pieces: readonly string[]): string =>
  Buffer.from(stuffed(pieces.map((piece) => utf8Encode(piece)))).toString('latin1');

test('dots at the start of a line are doubled, line ends are CR LF, and a dot on its own ends the message', () => {
  assert.equal(text('a\r\nb\r\n'), 'a\r\nb\r\n.\r\n');
  assert.equal(text('a'), 'a\r\n.\r\n');
  assert.equal(text('.a\r\n.\r\n..b'), '..a\r\n..\r\n...b\r\n.\r\n');
  assert.equal(text('a\nb\n'), 'a\r\nb\r\n.\r\n');
  assert.equal(text('\n'), '\r\n.\r\n');
  assert.equal(text(), '.\r\n');
});

test('a lone CR is the end of a line, so that no dot between two can end the message', () => {
  assert.equal(text('a\r.\rb'), 'a\r\n..\r\nb\r\n.\r\n');
  assert.equal(text('a\r', '.\r', 'b'), 'a\r\n..\r\nb\r\n.\r\n');
  assert.equal(text('a\r'), 'a\r\n.\r\n');
});

test('what needs no change is not copied', () => {
  const piece = utf8Encode('Subject: x\r\n\r\nnothing. here.\r\n');
  assert.equal(new DotStuffing().next(piece), piece);
});

test('whatever the bytes and their pieces, the protocol library would write the same', async () => {
  const bytes = fc.uint8Array({ maxLength: 12 }).map((list) => list.map((byte) => [10, 13, 46, 97][byte % 4] ?? 0));
  await fc.assert(
    fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 4 }), async (pieces) => {
      if (pieces.every(({ length }) => length === 0)) return; // the library begins an empty message with an empty line
      const stream = new DataStream();
      const parts: Uint8Array[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      for (const piece of pieces) stream.write(piece);
      stream.end();
      await once(stream, 'end');
      assert.deepEqual(Buffer.from(stuffed(pieces)), Buffer.concat(parts));
    }),
    { seed: 1, numRuns: 500 },
  );
});
