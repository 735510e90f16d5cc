import assert from 'node:assert/strict';
import { utf8Decode } from '@nodemapi/base';
import fc from 'fast-check';
import { test } from 'vitest';
import { collect, inPieces, read } from './collect.testing.ts';
import { foldedHeader, parameterHeader } from './header-writer.ts';
import { type MimeTree, writeMime } from './mime-writer.ts';

const bytesOf = (text: string): AsyncIterable<Uint8Array> => inPieces(new Uint8Array(Buffer.from(text, 'latin1')), 100);

function leaf(text: string, encoding: 'base64' | 'quoted-printable' | '7bit' = '7bit'): MimeTree {
  return { kind: 'leaf', headers: [parameterHeader('Content-Type', 'text/plain', [])], encoding, body: bytesOf(text) };
}

test('a tree is written with its headers first and delimiters around its parts', async () => {
  const tree: MimeTree = {
    kind: 'multipart',
    headers: [foldedHeader('MIME-Version', '1.0')],
    subtype: 'mixed',
    boundary: 'b b',
    parts: [leaf('one\n'), { kind: 'entity', headers: [], bytes: bytesOf('Content-Type: a/b\r\n\r\nraw\n') }],
  };
  assert.equal(
    utf8Decode(await collect(writeMime(tree))),
    [
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b b"',
      '',
      '--b b',
      'Content-Type: text/plain',
      'Content-Transfer-Encoding: 7bit',
      '',
      'one',
      '',
      '--b b',
      'Content-Type: a/b',
      '',
      'raw\n',
      '--b b--',
      '',
    ].join('\r\n'),
  );
});

test('what is written reads as it was, to any depth', async () => {
  const body = fc.tuple(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom('base64', 'quoted-printable' as const),
  );
  const shape = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof({ maxDepth: 3, withCrossShrink: true }, body, fc.array(tie('tree'), { minLength: 1, maxLength: 3 })),
  })).tree;
  await fc.assert(
    fc.asyncProperty(shape, fc.integer({ min: 1, max: 200 }), async (given, size) => {
      let boundaries = 0;
      const bodies: string[] = [];
      const build = (node: unknown): MimeTree => {
        const [text, encoding] = node as [unknown, unknown];
        if (typeof text === 'string') {
          const clean = text.replaceAll(/[\n\x80-\uffff]/g, '');
          bodies.push(clean);
          return leaf(clean, encoding as 'base64');
        }
        const parts = (node as unknown[]).map(build);
        return { kind: 'multipart', headers: [], subtype: 'mixed', boundary: `=_${++boundaries}`, parts };
      };
      const written = await collect(writeMime(build(given)));
      const { parts } = await read(written, {}, size);
      assert.deepEqual(
        parts.filter(({ type }) => type === 'text/plain').map((part) => part.body),
        bodies,
      );
    }),
    { seed: 8, numRuns: 200 },
  );
});
