import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, VirtualClock } from '@nodemapi/base';
import { MapiError } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { tokensByCommand } from './token-command.ts';

const never = (): AbortSignal => new AbortController().signal;

/** A program of a few lines, and where it writes down that it ran. */
class Program implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async make(text: string): Promise<Program> {
    const program = new Program(await mkdtemp(join(tmpdir(), 'nodemapi-token-')));
    await writeFile(program.path, `#!/bin/sh\necho run "$@" >>'${program.log}'\n${text}\n`);
    await chmod(program.path, 0o700);
    return program;
  }

  get path(): string {
    return join(this.#folder, 'print token');
  }

  get log(): string {
    return join(this.#folder, 'log');
  }

  /** What it was called with, each time. */
  async runs(): Promise<readonly string[]> {
    return (await readFile(this.log, 'utf8')).trim().split('\n');
  }

  /** The process that a run of it has started, as soon as there is one. */
  async child(run: number): Promise<number> {
    for (;;) {
      const line = (await readFile(this.log, 'utf8').catch(() => '')).match(/^pid \d+$/gmu)?.[run];
      if (line !== undefined) return Number(line.slice(4));
      await systemClock.delay(10);
    }
  }

  request(more: Partial<Parameters<ReturnType<typeof tokensByCommand>>[0]> = {}) {
    const command = [this.path, 'access', '$HOME; echo no'];
    return { user: 'me', host: 'mail.x.test', signal: never(), command, ...more };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Whether a process lives; one that has ended and is not buried yet does not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/\) Z/u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && !existsSync('/proc/self'); // it has no /proc, but lives
  }
}

describe.skipIf(process.platform === 'win32')('a command that prints tokens', () => {
  test('runs without a shell, knows for whom the token is, and its first line is the token', async () => {
    await using program = await Program.make('echo "$MAPI_TOKEN_USER-$MAPI_TOKEN_HOST-$MAPI_TOKEN_REFUSED"; echo more');
    assert.equal(await tokensByCommand()(program.request()), 'me-mail.x.test-');
    assert.deepEqual(await program.runs(), ['run access $HOME; echo no']);
  });

  test('runs once for connections that are made together, and again when the token was refused or is old', async () => {
    await using program = await Program.make(
      `echo "token-$(wc -l <"$(dirname "$0")/log" | tr -d ' ')-$MAPI_TOKEN_REFUSED"`,
    );
    const clock = new VirtualClock();
    const tokens = tokensByCommand({ clock, keepMs: 60_000 });
    const both = await Promise.all([tokens(program.request()), tokens(program.request())]);
    assert.deepEqual(both, ['token-1-', 'token-1-']);
    assert.equal(await tokens(program.request()), 'token-1-');
    assert.equal(await tokens(program.request({ refused: 'token-1-' })), 'token-2-1');
    await clock.advance(60_001);
    assert.equal(await tokens(program.request()), 'token-3-');
    assert.equal(await tokens(program.request({ user: 'you' })), 'token-4-');
  });

  test('runs for a token that was refused, also while one runs that does not know of it', async () => {
    await using program = await Program.make('echo "token$MAPI_TOKEN_REFUSED"');
    const tokens = tokensByCommand();
    const both = [tokens(program.request()), tokens(program.request({ refused: 'token' }))];
    assert.deepEqual(await Promise.all(both), ['token', 'token1']);
  });

  test('that fails, prints nothing or cannot be run is a matter of the configuration; 75 says that it may work later', async () => {
    for (const [text, code, words] of [
      ['exit 3', 'MAPI_E_LOGON_FAILED', /ended with 3$/u],
      ['true', 'MAPI_E_LOGON_FAILED', /printed no token$/u],
      ['echo; echo token', 'MAPI_E_LOGON_FAILED', /printed no token$/u],
      ['echo token; exit 75', 'MAPI_E_NETWORK_ERROR', /ended with 75$/u],
      ['yes token', 'MAPI_E_LOGON_FAILED', /ended with SIG/u],
    ] as const) {
      await using program = await Program.make(text);
      await assert.rejects(tokensByCommand()(program.request()), (error) => {
        assert.ok(MapiError.is(error, code) && words.test(error.detail), `${text}: ${error}`);
        return true;
      });
    }
    await using program = await Program.make('echo token');
    const tokens = tokensByCommand();
    await assert.rejects(tokens(program.request({ command: ['/nowhere/at/all'] })), { code: 'MAPI_E_LOGON_FAILED' });
    await assert.rejects(tokens(program.request({ command: [] })), { code: 'MAPI_E_LOGON_FAILED' });
    assert.equal(await tokens(program.request()), 'token', 'what failed is not remembered');
  });

  test('is killed when it takes too long, or when nobody waits for it any more, with what holds its output', async () => {
    await using program = await Program.make(`sleep 30 & echo "pid $!" >>"$(dirname "$0")/log"; wait`);
    const clock = new VirtualClock();
    const late = tokensByCommand({ clock, timeoutMs: 5000 })(program.request());
    const refused = assert.rejects(late, { code: 'MAPI_E_TIMEOUT' });
    const children = [await program.child(0)];
    await clock.advance(5000);
    await refused;
    const [first, second] = [new AbortController(), new AbortController()];
    const tokens = tokensByCommand();
    const [one, two] = [first, second].map(({ signal }) => tokens(program.request({ signal })));
    children.push(await program.child(1));
    first.abort(new MapiError('MAPI_E_USER_CANCEL', 'this connection is not wanted any more'));
    await assert.rejects(one ?? late, { code: 'MAPI_E_USER_CANCEL' });
    second.abort(new MapiError('MAPI_E_CANCEL', 'nor is the other'));
    await assert.rejects(two ?? late, { code: 'MAPI_E_CANCEL' });
    for (const pid of children) while (isAlive(pid)) await systemClock.delay(10); // for ever, if nobody kills it
  });
});
