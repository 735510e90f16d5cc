import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { smtpServer, withSmtp } from './mail-program.testing.ts';
import { ProgramFolder, printed, type Ran, root } from './program.testing.ts';

const FOLDER = 'examples/ending';
/** How long a server may be silent that nobody is in a hurry for. */
const SMTP_TIMEOUT_MS = 120_000;
let folder: ProgramFolder;
beforeAll(async () => {
  folder = await ProgramFolder.make();
  await folder.mapi('profile', 'create', 'work', '--default');
});
afterAll(() => folder[Symbol.asyncDispose]());

const run = (name: string, environment: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  folder.runFile(`${FOLDER}/${name}.ts`, { MAPI_TRACE: 'leaks', ...environment });

const ended = (stdout: string): Ran => ({ code: 0, stdout, stderr: '' });

test('the guide shows each program as it is', async () => {
  const guide = await readFile(join(root, 'docs/ending-a-session.md'), 'utf8');
  const shown = [...guide.matchAll(/\]\(\.\.\/(examples\/\S+\.ts)\)[^`]*```ts\n([\s\S]*?)```/gu)];
  for (const [, path = '', program] of shown) {
    assert.equal(program, await readFile(join(root, path), 'utf8'), path);
  }
  const files = (await readdir(join(root, FOLDER))).map((name) => `${FOLDER}/${name}`);
  assert.deepEqual(shown.map(([, path]) => path).sort(), files.sort());
});

describe('the programs of the guide', () => {
  test('LOGOFF-1: the eight steps of the page, by hand; nothing is left open', async () => {
    assert.deepEqual(await run('steps'), ended('ended, step by step\n'));
  });

  test('LOGOFF-8: after the outgoing messages are processed, by a server of its own', async () => {
    const received: string[] = [];
    await using server = await smtpServer(async (text) => void received.push(text));
    await using mail = await withSmtp(server.port);
    const ran = await mail.runFile(`${FOLDER}/drain.ts`, { MAPI_TRACE: 'leaks' });
    assert.deepEqual(ran, ended('1 of 1\nsent 1, left 0, may have been sent 0; deadline exceeded: false\n'));
    assert.match(received[0] ?? '', /^Subject: Notes\r?$/mu);
  });

  test('LOGOFF-8, LOGOFF-9: with a server that does not answer, the deadline ends the wait and the message stays', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    assert.ok(typeof address === 'object' && address !== null);
    try {
      await using mail = await withSmtp(address.port);
      let askedMs = performance.now();
      silent.once('connection', () => (askedMs = performance.now())); // the program has started
      const ran = await mail.runFile(`${FOLDER}/drain.ts`, { DEADLINE_MS: '2000' });
      assert.match(ran.stdout, /^sent 0, left [01], may have been sent [01]; /mu);
      assert.ok(performance.now() - askedMs < SMTP_TIMEOUT_MS, 'the server was waited for, not the deadline');
      const queue = JSON.parse(await mail.mapi('outbox', 'list', '--json', '--profile', 'work')) as {
        queue: unknown[];
      };
      assert.equal(queue.queue.length, 1);
    } finally {
      silent.close();
    }
  });

  test('LOGOFF-8, LOGOFF-9: at once, with the mail left or withdrawn', async () => {
    await using own = await ProgramFolder.make();
    await own.mapi('profile', 'create', 'work', '--default');
    const queued = async (): Promise<number> =>
      (JSON.parse(await own.mapi('outbox', 'list', '--json')) as { queue: unknown[] }).queue.length;
    const left = await own.runFile(`${FOLDER}/at-once.ts`, { POLICY: 'leave' });
    assert.match(left.stdout, /^leave: [01] left, completed: true\n$/u);
    assert.ok((await queued()) <= 1);
    const aborted = await own.runFile(`${FOLDER}/at-once.ts`, { POLICY: 'abort' });
    assert.deepEqual(aborted, ended('abort: 0 left, completed: true\n'));
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    test(`by ${signal}: in good order, then with exit code ${code}`, async () => {
      const child = folder.start(
        await folder.compile(await readFile(join(root, FOLDER, 'daemon.ts'), 'utf8'), 'daemon'),
      );
      let stdout = '';
      child.stdout?.on('data', (chunk) => {
        stdout += String(chunk);
      });
      await printed(child, 'ready');
      child.kill(signal);
      const [exit] = (await once(child, 'close')) as [number];
      assert.deepEqual([exit, stdout], [code, `ready\n${signal}: completed true, drain\n`]);
    });
  }

  for (const [what, cause, error] of [
    ['exception', 'exception', 'the program broke'],
    ['rejection', 'rejection', 'nobody caught this'],
  ] as const) {
    test(`SHUT-21: by an uncaught ${what}: told, in good order, with exit code 1`, async () => {
      const ran = await folder.runFile(`${FOLDER}/daemon.ts`, { BREAK: what });
      assert.deepEqual([ran.code, ran.stdout], [1, `ready\n${cause}: completed true, drain\n`]);
      assert.match(ran.stderr, new RegExp(`^Uncaught Error: ${error}`));
    });
  }

  test('by the end of the process, when nothing keeps it', async () => {
    const ran = await folder.runFile(`${FOLDER}/daemon.ts`, { BREAK: 'nothing' });
    assert.deepEqual(ran, ended('ready\nbeforeExit: completed true, drain\n'));
  });

  test('LOGOFF-12, LOGOFF-17: by another member’s shared logoff', async () => {
    const told = 'the member ended by sharedLogoff, completed: true\nthe owner has ended\n';
    assert.deepEqual(await run('shared'), ended(told));
  });

  test('LOGOFF-31, LOGOFF-33: one store by each of the five policies, while the session goes on', async () => {
    const { stdout, code, stderr } = await run('store');
    assert.deepEqual([code, stderr], [0, '']);
    const lines = stdout.trimEnd().split('\n');
    for (const [index, mode] of ['quiet', 'abort', 'orderly', 'noWait', 'purge'].entries()) {
      assert.match(
        lines[index] ?? '',
        new RegExp(`^${mode}: complete true, inbound (true|false), outbound false, queued false$`),
      );
    }
    assert.equal(lines.at(-1), 'the session ended by itself, completed: true');
  });

  test('SHUT-3, SHUT-8: fast shutdown, and the ordinary end where the policy is against it', async () => {
    assert.deepEqual(await run('fast'), ended('shut down fast\n'));
    const { stdout } = await run('fast', { MAPI_FAST_SHUTDOWN: '2' });
    assert.match(stdout, /ended in 9 steps\n$/u);
  });

  test('SHUT-21: MAPICrashRecovery from a handler of one’s own', async () => {
    const { code, stderr } = await folder.runFile(`${FOLDER}/crash.ts`);
    assert.equal(code, 1);
    assert.match(stderr, /the program broke/u);
  });

  test('LOGOFF-8: process death: the next session on the profile finds all in order', async () => {
    const child = folder.start(await folder.compile(await readFile(join(root, FOLDER, 'daemon.ts'), 'utf8'), 'daemon'));
    await printed(child, 'ready');
    child.kill('SIGKILL');
    await once(child, 'close');
    assert.deepEqual(await run('steps'), ended('ended, step by step\n'));
    const check = JSON.parse(await folder.mapi('check', '--json')) as { stores: { ok: boolean }[] };
    assert.ok(check.stores.every(({ ok }) => ok));
  });
});
