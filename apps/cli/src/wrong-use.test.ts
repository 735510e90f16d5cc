import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { TestHome } from './io.testing.ts';

let home: TestHome;

beforeAll(async () => {
  home = await TestHome.withProfile();
  await home.file('empty.eml', '');
  await home.file(
    'garbage.eml',
    Uint8Array.from({ length: 3000 }, (_, index) => (index * 7919) % 251),
  );
  await home.file('nobody.eml', 'Subject: to nobody\r\n\r\nx\r\n');
  await home.file('no.mbox', 'hello\n');
  await home.file('a-file', 'x');
  await mkdir(join(home.directory, 'a-directory'));
});
afterAll(() => home[Symbol.asyncDispose]());

/** Arguments, exit code, what is said on standard error. */
const WRONG: readonly (readonly [readonly string[], number, RegExp])[] = [
  [['frobnicate'], 2, /unknown command 'frobnicate'\nTry: mapi --help/u],
  [['fluch'], 2, /Did you mean flush/u],
  [['list', 'Inbox', '--frob'], 2, /unknown option '--frob'\nTry: mapi list --help/u],
  [['list'], 2, /missing required argument 'folder'/u],
  [['outbox', 'bogus'], 2, /"bogus" is no command of mapi outbox/u],
  [['outbox', 'show'], 2, /missing required argument 'id'/u],
  [['folders', 'extra'], 2, /too many arguments/u],
  [['help', 'nothing'], 2, /there is no help for "nothing"/u],
  [['profile', 'show', 'nope'], 1, /there is no profile "nope"/u],
  [['profile', 'create', 'work'], 1, /there is a profile "work" already/u],
  [['profile', 'create', 'a/b'], 1, /"a\/b" is no profile name/u],
  [['profile', 'create', 'other', '--service', 'nope'], 1, /the catalogue has no service "nope"/u],
  [['profile', 'delete', 'nope'], 1, /there is no profile "nope"/u],
  [['profile', 'copy', 'work', 'work'], 1, /there is a profile "work" already/u],
  [['folders', '--profile', 'nope'], 1, /there is no profile "nope"/u],
  [['folders', '--profile', ''], 2, /--profile needs a name/u],
  [['folders', '--home', ''], 2, /--home needs a directory/u],
  [['folders', '--home', 'a-file'], 1, /a-file is a file, not a directory/u],
  [['folders', '--home', 'a-file/x'], 1, /the MAPI home .* cannot be made/u],
  [['service', 'add', 'nope'], 1, /no service "nope"; there are: sql/u],
  [['service', 'add', 'smtp'], 2, /smtp needs host=… from=…/u],
  [['service', 'add', 'smtp', 'host=h', 'from=a@b.c', 'port=abc'], 1, /port="abc" must be a whole number/u],
  [['service', 'add', 'smtp', 'host=h', 'from=a@b.c', 'frob=1'], 1, /unknown option "frob"/u],
  [['service', 'add', 'smtp', 'host=h', 'from=a@b.c', 'host=i'], 2, /host is given twice/u],
  [['service', 'add', 'smtp', 'host=h', 'from=a@b.c', 'password'], 2, /password=- to read it/u],
  [['service', 'set', 'nope', 'port=1'], 1, /no service "nope"; it has: sql, pab, local/u],
  [['service', 'remove', 'nope'], 1, /no service "nope"/u],
  [['send'], 2, /say to whom/u],
  [['send', '--to', 'bad@address@x'], 1, /"bad@address@x" is no mail address \(MAPI_E_INVALID_PARAMETER\)/u],
  [['send', '--to', 'bad address'], 1, /"bad address" is neither a mail address nor a name in the address book/u],
  [['send', '--to', 'a@b.c', '--at', 'yesterday'], 2, /--at must be a time/u],
  [['send', '--to', 'a@b.c', '--importance', 'huge'], 2, /low, normal, high/u],
  [['send', '--to', 'a@b.c', '--wait', 'long'], 2, /--wait must be seconds/u],
  [['send', '--to', 'a@b.c', '--attach', 'nope.pdf'], 1, /there is no file nope.pdf/u],
  [['send', '--to', 'a@b.c', 'empty.eml'], 2, /--to describes a new message/u],
  [['send', 'nope.eml'], 1, /there is no file nope.eml/u],
  [['send', 'a-directory'], 1, /a-directory is a directory/u],
  [['send', 'empty.eml'], 1, /empty.eml: this is no mail message: it is empty/u],
  [['send', 'garbage.eml'], 1, /garbage.eml: .* does not begin with a header/u],
  [['send', 'nobody.eml'], 1, /nobody.eml: the message has no recipients/u],
  [['send', 'x.msg'], 1, /there is no file x\.msg/u],
  [['outbox', 'show', 'zz'], 2, /"zz" is no id/u],
  [['outbox', 'cancel', 'abcd'], 1, /no queued message with the id abcd/u],
  [['outbox', 'edit', 'abcd'], 2, /--subject TEXT/u],
  [['outbox', 'retry', 'abcd'], 1, /no message of the Outbox with the id abcd/u],
  [['flush', '--timeout', 'x'], 2, /--timeout must be a whole number/u],
  [['list', 'Nope'], 1, /there is no folder "Nope"/u],
  [['list', 'Inbox', '--columns', 'PR_SUBJEC'], 2, /did you mean PR_SUBJECT/u],
  [['list', 'Inbox', '--columns', ','], 2, /--columns needs at least one property/u],
  [['list', 'Inbox', '--sort', 'PR_SUBJECT:up'], 2, /the order is asc or desc/u],
  [['list', 'Inbox', '--sort', 'PR_NOPE'], 2, /--sort: unknown property/u],
  [['list', 'Inbox', '--limit', '-1'], 2, /--limit/u],
  [['list', 'Inbox', '--where', 'PR_SUBJECT'], 2, /--where: expected/u],
  [['list', 'Inbox', '--group', 'PR_NOPE'], 2, /--group: unknown property/u],
  [['show', 'Inbox'], 2, /"Inbox" is no id/u],
  [['show', 'abcdef'], 1, /no object with the id abcdef/u],
  [['show', '00'.repeat(30)], 2, /is no id/u],
  [['show', 'ab'.repeat(30)], 1, /MAPI_E_/u],
  [['show', 'abcdef', '--as', 'pdf'], 2, /--as must be one of props, eml, msg, text, html\n/u],
  [['show', 'abcdef', '--as', 'eml', '--json'], 2, /^$/u],
  [['import'], 2, /missing required argument/u],
  [['import', 'nope.eml'], 1, /^$/u],
  [['import', 'empty.eml', '--to', 'Nope'], 1, /there is no folder "Nope".*make it: mapi folder create/u],
  [['folder', 'create', '/'], 2, /the path of a folder/u],

  [['export', 'Inbox', '--as', 'pdf'], 2, /--as must be eml, msg, vcf, mbox or pst/u],
  [['export', 'Inbox', '--out', 'a-file'], 1, /--out a-file is a file/u],
  [['address', 'add', 'nobody'], 1, /"nobody" is no mail address/u],
  [['address', 'remove', 'nobody@example.com'], 1, /no entry with the address/u],
  [['address', 'remove', 'x'], 2, /"x" is no id/u],
  [['watch', 'Nope'], 1, /there is no folder "Nope"/u],
  [['check', '--profile', 'nope'], 1, /there is no profile "nope"/u],
];

describe('wrong use is named, with its exit code', () => {
  test.each(WRONG)('mapi %j', async (args, code, message) => {
    const found = await home.run(...args);
    assert.equal(found.code, code, found.err);
    assert.match(found.err, message);
    if (!args.includes('--json') && args[0] !== 'import') assert.equal(found.out, '');
    if (code === 2 && !args.includes('--json')) assert.match(found.err, /\nTry: mapi .*--help\n$/u);
  });

  test.each(WRONG)('mapi %j --json', async (args, code) => {
    const found = await home.run(...args, '--json');
    assert.equal(found.code, code, found.err);
    const value = JSON.parse(found.out) as { error?: Record<string, unknown>; failed?: readonly unknown[] };
    if (args[0] === 'import' && args[1] === 'nope.eml') assert.equal(value.failed?.length, 1);
    else {
      assert.match(String(value.error?.code), /^MAPI_E_/u);
      assert.match(String(value.error?.hresult), /^0x[0-9a-f]{8}$/u);
      assert.ok(value.error !== undefined && 'message' in value.error && 'where' in value.error);
    }
    assert.equal(found.err, '');
  });

  test('wrong input leaves nothing behind', async () => {
    assert.deepEqual((await home.json('profile', 'list')).value, {
      profiles: [{ name: 'work', default: true, services: ['sql', 'pab', 'local'] }],
    });
    for (const folder of ['Inbox', 'Outbox', 'Sent Items'])
      assert.equal((await home.json('list', folder)).value.total, 0, folder);
  });
});

describe('a MAPI home that is not as it should be', () => {
  test('without a profile: what to do', async () => {
    await using other = await TestHome.make();
    assert.match(await other.ok('profile', 'list'), /Make one: mapi profile create/u);
    for (const args of [['folders'], ['send', '--to', 'a@b.c'], ['service', 'list']]) {
      const { code, err } = await other.run(...args);
      assert.equal(code, 1);
      assert.match(err, /there is no default one; see: mapi profile list, or make one/u);
    }
  });

  test('a profile that cannot be read is named, and hides no other', async () => {
    await using other = await TestHome.withProfile();
    await other.ok('profile', 'create', 'whole');
    await writeFile(join(other.path, 'profiles', 'work.json'), '{"broken');
    assert.match(await other.ok('profile', 'list'), /work\s+cannot be read: .*work\.json/u);
    assert.match(await other.ok('profile', 'list'), /whole\s+sql, pab, local/u);
    for (const args of [['folders'], ['profile', 'show', 'work'], ['profile', 'delete', 'work'], ['check']]) {
      const { code, err, out } = await other.run(...args);
      assert.equal(code, 1);
      assert.match(err + out, /work\.json is no profile/u);
    }
  });

  test('a catalogue that is no catalogue is named', async () => {
    await using other = await TestHome.withProfile();
    await writeFile(join(other.path, 'mapisvc.json'), '{');
    const { code, err } = await other.run('folders');
    assert.equal(code, 1);
    assert.match(err, /mapisvc\.json: is not JSON/u);
  });

  test('a store file that is damaged inside is named', async () => {
    await using other = await TestHome.withProfile();
    await other.ok('folders');
    const path = join(other.path, 'stores', 'work.mapidb');
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0xa5, 8192)); // the header is whole, the pages are not
    for (const args of [['folders'], ['check']]) {
      const { code, out, err } = await other.run(...args);
      assert.equal(code, 1);
      assert.match(out + err, /work\.mapidb\b.*malformed \(MAPI_E_CORRUPT_STORE\)|\(damaged\)/su);
    }
  });

  test('a store of a newer program is left alone', async () => {
    await using other = await TestHome.withProfile();
    await other.ok('folders');
    const path = join(other.path, 'stores', 'work.mapidb');
    const bytes = await readFile(path);
    bytes.writeUInt32BE(99, 60); // user_version
    await writeFile(path, bytes);
    const { code, err } = await other.run('folders');
    assert.equal(code, 1);
    assert.match(err, /work\.mapidb has schema 99, this program knows up to \d+ \(MAPI_E_VERSION\)/u);
  });

  test('a store that is no store fails every command that needs it; status and check name it', async () => {
    await using other = await TestHome.withProfile();
    assert.equal((await other.run('folders')).code, 0);
    await writeFile(join(other.path, 'stores', 'work.mapidb'), 'x'.repeat(9000));
    for (const args of [['folders'], ['list', 'Inbox'], ['outbox'], ['flush'], ['send', '--to', 'a@b.c'], ['watch']]) {
      const { code, err, out } = await other.run(...args);
      assert.equal(code, 1, args[0]);
      assert.match(err, /work\.mapidb: file is not a database/u);
      assert.equal(out, '');
    }
    const status = await other.run('status');
    assert.match(status.err, /cannot be used: .*not a database/u);
    assert.equal(status.code, 3);
    const check = await other.run('check');
    assert.equal(check.code, 1);
    assert.match(check.out, /not a database \(MAPI_E_CORRUPT_STORE\)/u);
    assert.match(
      check.out,
      /left as it is\.\n.*mapi check --repair\n.*mapi export Inbox.*set the file aside.*mapi profile create NAME/su,
    );
    assert.doesNotMatch((await other.run('check', '--repair')).out, /mapi check --repair/u);
    assert.match((await other.run('status', '--help')).out, /3 a resource is in failure/u);
    await other.ok('profile', 'create', 'fresh', '--default'); // the advice works
    assert.equal(await other.ok('list', 'Inbox'), 'No messages.\n');
  });
});
