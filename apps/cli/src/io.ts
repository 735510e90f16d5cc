/** The streams of a command, so that tests can run commands in the process and see what they print. */
import { isAbsolute } from 'node:path';
import type { systemClock } from 'nodemapi';
import { EXIT_FAILED } from './command.ts';
import type { Terminal } from './terminal.ts';

export interface Io {
  /** Data. */
  out(text: string): void;
  /** Progress, warnings, errors. */
  err(text: string): void;
  /** Text on standard error as it is, for progress that is drawn over itself. */
  draw(text: string): void;
  /** Binary data on standard output. */
  outBytes(bytes: Uint8Array): Promise<void>;
  /** Calls `listener` when nobody reads standard output any more; what is printed after that is dropped. */
  onOutputClosed(listener: () => void): void;
  readonly input: AsyncIterable<Uint8Array>;
  readonly inputIsTerminal: boolean;
  /** What standard output can show. */
  readonly terminal: Terminal;
  /** Standard output, where it can be drawn over; null: it is a file, a pipe, or a terminal without a cursor. */
  readonly screen: Screen | null;
  /** Whether progress may be drawn over itself on standard error. */
  readonly errIsTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** By which the subsystem waits; the system's if omitted. */
  readonly clock?: typeof systemClock;
}

/** A terminal that can be drawn over. */
export interface Screen {
  /** Lines and characters in a line, as they are now. */
  readonly rows: number;
  readonly columns: number;
  /** Text with its control sequences, as it is. */
  write(text: string): void;
  onResize(listener: () => void): Disposable;
}

/** What a terminal that does not say its width is taken for. */
const columnsDefault = 80;

/** The lines of one that does not say how many it has. */
const rowsDefault = 24;

function screenOf(stdout: NodeJS.WriteStream, isClosed: () => boolean): Screen | null {
  if (stdout.isTTY !== true || process.env.TERM === 'dumb') return null;
  return {
    get rows() {
      return stdout.rows > 0 ? stdout.rows : rowsDefault;
    },
    get columns() {
      return columnsOf(stdout);
    },
    write: (text) => {
      if (!isClosed()) stdout.write(text);
    },
    onResize: (listener) => {
      stdout.on('resize', listener);
      return { [Symbol.dispose]: () => void stdout.off('resize', listener) };
    },
  };
}

function columnsOf({ isTTY, columns }: NodeJS.WriteStream): number {
  if (isTTY !== true) return Number.POSITIVE_INFINITY;
  return columns > 0 ? columns : columnsDefault;
}

/** Where this process works; of a directory that was removed the path that the shell had for it: most commands need none. */
function workingDirectory({ PWD }: NodeJS.ProcessEnv): string {
  try {
    return process.cwd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return PWD !== undefined && isAbsolute(PWD) ? PWD : '/';
  }
}

/** The streams of this process. */
export function processIo(): Io {
  const { stdout, stderr, stdin, env } = process;
  const noColour = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
  let closed = false;
  const listeners: (() => void)[] = [];
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!closed && error.code !== 'EPIPE') {
      stderr.write(`mapi: standard output cannot be written: ${error.message}\n`);
      process.once('exit', () => (process.exitCode = EXIT_FAILED));
    }
    closed = true;
    for (const listener of listeners.splice(0)) listener();
  });
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    out: (text) => {
      if (!closed) stdout.write(`${text}\n`);
    },
    err: (text) => void stderr.write(`${text}\n`),
    draw: (text) => void stderr.write(text),
    outBytes: (bytes) =>
      new Promise((resolve) => {
        if (closed) resolve();
        else stdout.write(bytes, () => resolve()); // a failure comes as the event above
      }),
    onOutputClosed: (listener) => void listeners.push(listener),
    input: stdin,
    inputIsTerminal: stdin.isTTY === true,
    terminal: {
      colours: stdout.isTTY === true && !noColour && env.TERM !== 'dumb',
      columns: columnsOf(stdout),
    },
    screen: screenOf(stdout, () => closed),
    errIsTerminal: stderr.isTTY === true,
    environment: env,
    cwd: workingDirectory(env),
  };
}
