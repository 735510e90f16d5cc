import assert from 'node:assert/strict';
import { MapiError, utf8Encode } from '@nodemapi/base';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { inPieces, mail, read } from './collect.testing.ts';
import type { MimePart } from './mime-part.ts';
import { type MimeEvent, parseMime } from './mime-reader.ts';

const NESTED = `Subject: nested
Content-Type: multipart/mixed; boundary=outer

preamble
--outer
Content-Type: multipart/alternative; boundary="in ner"

--in ner
Content-Type: text/plain; charset=utf-8

text
--in ner
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable

<b>=C3=A4</b>
--in ner--
epilogue
--outer
Content-Type: application/octet-stream; name=a.bin
Content-Transfer-Encoding: base64

aGVs
bG8=

--outer
Content-Type: message/rfc822

Subject: inside
Content-Type: multipart/mixed; boundary=x

--x

y
--x--
--outer--
epilogue
`;

const NESTED_PARTS = [
  { path: '', type: 'multipart/mixed', body: '' },
  { path: '1', type: 'multipart/alternative', body: '' },
  { path: '1.1', type: 'text/plain', body: 'text' },
  { path: '1.2', type: 'text/html', body: '<b>ä</b>' },
  { path: '2', type: 'application/octet-stream', body: 'hello' },
  {
    path: '3',
    type: 'message/rfc822',
    body: 'Subject: inside\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ny\r\n--x--',
  },
];

function codeOf(expected: string): (error: unknown) => boolean {
  return (error) => MapiError.is(error) && error.code === expected;
}

describe('structure', () => {
  test('parts nest, bodies are decoded, an attached message is one body', async () => {
    assert.deepEqual((await read(NESTED)).parts, NESTED_PARTS);
  });

  test('however the bytes are cut, the same comes out', async () => {
    for (const size of [1, 2, 3, 7, 64, 65, 500]) assert.deepEqual((await read(NESTED, {}, size)).parts, NESTED_PARTS);
  });

  test('every start has its end, innermost first', async () => {
    const open: string[] = [];
    for (const event of (await read(NESTED)).events) {
      if (event.kind === 'start') open.push(event.part.path);
      if (event.kind === 'end') assert.equal(open.pop(), event.part.path);
    }
    assert.deepEqual(open, []);
  });

  test('the line end before a delimiter is not the body, one more is', async () => {
    for (const [body, expected] of [
      ['', ''],
      ['\n', '\r\n'],
      ['a', 'a'],
      ['a\n', 'a\r\n'],
      ['\n\n', '\r\n\r\n'],
    ] as const) {
      for (const size of [1, 2, 5, 1000]) {
        const text = `Content-Type: multipart/mixed; boundary=b\n\n--b\nX: 1\n\n${body}\n--b\nX: 2\n\n${body}\n--b--\n`;
        const { parts } = await read(text, {}, size);
        assert.deepEqual(
          parts.slice(1).map((part) => part.body),
          [expected, expected],
        );
      }
    }
  });

  test('parts of a digest are messages by default', async () => {
    const { parts } = await read('Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ny\n--b--\n');
    assert.deepEqual(parts[1], { path: '1', type: 'message/rfc822', body: 'Subject: x\r\n\r\ny' });
  });

  test('an opaque multipart is given byte for byte', async () => {
    const inner = '--s\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--s\r\n\r\nsig\r\n--s--\r\nepilogue\r\n';
    const whole = `Content-Type: multipart/signed; boundary=s\n\n${inner}`;
    const opaque = (type: string): boolean => type === 'multipart/signed';
    assert.deepEqual((await read(whole, { opaque })).parts, [{ path: '', type: 'multipart/signed', body: inner }]);
    const nested = `Content-Type: multipart/mixed; boundary=m\n\n--m\n${whole}\n--m--\n`;
    for (const size of [1, 10, 1000]) {
      assert.equal((await read(nested, { opaque }, size)).parts[1]?.body, inner);
    }
  });
});

describe('damage', () => {
  test('a message that ends too early gives what there is', async () => {
    for (let end = 0; end < NESTED.length; end += 5) {
      const { events } = await read(NESTED.slice(0, end));
      const count = (kind: MimeEvent['kind']): number => events.filter((event) => event.kind === kind).length;
      assert.equal(count('start'), count('end'));
    }
  });

  test('a multipart without a boundary is one body, and said so', async () => {
    const { parts, diagnostics } = await read('Content-Type: multipart/mixed\n\n--b\n\nx\n--b--\n');
    assert.equal(parts[0]?.body, '--b\r\n\r\nx\r\n--b--\r\n');
    assert.deepEqual(diagnostics, ['multipartWithoutBoundary']);
  });

  test('unknown encodings, damaged bodies and bad header lines are said so', async () => {
    const { parts, diagnostics } = await read('Nonsense\nContent-Transfer-Encoding: x-odd\n\nbody');
    assert.equal(parts[0]?.body, 'body');
    assert.deepEqual(diagnostics, ['badHeaderLine', 'unknownTransferEncoding']);
    assert.deepEqual((await read('Content-Transfer-Encoding: base64\n\naGVsbG8')).diagnostics, ['badBase64']);
    assert.deepEqual((await read('Content-Transfer-Encoding: quoted-printable\n\n=XY')).diagnostics, [
      'badQuotedPrintable',
    ]);
  });

  test('a part that ends in its header is there; white space and lone CRs behind a delimiter are none of it', async () => {
    const { parts } = await read('Content-Type: multipart/mixed; boundary=b\n\n--b \t\nX: 1\n--b\n\ny\n--b\n--b-- ');
    assert.deepEqual(
      parts.map(({ path, body }) => [path, body]),
      [
        ['', ''],
        ['1', ''],
        ['2', 'y'],
      ],
    );
    const raw = Buffer.from(
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\r\n\r\nx\r\n--bb\r\n-\r\n--b--',
      'latin1',
    );
    for (const size of [1, 2, 3, 1000]) {
      assert.equal((await read(new Uint8Array(raw), {}, size)).parts[1]?.body, 'x\r\n--bb\r\n-');
    }
  });

  test('the delimiter of an outer multipart ends inner ones; what looks like one and is too long does not', async () => {
    const long = `--outer${' '.repeat(3000)}`;
    const text = NESTED.replace('--in ner--\n', `${long}\n`);
    for (const size of [1, 13, 100_000]) {
      const { parts } = await read(text, {}, size);
      assert.deepEqual(
        parts.map(({ path }) => path),
        NESTED_PARTS.map(({ path }) => path),
      );
      assert.match(parts[3]?.body ?? '', /--outer/);
    }
  });

  test('a type that cannot be read is text, or what the file name tells', async () => {
    assert.equal((await read('Content-Type: text/plain>\n\nx')).parts[0]?.type, 'text/plain');
    assert.equal((await read('Content-Type: nonsense; name=a.png\n\nx')).parts[0]?.type, 'image/png');
  });

  test('hostile bytes end in events or a MapiError', async () => {
    const words = [
      'Content-Type: multipart/mixed; boundary=b\r\n',
      '\r\n',
      '--b\r\n',
      '--b--\r\n',
      'Content-Type: message/rfc822\r\n',
      '=?',
      '\0',
      '\n',
      '\r',
      ' ',
      'Content-Transfer-Encoding: base64\r\n',
      '\xff',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...words), { maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        async (parts, size) => {
          const { events } = await read(new Uint8Array(Buffer.from(parts.join(''), 'latin1')), {}, size);
          assert.equal(
            events.filter(({ kind }) => kind === 'start').length,
            events.filter(({ kind }) => kind === 'end').length,
          );
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('limits', () => {
  test('of a header beyond headerBytesMax a field is cut, those behind it are read, and it is said so', async () => {
    const long = Array.from({ length: 400 }, (_, at) => `\n a${at}@example.com,`).join('');
    const text = `Subject: first\nTo:${long}\nX-Last: behind\nX-Long: ${'y'.repeat(40_000)}\nContent-Type: text/html\n\nbody`;
    for (const size of [3, 100, 100_000]) {
      const { parts, diagnostics, events } = await read(text, { headerBytesMax: 20_000 }, size);
      assert.deepEqual([parts[0]?.type, parts[0]?.body, diagnostics], ['text/html', 'body', ['headerTooLong']]);
      const [{ headers }] = events.flatMap((event) => (event.kind === 'start' ? [event.part] : [])) as [MimePart];
      assert.deepEqual([headers.get('Subject'), headers.get('X-Last')], ['first', 'behind']);
      assert.match(headers.get('To') ?? '', /^a0@example\.com, a1@.*a100@example\.com,$|^a0@example\.com, /);
      assert.ok(headers.raw.length <= 20_000);
      assert.equal(headers.badLines.length, 0);
    }
  });

  test('parts beyond partsMax are left out, and it is said how many', async () => {
    const many = `Content-Type: multipart/mixed; boundary=b\n\n${'--b\n\nx\n'.repeat(30)}--b--\n`;
    for (const size of [1, 1000]) {
      const { parts, events } = await read(many, { partsMax: 20 }, size);
      assert.equal(parts.length, 20);
      const last = events.at(-1);
      assert(last?.kind === 'diagnostic');
      assert.deepEqual([last.diagnostic.code, /^11 parts/.test(last.diagnostic.detail)], ['tooManyParts', true]);
    }
  });

  test('headers and lines like delimiters without end are read in time', async () => {
    const line = utf8Encode(`X: ${'y'.repeat(4_000_000)}`);
    const { diagnostics } = await read(line, {}, 1000);
    assert.deepEqual(diagnostics, ['headerTooLong']);
    const nested = Array.from(
      { length: 60 },
      (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\n\n--b${at}\n`,
    );
    const { parts } = await read(nested.join('') + '--b\n'.repeat(100_000));
    assert.equal(parts.length, 51);
  });

  test('nestingDepthMax keeps what is deeper as one body', async () => {
    const { parts, diagnostics } = await read(NESTED, { nestingDepthMax: 1 });
    assert.deepEqual(
      parts.slice(0, 2).map(({ path, type }) => [path, type]),
      [
        ['', 'multipart/mixed'],
        ['1', 'multipart/alternative'],
      ],
    );
    assert.match(parts[1]?.body ?? '', /^--in ner.*--in ner--\r\nepilogue$/s);
    assert.deepEqual(diagnostics, ['nestedTooDeep']);
  });

  test('an error of the source comes through, and its iterator is closed when the reader stops early', async () => {
    let closed = false;
    async function* failing(): AsyncIterable<Uint8Array> {
      yield mail('Subject: x\n\nbody');
      throw new MapiError('MAPI_E_NETWORK_ERROR', 'gone');
    }
    async function* endless(): AsyncIterable<Uint8Array> {
      try {
        for (;;) yield utf8Encode('Subject: x\r\n\r\nbody\r\n');
      } finally {
        closed = true;
      }
    }
    await assert.rejects(async () => {
      for await (const _ of parseMime(failing()));
    }, codeOf('MAPI_E_NETWORK_ERROR'));
    for await (const event of parseMime(endless())) if (event.kind === 'body') break;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(closed, true);
  });

  test('a large body passes in constant memory', async () => {
    const line = utf8Encode(`${'YWJj'.repeat(19)}\r\n`);
    const piece = new Uint8Array(line.length * 800).map((_, index) => line[index % line.length] ?? 0);
    async function* source(): AsyncIterable<Uint8Array> {
      yield utf8Encode(
        'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\n',
      );
      for (let count = 0; count < 500; count++) yield piece; // 31 MB
      yield utf8Encode('\r\n--b--\r\n');
    }
    let size = 0;
    let largest = 0;
    for await (const event of parseMime(source())) {
      if (event.kind !== 'body') continue;
      size += event.bytes.length;
      largest = Math.max(largest, event.bytes.length);
    }
    assert.equal(size, 57 * 800 * 500);
    assert.ok(largest < 100_000);
  });

  test('one endless line passes in bounded pieces', async () => {
    let largest = 0;
    const bytes = new Uint8Array(3_000_000).fill(0x61);
    bytes.set(utf8Encode('A: b\r\n\r\n'));
    for await (const event of parseMime(inPieces(bytes, 10_000))) {
      if (event.kind === 'body') largest = Math.max(largest, event.bytes.length);
    }
    assert.ok(largest < 200_000);
  });
});
