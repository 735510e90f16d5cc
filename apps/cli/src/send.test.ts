import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { EML, listOf, TestHome } from './io.testing.ts';
import { endSummary } from './send-report.ts';

describe('recipients by name', () => {
  test('a name of the address book stands for its entry: whole, in quotes, or a beginning that fits one', async () => {
    await using home = await TestHome.withProfile();
    await home.ok('address', 'add', 'work@localhost', 'Bob Builder');
    await home.ok('address', 'add', 'builders@example.com', 'Bob Builder and Sons');
    await home.ok('address', 'add', 'grace@example.com', 'Hopper, Grace');
    const names = ['--to', 'Bob Builder', '--cc', '"Hopper, Grace", work@localhost', '--bcc', 'sons'];
    const { value } = await home.json('send', ...names, '--subject', 'Named', '--no-wait');
    const [message] = listOf(value, 'messages');
    assert.deepEqual(
      listOf(message, 'recipients').map(({ address }) => address),
      ['work@localhost', 'grace@example.com', 'work@localhost', 'builders@example.com'],
    );
    const shown = (await home.json('show', String(message?.entryId))).value;
    assert.equal(listOf(shown, 'recipients')[0]?.name, 'Bob Builder');
  });

  test('a name that fits several is refused with them, one that fits nobody by itself; nothing is made', async () => {
    await using home = await TestHome.withProfile();
    await home.ok('address', 'add', 'bob@example.com', 'Bob Builder');
    await home.ok('address', 'add', 'bobby@example.com', 'Bob Burns');
    const several = await home.run('send', '--to', 'bob');
    assert.equal(several.code, 2);
    assert.match(several.err, /"bob" fits 2 entries.*Bob Builder <bob@example\.com>, Bob Burns <bobby@/u);
    const nobody = await home.run('send', '--to', 'Nobody');
    assert.equal(nobody.code, 1);
    assert.match(nobody.err, /"Nobody" is neither a mail address nor a name in the address book/u);
    assert.equal(await home.ok('list', 'Outbox'), 'No messages.\n');
  });
});

describe('what became of a message', () => {
  test('a part of the recipients got it: exit 3, said in the first line, and no "failed" in --json', async () => {
    await using home = await TestHome.withProfile();
    const args = ['send', '--to', 'work@localhost, nobody@nowhere.test', '--subject', 'Hi', '--text', 'x'];
    const { code, out } = await home.run(...args);
    assert.equal(code, 3, out);
    assert.match(out, /^sent to 1 of 2 {2}Hi.*\n {4}work@localhost {2}sent\n {4}nobody@nowhere\.test {2}failed: /u);
    const { code: again, value } = await home.json(...args);
    const [message] = listOf(value, 'messages');
    assert.deepEqual([again, message?.state], [3, 'sent']);
    assert.deepEqual(
      listOf(message, 'recipients').map(({ state }) => state),
      ['sent', 'failed'],
    );
    assert.match(await home.ok('send', '--help'), /3 a part of the recipients failed/u);
  });

  test('a file keeps its Message-ID, and its Date becomes the time of sending, as the help says', async () => {
    await using home = await TestHome.withProfile();
    await home.file('plan.eml', EML);
    const { value } = await home.json('send', 'plan.eml');
    assert.equal(listOf(value, 'messages')[0]?.internetMessageId, '<plan@example.com>');
    await home.ok('flush');
    const [row] = listOf((await home.json('list', 'Inbox')).value, 'rows');
    const eml = await home.ok('show', String(row?.PR_ENTRYID), '--as', 'eml');
    assert.match(eml, /^Message-ID: <plan@example\.com>/imu);
    assert.doesNotMatch(eml, /^Date: Sun, 22 Nov 2026 08:00:00/mu);
    assert.match(await home.ok('send', '--help'), /keeps its Message-ID; its Date becomes the time of sending/u);
  });
});

describe('--no-wait', () => {
  test('sends nothing, also not what was in the queue before: to break that off may make it arrive twice', async () => {
    await using home = await TestHome.withProfile();
    const args = ['send', '--to', 'work@localhost', '--subject', 'Later', '--text', 'x', '--no-wait'];
    for (let count = 0; count < 3; count++) assert.equal((await home.run(...args)).code, 3);
    const queue = listOf((await home.json('outbox')).value, 'queue');
    assert.deepEqual(
      queue.map(({ state, attempts }) => [state, attempts]),
      Array.from({ length: 3 }, () => ['ready', 0]),
    );
    await home.ok('flush');
    assert.equal((await home.json('list', 'Inbox')).value.total, 3);
  });
});

describe('the end of the session', () => {
  test('is told in one line, step by step with --verbose, and whole with --json', async () => {
    await using home = await TestHome.withProfile();
    const args = ['send', '--to', 'work@localhost', '--subject', 'Hi', '--text', 'x'];
    const short = await home.ok(...args);
    assert.match(short, /\n1 sent; nothing is left in the queue\n$/u);
    assert.doesNotMatch(short, /taken down/u);
    const queued = await home.run(...args, '--no-wait');
    assert.match(queued.out, /\n1 left in the queue\n$/u);
    const long = await home.run(...args, '--verbose');
    assert.match(long.out, /MAPI taken down \(1\), .*\n/u);
    assert.match(long.out, /ended in good order after/u);
    const { value } = await home.json(...args);
    assert.equal(listOf(value.end, 'steps').length, 9);
  });

  test('is told step by step when something is wrong', () => {
    const step = { step: 'logoff', ok: false, count: 0, durationMs: 1 } as const;
    const report = {
      policy: 'leave',
      completed: false,
      deadlineExceeded: true,
      durationMs: 1,
      steps: [step],
      outgoing: { sent: 0, failed: 0, left: 0, held: 0, unknown: 0, messages: [] },
      leftOpen: { objects: [], advises: [], buffers: 0, blocks: [] },
    } as const;
    const terminal = { colours: false, columns: 80 };
    assert.match(endSummary(terminal, report, false), /✗ logged off.*did not end in good/su);
    const clean = { ...report, completed: true, steps: [] };
    assert.equal(endSummary(terminal, clean, false), 'nothing is left in the queue', 'another process has sent it');
    const unread = { ...report, completed: true, steps: [], outgoing: { ...report.outgoing, incomplete: true } };
    assert.match(endSummary(terminal, unread, false), /not known; left open: nothing/u);
  });
});

describe('files', () => {
  const withBase64 = (body: string): string =>
    `To: work@localhost\r\nSubject: Cut\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n`;

  test('an .eml with a part that cannot be read is not sent, and the part is named', async () => {
    await using home = await TestHome.withProfile();
    await home.file('cut.eml', withBase64('QUJDR'));
    const { code, err } = await home.run('send', 'cut.eml', '--no-wait');
    assert.equal(code, 1);
    assert.match(err, /cut\.eml: a part cannot be read, so it is not sent: badBase64/u);
    assert.equal(listOf((await home.json('outbox')).value, 'queue').length, 0);
    await home.file('whole.eml', withBase64('QUJD'));
    assert.equal((await home.run('send', 'whole.eml', '--no-wait')).code, 3);
  });
});

test('a new Message-ID is of the account that the world can answer to, where the profile has one', async () => {
  await using home = await TestHome.withProfile();
  const idOfNext = async (): Promise<string> => {
    const { value } = await home.json('send', '--to', 'work@localhost', '--subject', 'Hi', '--text', 'x');
    return String(listOf(value, 'messages')[0]?.internetMessageId);
  };
  assert.match(await idOfNext(), /@localhost>$/u);
  await home.ok('service', 'add', 'smtp', 'host=127.0.0.1', 'port=9', 'from=ada@example.com', 'security=none');
  assert.match(await idOfNext(), /@example\.com>$/u);
});
