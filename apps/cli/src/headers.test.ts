import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { assertFields, type JsonObject, listOf, TestHome } from './io.testing.ts';

let home: TestHome;

const mail = (subject: string): string =>
  `From: Ann <ann@example.test>\nTo: work@localhost\nSubject: ${subject}\n\nbody\n`;

beforeAll(async () => {
  home = await TestHome.withProfile();
  await mkdir(join(home.directory, 'Maildir', 'cur'), { recursive: true });
});
afterAll(() => home[Symbol.asyncDispose]());

const subjectsOf = (value: JsonObject): readonly unknown[] => listOf(value, 'headers').map(({ subject }) => subject);

describe('mapi headers', () => {
  test('says how an account shows headers first, where none does', async () => {
    const { code, err } = await home.run('headers');
    assert.equal(code, 1);
    assert.match(err, /remote=true/);
  });

  test('lists, fetches, moves and deletes what is named', async () => {
    for (const name of ['1.one', '2.two', '3.three']) await home.file(`Maildir/new/${name}`, mail(name));
    await home.ok('service', 'add', 'maildir', `path=${join(home.directory, 'Maildir')}`, 'remote=true');
    const { code, value } = await home.json('headers');
    assert.equal(code, 0);
    assert.deepEqual(subjectsOf(value), ['1.one', '2.two', '3.three']);
    const headers = listOf(value, 'headers');
    for (const header of headers) {
      assertFields(header, ['entryId', 'account', 'subject', 'from', 'time', 'size', 'read', 'note', 'failed']);
    }
    const [one, two, three] = headers.map(({ entryId }) => String(entryId));
    const text = await home.ok('headers', 'list');
    assert.ok(text.includes(String(one).slice(-12)), text);
    const downloaded = await home.json('headers', 'download', String(one).slice(-12), String(two));
    assert.deepEqual([downloaded.code, downloaded.value.downloaded], [0, 2]);
    assert.deepEqual(listOf(downloaded.value, 'failed'), []);
    const again = await home.run('headers', 'download', String(one));
    assert.deepEqual([again.code, /downloaded before/.test(again.err)], [0, true]);
    const moved = await home.json('headers', 'move', String(three));
    assert.deepEqual([moved.value.moved, subjectsOf(moved.value)], [1, ['1.one', '2.two']]);
    const deleted = await home.json('headers', 'delete', '--all');
    assert.deepEqual([deleted.value.deleted, subjectsOf(deleted.value)], [2, []]);
    const left = [
      ...(await readdir(join(home.directory, 'Maildir/new'))),
      ...(await readdir(join(home.directory, 'Maildir/cur'))),
    ];
    assert.deepEqual(left, []);
    const inbox = (await home.json('list', 'Inbox')).value;
    assert.deepEqual(
      listOf(inbox, 'rows')
        .map((row) => row.PR_SUBJECT)
        .sort(),
      ['1.one', '2.two', '3.three'],
    );
    assert.match(await home.ok('headers'), /Nothing waits/);
  });

  test('takes what two accounts show for one, whose id is enough, and says that the time was over', async () => {
    await home.file('Maildir/new/4.four', mail('4.four'));
    await home.ok('service', 'add', 'maildir', `path=${join(home.directory, 'Maildir')}`, 'remote=true');
    const { value } = await home.json('headers');
    const [id, same] = listOf(value, 'headers').map(({ entryId }) => String(entryId));
    assert.equal(id, same);
    const late = await home.run('headers', 'move', '--all', '--timeout', '0');
    assert.equal(late.code, 1);
    assert.match(late.err, /not done within 0 s.*still waits \(MAPI_E_TIMEOUT\)/);
    const deleted = await home.json('headers', 'delete', String(id).slice(-12));
    assert.deepEqual([deleted.code, subjectsOf(deleted.value)], [0, []]);
    const [, second] = listOf((await home.json('service', 'list')).value, 'services').filter(
      ({ name }) => name === 'maildir',
    );
    await home.ok('service', 'remove', String(second?.uid));
  });

  test('says what is wrong: no ids, unknown ids, no such account, a source that is gone', async () => {
    assert.equal((await home.run('headers', 'move')).code, 2);
    assert.equal((await home.run('headers', 'delete', '--all', 'abcdef')).code, 2);
    assert.equal((await home.run('headers', 'download', 'abcdef')).code, 1);
    assert.match((await home.run('headers', '--account', 'nobody')).err, /no account is named nobody/);
    await home.ok('service', 'set', 'maildir', `path=${join(home.directory, 'Nowhere')}`);
    const { code, err } = await home.run('headers');
    assert.deepEqual([code, /does not work: there is no maildir/.test(err)], [3, true]);
  });
});
