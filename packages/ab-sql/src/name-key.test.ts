import assert from 'node:assert/strict';
import { test } from 'vitest';
import { nameKey } from './name-key.ts';

test('names are compared without regard to case, diacritics, width and white space', () => {
  assert.equal(nameKey('  Zoë\tÅngström '), 'zoe angstrom');
  assert.equal(nameKey('Ｆｕｌｌ'), 'full');
  assert.notEqual(nameKey('Ann'), nameKey('Anna'));
  assert.equal(nameKey(' '), '');
});
