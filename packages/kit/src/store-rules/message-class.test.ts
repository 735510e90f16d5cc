import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { chooseReceiveFolder, isClassOrBelow, isMessageClass } from './message-class.ts';

describe('message classes', () => {
  test('MSG-009: up to 255 characters of ASCII, no period at the end', () => {
    assert.equal(isMessageClass('IPM.Note'), true);
    assert.equal(isMessageClass(''), true);
    assert.equal(isMessageClass('x'.repeat(255)), true);
    assert.equal(isMessageClass('x'.repeat(256)), false);
    assert.equal(isMessageClass('IPM.'), false);
    assert.equal(isMessageClass('IPM.\n'), false);
    assert.equal(isMessageClass('IPM.ä'), false);
  });

  test('MSG-010, STORE-048, C-05: a class lies below another at a period, whatever the case', () => {
    assert.equal(isClassOrBelow('IPM.Note', 'ipm'), true);
    assert.equal(isClassOrBelow('IPM.Notes', 'IPM.Note'), false);
    assert.equal(isClassOrBelow('IPM', 'IPM.Note'), false);
    assert.equal(isClassOrBelow('anything', ''), true);
    const entry = { messageClass: 'ipm.NOTE', folder: 'kept as it was written' };
    assert.deepEqual(chooseReceiveFolder([entry], 'IPM.Note.Sample'), entry);
  });

  test('STORE-048, STORE-051: the longest class decides, in whatever order they stand', () => {
    const entries = ['', 'IPM', 'IPM.Note.Sample'].map((messageClass) => ({ messageClass, folder: messageClass }));
    for (const list of [entries, [...entries].reverse()]) {
      assert.equal(chooseReceiveFolder(list, 'IPM.Note.Sample.Simple')?.folder, 'IPM.Note.Sample');
      assert.equal(chooseReceiveFolder(list, 'IPM.Timecard')?.folder, 'IPM');
      assert.equal(chooseReceiveFolder(list, 'Other')?.folder, '');
    }
    assert.equal(chooseReceiveFolder([], 'IPM'), undefined);
  });
});
