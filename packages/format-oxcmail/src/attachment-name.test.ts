import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { extensionOf, shortName } from './attachment-name.ts';

test('short names have at most eight and three characters', () => {
  assert.equal(shortName('readme.txt'), 'readme.txt');
  assert.equal(shortName('a long name.jpeg'), 'alongn~1.jpe');
  assert.equal(shortName('žluť'), 'lu~1');
  assert.equal(shortName('日本'), 'ATT~1');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (name) => {
      assert.match(shortName(name), /^[\w!#$%&'()@^`{}~-]{0,8}(?:\.\w{1,3})?$/);
    }),
    { seed: 10, numRuns: 500 },
  );
});

test('an extension has a name before it', () => {
  assert.equal(extensionOf('a.tar.gz'), '.gz');
  assert.equal(extensionOf('.profile'), undefined);
  assert.equal(extensionOf('none'), undefined);
});
