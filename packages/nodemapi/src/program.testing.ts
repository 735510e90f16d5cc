/** Programs in TypeScript, compiled as a user would and run in a process of their own on the built product. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

/** The folder of the workspace. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);
/** A program that takes longer hangs. */
const runMsMax = 240_000;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A MAPI home with programs beside it; disposing removes both. */
export class ProgramFolder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<ProgramFolder> {
    return new ProgramFolder(await mkdtemp(join(tmpdir(), 'nodemapi-program-')));
  }

  get home(): string {
    return join(this.path, 'mapi');
  }

  /** Runs the `mapi` command on the home. */
  async mapi(...args: readonly string[]): Promise<string> {
    const cli = join(root, 'apps/cli/bin/mapi.mjs');
    const { stdout } = await run(process.execPath, [cli, ...args, '--home', this.home], { timeout: runMsMax });
    return stdout;
  }

  /** Compiles a program to `NAME.mjs`, with a source map beside it; answers its path. */
  async compile(source: string, name: string): Promise<string> {
    const { outputText, sourceMapText } = ts.transpileModule(source, {
      fileName: `${name}.ts`,
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, sourceMap: true },
    });
    await mkdir(this.path, { recursive: true });
    const entry = pathToFileURL(join(root, 'packages/nodemapi/dist/index.js')).href;
    const program = outputText
      .replaceAll("'nodemapi'", `'${entry}'`)
      .replace(/^\/\/# sourceMappingURL=.*$/mu, `//# sourceMappingURL=${name}.mjs.map`);
    const file = join(this.path, `${name}.mjs`);
    await writeFile(file, program);
    await writeFile(`${file}.map`, sourceMapText ?? '');
    return file;
  }

  /** Compiles a file of the workspace and runs it to its end. */
  async runFile(path: string, environment: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const source = await readFile(join(root, path), 'utf8');
    return this.run(await this.compile(source, path.replaceAll(/[^a-z0-9-]|\.ts$/gu, '')), environment);
  }

  /** Runs a compiled program to its end. */
  async run(file: string, environment: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const child = this.start(file, environment);
    const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
    const code = await new Promise<number>((resolve) => {
      child.once('close', (exit, signal) => resolve(exit ?? (signal === null ? -1 : -2)));
    });
    return { code, stdout: await stdout, stderr: await stderr };
  }

  /** Starts a compiled program; it is killed if it takes too long. */
  start(file: string, environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const env = { ...process.env, MAPI_HOME: this.home, ...environment };
    return spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: runMsMax });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.path, { recursive: true, force: true });
  }
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = '';
  for await (const chunk of stream ?? []) all += String(chunk);
  return all;
}

/** Resolves when the program has printed this line; rejects if it ends without. */
export function printed(child: ChildProcess, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    child.stdout?.on('data', (chunk) => {
      seen += String(chunk);
      if (seen.split('\n').includes(line)) resolve();
    });
    child.once('close', () => reject(new Error(`the program ended without "${line}"; it printed: ${seen}`)));
  });
}
