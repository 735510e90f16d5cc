import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { EML, TestHome } from './io.testing.ts';

const CARDS = [
  'BEGIN:VCARD',
  'VERSION:2.1',
  'N:Doe;Jane',
  'FN:Jane Doe',
  'TEL;CELL;VOICE:1',
  'X-OWN:kept',
  'END:VCARD',
  'BEGIN:VCARD',
  'VERSION:4.0',
  'FN:Bo',
  'END:VCARD',
  '',
].join('\r\n');

describe('.vcf files by the command line', () => {
  it('are imported as contacts, a card each, and exported again in the version that is asked for', async () => {
    await using home = await TestHome.withProfile();
    await home.file('people.vcf', CARDS);
    assert.deepEqual((await home.json('import', 'people.vcf')).value, { read: 2, written: 2, failed: [] });
    const { rows } = (await home.json('list', 'Inbox', '--columns', 'PR_MESSAGE_CLASS')).value as never;
    assert.deepEqual(rows, [{ PR_MESSAGE_CLASS: 'IPM.Contact' }, { PR_MESSAGE_CLASS: 'IPM.Contact' }]);
    await home.ok('export', 'Inbox', '--as', 'vcf', '--vcard', '4.0', '--out', 'out');
    const names = (await readdir(join(home.directory, 'out'))).sort();
    assert.equal(names.length, 2);
    const jane = await readFile(join(home.directory, 'out', names[1] ?? ''), 'utf8');
    for (const line of ['VERSION:4.0', 'FN:Jane Doe', 'N:Doe;Jane;;;', 'TEL;TYPE=CELL:1', 'X-OWN:kept'])
      assert.ok(jane.split('\r\n').includes(line), `${line} in ${jane}`);
  });

  it('are dumped without a profile; a card that is damaged is named', async () => {
    await using home = await TestHome.withProfile();
    await home.file('people', `${CARDS}BEGIN:VCARD\r\nFN:Cy\r\nno line\r\nEND:VCARD\r\n`);
    const { code, out } = await home.run('dump', 'people', '--json');
    const { source, folders } = JSON.parse(out);
    assert.deepEqual([code, source.format], [3, 'vcf']);
    assert.deepEqual(source.diagnostics, [
      { code: 'vcard', message: 'card 3: "no line" is no line of a card', loss: true },
    ]);
    const subjects = folders[0].messages.map((message: { subject: string }) => message.subject);
    assert.deepEqual(subjects, ['Jane Doe', 'Bo', 'Cy']);
  });

  it('show people what a card says, without --json', async () => {
    await using home = await TestHome.withProfile();
    const lines = [
      'N:Doe;Jane',
      'FN:Jane Doe',
      'ORG:Tea Ltd;Sales',
      'TITLE:Buyer',
      'EMAIL:jane@example.test',
      'TEL;TYPE=CELL:1',
      'TEL;TYPE=WORK:2',
      'ADR;TYPE=WORK:;;Main St 1;Town;;12345;UK',
      'BDAY:1980-02-03',
      'URL;TYPE=HOME:https://jane.example.test',
      'CATEGORIES:Friends,Tea',
      'NOTE:Likes tea.',
    ];
    await home.file('jane.vcf', ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD', ''].join('\r\n'));
    assert.deepEqual((await home.ok('dump', 'jane.vcf')).trimEnd().split('\n'), [
      'name     Jane Doe',
      'company  Tea Ltd',
      'company  Sales (department)',
      'title    Buyer',
      'email    jane@example.test',
      'phone    1 (mobile)',
      'phone    2 (work)',
      'web      https://jane.example.test (own)',
      'born     1980-02-03',
      'tags     Friends',
      'tags     Tea',
      'address  Main St 1, 12345, Town, UK (work)',
      '',
      'Likes tea.',
    ]);
  });

  it('name what is no contact; a wrong version is wrong use', async () => {
    await using home = await TestHome.withProfile();
    await home.file('tea.eml', EML);
    await home.ok('import', 'tea.eml');
    const { code, out } = await home.run('export', 'Inbox', '--as', 'vcf', '--out', 'out', '--json');
    const [failure] = JSON.parse(out).failed;
    assert.deepEqual([code, failure.code, failure.message], [1, 'MAPI_E_NO_SUPPORT', 'IPM.Note is no contact']);
    assert.deepEqual(await readdir(join(home.directory, 'out')), []);
    assert.equal((await home.run('export', 'Inbox', '--as', 'vcf', '--vcard', '2.1')).code, 2);
    const other = await home.run('export', 'Inbox', '--as', 'eml', '--vcard', '4.0');
    assert.deepEqual([other.code, /--vcard is for --as vcf/.test(other.err)], [2, true]);
  });

  it('in mail become attached contacts if that is asked for', async () => {
    await using home = await TestHome.withProfile();
    const mail = `From: a@x\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: text/vcard\r\n\r\n${CARDS}`;
    await home.file('card.eml', mail);
    await home.ok('import', 'card.eml', '--contacts');
    await home.ok('export', 'Inbox', '--as', 'msg', '--out', 'out');
    const [name = ''] = await readdir(join(home.directory, 'out'));
    const { attachments } = JSON.parse(await home.ok('dump', `out/${name}`, '--json')).folders[0].messages[0];
    assert.deepEqual(
      attachments.map((each: { message?: { messageClass: string; subject: string } }) => [
        each.message?.messageClass,
        each.message?.subject,
      ]),
      [
        ['IPM.Contact', 'Jane Doe'],
        ['IPM.Contact', 'Bo'],
      ],
    );
    await home.ok('export', 'Inbox', '--as', 'eml', '--out', 'mail');
    const [written = ''] = await readdir(join(home.directory, 'mail'));
    const eml = await readFile(join(home.directory, 'mail', written), 'utf8');
    assert.equal(eml.match(/^FN:(?:Jane Doe|Bo)\r$/gm)?.length, 2);
  });
});
