import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { EML, listOf, TestHome } from './io.testing.ts';

const RENDDATA = `02029006000e000000${'00'.repeat(14)}0000`;
/** A stream with the subject Hi and one attachment; two bytes shorter it is cut off in its last attribute. */
const TNEF_HEX = `789f3e220100010480010003000000486900b100${RENDDATA}020f8006000200000041428300`;

const tnef = (cut = 0): Uint8Array => new Uint8Array(Buffer.from(TNEF_HEX, 'hex')).slice(0, TNEF_HEX.length / 2 - cut);

const mailWith = (type: string, body: string): string =>
  `From: a@example.com\r\nSubject: Part\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${body}\r\n`;

describe('mapi import', () => {
  it('tells the form by the content, whatever the name', async () => {
    await using home = await TestHome.withProfile();
    await home.file('tea.eml', EML);
    await home.ok('import', 'tea.eml');
    await home.ok('export', 'Inbox', '--as', 'pst', '--out', 'out');
    const pst = await readFile(join(home.directory, 'out/Inbox.pst'));
    await home.file('winmail.dat', tnef());
    await home.file('tnef.msg', tnef());
    await home.file('pst.msg', new Uint8Array(pst));
    const { value } = await home.json('import', 'winmail.dat', 'tnef.msg', 'pst.msg');
    assert.deepEqual(value, { read: 3, written: 3, failed: [] });
    const list = await home.ok('list', 'Inbox');
    assert.equal(list.match(/\sHi\s/gu)?.length, 2, list);
  });

  it('keeps a file named .eml one message, though it begins like an mbox and has a line like a second one', async () => {
    await using home = await TestHome.withProfile();
    await home.file('one.eml', `From - \n${EML.replaceAll('\r', '')}\n\nFrom here on it rained.\n`);
    assert.deepEqual((await home.json('import', 'one.eml')).value, { read: 1, written: 1, failed: [] });
  });

  it('names what was lost of a message: cut-off content, damaged TNEF', async () => {
    await using home = await TestHome.withProfile();
    await home.file('cut.eml', mailWith('application/pdf; name=a.pdf', 'QUJDRA=='.slice(0, 5)));
    await home.file('cut.dat', tnef(2));
    await home.file('within.eml', mailWith('application/ms-tnef', Buffer.from(tnef(2)).toString('base64')));
    for (const [path, pattern] of [
      ['cut.eml', /without a part: badBase64/u],
      ['cut.dat', /without a part: /u],
      ['within.eml', /without a part: damagedTnef: cutOff/u],
    ] as const) {
      const { code, value } = await home.json('import', path);
      assert.deepEqual([code, value.read, value.written], [3, 1, 1], path);
      assert.match(JSON.stringify(value.failed), pattern);
      assert.equal((await home.run('dump', path)).code, 3, path);
    }
  });

  it('takes no calendar for a mail', async () => {
    await using home = await TestHome.withProfile();
    await home.file('x.ics', 'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n');
    assert.equal((await home.run('dump', 'x.ics')).code, 1);
    const { code, value } = await home.json('import', 'x.ics');
    assert.deepEqual([code, value.written], [1, 0]);
  });

  it('names a file that is not there, and a directory, as they were named', async () => {
    await using home = await TestHome.withProfile();
    await home.file('some.pst/inside', '');
    const { code, value } = await home.json('import', 'none.pst', 'some.pst');
    assert.equal(code, 1);
    assert.deepEqual(value.failed, [
      { source: 'none.pst', code: 'MAPI_E_NOT_FOUND', message: 'there is no file none.pst' },
      { source: 'some.pst', code: 'MAPI_E_INVALID_PARAMETER', message: 'some.pst is a directory' },
    ]);
  });
});

describe('mapi show', () => {
  it('shows a text and an HTML body of any size', async () => {
    await using home = await TestHome.withProfile();
    const line = `${'abcdefghi '.repeat(7)}\r\n`;
    await home.file('text.eml', `Subject: t\r\nContent-Type: text/plain\r\n\r\n${line.repeat(20_000)}`);
    await home.file('html.eml', `Subject: h\r\nContent-Type: text/html\r\n\r\n<p>${line.repeat(20_000)}</p>`);
    await home.ok('import', 'text.eml', 'html.eml');
    const { value } = await home.json('list', 'Inbox', '--columns', 'PR_ENTRYID,PR_SUBJECT');
    const rows = value.rows as { PR_ENTRYID: string; PR_SUBJECT: string }[];
    for (const [subject, form] of [
      ['t', 'text'],
      ['h', 'html'],
    ] as const) {
      const id = rows.find((row) => row.PR_SUBJECT === subject)?.PR_ENTRYID ?? '';
      const out = await home.ok('show', id, '--as', form);
      assert.equal(out.match(/abcdefghi/gu)?.length, 140_000);
    }
  });
});

describe('mapi export', () => {
  it('writes beside what another run is writing, and what a journey added', async () => {
    await using home = await TestHome.withProfile();
    await home.file('tea.eml', `Received: from a by b; Sun, 22 Nov 2026 09:00:00 +0000\r\n${EML}`);
    await home.ok('import', 'tea.eml');
    await home.file('out/Inbox.mbox.part', 'of another run');
    await home.ok('export', 'Inbox', '--as', 'mbox', '--out', 'out');
    assert.equal(await readFile(join(home.directory, 'out/Inbox.mbox.part'), 'utf8'), 'of another run');
    assert.match(await readFile(join(home.directory, 'out/Inbox.mbox'), 'utf8'), /^From .*\nReceived: from a by b/u);
    await home.run('export', 'Nowhere', '--as', 'pst', '--out', 'out');
    assert.deepEqual((await readdir(join(home.directory, 'out'))).sort(), ['Inbox.mbox', 'Inbox.mbox.part']);
  });

  it('makes a file of each source, and none in the place of another that it has just made', async () => {
    await using home = await TestHome.withProfile();
    await home.file('tea.eml', EML);
    for (const folder of ['Inbox', 'Inbox/A', 'Inbox-A']) {
      if (folder !== 'Inbox') await home.ok('folder', 'create', folder);
      await home.ok('import', 'tea.eml', 'tea.eml', '--to', folder);
    }
    const { value } = await home.json('list', 'Inbox');
    const ids = listOf(value, 'rows').map(({ PR_ENTRYID }) => String(PR_ENTRYID));
    for (const form of ['mbox', 'pst']) {
      await home.ok('export', ...ids, '--as', form, '--out', form);
      assert.equal((await readdir(join(home.directory, form))).length, 2);
      const folders = ['export', 'Inbox/A', 'Inbox-A', 'Inbox/A', '--as', form, '--out', form, '--overwrite'];
      const { code, out } = await home.run(...folders);
      assert.equal(code, 3, out);
      assert.match(out, /1 failure:\n.*Inbox-A: .*has just been made of Inbox\/A/u);
    }
  });

  it('says of a recipient of an attached message that it is one', async () => {
    await using home = await TestHome.withProfile();
    const inner = 'Content-Type: message/rfc822\r\n\r\nFrom: c@d.test\r\nBcc: in@example.test\r\n\r\nx';
    const head = 'From: a@b.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x';
    await home.file('outer.eml', `${head}\r\n\r\n--x\r\n${inner}\r\n--x--\r\n`);
    await home.ok('import', 'outer.eml');
    const { out } = await home.run('export', 'Inbox', '--out', 'out');
    assert.match(out, /in@example\.test, who is a blind recipient of an attached message \(blindRecipientLeftOut\)/u);
  });

  it('names what a mail lacks: content as a failure, the rest on standard error', async () => {
    await using home = await TestHome.withProfile();
    await home.file(
      'tea.eml',
      `Bcc: cy@example.test\r\nResent-Bcc: di@example.test\r\nErrors-To: x@example.test\r\n${EML}`,
    );
    await home.ok('import', 'tea.eml');
    const { code, out, err } = await home.run('export', 'Inbox', '--out', 'out');
    const hint = 'blind recipients stay out of files: --bcc writes them, --no-bcc says that it is meant\n';
    const lacks = '! .eml has no place for: the header Resent-Bcc (1 message)\n';
    assert.deepEqual([code, err], [3, `${hint}${lacks}`]);
    assert.match(
      out,
      /left out: cy@example\.test, who is a blind recipient \(blindRecipientLeftOut\) \(MAPI_E_NO_SUPPORT\)/u,
    );
    const [name = ''] = await readdir(join(home.directory, 'out'));
    const mail = await readFile(join(home.directory, 'out', name), 'utf8');
    assert.match(mail, /^Errors-To: x@example\.test\r$/mu);
    assert.doesNotMatch(mail, /cy@example/u);
    const { value } = await home.json('export', 'Inbox', '--bcc', '--overwrite', '--out', 'out');
    assert.deepEqual(value, {
      read: 1,
      written: 1,
      failed: [],
      lacking: [{ what: 'the header Resent-Bcc', messages: 1 }],
    });
    assert.match(await readFile(join(home.directory, 'out', name), 'utf8'), /^Bcc: cy@example\.test\r$/mu);
    assert.equal((await home.run('export', 'Inbox', '--as', 'msg', '--bcc')).code, 2);

    const { rows } = (await home.json('list', 'Inbox', '--columns', 'PR_ENTRYID')).value;
    const [{ PR_ENTRYID }] = rows as [{ PR_ENTRYID: string }];
    const shown = await home.run('show', PR_ENTRYID, '--as', 'eml');
    assert.deepEqual([shown.code, /^left out: cy@example\.test, .*\n.*--no-bcc/u.test(shown.err)], [3, true]);
    for (const [option, isThere] of [
      ['--bcc', true],
      ['--no-bcc', false],
    ] as const) {
      const meant = await home.run('show', PR_ENTRYID, '--as', 'eml', option);
      assert.deepEqual([meant.code, meant.err], [0, '! .eml has no place for: the header Resent-Bcc\n'], option);
      assert.equal(/^Bcc: cy@example\.test\r$/mu.test(meant.out), isThere, option);
      const silent = await home.run('export', 'Inbox', '--overwrite', '--out', 'out', option);
      assert.deepEqual([silent.code, silent.err], [0, lacks], option);
    }
    assert.equal((await home.run('show', PR_ENTRYID, '--bcc')).code, 2);
  });

  it('writes a draft as a draft', async () => {
    await using home = await TestHome.withProfile();
    await home.file('draft.eml', `X-Unsent: 1\r\n${EML}`);
    await home.ok('import', 'draft.eml');
    await home.ok('export', 'Inbox', '--as', 'mbox', '--out', 'out');
    assert.match(await readFile(join(home.directory, 'out/Inbox.mbox'), 'utf8'), /^X-Unsent: 1$/mu);
  });
});
