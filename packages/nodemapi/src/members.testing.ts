/** Processes that are members of sessions of one home, for tests of what goes on between processes. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hubDirectory } from '@nodemapi/hub';
import { createSubsystem } from './create-subsystem.ts';

const script = fileURLToPath(new URL('./member.testing.mjs', import.meta.url));

/** A notification that a member has heard. */
export interface Heard {
  readonly heard: Readonly<Record<string, unknown>>;
  /** The session or store. */
  readonly from: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

type Reply = { readonly id: number; readonly result?: unknown; readonly error?: { code: string; message: string } };

/** Someone has waited for something in vain; a machine that is busy is slow. */
const waitMsMax = 240_000;

/** One process. */
export class MemberProcess {
  readonly child: ChildProcess;
  readonly heard: Heard[] = [];
  readonly #replies = new Map<number, (reply: Reply) => void>();
  readonly #watchers = new Set<() => void>();
  readonly exited: Promise<void>;
  #next = 1;

  constructor(home: string) {
    this.child = fork(script, [home], { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.exited = new Promise((resolve) => this.child.once('exit', () => resolve()));
    this.child.on('message', (message: Reply | Heard | { ready: true }) => {
      if ('heard' in message) this.heard.push(message);
      else if ('id' in message) this.#replies.get(message.id)?.(message);
      for (const watcher of [...this.#watchers]) watcher();
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Calls a function of the process. @throws what it throws, with its code */
  call<T = unknown>(name: string, ...args: readonly unknown[]): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${name} of process ${this.pid} takes too long`)), waitMsMax);
      this.#replies.set(id, ({ result, error }) => {
        clearTimeout(timer);
        this.#replies.delete(id);
        if (error === undefined) resolve(result as T);
        else reject(Object.assign(new Error(error.message), { code: error.code }));
      });
      this.child.send({ id, call: name, args });
    });
  }

  /** Resolves when it has heard one more notification of a kind than now. */
  hearsNext(kind: string): Promise<readonly Heard[]> {
    return this.hears(kind, this.heard.filter(({ heard }) => heard.kind === kind).length + 1);
  }

  /** Resolves when it has heard `count` notifications of a kind, with all of them. */
  async hears(kind: string, count = 1): Promise<readonly Heard[]> {
    const matching = (): readonly Heard[] => this.heard.filter(({ heard }) => heard.kind === kind);
    if (matching().length < count) {
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          this.#watchers.delete(check);
          reject(new Error(`process ${this.pid} has heard ${matching().length} of ${count} ${kind}`));
        }, waitMsMax);
        const check = (): void => {
          if (matching().length < count) return;
          clearTimeout(timer);
          this.#watchers.delete(check);
          resolve();
        };
        this.#watchers.add(check);
      });
    }
    return matching();
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  /** Kills it and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }
}

/** A home with a profile `Work`, and processes on it that all go with it. */
export class MemberHome implements AsyncDisposable {
  readonly path: string;
  readonly #all: MemberProcess[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  /** @param profiles besides `Work`, which is the default */
  static async make(...profiles: readonly string[]): Promise<MemberHome> {
    const path = await mkdtemp(join(tmpdir(), 'nodemapi-members-'));
    const subsystem = await createSubsystem({ home: path });
    await subsystem.MAPIInitialize();
    const admin = await subsystem.MAPIAdminProfiles();
    for (const name of ['Work', ...profiles]) await admin.createProfile(name, { defaultServices: true });
    await admin.setDefaultProfile('Work');
    await admin.release();
    await subsystem.MAPIUninitialize();
    return new MemberHome(path);
  }

  /** Starts processes. */
  start(count: number): readonly MemberProcess[] {
    const started = Array.from({ length: count }, () => new MemberProcess(this.path));
    this.#all.push(...started);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((one) => one.kill()));
    const directory = hubDirectory(await realpath(this.path), hostname(), process.getuid?.() ?? 0);
    await rm(directory, { recursive: true, force: true });
    await rm(this.path, { recursive: true, force: true });
  }
}
