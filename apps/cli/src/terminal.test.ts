import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { bytesText, durationText, layOut, printable, textWidth } from './terminal.ts';

describe('text for people', () => {
  test('columns that do not fit are cut where they are widest, and ids never', () => {
    const rows = [['0123456789abcdef', 'short', 'a rather long subject of a message']];
    assert.deepEqual(layOut({ colours: false, columns: 44 }, ['id', 'from', 'subject'], rows).split('\n'), [
      'id                from   subject',
      '0123456789abcdef  short  a rather long subj…',
    ]);
    assert.match(
      layOut({ colours: false, columns: 10 }, ['id', 'from', 'subject'], rows),
      /0123456789abcdef {2}short/u,
    );
  });

  test('in a pipe cells have a tab between them, and none is cut or filled up', () => {
    const rows = [
      ['1', 'x'.repeat(500), 'a\tb'],
      ['22', '', 'c'],
    ];
    const piped = { colours: false, columns: Number.POSITIVE_INFINITY };
    assert.equal(
      layOut(piped, ['id', 'from', 'subject'], rows),
      `id\tfrom\tsubject\n1\t${'x'.repeat(500)}\ta b\n22\t\tc`,
    );
  });

  test('wide characters count twice, marks not at all', () => {
    assert.deepEqual([textWidth('日本'), textWidth('e\u0301'), textWidth('abc')], [4, 1, 3]);
  });

  test('control characters of foreign text do nothing to the terminal', () => {
    assert.equal(printable('a\u001b[31mb\nc\u0000'), 'a\u241b[31mb c\u2400');
    assert.equal(printable('photo\u202egpj.exe'), 'photo\ufffdgpj.exe');
  });

  test('sizes and times', () => {
    assert.deepEqual([bytesText(1023), bytesText(1536), bytesText(50 * 1024 ** 2)], ['1023 B', '1.5 KiB', '50 MiB']);
    assert.deepEqual([durationText(12), durationText(1234), durationText(600_000)], ['12 ms', '1.2 s', '10 min']);
  });
});
