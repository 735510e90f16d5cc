import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'vitest';
import { isCutFileName, isProfileName, profileFileName, profileNameOf } from './profile-name.ts';

test('PROF-3: letters, digits, underscores and inner spaces, 64 at most', () => {
  for (const name of ['Work', 'Büro 2', 'a_b', 'x'.repeat(64), '日本']) assert.equal(isProfileName(name), true, name);
  for (const name of ['', ' a', 'a ', 'a/b', 'a.b', 'x'.repeat(65), 'a\tb'])
    assert.equal(isProfileName(name), false, name);
});

test('every name has a file of its own, also where file names know no upper case', () => {
  const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter(isProfileName);
  fc.assert(
    fc.property(names, (name) => {
      const file = profileFileName(name);
      assert.match(file, /^[a-z0-9_%]+$/);
      assert.equal(profileNameOf(file), name.normalize('NFC'));
    }),
    { seed: 1 },
  );
  assert.notEqual(profileFileName('Work').toLowerCase(), profileFileName('work').toLowerCase());
  assert.equal(profileNameOf('not%a'), undefined);
});

test('a name that would become too long is cut, and its file says so', () => {
  const [one, other] = ['漢'.repeat(64), `${'漢'.repeat(63)}字`].map(profileFileName);
  assert.ok(one !== undefined && one.length <= 200 && isCutFileName(one));
  assert.notEqual(one, other);
  assert.deepEqual([profileNameOf(one), isCutFileName(profileFileName('a'.repeat(64)))], [undefined, false]);
});
