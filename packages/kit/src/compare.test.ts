import assert from 'node:assert/strict';
import {
  ascend,
  descend,
  PR_IMPORTANCE,
  PR_SUBJECT,
  PT_BOOLEAN,
  PT_I2,
  PT_LONG,
  PT_MV_LONG,
  PT_SYSTIME,
  prop,
  type Row,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { compareRows, compareStrings, compareTyped } from './compare.ts';

const sorted = (texts: readonly string[]): readonly string[] => [...texts].sort(compareStrings);

describe('compare', () => {
  test('PROP-004: integers are signed, false comes before true', () => {
    assert.ok(compareTyped(PT_LONG, 0xffff_fffe, 1) < 0);
    assert.ok(compareTyped(PT_I2, 0xffff, 0) < 0);
    assert.ok(compareTyped(PT_BOOLEAN, false, true) < 0);
    assert.ok(compareTyped(PT_SYSTIME, 2n ** 62n, 2n ** 62n + 1n) < 0);
  });

  test('TABLE-040: multivalues are tuples; the one that ends first comes last', () => {
    assert.ok(compareTyped(PT_MV_LONG, [1, 2], [1, 3]) < 0);
    assert.ok(compareTyped(PT_MV_LONG, [2], [1, 9]) > 0);
    assert.ok(compareTyped(PT_MV_LONG, [1], [1, 9]) > 0);
    assert.equal(compareTyped(PT_MV_LONG, [1, 9], [1, 9]), 0);
  });

  test('TABLE-037: rows without a key come last in both directions', () => {
    const rows: readonly Row[] = [[], [prop(PR_IMPORTANCE, 1)], [prop(PR_IMPORTANCE, 2)]];
    const order = (sort: Parameters<typeof compareRows>[0]) =>
      [...rows].sort(compareRows(sort)).map((row) => row[0]?.value);
    assert.deepEqual(order([ascend(PR_IMPORTANCE)]), [1, 2, undefined]);
    assert.deepEqual(order([descend(PR_IMPORTANCE)]), [2, 1, undefined]);
  });

  test('the second key decides where the first does not', () => {
    const rows: readonly Row[] = [
      [prop(PR_SUBJECT, 'b'), prop(PR_IMPORTANCE, 1)],
      [prop(PR_SUBJECT, 'a'), prop(PR_IMPORTANCE, 1)],
      [prop(PR_SUBJECT, 'c'), prop(PR_IMPORTANCE, 2)],
    ];
    const ordered = [...rows].sort(compareRows([descend(PR_IMPORTANCE), ascend(PR_SUBJECT)]));
    assert.deepEqual(
      ordered.map((row) => row[0]?.value),
      ['c', 'a', 'b'],
    );
  });

  test('strings: ASCII case first, then code points', () => {
    assert.deepEqual(sorted(['b', 'B', 'a', 'A', '_', '[', '\u00e4', '\u00c4']), [
      '[',
      '_',
      'A',
      'a',
      'B',
      'b',
      '\u00c4',
      '\u00e4',
    ]);
    assert.deepEqual(sorted(['\u{1f600}', '\uff5e']), ['\uff5e', '\u{1f600}']);
  });

  test('strings are ordered as their UTF-8 bytes are, when case is put aside', () => {
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const fold = (value: string): string => value.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
        const bytes =
          Buffer.compare(Buffer.from(fold(a)), Buffer.from(fold(b))) || Buffer.compare(Buffer.from(a), Buffer.from(b));
        assert.equal(Math.sign(compareStrings(a, b)), bytes);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
