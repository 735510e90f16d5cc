import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { type FileSystem, utf8Encode } from '@nodemapi/base';
import { test } from 'vitest';
import { newPath } from './config.ts';

const withFiles = (...paths: readonly string[]): FileSystem =>
  ({ exists: async (path: string) => paths.includes(path) }) as Partial<FileSystem> as FileSystem;

test('a store is named after its profile, and never takes a file that is there', async () => {
  assert.equal(await newPath(withFiles(), '/h', 'Büro 2'), '/h/stores/Büro 2.mapidb');
  assert.equal(await newPath(withFiles('/h/stores/a.mapidb'), '/h', 'a'), '/h/stores/a-2.mapidb');
});

test('every profile name makes the name of a file, with room for the journals of the database', async () => {
  for (const letter of ['é', '漢', '𝔸', '\u0301']) {
    const name = basename(await newPath(withFiles(), '/h', letter.repeat(64)));
    assert.ok(utf8Encode(name).length <= 210, name);
  }
});
