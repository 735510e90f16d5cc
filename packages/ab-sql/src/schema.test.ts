import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromHex } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import { PR_COMMENT, PR_DISPLAY_NAME, PR_EMAIL_ADDRESS } from '@nodemapi/mapi';
import { test } from 'vitest';
import { withBook } from './address-book.testing.ts';

const ANN = fromHex('000000005d1f6a0b93c84e47a2f07b6c19e4d83501030000be435b3b9bef92922c36ff801da2bbdf0100000000000000');
const FRIENDS = fromHex(
  '000000005d1f6a0b93c84e47a2f07b6c19e4d83501040000be435b3b9bef92922c36ff801da2bbdf0200000000000000',
);

test('a file of schema 1 opens, and the identifiers of that time name what they named', () =>
  withBook(async (book) => {
    mkdirSync(dirname(book.path()), { recursive: true });
    copyFileSync(new URL('../corpus/schema-1.mapiab', import.meta.url), book.path());
    assert.deepEqual(await book.findings(), []);
    const logon = await book.logon();
    await using ann = await logon.openEntry(ANN, { iid: 'IMailUser', modify: true });
    assert.deepEqual((await ann.getProps([PR_DISPLAY_NAME, PR_COMMENT])).values, ['Ann Müller', 'met in Bern']);
    await ann.saveChanges();
    await using friends = await logon.openEntry(FRIENDS, { iid: 'IDistList' });
    await using table = await friends.getContentsTable();
    const rows = await queryAllRows(table, { tags: [PR_DISPLAY_NAME, PR_EMAIL_ADDRESS] });
    assert.deepEqual(
      rows.map((row) => row.map(({ value }) => value)),
      [
        ['Ann Müller', 'ann@example.com'],
        ['Cleo', 'cleo@example.org'],
      ],
    );
    await logon.logoff();
    assert.deepEqual(await book.findings(), []);
  }));
