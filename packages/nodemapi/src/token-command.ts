/** OAuth2 tokens from a command that prints them, for programs that have no grants of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Clock, MapiError, systemClock } from '@nodemapi/base';
import type { AccessTokenRequest, AccessTokenSource } from '@nodemapi/mapi';

/** A token is short; a command that prints more prints something else. */
const outputBytesMax = 65_536;
/** By this exit code (EX_TEMPFAIL) a command says that it may work later. */
const EXIT_TEMPORARY = 75;

/** How commands for tokens are run. */
export interface TokenCommandOptions {
  /** A command that takes longer is killed; default 60 seconds. */
  readonly timeoutMs?: number;
  /** A token is given again for so long, unless it was refused; default 60 seconds. */
  readonly keepMs?: number;
  readonly clock?: Clock;
}

const IS_POSIX = process.platform !== 'win32';

interface Kept {
  readonly token: string;
  readonly untilMs: number;
}

/**
 * Gets tokens by running the command that the profile names for the account (`tokenCommand` of the service `smtp`).
 *
 * It runs without a shell and without input, and prints the token as the first line of its standard output; what it says on
 * standard error goes to that of this process, and nothing of either is logged. Its environment is that of this process, with
 * `MAPI_TOKEN_USER`, `MAPI_TOKEN_HOST`, and `MAPI_TOKEN_REFUSED=1` if the last token was refused. Connections that are made
 * together share a run.
 *
 * A command that fails is a matter of the configuration (MAPI_E_LOGON_FAILED), except by the exit code 75 or when it takes too long.
 */
export function tokensByCommand(options: TokenCommandOptions = {}): AccessTokenSource {
  const { timeoutMs = 60_000, keepMs = 60_000, clock = systemClock } = options;
  const runs = new Map<string, Run>();
  const kept = new Map<string, Kept>();
  return async (request) => {
    const { user, host, refused, command = [], signal } = request;
    const [program] = command;
    if (program === undefined) {
      throw new MapiError(
        'MAPI_E_LOGON_FAILED',
        `no command gives tokens for ${user}: the service has no tokenCommand`,
      );
    }
    const key = JSON.stringify([user, host, command]);
    const last = kept.get(key);
    if (last !== undefined && last.token !== refused && clock.monotonicMs() < last.untilMs) return last.token;
    const runKey = `${refused !== undefined} ${key}`; // one that does not know of a refusal may print the same token again
    let run = runs.get(runKey);
    if (run === undefined) {
      run = new Run(program, request, timeoutMs, clock);
      runs.set(runKey, run);
    }
    try {
      const token = await run.wait(signal);
      kept.set(key, { token, untilMs: clock.monotonicMs() + keepMs });
      return token;
    } finally {
      if (runs.get(runKey) === run) runs.delete(runKey);
    }
  };
}

/** A run of the command. When nobody waits for it any more it is killed. */
class Run {
  readonly #child: ChildProcess;
  readonly #token: Promise<string>;
  #waiting = 0;

  constructor(program: string, request: AccessTokenRequest, timeoutMs: number, clock: Clock) {
    const { user, host, refused, command = [] } = request;
    const environment = { ...process.env, MAPI_TOKEN_USER: user, MAPI_TOKEN_HOST: host };
    this.#child = spawn(program, command.slice(1), {
      env: refused === undefined ? environment : { ...environment, MAPI_TOKEN_REFUSED: '1' },
      shell: false,
      detached: IS_POSIX, // a group of its own, to be ended with whatever it has started
      stdio: ['ignore', 'pipe', 'inherit'],
      windowsHide: true,
    });
    this.#token = this.#end(program, timeoutMs, clock);
    this.#token.catch(() => {}); // whoever waits hears it
  }

  async wait(signal: AbortSignal): Promise<string> {
    this.#waiting++;
    try {
      return await orAborted(this.#token, signal);
    } finally {
      this.#waiting--;
      if (this.#waiting === 0) this.#kill();
    }
  }

  async #end(program: string, timeoutMs: number, clock: Clock): Promise<string> {
    let isLate = false;
    const timer = clock.setTimer(timeoutMs, () => {
      isLate = true;
      this.#kill();
    });
    try {
      const { output, code } = await ended(this.#child, program, () => this.#kill());
      if (isLate) throw new MapiError('MAPI_E_TIMEOUT', `${program} took more than ${timeoutMs / 1000} s`);
      const [token = ''] = output.split(/\r?\n/u, 1);
      if (code === 0 && token !== '') return token;
      const why = code === 0 ? 'printed no token' : `ended with ${code}`;
      const error = code === EXIT_TEMPORARY ? 'MAPI_E_NETWORK_ERROR' : 'MAPI_E_LOGON_FAILED';
      throw new MapiError(error, `${program} ${why}`);
    } finally {
      timer.cancel();
    }
  }

  #kill(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      if (IS_POSIX) killGroup(pid);
      else this.#child.kill('SIGKILL');
    }
    this.#child.stdout?.destroy(); // what it has started may hold the other end; before the kill it could end of that by itself
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it has just ended
  }
}

/** @throws the reason of the signal when it is aborted first */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(MapiError.from(signal.reason, 'nodemapi'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What it printed, and its exit code or the signal that ended it. */
function ended(
  child: ChildProcess,
  program: string,
  onTooMuch: () => void,
): Promise<{ readonly output: string; readonly code: number | string | null }> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    child.stdout?.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= outputBytesMax) pieces.push(piece);
      else onTooMuch();
    });
    child.once('error', ({ message }) => {
      reject(new MapiError('MAPI_E_LOGON_FAILED', `${program} cannot be run: ${message}`));
    });
    child.once('close', (code, signal) => {
      resolve({ output: Buffer.concat(pieces).toString('utf8'), code: code ?? signal });
    });
  });
}
