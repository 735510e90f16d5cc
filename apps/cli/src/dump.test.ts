import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { listOf, TestHome } from './io.testing.ts';

const EML = [
  'From: Ada <ada@example.com>',
  'To: bob@example.com',
  'Subject: Tea',
  'Message-ID: <1@example.com>',
  '',
  'At five.',
  '',
].join('\r\n');

describe('mapi dump', () => {
  it('shows an .eml by its content, without a profile', async () => {
    await using home = await TestHome.make();
    await home.file('letter', EML);
    const { source, folders } = JSON.parse(await home.ok('dump', 'letter', '--json'));
    assert.deepEqual(source, { file: 'letter', format: 'eml', diagnostics: [] });
    assert.equal(folders.length, 1);
    const [{ path, contentCount, messages }] = folders;
    assert.deepEqual([path, contentCount, messages.length], ['', 1, 1]);
    const [message] = messages;
    assert.deepEqual(
      [message.subject, message.from.address, message.recipients[0].address, message.body.text.trim()],
      ['Tea', 'ada@example.com', 'bob@example.com', 'At five.'],
    );
    assert.ok(Object.keys(message.props).length > 5);
  });

  it('leaves out bodies and properties that are not wanted, and prints a line per message', async () => {
    await using home = await TestHome.make();
    const entry = `From ada@example.com Thu Jan  1 00:00:00 1970\n${EML.replaceAll('\r', '')}\n`;
    await home.file('two.mbox', entry + entry.replace('Tea', 'More tea'));
    const out = await home.ok('dump', 'two.mbox', '--jsonl', '--no-body', '--no-props');
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => line.message?.subject ?? line.source.format),
      ['Tea', 'More tea', 'mbox'],
    );
    assert.ok(lines.every(({ message }) => message?.body === undefined && message?.props === undefined));
    assert.match(await home.ok('dump', 'two.mbox'), /Tea[\s\S]*At five\.[\s\S]*More tea/u);
  });

  it('shows a winmail.dat with what is in it, and says what is wrong with it', async () => {
    await using home = await TestHome.make();
    const hex =
      '789f3e220100' +
      '010480010003000000486900b100' +
      '0202900600' +
      '0e000000' +
      '00'.repeat(14) +
      '0000' +
      '020f8006000200000041428300';
    await home.file('winmail.dat', Uint8Array.from(Buffer.from(hex, 'hex')));
    const { source, folders } = JSON.parse(await home.ok('dump', 'winmail.dat', '--json'));
    assert.deepEqual(source, { file: 'winmail.dat', format: 'tnef', diagnostics: [] });
    const [message] = folders[0].messages;
    assert.deepEqual([message.subject, message.attachments.length, message.attachments[0].size], ['Hi', 1, 2]);
    await home.file('cut.dat', Uint8Array.from(Buffer.from(hex.slice(0, -4), 'hex')));
    const cut = await home.run('dump', 'cut.dat', '--json');
    assert.equal(cut.code, 3);
    assert.equal(JSON.parse(cut.out).source.diagnostics[0].code, 'cutOff');
  });

  it('says where HTML is shown, and names its options as they are typed', async () => {
    await using home = await TestHome.make();
    await home.file('html.eml', 'Subject: h\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n');
    assert.match(await home.ok('dump', 'html.eml'), /\(HTML only: see --json\)/u);
    const { code, err } = await home.run('dump', 'html.eml', '--code-page', 'abc');
    assert.deepEqual([code, /--code-page must be a whole number/u.test(err)], [2, true]);
  });

  it('shows the messages of an mbox behind one with a header without end, and names what it left out', async () => {
    await using home = await TestHome.make();
    const entry = (text: string): string => `From a@example.com Thu Jan  1 00:00:00 1970\n${text}\n\n`;
    const endless = `X-Long: ${'x'.repeat(1024)}\n`.repeat(4096);
    await home.file('three.mbox', entry('Subject: one\n\n1') + entry(endless) + entry('Subject: three\n\n3'));
    const { code, value } = await home.json('dump', 'three.mbox');
    const [folder] = listOf(value, 'folders');
    assert(folder);
    assert.deepEqual([code, listOf(folder, 'messages').map(({ subject }) => subject)], [3, ['one', '', 'three']]);
    assert.match(JSON.stringify(value.source), /headerTooLong","message":"\d+ bytes of a header block are left out/u);
  });

  it('shows properties too large to be read at once, and names a TNEF stream of another message', async () => {
    await using home = await TestHome.make();
    const long = Array.from({ length: 4000 }, (_, at) => `X-Line-${at}: ${'x'.repeat(40)}\r\n`).join('');
    await home.file('long.eml', long + EML);
    const [{ messages }] = JSON.parse(await home.ok('dump', 'long.eml', '--json')).folders;
    assert.ok(messages[0].props.PR_TRANSPORT_MESSAGE_HEADERS.startsWith('X-Line-0: xxx'));
    assert.ok(messages[0].props.PR_TRANSPORT_MESSAGE_HEADERS.length > long.length);
    assert.equal(messages[0].props.PR_BODY.trim(), 'At five.');
    const tnef = 'Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n';
    await home.file('none.eml', `Subject: x\r\n${tnef}${Buffer.from('no TNEF').toString('base64')}\r\n`);
    const { code, value } = await home.json('dump', 'none.eml');
    assert.equal(code, 3);
    assert.match(JSON.stringify(value.source), /unreadableTnef.*winmail\.dat \(7 bytes\) is kept as a file/u);
    assert.match((await home.run('dump', 'none.eml')).out, /✗ unreadableTnef/u);
  });

  it('fails for what is not there, is empty, or is of no form that is known', async () => {
    await using home = await TestHome.make();
    await home.file('empty.msg', '');
    await home.file('noise.msg', '\u0001\u0002\u0003');
    for (const [file, code] of [
      ['nothing.msg', 'MAPI_E_NOT_FOUND'],
      ['empty.msg', 'MAPI_E_CORRUPT_DATA'],
      ['noise.msg', 'MAPI_E_CORRUPT_DATA'],
    ] as const) {
      const { code: exit, out } = await home.run('dump', file, '--json');
      assert.equal(exit, 1);
      assert.equal(JSON.parse(out).error.code, code);
    }
  });
});
