import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { utf8Encode } from '@nodemapi/base';
import { test } from 'vitest';
import { newPaths } from './book-path.ts';

test('an address book is named after its profile, with a number where the name is taken', () => {
  const [first, second] = newPaths('Büro 2');
  assert.deepEqual([first, second], ['stores/Büro 2.mapiab', 'stores/Büro 2-2.mapiab']);
});

test('every profile name makes the name of a file, with room for the journals of the database', () => {
  for (const letter of ['é', '漢', '𝔸', '\u0301']) {
    const [path = ''] = newPaths(letter.repeat(64));
    assert.ok(utf8Encode(basename(path)).length <= 210, path);
  }
});
