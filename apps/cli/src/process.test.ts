// Signals, pipes that close and exit codes: what only a process of its own can show. It runs the built command.
import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { type JsonObject, listOf, TestHome } from './io.testing.ts';

const MAPI = fileURLToPath(new URL('../bin/mapi.mjs', import.meta.url));

/** A home whose SMTP server takes connections and says nothing. Each test has its own: they run side by side. */
class World implements AsyncDisposable {
  readonly home: TestHome;
  readonly #silent: Server;

  private constructor(home: TestHome, silent: Server) {
    this.home = home;
    this.#silent = silent;
  }

  static async make(): Promise<World> {
    const home = await TestHome.withProfile();
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await home.ok('service', 'add', 'smtp', 'host=127.0.0.1', `port=${port}`, 'from=ada@example.com');
    return new World(home, silent);
  }

  /** Starts a command and waits until it has connected to the server. */
  async connected(args: readonly string[]): Promise<Running> {
    const connection = once(this.#silent, 'connection');
    const running = new Running(this.home, args);
    await connection;
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#silent.close();
    await this.home[Symbol.asyncDispose]();
  }
}

/** A running command, and what it has printed. */
class Running {
  readonly child: ChildProcess;
  out = '';
  err = '';

  constructor(home: TestHome, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const env = { ...process.env, MAPI_HOME: home.path, ...environment };
    this.child = spawn(process.execPath, [MAPI, ...args], {
      env,
      cwd: home.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
  }

  async says(text: RegExp): Promise<void> {
    while (!text.test(this.err + this.out)) await once(this.child.stderr ?? this.child, 'data');
  }

  async exit(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, 'close');
    return this.child.exitCode;
  }
}

describe.concurrent('a command as a process', () => {
  test('SIGINT while the server is silent: the session ends in good order, the message waits', async () => {
    await using world = await World.make();
    const sending = await world.connected(['send', '--to', 'x@example.com', '--subject', 'stalled', '--json']);
    sending.child.kill('SIGINT');
    assert.equal(await sending.exit(), 130);
    const { messages, end } = JSON.parse(sending.out) as { messages: readonly JsonObject[]; end: JsonObject };
    assert.equal(messages[0]?.state, 'queued');
    assert.equal(end.completed, true);
    // It takes about a second; what is being sent would have 18 if nobody were waiting.
    assert.ok(Number(end.durationMs) < 10_000, `the end took ${end.durationMs} ms`);
    const [queued] = listOf((await world.home.json('outbox')).value, 'queue');
    assert.equal(queued?.subject, 'stalled');
    assert.equal(queued?.state, 'waiting');
  });

  test('SIGINT while a flush waits for a silent server ends it soon', async () => {
    await using world = await World.make();
    await world.home.run('send', '--to', 'x@example.com', '--subject', 'stalled', '--no-wait');
    const flushing = await world.connected(['flush', '--json']);
    const sinceMs = performance.now();
    flushing.child.kill('SIGINT');
    assert.equal(await flushing.exit(), 130);
    // The server would be waited for for a minute.
    assert.ok(performance.now() - sinceMs < 15_000, `it took ${performance.now() - sinceMs} ms`);
    assert.equal((JSON.parse(flushing.out) as JsonObject).left, 1);
    const [queued] = listOf((await world.home.json('outbox')).value, 'queue');
    assert.equal(queued?.state, 'waiting');
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk behind standard output is named, without a stack', async () => {
    await using home = await TestHome.withProfile();
    await using full = await open('/dev/full', 'w');
    const child = spawn(process.execPath, [MAPI, 'profile', 'list', '--json'], {
      env: { ...process.env, MAPI_HOME: home.path },
      stdio: ['ignore', full.fd, 'pipe'],
    });
    let err = '';
    child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const [code] = await once(child, 'close');
    assert.match(err, /standard output cannot be written: ENOSPC/u);
    assert.doesNotMatch(err, / at /u);
    assert.equal(code, 1);
  });

  test('a second SIGINT ends it at once', async () => {
    await using world = await World.make();
    const sending = await world.connected(['send', '--to', 'x@example.com', '--subject', 'impatient']);
    sending.child.kill('SIGINT');
    await sending.says(/interrupt again to stop at once/u);
    sending.child.kill('SIGINT');
    assert.equal(await sending.exit(), 130);
    assert.equal(sending.out, '');
    const queue = listOf((await world.home.json('outbox')).value, 'queue');
    assert.ok(queue.some(({ subject }) => subject === 'impatient')); // it is on the disk
  });

  test('watch ends in good order on SIGTERM', async () => {
    await using home = await TestHome.withProfile();
    const watching = new Running(home, ['watch']);
    await watching.says(/watching/u);
    watching.child.kill('SIGTERM');
    assert.equal(await watching.exit(), 130);
    assert.doesNotMatch(watching.err, /Error|at .*\.js/u);
  });

  test('serve shows metrics and a log while it runs, and ends by the whole procedure on SIGTERM', async () => {
    await using home = await TestHome.withProfile();
    const serving = new Running(home, ['serve', '--metrics', '0', '--observe', 'log', '--json'], {
      MAPI_OBSERVE: 'metrics',
    });
    await serving.says(/"event":"metrics served"/u);
    const address = /http:\/\/127\.0\.0\.1:\d+\/metrics/u.exec(serving.err)?.[0] ?? '';
    const text = await (await fetch(address)).text();
    assert.match(text, /^mapi_sending_messages 0$/mu);
    assert.match(text, /^process_resident_memory_bytes \d+$/mu);
    serving.child.kill('SIGTERM');
    assert.equal(await serving.exit(), 130);
    const end = JSON.parse(serving.out) as JsonObject;
    assert.equal(end.completed, true);
    assert.deepEqual(
      listOf(end, 'steps').map(({ step }) => step),
      [
        ...['unadvise', 'release', 'freeBuffers', 'outgoing', 'logoff', 'releaseSession'],
        ...['oleUninitialize', 'mapiUninitialize', 'deinitMapiUtil'],
      ],
    );
    await assert.rejects(fetch(address));
    for (const line of serving.err.split('\n').filter((each) => each.startsWith('{'))) {
      const { time, level, event } = JSON.parse(line) as JsonObject;
      assert.ok(time !== undefined && level !== undefined && event !== undefined, line);
    }
  });

  test('a reader that goes away is no crash', async () => {
    await using home = await TestHome.withProfile();
    for (const args of [['help'], ['folders', '--json'], ['service', 'catalogue', '--json']]) {
      const running = new Running(home, args);
      running.child.stdout?.destroy();
      assert.equal(await running.exit(), 0, running.err);
      assert.equal(running.err, '');
    }
  });

  test('NO_COLOR and output that is no terminal: no colours', async () => {
    await using home = await TestHome.withProfile();
    const listing = new Running(home, ['profile', 'list']);
    assert.equal(await listing.exit(), 0);
    assert.ok(!listing.out.includes('\u001b'));
  });

  test.skipIf(process.platform === 'win32')(
    'a directory that is gone is no crash: most commands need none',
    async () => {
      await using home = await TestHome.withProfile();
      const gone = await mkdtemp(join(home.directory, 'gone-'));
      const options = { cwd: gone, env: { ...process.env, MAPI_HOME: home.path } };
      const inGone = (...args: readonly string[]): SpawnSyncReturns<string> =>
        spawnSync('sh', ['-c', 'rmdir "$0" 2>/dev/null; exec "$@"', gone, process.execPath, MAPI, ...args], {
          ...options,
          encoding: 'utf8',
        });
      const { status, stderr, stdout } = inGone('profile', 'list', '--json');
      assert.deepEqual([status, stderr, stdout.startsWith('{')], [0, '', true]);
      await mkdir(gone);
      const dumping = inGone('dump', 'a.eml');
      assert.deepEqual([dumping.status, dumping.stderr], [1, 'mapi: there is no file a.eml (MAPI_E_NOT_FOUND)\n']);
    },
  );
});
