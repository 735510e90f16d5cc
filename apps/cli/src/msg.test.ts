import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { EML, TestHome } from './io.testing.ts';

/** A home with one message in the Inbox, and the name of the .msg file that was exported of it. */
async function withMsg(home: TestHome): Promise<string> {
  await home.file('tea.eml', EML);
  await home.ok('import', 'tea.eml');
  await home.ok('export', 'Inbox', '--as', 'msg', '--out', 'out');
  const [name] = await readdir(join(home.directory, 'out'));
  assert.match(name ?? '', /\.msg$/u);
  return `out/${name}`;
}

const dumpOf = async (home: TestHome, path: string) => {
  const { source, folders } = JSON.parse(await home.ok('dump', path, '--json'));
  return { source, message: folders[0].messages[0] };
};

describe('.msg files by the command line', () => {
  it('are exported, dumped, imported and exported again, with nothing lost', async () => {
    await using home = await TestHome.withProfile();
    const path = await withMsg(home);
    const first = await dumpOf(home, path);
    assert.deepEqual([first.source.format, first.source.diagnostics], ['msg', []]);
    const eml = await dumpOf(home, 'tea.eml');
    assert.equal(first.message.subject, eml.message.subject);
    assert.equal(first.message.body.text, eml.message.body.text);
    assert.deepEqual(first.message.attachments, eml.message.attachments);
    await home.ok('folder', 'create', 'Again');
    await home.ok('import', path, '--to', 'Again');
    await home.ok('export', 'Again', '--as', 'msg', '--out', 'again');
    const [name] = await readdir(join(home.directory, 'again'));
    const second = await dumpOf(home, `again/${name}`);
    // The store gives a new message a time of its own.
    const times = { PR_CREATION_TIME: 0, PR_LAST_MODIFICATION_TIME: 0 };
    assert.deepEqual(
      { ...second.message, props: { ...second.message.props, ...times } },
      {
        ...first.message,
        props: { ...first.message.props, ...times },
      },
    );
  });

  it('are sent', async () => {
    await using home = await TestHome.withProfile();
    await home.ok('send', '--to', 'work@localhost', '--subject', 'From a file', '--text', 'x');
    await home.ok('export', 'Sent Items', '--as', 'msg', '--out', 'out');
    const [name] = await readdir(join(home.directory, 'out'));
    assert.match(await home.ok('send', `out/${name}`), /^sent {2}From a file/u);
    await home.ok('flush');
    const list = await home.ok('list', 'Inbox');
    assert.equal(list.match(/From a file/gu)?.length, 2, list);
  });

  it('that are damaged are imported in part, dumped in part, and not sent in part', async () => {
    await using home = await TestHome.withProfile();
    const path = await withMsg(home);
    const bytes = new Uint8Array(await readFile(join(home.directory, path)));
    await home.file('cut.msg', bytes.slice(0, bytes.length - 1024));
    const dumped = await home.run('dump', 'cut.msg', '--json');
    assert.equal(dumped.code, 3);
    assert.ok(JSON.parse(dumped.out).source.diagnostics.every(({ code }: { code: string }) => code !== ''));
    const imported = await home.run('import', 'cut.msg', '--json');
    const { written, failed } = JSON.parse(imported.out);
    assert.deepEqual([imported.code, written, failed.length], [3, 1, 1]);
    assert.match(failed[0].message, /without a part/u);
    const sent = await home.run('send', 'cut.msg');
    assert.equal(sent.code, 1);
    assert.match(sent.err + sent.out, /cut\.msg: a part cannot be read/u);
    await home.file('none.msg', 'no compound file at all');
    assert.match((await home.run('import', 'none.msg')).out, /MAPI_E_CORRUPT_DATA/u);
  });

  it('are printed by mapi show', async () => {
    await using home = await TestHome.withProfile();
    await withMsg(home);
    const { rows } = JSON.parse(await home.ok('list', 'Inbox', '--columns', 'PR_ENTRYID', '--json'));
    const { code, out } = await home.run('show', rows[0].PR_ENTRYID, '--as', 'msg');
    assert.equal(code, 0);
    assert.ok(out.includes('R\0o\0o\0t\0'), 'the name of the root is there');
  });
});
