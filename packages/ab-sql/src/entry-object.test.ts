import assert from 'node:assert/strict';
import { MapiError, type MapiErrorCode } from '@nodemapi/base';
import { readAll } from '@nodemapi/kit';
import {
  type IMailUser,
  PR_ADDRTYPE,
  PR_COMMENT,
  PR_CREATION_TIME,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_ENTRYID,
  PR_LAST_MODIFICATION_TIME,
  PR_OBJECT_TYPE,
  PR_SEARCH_KEY,
  PR_TRANSMITABLE_DISPLAY_NAME,
  PT_BINARY,
  PT_SRESTRICTION,
  PT_UNICODE,
  prop,
  tag,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { addUser, containerOf, newEntry, withBook } from './address-book.testing.ts';
import { propListBytesMax } from './prop-list-codec.ts';

async function fails(action: Promise<unknown>, code: MapiErrorCode): Promise<void> {
  await assert.rejects(action, (error) => MapiError.is(error, code));
}

/** Runs a test with Ann, open for writing, and a way to open her again. */
function withAnn(run: (ann: IMailUser, again: (modify?: boolean) => Promise<IMailUser>) => Promise<void>) {
  return withBook(async (book) => {
    const logon = await book.logon();
    const entryId = await addUser(await containerOf(logon), 'Ann', 'ann@example.com');
    const again = (modify = false) => logon.openEntry(entryId, { iid: 'IMailUser', modify });
    await run(await again(true), again);
    await logon.logoff();
    assert.deepEqual(await book.findings(), []);
  });
}

describe('an entry', () => {
  test('takes what it can and names the rest by its place in the list', () =>
    withAnn(async (ann) => {
      const problems = await ann.setProps([
        prop(PR_SEARCH_KEY, Uint8Array.of(1)),
        prop(PR_COMMENT, 'tall'),
        prop(PR_ADDRTYPE, 'smtp'),
        prop(tag(0x6700, PT_SRESTRICTION), new Uint8Array()),
        prop(tag(0x8001, PT_UNICODE), 'named'),
        prop(PR_OBJECT_TYPE, 8),
      ]);
      const codes = problems.map(({ index, code }) => `${index} ${code}`);
      assert.deepEqual(codes, [
        '0 MAPI_E_COMPUTED',
        '2 MAPI_E_BAD_VALUE',
        '3 MAPI_E_INVALID_TYPE',
        '4 MAPI_E_UNEXPECTED_ID',
        '5 MAPI_E_COMPUTED',
      ]);
      assert.equal((await ann.getProps([PR_COMMENT])).values[0], 'tall');
      const all = await ann.setProps([prop(PR_ADDRTYPE, '')]);
      assert.deepEqual(all, [{ index: 0, tag: PR_ADDRTYPE, code: 'MAPI_E_BAD_VALUE' }]);
    }));

  test('is closed by a save, or kept open as asked', () =>
    withAnn(async (ann, again) => {
      await ann.saveChanges({ keepOpenReadWrite: true });
      await ann.setProps([prop(PR_COMMENT, 'one')]);
      await ann.saveChanges({ keepOpenReadOnly: true });
      await fails(ann.setProps([prop(PR_COMMENT, 'two')]), 'MAPI_E_NO_ACCESS');
      await fails(ann.saveChanges(), 'MAPI_E_NO_ACCESS');
      assert.equal((await ann.getProps([PR_COMMENT])).values[0], 'one');
      const second = await again(true);
      await second.saveChanges();
      await fails(second.getProps(), 'MAPI_E_INVALID_OBJECT');
      await second.release();
    }));

  test('needs an address; the name is the address where there is none', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      const entry = await newEntry(await containerOf(logon), 0);
      await entry.setProps([prop(PR_DISPLAY_NAME, 'Ann')]);
      await fails(entry.saveChanges(), 'MAPI_E_MISSING_REQUIRED_COLUMN');
      await entry.deleteProps([PR_DISPLAY_NAME]);
      await entry.setProps([prop(PR_EMAIL_ADDRESS, 'ann@example.com')]);
      await entry.saveChanges({ keepOpenReadOnly: true });
      const { values } = await entry.getProps([PR_DISPLAY_NAME, PR_ADDRTYPE]);
      assert.deepEqual(values, ['ann@example.com', 'SMTP']);
      const list = await newEntry(await containerOf(logon), 5);
      await fails(list.saveChanges(), 'MAPI_E_MISSING_REQUIRED_COLUMN');
      await logon.logoff();
    }));

  test('travels under its display name until it is given another name for that', () =>
    withAnn(async (ann, again) => {
      const name = async () => (await (await again()).getProps([PR_TRANSMITABLE_DISPLAY_NAME])).values[0];
      assert.equal(await name(), 'Ann');
      await ann.setProps([prop(PR_DISPLAY_NAME, 'Anna')]);
      await ann.saveChanges({ keepOpenReadWrite: true });
      assert.equal(await name(), 'Anna');
      await ann.setProps([prop(PR_TRANSMITABLE_DISPLAY_NAME, 'A. Smith')]);
      await ann.saveChanges({ keepOpenReadWrite: true });
      await ann.setProps([prop(PR_DISPLAY_NAME, 'Annie')]);
      await ann.saveChanges();
      assert.equal(await name(), 'A. Smith');
    }));

  test('knows when it was made and last saved', () =>
    withAnn(async (ann, again) => {
      const times = async () => (await (await again()).getProps([PR_CREATION_TIME, PR_LAST_MODIFICATION_TIME])).values;
      const [created, modified] = await times();
      assert.equal(created, modified);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await ann.saveChanges();
      const [sameCreated, later] = await times();
      assert.equal(sameCreated, created);
      assert.ok((later ?? 0n) > (modified ?? 0n));
    }));

  test('has streams for its strings and binaries, written with the next save', () =>
    withAnn(async (ann, again) => {
      const photo = tag(0x6700, PT_BINARY);
      const stream = await ann.openProperty(photo, 'IStream', { create: true, modify: true });
      await stream.write(Uint8Array.of(1, 2, 3));
      await stream.commit();
      await stream.release();
      await fails((await again()).openProperty(photo, 'IStream'), 'MAPI_E_NOT_FOUND');
      await ann.saveChanges();
      const saved = await again();
      await using read = await saved.openProperty(photo, 'IStream');
      assert.deepEqual(await readAll(read, 100), Uint8Array.of(1, 2, 3));
      await fails(saved.openProperty(photo, 'IStream', { modify: true }), 'MAPI_E_NO_ACCESS');
    }));

  test('that is too large is not saved, and the one before it stays', () =>
    withAnn(async (ann, again) => {
      await ann.setProps([prop(tag(0x6700, PT_BINARY), new Uint8Array(propListBytesMax)), prop(PR_COMMENT, 'big')]);
      await fails(ann.saveChanges(), 'MAPI_E_TOO_BIG');
      assert.equal((await (await again()).getProps([PR_COMMENT])).values[0], undefined);
    }));

  test('that was deleted meanwhile cannot be saved', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      const container = await containerOf(logon);
      const entryId = await addUser(container, 'Ann', 'ann@example.com');
      const ann = await logon.openEntry(entryId, { iid: 'IMailUser', modify: true });
      await container.deleteEntries([entryId]);
      await ann.setProps([prop(PR_COMMENT, 'gone')]);
      await fails(ann.saveChanges({ force: true }), 'MAPI_E_OBJECT_DELETED');
      await logon.logoff();
    }));

  test('copies its properties to another entry', () =>
    withBook(async (book) => {
      const logon = await book.logon();
      const container = await containerOf(logon);
      const ann = await logon.openEntry(await addUser(container, 'Ann', 'ann@example.com'), { iid: 'IMailUser' });
      const copy = await newEntry(container, 0);
      await ann.copyTo(copy);
      await copy.saveChanges({ keepOpenReadOnly: true });
      const { values } = await copy.getProps([PR_DISPLAY_NAME, PR_EMAIL_ADDRESS]);
      assert.deepEqual(values, ['Ann', 'ann@example.com']);
      const [own, other] = [await ann.getProps([PR_ENTRYID]), await copy.getProps([PR_ENTRYID])];
      assert.notDeepEqual(own.values, other.values);
      await logon.logoff();
    }));
});
