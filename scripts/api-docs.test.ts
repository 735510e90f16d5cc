import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { pageOf, pages, undocumented } from './api-docs.mjs';
import { exportedThings } from './api-exports.mjs';

interface Thing {
  readonly name: string;
  readonly kind: string;
  readonly source: string;
  readonly doc: string;
  readonly members: readonly { readonly signature: string; readonly doc: string }[];
}

describe('API reference', () => {
  const things: readonly Thing[] = exportedThings();
  const made: ReadonlyMap<string, string> = pages(things);

  test('every export of the front door is in the index and on the page of its source', async () => {
    const exported = await import('nodemapi');
    const names = new Set(things.map(({ name }) => name));
    assert.deepEqual(
      Object.keys(exported).filter((name) => !names.has(name)),
      [],
    );
    const index = made.get('README.md') ?? '';
    for (const { name, source } of things) {
      assert.ok(index.includes(`[\`${name}\`]`), name);
      assert.match(made.get(pageOf(source)) ?? '', new RegExp(`\\b${name}\\b`));
    }
  });

  test('what is exported without a word is named with its place', () => {
    const silent = { ...things[0], doc: '', name: 'silent', source: 'a.ts', line: 7 };
    assert.deepEqual(undocumented([silent]), ['a.ts:7: silent is exported by nodemapi and has no docstring']);
  });

  test('a page has signatures, docstrings, members and links to the documentation', () => {
    const page = made.get('mapi/table.md') ?? '';
    assert.match(page, /## IMAPITable\n/);
    assert.match(page, /- `queryRows\(count: number/);
    assert.match(page, /outlook\/mapi\/imapitable-queryrows\)/);
    assert.doesNotMatch(page, /^@/m);
  });

  test('the same sources give the same pages', () => {
    assert.deepEqual(pages(things), made);
  });
});
