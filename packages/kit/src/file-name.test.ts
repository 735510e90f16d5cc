import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { describe, test } from 'vitest';
import { FILE_NAME_BYTES_MAX, readableFileName, shortFileName } from './file-name.ts';

const bytes = (name: string): number => utf8Encode(name).length;

describe('file names', () => {
  test('a name up to the limit stays as it is', () => {
    for (const name of ['work', 'x'.repeat(FILE_NAME_BYTES_MAX), 'é'.repeat(FILE_NAME_BYTES_MAX / 2)]) {
      assert.equal(shortFileName(name), name);
    }
  });

  test('a longer one is cut, keeps its beginning and stays unlike its neighbours', () => {
    const names = ['a', 'b'].map((end) => shortFileName(`${'%e6%bc%a2'.repeat(64)}${end}`));
    assert.notEqual(names[0], names[1]);
    for (const name of names) {
      assert.ok(bytes(name) <= FILE_NAME_BYTES_MAX, name);
      assert.match(name, /^(%[0-9a-f]{2})+-[0-9a-f]{32}$/);
    }
  });

  test('no character is cut in two', () => {
    for (const character of ['é', '漢', '𝔸']) {
      for (const before of ['', 'x', 'xx', 'xxx']) {
        const name = shortFileName(before + character.repeat(FILE_NAME_BYTES_MAX));
        assert.ok(bytes(name) <= FILE_NAME_BYTES_MAX);
        assert.match(name, new RegExp(`^x*${character}+-[0-9a-f]{32}$`, 'u'));
      }
    }
  });

  test('people can read a name, and no file system misreads it', () => {
    assert.equal(readableFileName('Büro 2_b-c'), 'Büro 2_b-c');
    assert.equal(readableFileName(' a/b:c\\..'), '%20a%2fb%3ac%5c%2e%2e');
    assert.ok(bytes(readableFileName('𝔸'.repeat(64))) <= FILE_NAME_BYTES_MAX);
    assert.ok(bytes(readableFileName('\u0301'.repeat(64))) <= FILE_NAME_BYTES_MAX);
  });
});
