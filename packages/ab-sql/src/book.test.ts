import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@nodemapi/base';
import { Database } from '@nodemapi/sqlite';
import { test } from 'vitest';
import { Book } from './book.ts';
import { APPLICATION_ID, MIGRATIONS } from './schema.ts';

test('a book opens, and reads, while another process has the write lock', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'mapi-book-'));
  try {
    const path = join(directory, 'a.mapiab');
    await (await Book.open(path, seededRandom(1)))[Symbol.asyncDispose]();
    await using holder = Database.open(path, { applicationId: APPLICATION_ID, migrations: MIGRATIONS });
    holder.exec('BEGIN IMMEDIATE');
    await using book = await Book.open(path, seededRandom(1));
    assert.equal(book.count(), 0);
    holder.exec('ROLLBACK');
  } finally {
    await rm(directory, { recursive: true });
  }
});
