/** The servers of a soak: one that behaves badly, and a real Postfix. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type JournalLine, jsonLines } from './record.testing.ts';

export interface Server {
  readonly port: number;
  /** Also after it was killed; then at the same port. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** How likely it behaves badly, where it does; 0: never. */
  weather(weather: number): void;
  /** What it took. */
  journal(): Promise<readonly JournalLine[]>;
}

/** hostile-sink.testing.mjs, a process. */
export class Sink implements Server {
  readonly #program: string;
  readonly #journal: string;
  readonly #seed: number;
  #child: ChildProcess | undefined;
  #port = 0;
  #weather = 1;
  #starts = 0;

  constructor(program: string, records: string, seed: number) {
    this.#program = program;
    this.#journal = join(records, 'journal.jsonl');
    this.#seed = seed;
  }

  get port(): number {
    return this.#port;
  }

  journal(): Promise<readonly JournalLine[]> {
    return jsonLines<JournalLine>(this.#journal);
  }

  async start(): Promise<void> {
    const args = [String(this.#port), this.#journal, String(this.#seed + this.#starts++)];
    const child = fork(this.#program, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'], execArgv: [] });
    this.#child = child;
    const output = child.stdout;
    if (output === null) throw new Error('the server has no output');
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: output }).once('line', resolve);
      child.once('exit', (code, signal) => reject(new Error(`the server ended with ${signal ?? code}`)));
    });
    this.#port = (JSON.parse(line) as { readonly port: number }).port;
    this.weather(this.#weather);
  }

  weather(weather: number): void {
    this.#weather = weather;
    this.#child?.send({ weather });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await exited;
  }
}

/** What a soak needs of a Postfix; one that runs, and delivers everything into one maildir. */
export interface PostfixParts {
  readonly port: number;
  resume(): Promise<void>;
  stop(): Promise<void>;
  /** What has arrived, after a while in which no more came. */
  mails(count: number): Promise<readonly string[]>;
}

/**
 * A real Postfix. It is stopped in place of being killed; what it told its clients is not known, so that a second copy
 * needs no cause, but has to be said as ever.
 */
export class PostfixServer implements Server {
  readonly #postfix: PostfixParts;
  #isRunning = true;

  constructor(postfix: PostfixParts) {
    this.#postfix = postfix;
  }

  get port(): number {
    return this.#postfix.port;
  }

  async start(): Promise<void> {
    if (!this.#isRunning) await this.#postfix.resume();
    this.#isRunning = true;
  }

  async kill(): Promise<void> {
    if (this.#isRunning) await this.#postfix.stop();
    this.#isRunning = false;
  }

  weather(): void {}

  async journal(): Promise<readonly JournalLine[]> {
    const mails = await this.#postfix.mails(Number.MAX_SAFE_INTEGER);
    return mails.map((text, index) => {
      const header = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'imu').exec(text)?.[1] ?? '';
      const subject = header('subject');
      const isWhole = text.includes(`end of ${subject}`);
      const messageId = header('message-id');
      const common = { time: index, conversation: 'postfix', taken: String(index) };
      return { ...common, addresses: [header('delivered-to')], subject, messageId, isWhole };
    });
  }
}
