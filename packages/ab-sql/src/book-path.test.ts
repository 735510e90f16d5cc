import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { type FileSystem, utf8Encode } from '@nodemapi/base';
import { test } from 'vitest';
import { newPath } from './book-path.ts';

const withFiles = (...paths: readonly string[]): FileSystem =>
  ({ exists: async (path: string) => paths.includes(path) }) as Partial<FileSystem> as FileSystem;

test('an address book is named after its profile, and never takes a file that is there', async () => {
  assert.equal(await newPath(withFiles(), '/h', 'Büro 2'), 'stores/Büro 2.mapiab');
  assert.equal(await newPath(withFiles('/h/stores/a.mapiab'), '/h', 'a'), 'stores/a-2.mapiab');
});

test('every profile name makes the name of a file, with room for the journals of the database', async () => {
  for (const letter of ['é', '漢', '𝔸', '\u0301']) {
    const name = basename(await newPath(withFiles(), '/h', letter.repeat(64)));
    assert.ok(utf8Encode(name).length <= 210, name);
  }
});
