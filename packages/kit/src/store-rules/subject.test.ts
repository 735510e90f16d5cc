import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { splitSubject } from './subject.ts';

describe('subjects', () => {
  const table: readonly [string, string | undefined, string, string][] = [
    ['RE: x', undefined, 'RE: ', 'x'],
    ['Å: x', undefined, 'Å: ', 'x'],
    ['Note: x', undefined, '', 'Note: x'],
    ['RE2: x', undefined, '', 'RE2: x'],
    ['RE:x', undefined, '', 'RE:x'],
    [': x', undefined, '', ': x'],
    ['Antwort: x', 'Antwort: ', 'Antwort: ', 'x'],
    ['RE: x', 'FW: ', 'RE: ', 'x'],
    ['RE: x', '', '', 'RE: x'],
    ['', undefined, '', ''],
  ];
  test('MSG-011, MSG-012, MSG-014: prefixes', () => {
    for (const [subject, explicit, prefix, normalized] of table) {
      assert.deepEqual(splitSubject(subject, explicit), { prefix, normalized }, JSON.stringify(subject));
    }
  });

  test('MSG-013: the parts together are the subject', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (subject, explicit) => {
        const { prefix, normalized } = splitSubject(subject, explicit);
        assert.equal(prefix + normalized, subject);
      }),
      { seed: 1 },
    );
  });
});
