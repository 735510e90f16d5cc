import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { startSmtpSink } from './demo/smtp-sink.ts';
import { EML, listOf, TestHome } from './io.testing.ts';

/** The first word of the last line of a list: an id. */
const lastId = (text: string): string => text.trimEnd().split('\n').at(-1)?.split('\t')[0] ?? '';

describe('mail by the command line', () => {
  test('options become a message that a real server gets', async () => {
    await using home = await TestHome.withProfile();
    const taken: { from: string; to: readonly string[]; text: string }[] = [];
    await using sink = await startSmtpSink(
      async ({ from, to, content }) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of content) chunks.push(chunk);
        taken.push({ from, to, text: Buffer.concat(chunks).toString() });
      },
      () => undefined,
    );
    const settings = ['host=127.0.0.1', `port=${sink.port}`, 'from=ada@example.com', 'security=none'];
    await home.ok('service', 'add', 'smtp', ...settings);
    await home.file('plan.txt', 'the plan');
    const args = ['--to', 'a@x.test, "B, C" <b@x.test>', '--cc', 'c@x.test', '--bcc', 'd@x.test', '--subject', 'Grüße'];
    const more = ['--text', '-', '--html', '<p>Hi</p>', '--attach', 'plan.txt', '--importance', 'high'];
    const { code, out } = await home.runWith({ input: 'Hi\n' }, 'send', ...args, ...more);
    assert.equal(code, 0, out);
    assert.match(out, /^sent {2}Grüße\n {4}a@x\.test {2}sent\n/u);
    assert.match(out, /\n1 sent; nothing is left in the queue\n$/u);
    assert.deepEqual(taken[0]?.to, ['a@x.test', 'b@x.test', 'c@x.test', 'd@x.test']);
    const text = taken[0]?.text ?? '';
    assert.match(text, /filename="?plan\.txt/u);
    assert.match(text, /text\/html/u);
    assert.doesNotMatch(text, /d@x\.test/u);
  });

  test('what is to be sent later waits, can be looked at, held, changed, and is sent by a flush', async () => {
    await using home = await TestHome.withProfile();
    const sent = await home.run('send', '--to', 'work@localhost', '--subject', 'First', '--wait', '0');
    assert.equal(sent.code, 3);
    assert.match(sent.out, /^queued {2}First\n {4}work@localhost {2}queued\n/u);
    assert.match(sent.err, /mapi flush/u);
    const id = lastId(await home.ok('outbox'));
    assert.equal(lastId(await home.ok('outbox')), id); // looking has sent nothing
    await home.ok('status');
    assert.match(await home.ok('outbox', 'show', id), /state +queued/u);
    assert.match(await home.ok('outbox', 'hold', id), new RegExp(`mapi outbox retry ${id}`, 'u'));
    const held = await home.run('flush');
    assert.equal(held.code, 3);
    assert.match(held.out, /0 messages sent, 0 received, 0 failed, 1 left in the queue/u);
    await home.ok('outbox', 'edit', id, '--subject', 'Second');
    assert.equal((await home.run('flush')).code, 3); // it is held still
    assert.match(await home.ok('outbox', 'retry', id), /state +sent/u);
    assert.match(await home.ok('flush'), /0 messages sent, \d received, 0 failed\n/u);
    assert.match(await home.ok('list', 'Inbox'), /work\s+Second\s+unread/u);
    assert.match(await home.ok('outbox'), /is empty/u);
  });

  test('a held message is retried, another one is taken back', async () => {
    await using home = await TestHome.withProfile();
    const queued = async (subject: string): Promise<string> => {
      const sent = await home.json('send', '--to', 'work@localhost', '--subject', subject, '--no-wait');
      return String(listOf(sent.value, 'messages')[0]?.entryId);
    };
    const one = await queued('One');
    await home.ok('outbox', 'hold', one);
    const two = await queued('Two');
    assert.equal(listOf((await home.json('outbox')).value, 'queue').length, 2);
    assert.match(await home.ok('outbox', 'cancel', two), /stays in its folder as a draft/u);
    assert.match(await home.ok('outbox', 'retry', one), /state +sent/u);
    assert.match(await home.ok('list', 'Outbox'), /Two\s+draft/u);
    assert.match(await home.ok('list', 'Sent Items'), /One/u);
  });

  test('what cannot be delivered comes back as a report that has a title and says why', async () => {
    await using home = await TestHome.withProfile();
    const { code, out } = await home.run('send', '--to', 'nobody@nowhere.test', '--subject', 'Hello', '--text', 'x');
    assert.equal(code, 1);
    assert.match(out, /^failed {2}Hello: /u);
    const inbox = await home.ok('list', 'Inbox');
    assert.match(inbox, /Undeliverable: Hello\s+unread/u);
    const shown = await home.ok('show', lastId(inbox));
    assert.match(shown, /^subject {2}Undeliverable: Hello\n/u);
    assert.match(shown, /nobody@nowhere\.test: .+/u);
  });

  test('one file that is no message stops all of them before anything is submitted', async () => {
    await using home = await TestHome.withProfile();
    await home.file('good.eml', EML);
    await home.file('bad.eml', 'no header here');
    const { code, err } = await home.run('send', 'good.eml', 'bad.eml');
    assert.equal(code, 1);
    assert.match(err, /bad\.eml: this is no mail message/u);
    assert.match(await home.ok('outbox'), /is empty/u);
    assert.equal(await home.ok('list', 'Outbox'), 'No messages.\n');
    assert.equal((await home.run('send', '--wait', 'good.eml')).code, 0); // --wait takes no file for seconds
  });
});

describe('files in and out', () => {
  test('an mbox goes in and comes out again, in its order', async () => {
    await using home = await TestHome.withProfile();
    const count = 100;
    const messages = Array.from({ length: count }, (_, index) =>
      EML.replaceAll('\r', '').replace('The plan', `Plan ${index}`),
    );
    const mbox = messages.map((message) => `From ada@example.com Sun Nov 22 08:00:00 2026\n${message}\n`).join('');
    await home.file('in.mbox', mbox);
    assert.match(await home.ok('import', 'in.mbox'), /100 messages read, 100 written to Inbox\n/u);
    await home.ok('export', 'Inbox', '--as', 'mbox', '--out', 'out');
    const written = await readFile(join(home.directory, 'out', 'Inbox.mbox'), 'utf8');
    assert.deepEqual(
      written.match(/^Subject: .*$/gmu),
      messages.map((_, index) => `Subject: Plan ${index}`),
    );
    assert.equal(written.match(/^From /gmu)?.length, count);
    assert.match(await home.ok('list', 'Inbox', '--limit', '1'), /Ada\s+Plan 0/u);
    assert.doesNotMatch(await home.ok('list', 'Inbox'), /draft/u);
    await home.ok('export', 'Inbox', '--out', 'files');
    assert.equal((await readdir(join(home.directory, 'files'))).length, count); // each has a name of its own
    const again = await home.run('export', 'Inbox', '--as', 'mbox', '--out', 'out');
    assert.deepEqual([again.code, /Inbox\.mbox is there already/u.test(again.out)], [1, true]);
    await home.ok('export', 'Inbox', '--as', 'mbox', '--out', 'out', '--overwrite');
    assert.deepEqual(await readdir(join(home.directory, 'out')), ['Inbox.mbox']);
  });

  test('every file that cannot be imported is named, the others are imported', async () => {
    await using home = await TestHome.withProfile();
    await home.file('good.eml', EML);
    await home.file('bad.mbox', 'hello\n');
    const { code, out } = await home.runWith({ input: EML }, 'import', 'good.eml', '-', 'bad.mbox', '.', 'gone.eml');
    assert.equal(code, 3);
    assert.match(out, /2 messages read, 2 written to Inbox, 3 failures:/u);
    for (const name of ['bad.mbox', '.', 'gone.eml']) assert.ok(out.includes(`\n  ${name}: `), name);
  });

  test('a byte order mark and empty lines before the header do no harm; a draft stays one', async () => {
    await using home = await TestHome.withProfile();
    await home.file('marked.eml', `\ufeff${EML}`);
    await home.file('blank.eml', `\r\n\r\n${EML.replace('The plan', 'After blank lines')}`);
    await home.file('draft.eml', `X-Unsent: 1\r\n${EML.replace('The plan', 'Unfinished')}`);
    await home.ok('import', 'marked.eml', 'blank.eml', 'draft.eml');
    const lines = (await home.ok('list', 'Inbox')).trimEnd().split('\n');
    assert.equal(lines.length, 4);
    assert.deepEqual(
      lines.map((line) => line.includes('draft')),
      [false, false, false, true],
    );
  });

  test('show prints the message in each of its forms, by the end of its id', async () => {
    await using home = await TestHome.withProfile();
    await home.file('plan.eml', EML);
    await home.ok('import', 'plan.eml');
    const id = lastId(await home.ok('list', 'Inbox'));
    assert.match(await home.ok('show', id), /from +Ada <ada@example\.com>\nto +work@localhost\n/u);
    assert.equal(await home.ok('show', id, '--as', 'text'), 'First the bridge, then the tower.\r\n\n');
    assert.match(await home.ok('show', id, '--as', 'eml'), /^Subject: The plan\r?$/mu);
    assert.match(await home.ok('show', id, '--as', 'props'), /PR_INTERNET_MESSAGE_ID +<plan@example\.com>/u);
    const html = await home.run('show', id, '--as', 'html');
    assert.deepEqual([html.code, /no HTML body/u.test(html.err)], [1, true]);
  });
});

describe('services and addresses', () => {
  test('a secret comes from standard input and is never shown', async () => {
    await using home = await TestHome.withProfile();
    const secret = 'correct horse';
    const settings = ['host=127.0.0.1', 'from=ada@example.com', 'user=ada', 'password=-'];
    const added = await home.runWith({ input: `${secret}\n` }, 'service', 'add', 'smtp', ...settings);
    assert.equal(added.code, 0, added.err);
    const shown = [added, await home.run('service', 'list'), await home.run('service', 'list', '--json')];
    for (const { out, err } of shown) assert.ok(!(out + err).includes(secret));
    assert.match(shown[1]?.out ?? '', /password=\(set\)/u);
    await home.ok('service', 'set', 'smtp', 'port=2525');
    assert.match(await home.ok('service', 'list'), /port=2525/u);
    assert.ok(!(await readFile(join(home.path, 'profiles', 'work.json'), 'utf8')).includes(secret));
    await home.ok('service', 'remove', 'smtp');
  });

  test('two services of one name are told apart by their UIDs', async () => {
    await using home = await TestHome.withProfile();
    for (const name of ['one', 'two']) await home.ok('service', 'add', 'smtp', `host=${name}`, 'from=a@b.test');
    const { code, err } = await home.run('service', 'remove', 'smtp');
    assert.equal(code, 2);
    assert.match(err, /2 services of the profile are "smtp"/u);
    const services = listOf((await home.json('service', 'list')).value, 'services');
    await home.ok('service', 'remove', String(services.at(-1)?.uid).slice(0, 12));
    assert.match(await home.ok('service', 'list'), /host=one/u);
  });

  test('an address is added once, found by its beginning, and removed by address or id', async () => {
    await using home = await TestHome.withProfile();
    assert.match(await home.ok('address'), /is empty/u);
    await home.ok('address', 'add', 'Ada Lovelace <ada@example.com>');
    await home.ok('address', 'add', 'grace@example.com', 'Grace Hopper');
    const again = await home.run('address', 'add', 'ada@example.com', 'Ada Lovelace');
    assert.match(again.err, /Ada Lovelace <ada@example\.com> is in the address book already \(MAPI_E_COLLISION\)/u);
    assert.match(await home.ok('address', 'find', 'love'), /Ada Lovelace\s+ada@example\.com/u);
    const list = (await home.ok('address', 'list')).trimEnd().split('\n');
    const grace =
      list
        .find((line) => line.startsWith('Grace'))
        ?.trim()
        .split('\t')
        .at(-1) ?? '';
    assert.match(await home.ok('show', grace), /PR_EMAIL_ADDRESS +grace@example\.com/u);
    await home.ok('address', 'remove', grace);
    await home.ok('address', 'remove', 'ada@example.com');
    assert.match(await home.ok('address'), /is empty/u);
  });
});

describe('text for people', () => {
  test('every command has help with its own options, an unbroken text and the global options', async () => {
    await using home = await TestHome.make();
    const help = await home.ok('help');
    for (const command of 'demo profile service send outbox flush folders list show import export address status watch check'.split(
      ' ',
    )) {
      assert.match(help, new RegExp(`^ {2}${command} `, 'mu'));
      const own = await home.ok(command, '--help');
      assert.equal(own, await home.ok('help', command));
      assert.match(own, /--profile <name>/u);
      for (const line of own.split('\n')) assert.ok(line.length <= 100, line);
    }
    assert.match(await home.ok('help', 'outbox', 'edit'), /--subject <text>/u);
    assert.match(await home.ok('help', 'where'), /sub\(PR_MESSAGE_RECIPIENTS, EXPR\)/u);
  });

  test('a narrow terminal cuts the last column and shows colours; a pipe cuts nothing', async () => {
    await using home = await TestHome.withProfile();
    await home.file('long.eml', EML.replace('The plan', `The plan ${'x'.repeat(200)}`));
    await home.ok('import', 'long.eml');
    const narrow = await home.runWith({ columns: 60 }, 'list', 'Inbox', '--columns', 'PR_SUBJECT');
    assert.ok(narrow.out.includes('\u001b[1m'));
    assert.ok(narrow.out.includes('…'));
    const list = await home.runWith({ columns: 60 }, 'list', 'Inbox');
    assert.match(list.out, /\n[0-9a-f]{12} {2}/u); // an id is never cut
    for (const line of list.out.trimEnd().split('\n').slice(1)) assert.ok(line.length <= 60, line);
    assert.match(await home.ok('list', 'Inbox', '--columns', 'PR_SUBJECT'), /x{200}/u);
  });
});
