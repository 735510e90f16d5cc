/** Runs commands in the process, on a MAPI home of their own in a temporary directory, and keeps what they print. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io, Screen } from './io.ts';
import { main } from './main.ts';

/** What a command printed and answered. */
export interface Recorded {
  readonly code: number;
  /** Standard output, text and bytes. */
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** Standard input. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A terminal of so many columns, with colours. */
  readonly columns?: number;
  /** Standard output is drawn over. */
  readonly screen?: Screen;
  /** Hears every text, and may close standard output, as a reader that goes away does. */
  readonly onOut?: (text: string, closeOutput: () => void) => void;
  /** Hears every text on standard error. */
  readonly onErr?: (text: string) => void;
  readonly clock?: Io['clock'];
}

export class TestHome implements AsyncDisposable {
  /** The working directory of the commands. */
  readonly directory: string;
  /** The MAPI home. */
  readonly path: string;

  private constructor(directory: string) {
    this.directory = directory;
    this.path = join(directory, 'home');
  }

  static async make(): Promise<TestHome> {
    return new TestHome(await mkdtemp(join(tmpdir(), 'mapi-cli-')));
  }

  /** A home with a default profile `work`, which receives work@localhost. */
  static async withProfile(): Promise<TestHome> {
    const home = await TestHome.make();
    await home.ok('profile', 'create', 'work');
    return home;
  }

  run(...args: readonly string[]): Promise<Recorded> {
    return this.runWith({}, ...args);
  }

  async runWith(options: RunOptions, ...args: readonly string[]): Promise<Recorded> {
    const out: string[] = [];
    const err: string[] = [];
    let closeOutput = (): void => undefined;
    const io: Io = {
      out: (text) => {
        out.push(`${text}\n`);
        options.onOut?.(text, closeOutput);
      },
      err: (text) => {
        err.push(`${text}\n`);
        options.onErr?.(text);
      },
      draw: (text) => void err.push(text),
      outBytes: async (bytes) => void out.push(Buffer.from(bytes).toString('utf8')),
      onOutputClosed: (listener) => {
        closeOutput = listener;
      },
      input: bytesOf(options.input ?? ''),
      inputIsTerminal: false,
      terminal: { colours: options.columns !== undefined, columns: options.columns ?? Number.POSITIVE_INFINITY },
      screen: options.screen ?? null,
      errIsTerminal: false,
      environment: { MAPI_HOME: this.path, ...options.environment },
      cwd: this.directory,
      ...(options.clock === undefined ? {} : { clock: options.clock }),
    };
    const code = await main(args, io);
    return { code, out: out.join(''), err: err.join('') };
  }

  /** Runs a command that has to work; answers what it printed. */
  async ok(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    assert.equal(code, 0, `mapi ${args.join(' ')}: ${err}`);
    return out;
  }

  /** Runs a command with `--json`; answers its one document. */
  async json(...args: readonly string[]): Promise<Json> {
    const { code, out, err } = await this.run(...args, '--json');
    return { code, value: JSON.parse(out) as JsonObject, err };
  }

  /** Writes a file into the working directory; answers its name. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    await mkdir(join(this.directory, name, '..'), { recursive: true });
    await writeFile(join(this.directory, name), content);
    return name;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}

/** A parsed document, whose shape the tests look at. */
export type JsonObject = { readonly [name: string]: JsonValue };
export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonValue[];

export interface Json {
  readonly code: number;
  readonly value: JsonObject;
  readonly err: string;
}

/** The list behind a name. */
export function listOf(value: JsonValue | undefined, name: string): readonly JsonObject[] {
  const found = (value as JsonObject)[name];
  assert.ok(Array.isArray(found), `${name} is a list`);
  return found as readonly JsonObject[];
}

/** Every name is there. */
export function assertFields(value: JsonValue | undefined, names: readonly string[]): void {
  assert.deepEqual(
    names.filter((name) => !Object.hasOwn(value as JsonObject, name)),
    [],
    `missing in ${JSON.stringify(value)}`,
  );
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  if (text !== '') yield new TextEncoder().encode(text);
}

/** A message as it lies in a file. */
export const EML = [
  'From: Ada <ada@example.com>',
  'To: work@localhost',
  'Subject: The plan',
  'Date: Sun, 22 Nov 2026 08:00:00 +0000',
  'Message-ID: <plan@example.com>',
  'MIME-Version: 1.0',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'First the bridge, then the tower.',
  '',
].join('\r\n');
