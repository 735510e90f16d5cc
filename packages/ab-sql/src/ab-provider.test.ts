import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bytesEqual, MapiError, type MapiErrorCode } from '@nodemapi/base';
import { forbiddenUser } from '@nodemapi/conformance';
import { getProp, queryAllRows } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  fnevObjectCreated,
  fnevTableModified,
  MUID_PROFILE_INSTANCE,
  type Notification,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_PROVIDER_DISPLAY,
  PR_PROVIDER_UID,
  PR_RECORD_KEY,
  PR_RESOURCE_PATH,
  PR_RESOURCE_TYPE,
  PR_SEARCH_KEY,
  prop,
} from '@nodemapi/mapi';
import { Database, sql } from '@nodemapi/sqlite';
import { describe, test } from 'vitest';
import { addUser, containerOf, type TestAddressBook, withBook } from './address-book.testing.ts';
import { PERSONAL_ADDRESS_BOOK_UID } from './book-entry-id.ts';
import { PR_BOOK_PATH } from './book-path.ts';
import { ABProviderInit } from './index.ts';
import { APPLICATION_ID } from './schema.ts';

async function fails(action: Promise<unknown>, code: MapiErrorCode): Promise<void> {
  await assert.rejects(action, (error) => MapiError.is(error, code));
}

/** What was committed is told on a later turn of the event loop. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

describe('logon', () => {
  test('AB-001, AB-003: the provider keeps the support object, registers its MAPIUID and tells its state', () =>
    withBook(async (book) => {
      const support = book.support([prop(PR_DISPLAY_NAME, 'My people')]);
      const logon = await book.provider.logon(support, 'me', {});
      await support.release();
      assert.equal(support.released, false, 'the logon has a reference of its own');
      assert.ok(support.providerUids.some((uid) => bytesEqual(uid, PERSONAL_ADDRESS_BOOK_UID)));
      assert.equal(support.statusRow.get(PR_RESOURCE_TYPE), 35);
      assert.equal(support.statusRow.get(PR_RESOURCE_PATH), book.path());
      await using root = await logon.openEntry(null);
      assert.equal((await root.getProps([PR_DISPLAY_NAME])).values[0], 'My people');
      await logon.logoff();
      assert.equal(support.released, true);
    }));

  test('the file lies below the home under the name of the profile, for its owner only', () =>
    withBook(async (book) => {
      const logon = await book.logon('../Zoë/home', book.support());
      const path = join(book.host.home, 'stores', '%2e%2e%2fZoë%2fhome.mapiab');
      assert.equal(statSync(path).mode & 0o777, 0o600);
      await logon.logoff();
    }));

  test('a section that names no file never takes one that is there', () =>
    withBook(async (book) => {
      const first = await book.logon('me', book.support());
      const second = await book.logon('me', book.support());
      assert.ok(statSync(join(book.host.home, 'stores', 'me-2.mapiab')).size > 0);
      await first.logoff();
      await second.logoff();
    }));

  test('processes that make the book of one section at a time make one: whoever comes second takes it', () =>
    withBook(async (book) => {
      const paths: unknown[] = [];
      for (const profile of [1, 1, 2]) {
        const support = book.support([prop(PR_PROVIDER_UID, new Uint8Array(16).fill(7))]);
        const instance = await support.openProfileSection(MUID_PROFILE_INSTANCE, { modify: true });
        await instance.setProps([prop(PR_SEARCH_KEY, new Uint8Array(16).fill(profile))]);
        await instance.release();
        await book.logon('me', support);
        await using section = await support.openProfileSection(null);
        paths.push(await getProp(section, PR_BOOK_PATH));
      }
      assert.deepEqual(paths, ['stores/me.mapiab', 'stores/me.mapiab', 'stores/me-2.mapiab']);
    }));

  test('a configured path is taken, and the default one is remembered', () =>
    withBook(async (book) => {
      const elsewhere = await book.logon('me', book.support([prop(PR_BOOK_PATH, 'deep/down/book.db')]));
      assert.ok(statSync(join(book.host.home, 'deep/down/book.db')).size > 0);
      await elsewhere.logoff();
      const support = book.support();
      const logon = await book.provider.logon(support, 'me', {});
      await using section = await support.openProfileSection(null);
      assert.equal((await section.getProps([PR_BOOK_PATH])).values[0], join('stores', 'me.mapiab'));
      await logon.logoff();
      await support.release();
    }));

  test('LOGON-70: the profile section names the address book afterwards, and what it said stays', () =>
    withBook(async (book) => {
      const support = book.support([prop(PR_DISPLAY_NAME, 'My people')]);
      const logon = await book.provider.logon(support, 'me', {});
      await using root = await logon.openEntry(null);
      const rootId = (await root.getProps([PR_ENTRYID])).values[0];
      const section = await support.openProfileSection(null, { modify: true });
      const tags = [PR_DISPLAY_NAME, PR_PROVIDER_DISPLAY, PR_ENTRYID, PR_RECORD_KEY] as const;
      const said = ['My people', 'nodemapi address book (SQLite)', rootId, rootId];
      assert.deepEqual((await section.getProps(tags)).values, said);
      assert.equal(support.providerUids.length, 1);
      await logon.logoff();
      await section.setProps([prop(PR_BOOK_PATH, 'other.db')]);
      const other = await book.provider.logon(support, 'me', {});
      assert.notDeepEqual((await section.getProps([PR_RECORD_KEY])).values[0], rootId, 'another file, another key');
      await other.logoff();
      await support.release();
    }));

  test('ABProviderInit says for which version it was written', () =>
    withBook(async (book) => {
      assert.equal((await ABProviderInit(book.host)).spiVersion, CURRENT_SPI_VERSION);
    }));
});

describe('files that cannot be opened', () => {
  const prepare = (book: TestAddressBook): string => {
    mkdirSync(dirname(book.path()), { recursive: true });
    return book.path();
  };

  test('something that is no database is MAPI_E_CORRUPT_STORE, and stays as it is', () =>
    withBook(async (book) => {
      writeFileSync(prepare(book), 'Dear diary, '.repeat(1000));
      await fails(book.logon(), 'MAPI_E_CORRUPT_STORE');
      assert.equal(statSync(book.path()).size, 12_000);
    }));

  test('a database of another kind is MAPI_E_CORRUPT_STORE', () =>
    withBook(async (book) => {
      await Database.open(prepare(book), { applicationId: 1, migrations: ['CREATE TABLE t (a)'] }).close();
      await fails(book.logon(), 'MAPI_E_CORRUPT_STORE');
    }));

  test('a file of a newer program is MAPI_E_VERSION', () =>
    withBook(async (book) => {
      const migrations = ['CREATE TABLE a (a)', 'CREATE TABLE b (a)', 'CREATE TABLE c (a)'];
      await Database.open(prepare(book), { applicationId: APPLICATION_ID, migrations }).close();
      await fails(book.logon(), 'MAPI_E_VERSION');
    }));

  test('a directory in the place of the file is MAPI_E_NO_ACCESS', () =>
    withBook(async (book) => {
      mkdirSync(book.path(), { recursive: true });
      await fails(book.logon(), 'MAPI_E_NO_ACCESS');
    }));

  test.skipIf(process.getuid?.() === 0)(
    'a file that may only be read is read; a save is MAPI_E_NO_ACCESS (not as root)',
    () =>
      withBook(async (book) => {
        const first = await book.logon();
        await addUser(await containerOf(first), 'Ann', 'ann@example.com');
        await first.logoff();
        chmodSync(book.path(), 0o400);
        const container = await containerOf(await book.logon());
        await using table = await container.getContentsTable();
        assert.equal(await table.getRowCount(), 1);
        await fails(addUser(container, 'Bob', 'bob@example.com'), 'MAPI_E_NO_ACCESS');
      }),
  );

  test('a failed logon holds nothing: when the file is good again it opens', () =>
    withBook(async (book) => {
      writeFileSync(prepare(book), 'x'.repeat(5000));
      await fails(book.logon(), 'MAPI_E_CORRUPT_STORE');
      writeFileSync(book.path(), '');
      await (await book.logon()).logoff();
    }));
});

describe('logoff', () => {
  test('AB-006: objects of the logon are invalid afterwards, and the support object is released', () =>
    withBook(async (book) => {
      const support = book.support();
      const logon = await book.logon('me', support);
      const container = await containerOf(logon);
      const user = await logon.openEntry(await addUser(container, 'Ann', 'ann@example.com'));
      await logon.logoff();
      await logon.logoff();
      assert.equal(support.released, true);
      await fails(user.getProps(), 'MAPI_E_INVALID_OBJECT');
      await fails(container.getContentsTable(), 'MAPI_E_INVALID_OBJECT');
      await fails(logon.openEntry(null), 'MAPI_E_INVALID_OBJECT');
      await user.release();
      await container.release();
      await logon.release();
      assert.deepEqual(await book.findings(), []);
    }));

  test('AB-006: shutdown closes what a logon left open', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      await book.provider.shutdown();
      await assert.rejects(
        containerOf(logon).then((container) => addUser(container, 'Ann', 'a@b.c')),
        (error) => MapiError.is(error, 'MAPI_E_INVALID_OBJECT'),
      );
    }));

  test('releasing the last reference logs off', () =>
    withBook(async (book) => {
      const support = book.support();
      const logon = await book.logon('me', support);
      await logon.release();
      assert.equal(support.released, true);
    }));
});

describe('several logons', () => {
  test('on one book hear of each other once, and one logoff leaves the others working', () =>
    withBook(async (book) => {
      const [first, second] = [await book.logon(), await book.logon()];
      const seen: Notification[] = [];
      await first.advise(null, fnevObjectCreated, { onNotify: (all) => void seen.push(...all) });
      await addUser(await containerOf(second), 'Ann', 'ann@example.com');
      await turns();
      assert.deepEqual(
        seen.map(({ kind }) => kind),
        ['objectCreated'],
      );
      await second.logoff();
      await addUser(await containerOf(first), 'Bob', 'bob@example.com');
      await turns();
      assert.equal(seen.length, 2);
      await first.logoff();
    }));

  test('of different profiles have different books, whose identifiers are not taken for each other', () =>
    withBook(async (book) => {
      const [mine, yours] = [await book.logon('mine'), await book.logon('yours')];
      const ann = await addUser(await containerOf(mine), 'Ann', 'ann@example.com');
      await addUser(await containerOf(yours), 'Bob', 'bob@example.com');
      await fails(yours.openEntry(ann), 'MAPI_E_NOT_FOUND');
      await mine.logoff();
      await yours.logoff();
    }));

  test('LOGON-73: several of one profile share a MAPIUID and find the book of an identifier among them', () =>
    withBook(async (book) => {
      const first = await book.logon('me', book.support([prop(PR_BOOK_PATH, 'first.mapiab')]));
      const second = await book.logon('me', book.support([prop(PR_BOOK_PATH, 'second.mapiab')]));
      const bob = await addUser(await containerOf(second), 'Bob', 'bob@example.com');
      await using entry = await first.openEntry(bob, { iid: 'IMailUser' });
      assert.equal((await entry.getProps([PR_DISPLAY_NAME])).values[0], 'Bob');
      await second.logoff();
      await fails(first.openEntry(bob), 'MAPI_E_NOT_FOUND');
      await first.logoff();
    }));

  test('LOGON-53: nobody is asked at a logon', () =>
    withBook(async (book) => {
      const support = book.support();
      for (const noDialog of [true, false]) {
        const logon = await book.provider.logon(support, 'me', { noDialog }, forbiddenUser());
        await logon.logoff();
      }
    }));

  test('what another process wrote is in the next table, and an open one catches up with it', () =>
    withBook(async (book) => {
      const here = await book.logon();
      const other = (await ABProviderInit(book.host)).provider;
      const there = await other.logon(book.supportOf('me'), 'me', {});
      const container = await containerOf(here);
      const open = await container.getContentsTable();
      const seen: Notification[] = [];
      await open.advise(fnevTableModified, { onNotify: (all) => void seen.push(...all) });
      await addUser(await containerOf(there as never), 'Ann', 'ann@example.com');
      await using next = await container.getContentsTable();
      const rows = await queryAllRows(next, { tags: [PR_DISPLAY_NAME] });
      assert.deepEqual(
        rows.map((row) => row[0]?.value),
        ['Ann'],
      );
      assert.equal(await open.getRowCount(), 1);
      await turns();
      assert.equal(seen.length, 1);
      await open.release();
      await there.logoff();
      await other.shutdown();
      await here.logoff();
    }));

  test('numbers of deleted entries are never given again', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      const container = await containerOf(logon);
      const ann = await addUser(container, 'Ann', 'ann@example.com');
      await container.deleteEntries([ann]);
      const bob = await addUser(container, 'Bob', 'bob@example.com');
      assert.equal(bytesEqual(ann, bob), false);
      await fails(logon.openEntry(ann), 'MAPI_E_NOT_FOUND');
      await logon.logoff();
    }));

  test('two books of one path in two homes have different identifiers', async () => {
    const uids: Uint8Array[] = [];
    for (const _ of [1, 2]) {
      await withBook(async (book) => {
        await (await book.logon()).logoff();
        await using database = Database.open(book.path(), {
          applicationId: APPLICATION_ID,
          migrations: [''],
          readOnly: true,
        });
        uids.push(database.get<{ uid: Uint8Array }>(sql`SELECT uid FROM book`)?.uid ?? new Uint8Array());
      });
    }
    assert.equal(bytesEqual(uids[0] ?? new Uint8Array(), uids[1] ?? new Uint8Array()), false);
  });
});
