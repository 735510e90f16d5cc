import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { utf8Encode } from '@nodemapi/base';
import { test } from 'vitest';
import { newPaths } from './config.ts';

test('a store is named after its profile, with a number where the name is taken', () => {
  const [first, second] = newPaths('/h', 'Büro 2');
  assert.deepEqual([first, second], ['/h/stores/Büro 2.mapidb', '/h/stores/Büro 2-2.mapidb']);
});

test('every profile name makes the name of a file, with room for the journals of the database', () => {
  for (const letter of ['é', '漢', '𝔸', '\u0301']) {
    const [path = ''] = newPaths('/h', letter.repeat(64));
    assert.ok(utf8Encode(basename(path)).length <= 210, path);
  }
});
