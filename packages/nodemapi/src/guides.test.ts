import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { smtpServer, withSmtp } from './mail-program.testing.ts';
import { ProgramFolder, root } from './program.testing.ts';

const timeout = 60_000;
/** The guides, and the folders of their programs. */
const GUIDES = ['docs/in-your-program.md', 'docs/from-nodemailer.md', 'docs/for-mapi-developers.md'];
const FOLDERS = ['examples/programs', 'examples/mapi'];

test('the guides show each program as it is, and every program', async () => {
  const shown = new Set<string>();
  for (const guide of GUIDES) {
    const text = await readFile(join(root, guide), 'utf8');
    for (const [, path = '', program] of text.matchAll(/\]\(\.\.\/(examples\/\S+\.ts)\):\n\n```ts\n([\s\S]*?)```/gu)) {
      assert.equal(program, await readFile(join(root, path), 'utf8'), path);
      shown.add(path);
    }
  }
  const files = await Promise.all(
    FOLDERS.map(async (folder) => (await readdir(join(root, folder))).map((name) => `${folder}/${name}`)),
  );
  assert.deepEqual([...shown].sort(), files.flat().sort());
});

describe('programs that send by SMTP', () => {
  const received: string[] = [];
  let server: Awaited<ReturnType<typeof smtpServer>>;
  let folder: ProgramFolder;
  beforeAll(async () => {
    server = await smtpServer(async (text) => void received.push(text));
    folder = await withSmtp(server.port);
  }, timeout);
  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** Runs a program; answers what it printed and what the server got. */
  async function sent(name: string, environment: NodeJS.ProcessEnv = {}): Promise<{ stdout: string; got: string[] }> {
    received.length = 0;
    const { code, stdout, stderr } = await folder.runFile(`examples/programs/${name}.ts`, environment);
    assert.equal(code, 0, stderr);
    return { stdout, got: [...received] };
  }

  test('the mail of nodemailer leaves by the queue', { timeout }, async () => {
    const mailer = pathToFileURL(createRequire(import.meta.url).resolve('nodemailer')).href;
    const source = await readFile(join(root, 'examples/programs/nodemailer.ts'), 'utf8');
    received.length = 0;
    const file = await folder.compile(source.replace("'nodemailer'", `'${mailer}'`), 'nodemailer');
    const { stdout, stderr } = await folder.run(file);
    assert.equal(stdout, 'queued for ada@example.test, archive@example.test\nsent 1, failed 0, left 0\n', stderr);
    assert.match(received[0] ?? '', /By nodemailer/u);
  });

  test('a mailing sends to each a text of their own, and once', { timeout }, async () => {
    const environment = { COUNT: '12', DONE: join(folder.path, 'done.txt') };
    await writeFile(environment.DONE, 'member3@example.test\n');
    const { stdout, got } = await sent('mailing', environment);
    assert.match(stdout, /^11 queued in [\d.]+ s\nsent 11, failed 0, left 0\n$/u);
    const names = got.map((text) => /Dear (member\d+),/u.exec(text)?.[1]);
    assert.equal(new Set(names).size, 11);
    assert.ok(!names.includes('member3'));
    assert.match((await sent('mailing', environment)).stdout, /^0 queued/u);
  });

  test('a picture is shown in the text, and a file is attached', { timeout }, async () => {
    const FILE = join(folder.path, 'long.bin');
    await writeFile(FILE, new Uint8Array(3_000_000));
    const { stdout, got } = await sent('attachments', { FILE });
    assert.match(stdout, /^sent 1; at most \d+ MB/u);
    const [mail = ''] = got;
    for (const part of ['multipart/related', '<dot@example.test>', 'filename="?long.bin']) {
      assert.ok(new RegExp(part, 'iu').test(mail), `${part}: ${mail.slice(0, 2000)}`);
    }
    assert.ok(mail.length > 4_000_000);
  });

  test('the web server takes mail, says how it is, and ends with what it has begun', { timeout }, async () => {
    received.length = 0;
    const source = await readFile(join(root, 'examples/programs/web-server.ts'), 'utf8');
    const child = folder.start(await folder.compile(source, 'web-server'), {
      ...{ PORT: '0', SMTP_HOST: '127.0.0.1', SMTP_PORT: String(server.port), SMTP_SECURITY: 'none' },
      MAIL_FROM: 'web@example.test',
    });
    let stdout = '';
    child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout?.on('data', () => {
        const found = /ready on .*port: (\d+)/su.exec(stdout)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('close', () => reject(new Error(`the server ended: ${stdout}`)));
    });
    const url = `http://127.0.0.1:${port}`;
    const post = (mail: object): Promise<Response> => fetch(url, { method: 'POST', body: JSON.stringify(mail) });
    assert.deepEqual(await (await fetch(`${url}/health`)).json(), { queue: [] });
    assert.equal((await post({ to: 'nobody', subject: 's', text: 't' })).status, 400);
    assert.equal((await fetch(url, { method: 'POST', body: 'not JSON' })).status, 400);
    const answers = [1, 2, 3].map((number) => post({ to: 'ada@example.test', subject: `Web ${number}`, text: 't' }));
    await answers[0];
    child.kill('SIGTERM');
    // Who was heard gets an answer, whoever was not an error; what was accepted arrives, and nothing else.
    const accepted = (await Promise.allSettled(answers)).filter(
      (each) => each.status === 'fulfilled' && each.value.status === 202,
    ).length;
    const [code] = (await once(child, 'close')) as [number];
    assert.equal(code, 143, stdout);
    assert.ok(accepted >= 1);
    assert.match(stdout, /SIGTERM: sent \d, failed 0, left 0/u);
    assert.equal(received.length, accepted);
  });

  test('files of mail become lines of JSON', { timeout }, async () => {
    const eml = join(folder.path, 'a.eml');
    await writeFile(eml, 'From: ada@example.test\nTo: bob@example.test\nSubject: In a file\n\nHello.\n');
    const { stdout } = await folder.runFile('examples/programs/to-json.ts', { FILES: eml });
    const { file, format, subject, recipients } = JSON.parse(stdout);
    assert.deepEqual([file, format, subject, recipients.length], ['a.eml', 'eml', 'In a file', 1]);
  });
});

describe('programs as they are in C++', () => {
  let folder: ProgramFolder;
  beforeAll(async () => {
    folder = await ProgramFolder.make();
    await folder.mapi('profile', 'create', 'work', '--default');
  }, timeout);
  afterAll(() => folder[Symbol.asyncDispose]());

  const prints = async (name: string, expected: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await folder.runFile(`examples/mapi/${name}.ts`);
    assert.deepEqual([stdout.trimEnd().split('\n'), stderr, code], [expected, '', 0]);
  };

  test('one after the other, in one home', { timeout }, async () => {
    await prints('send', ['resolved: resolved, unresolved, MAPI_E_NOT_FOUND', 'sent 1']);
    const year = new Date().toISOString().slice(0, 4);
    const groups = ['work: 1', '  NEWS: by heart'];
    await prints('table', [`${year} NEWS: by heart`, 'found at 0, of 1', ...groups, '0 folders below the Inbox']);
    await prints('props', [
      '2: MAPI_E_COMPUTED',
      'green 2',
      'a value, MAPI_E_NOT_FOUND undefined',
      'as a stream it has 40000 bytes',
      'copied: green, subject: undefined',
      'MAPI_E_UNKNOWN_ENTRYID 0x80040201',
      'GetLastError: Personal message store: the entry identifier is of another store',
    ]);
    await prints('advise', ['new mail: To myself', 'the table: rowAdded', 'left open: 0']);
    await prints('profiles', [
      ...['sql: Personal message store', '  provider of type 33', 'smtp: SMTP mail', '  provider of type 36'],
      ...['By hand', 'work, the default one'],
    ]);
  });
});
