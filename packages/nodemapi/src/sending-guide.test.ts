import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { smtpServer, withSmtp } from './mail-program.testing.ts';
import { type ProgramFolder, printed, root } from './program.testing.ts';

const FOLDER = 'examples/sending';
const received: string[] = [];
let server: Awaited<ReturnType<typeof smtpServer>>;
let folder: ProgramFolder;
beforeAll(async () => {
  server = await smtpServer(async (text) => void received.push(text));
  folder = await withSmtp(server.port);
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const compiled = async (name: string): Promise<string> =>
  folder.compile(await readFile(join(root, FOLDER, `${name}.ts`), 'utf8'), name);
const subjects = (): readonly string[] => received.map((text) => /^Subject: (.*?)\r?$/mu.exec(text)?.[1] ?? '').sort();

test('the guide shows each program as it is', async () => {
  const guide = await readFile(join(root, 'docs/sending-mail.md'), 'utf8');
  const shown = [...guide.matchAll(/\]\(\.\.\/(examples\/\S+\.ts)\)[^`]*```ts\n([\s\S]*?)```/gu)];
  for (const [, path = '', program] of shown) {
    assert.equal(program, await readFile(join(root, path), 'utf8'), path);
  }
  const files = (await readdir(join(root, FOLDER))).map((name) => `${FOLDER}/${name}`);
  assert.deepEqual(shown.map(([, path]) => path).sort(), files.sort());
});

test('the guide names every metric of the spooler, and none that there is not', async () => {
  const guide = await readFile(join(root, 'docs/sending-mail.md'), 'utf8');
  const named = new Set([...guide.matchAll(/`(mapi_[a-z_]+)`/gu)].map(([, name]) => name));
  const sources = [
    'packages/spooler/src/observer.ts',
    'packages/nodemapi/src/observe.ts',
    'packages/base/src/metrics.ts',
  ];
  const texts = await Promise.all(sources.map((path) => readFile(join(root, path), 'utf8')));
  const made = new Set([...texts.join('').matchAll(/'(mapi_[a-z_]+)'/gu)].map(([, name]) => name));
  assert.deepEqual([...named].sort(), [...made].sort());
});

describe('the programs of the guide, one after the other', () => {
  test('what is accepted survives a kill of the process, and is sent by another', async () => {
    const submitting = folder.start(await compiled('submit'));
    await printed(submitting, 'accepted: For mary');
    submitting.kill('SIGKILL');
    await once(submitting, 'close');
    const sending = folder.start(await compiled('sender'));
    let stdout = '';
    sending.stdout?.on('data', (chunk) => (stdout += String(chunk)));
    await printed(sending, 'the queue is empty');
    sending.kill('SIGTERM');
    const [code] = (await once(sending, 'close')) as [number];
    assert.equal(code, 143);
    assert.match(stdout, /^sent \d, failed 0, left 0$/mu);
    assert.deepEqual([...new Set(subjects())], ['For ada', 'For grace', 'For mary']);
  });

  test('the queue is looked at, held and withdrawn while nothing is sent', async () => {
    const before = received.length;
    const args = ['--to', 'x@example.test', '--subject', 'later', '--at', '2099-01-01T00:00:00Z', '--no-wait'];
    await assert.rejects(folder.mapi('send', ...args), { code: 3 }); // left in the queue, as it should be
    const look = await compiled('look');
    assert.match((await folder.run(look, { ACTION: 'hold' })).stdout, /^later: \w+.*\nheld: 1\n$/u);
    assert.match((await folder.run(look, { ACTION: 'cancel' })).stdout, /^later: held, held by the user\n$/u);
    assert.equal(received.length, before);
  });
});
