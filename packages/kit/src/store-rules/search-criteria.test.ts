import assert from 'node:assert/strict';
import { FOLDER_GENERIC, FOLDER_SEARCH, MapiError, PR_SUBJECT, resExist } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import {
  assertSearchFolder,
  checkSearchOptions,
  type FolderSearch,
  nextSearch,
  type SearchOptions,
  searchStateOf,
} from './search-criteria.ts';

const HAS_SUBJECT = resExist(PR_SUBJECT);
const FIRST = { restriction: HAS_SUBJECT, containers: [1] };
const NOTHING_NEW = { restriction: null, containers: null };
const RUNNING: FolderSearch = { ...FIRST, recursive: true, foreground: false, running: true };

const invalid = (error: unknown): boolean => MapiError.is(error, 'MAPI_E_INVALID_PARAMETER');

describe('criteria of a search folder', () => {
  test('the first ones need a restriction and folders; what is null afterwards stays', () => {
    assert.throws(() => nextSearch({ ...FIRST, restriction: null }, {}, undefined), invalid);
    assert.throws(() => nextSearch({ ...FIRST, containers: null }, {}, undefined), invalid);
    const { search, anew } = nextSearch(FIRST, { recursive: true }, undefined);
    assert.deepEqual({ search, anew }, { search: RUNNING, anew: true });
    assert.deepEqual(nextSearch(NOTHING_NEW, {}, RUNNING), { search: RUNNING, anew: false });
  });

  test('a search is done anew for new criteria, another scope, a restart, and after a stop', () => {
    const anew = (options: SearchOptions, former = RUNNING): boolean => nextSearch(NOTHING_NEW, options, former).anew;
    assert.equal(nextSearch({ ...NOTHING_NEW, containers: [2] }, {}, RUNNING).anew, true);
    assert.equal(anew({ shallow: true }), true);
    assert.equal(anew({ recursive: true }), false);
    assert.equal(anew({ restart: true }), true);
    assert.equal(anew({ foreground: true }), false);
    assert.equal(anew({}, { ...RUNNING, running: false }), true);
    assert.equal(nextSearch({ ...NOTHING_NEW, containers: [2] }, { stop: true }, RUNNING).anew, false);
  });

  test('C-01: the state shows SEARCH_RUNNING, SEARCH_RECURSIVE and SEARCH_FOREGROUND', () => {
    assert.equal(searchStateOf(RUNNING), 0x1 | 0x4);
    assert.equal(searchStateOf({ ...RUNNING, running: false, recursive: false, foreground: true }), 0x8);
  });

  test('flags that exclude each other, and folders that are no search folders, are refused', () => {
    assert.throws(() => checkSearchOptions({ stop: true, restart: true }), invalid);
    assert.throws(() => checkSearchOptions({ recursive: true, shallow: true }), invalid);
    assert.throws(() => checkSearchOptions({ foreground: true, background: true }), invalid);
    checkSearchOptions({ restart: true, recursive: true, background: true });
    assertSearchFolder({ type: FOLDER_SEARCH });
    assert.throws(
      () => assertSearchFolder({ type: FOLDER_GENERIC }),
      (error) => MapiError.is(error, 'MAPI_E_NO_SUPPORT'),
    );
  });
});
