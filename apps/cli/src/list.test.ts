import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'vitest';
import { EML, TestHome } from './io.testing.ts';

/** The first word of the last line of a list: an id. */
const lastId = (text: string): string => text.trimEnd().split('\n').at(-1)?.split('\t')[0] ?? '';

test('sent messages show when they were submitted, reports come from the mail system', async () => {
  await using home = await TestHome.withProfile();
  await home.run('send', '--to', 'nobody@nowhere.test, work@localhost', '--subject', 'Hello', '--text', 'x');
  assert.match(await home.ok('list', 'Sent Items'), /\n[0-9a-f]{12}\t\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\t.*Hello/u);
  assert.match(await home.ok('list', 'Inbox'), /Mail delivery\s+Undeliverable: Hello/u);
});

test('a message is exported by the id that the list shows, and named by it when its file is there already', async () => {
  await using home = await TestHome.withProfile();
  await home.file('plan.eml', EML);
  await home.ok('import', 'plan.eml');
  const id = lastId(await home.ok('list', 'Inbox'));
  assert.match(await home.ok('export', id, '--out', 'out'), /1 message read, 1 written/u);
  assert.equal((await readdir(join(home.directory, 'out'))).length, 1);
  const again = await home.run('export', id, '--out', 'out');
  assert.equal(again.code, 1);
  assert.match(again.out, new RegExp(`\\n {2}${id}: .* is there already`, 'u'));
  const nothing = await home.run('export', 'abcdef', '--out', 'out');
  assert.match(nothing.out, /there is no object with the id abcdef \(MAPI_E_NOT_FOUND\)/u);
  assert.match((await home.run('export', 'Nope', '--out', 'out')).out, /there is no folder "Nope"/u);
});

test('a folder is made with those above it, once, and takes what is imported', async () => {
  await using home = await TestHome.withProfile();
  await home.file('plan.eml', EML);
  const missing = await home.run('import', 'plan.eml', '--to', 'Archive/2026');
  assert.match(missing.err, /make it: mapi folder create "Archive\/2026"/u);
  const made = (await home.json('folder', 'create', 'Archive/2026')).value;
  assert.equal(made.path, 'Archive/2026');
  assert.equal((await home.json('folder', 'create', 'archive/2026')).value.entryId, made.entryId);
  await home.ok('import', 'plan.eml', '--to', 'Archive/2026');
  assert.match(await home.ok('list', 'Archive/2026'), /The plan/u);
  assert.match(await home.ok('folders'), /\n {2}Archive\n {4}2026\n/u);
});

test('a list in groups shows how many messages each has, and JSON tells headings from messages', async () => {
  await using home = await TestHome.withProfile();
  for (const [name, from] of [
    ['one', 'Ann'],
    ['two', 'Bob'],
    ['three', 'Ann'],
  ] as const) {
    await home.file(
      `${name}.eml`,
      `From: ${from} <a@b.c>\nSubject: ${name}\nDate: Mon, 2 Nov 2026 10:00:00 +0000\n\nx\n`,
    );
    await home.ok('import', `${name}.eml`);
  }
  const options = ['list', 'Inbox', '--group', 'PR_SENT_REPRESENTING_NAME', '--sort', 'PR_SUBJECT'];
  const lines = (await home.ok(...options)).trimEnd().split('\n').slice(1);
  assert.deepEqual(
    lines.map((line) => /(Ann: \d|Bob: \d|one|two|three)/u.exec(line)?.[1]),
    ['Ann: 2', 'one', 'three', 'Bob: 1', 'two'],
  );
  const { value } = await home.json(...options, '--columns', 'PR_SUBJECT');
  const first =
    /^\[\{"PR_SENT_REPRESENTING_NAME":"Ann","PR_ROW_TYPE":3,"PR_CONTENT_COUNT":2,"PR_CONTENT_UNREAD":\d\},\{"PR_SUBJECT":"one",/u;
  assert.match(JSON.stringify(value.rows), first);
});

test('a property may be a column twice, by two names', async () => {
  await using home = await TestHome.withProfile();
  await home.file('plan.eml', EML);
  await home.ok('import', 'plan.eml');
  const listed = await home.ok('list', 'Inbox', '--columns', 'PR_SUBJECT,PR_IMPORTANCE,PidTagSubject');
  const [subject, , again] = (listed.trimEnd().split('\n').at(-1) ?? '').split('\t');
  assert.deepEqual([subject === '', again], [false, subject]);
});
