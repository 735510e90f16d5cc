/** The streams of a command, so that tests can run commands in the process and see what they print. */
import type { Terminal } from './terminal.ts';

export interface Io {
  /** Data. */
  out(text: string): void;
  /** Progress, warnings, errors. */
  err(text: string): void;
  /** Binary data on standard output. */
  outBytes(bytes: Uint8Array): Promise<void>;
  readonly input: AsyncIterable<Uint8Array>;
  readonly inputIsTerminal: boolean;
  /** What standard output can show. */
  readonly terminal: Terminal;
  /** Whether progress may be drawn over itself on standard error. */
  readonly errIsTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The streams of this process. */
export function processIo(): Io {
  const { stdout, stderr, stdin, env } = process;
  const noColour = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
  return {
    out: (text) => void stdout.write(`${text}\n`),
    err: (text) => void stderr.write(`${text}\n`),
    outBytes: (bytes) =>
      new Promise((resolve, reject) => {
        stdout.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
      }),
    input: stdin,
    inputIsTerminal: stdin.isTTY === true,
    terminal: { colours: stdout.isTTY === true && !noColour && env.TERM !== 'dumb', columns: stdout.columns ?? 200 },
    errIsTerminal: stderr.isTTY === true,
    environment: env,
    cwd: process.cwd(),
  };
}
