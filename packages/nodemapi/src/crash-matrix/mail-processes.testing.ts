/** Starts the lives of `mail-process.testing.mjs`, and keeps processes that look at one home after the other. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { hubDirectory } from '@nodemapi/hub';
import { type DiskFault, shimEnvironment } from './disk-shim.testing.ts';
import type { Facts } from './judge.testing.ts';

/** A life that takes longer than this hangs. */
const lifeMsMax = 240_000;

/** Runs a process to its end; answers its exit code, or the signal that killed it. */
async function ended(child: ChildProcess): Promise<number | NodeJS.Signals> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`process ${child.pid} took more than ${lifeMsMax} ms`));
    }, lifeMsMax);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(signal ?? code ?? -1);
    });
  });
}

export interface FirstLife {
  readonly end: number | NodeJS.Signals;
  /** What it wrote down, if that was wanted. */
  readonly log: Uint8Array;
}

/** Lets a process send its mail, watched by the shim. */
export async function firstLife(script: string, shim: string, home: string, fault?: DiskFault): Promise<FirstLife> {
  const [marks, log] = [`${home}.marks`, `${home}.log`];
  for (const path of [marks, log]) await rm(path, { force: true });
  const env = shimEnvironment(shim, { root: home, marks, log, ...(fault === undefined ? {} : { fault }) });
  const child = spawn(process.execPath, [script, 'send', home, marks], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const end = await ended(child);
  const bytes = await readFile(log);
  for (const path of [marks, log]) await rm(path, { force: true });
  await removeMeetingPlace(home);
  return { end, log: bytes };
}

/** A process that finishes what it finds in a home, one home after the other. */
export class Survivor implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(script: string) {
    this.#child = fork(script, ['survive'], { execArgv: [] });
  }

  /** Finishes what is in the home, and says what is there then. */
  async look(home: string): Promise<Facts> {
    const facts = (await this.#ask({ home })) as Facts;
    await removeMeetingPlace(home);
    return facts;
  }

  /** Makes the profile of the matrix in a new home, with a server on this port. */
  async prepare(home: string, port: number): Promise<void> {
    const { error } = (await this.#ask({ home, port })) as { readonly error?: string };
    if (error !== undefined) throw new Error(`no profile: ${error}`);
  }

  #ask(request: { readonly home: string; readonly port?: number }): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nobody answers for ${request.home}`)), lifeMsMax);
      const heard = (message: object): void => {
        if ('ready' in message) return;
        clearTimeout(timer);
        this.#child.off('message', heard);
        resolve(message);
      };
      this.#child.on('message', heard);
    });
    this.#child.send(request);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const end = ended(this.#child);
    this.#child.disconnect();
    await end;
  }
}

/** Where the processes of the home have met. */
export async function removeMeetingPlace(home: string): Promise<void> {
  await rm(hubDirectory(home, hostname(), process.getuid?.() ?? 0), { recursive: true, force: true });
}
