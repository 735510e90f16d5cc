/** What an import or export has done: counts, and every failure by name. */
import { MapiError } from 'nodemapi';
import { EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_PARTIAL } from './command.ts';
import type { Context } from './context.ts';
import { isWholeId, shortId } from './short-id.ts';
import { countText, paint, printable } from './terminal.ts';

export interface Failure {
  readonly source: string;
  readonly code: string;
  readonly message: string;
}

export interface TransferResult {
  read: number;
  written: number;
  readonly failed: Failure[];
  /** What the form of the files has no place for, if it was looked for. */
  lacking?: readonly Lack[];
}

/** What files lack that were written all the same. */
export interface Lack {
  readonly what: string;
  readonly messages: number;
}

/** Counts what the files of a transfer lack. */
export class LackCounter {
  readonly #messagesOf = new Map<string, number>();

  /** @param whats of one message */
  add(whats: Iterable<string>): void {
    for (const what of new Set(whats)) this.#messagesOf.set(what, (this.#messagesOf.get(what) ?? 0) + 1);
  }

  /** What most messages lack comes first. */
  list(): readonly Lack[] {
    return [...this.#messagesOf]
      .map(([what, messages]) => ({ what, messages }))
      .sort((one, other) => other.messages - one.messages || (one.what < other.what ? -1 : 1));
  }
}

/** The same for people: a line. */
export function lackText(lacking: readonly Lack[], form: string): string {
  const names = lacking.map(({ what, messages }) => `${printable(what)} (${countText(messages, 'message')})`);
  return `! .${form} has no place for: ${names.join(', ')}`;
}

/** Notes a failure, by its source. */
export function noteFailure(result: TransferResult, source: string, error: unknown): void {
  const mapi = MapiError.from(error, 'mapi');
  result.failed.push({ source, code: mapi.code, message: mapi.detail });
}

/** What was done, for people. */
export function transferText(context: Context, result: TransferResult, where: string): string {
  const good = result.failed.length === 0;
  const mark = paint(context.io.terminal, good ? 'green' : 'red', good ? '✓' : '✗');
  const failed = good ? '' : `, ${countText(result.failed.length, 'failure')}:`;
  const head = `${mark} ${countText(result.read, 'message')} read, ${result.written} written to ${printable(where)}${failed}`;
  const lines = result.failed.map(
    (failure) =>
      `  ${printable(isWholeId(failure.source) ? shortId(failure.source) : failure.source)}: ${printable(failure.message)} (${failure.code})`,
  );
  return [head, ...lines].join('\n');
}

/** The exit code of a transfer. */
export function transferExit(context: Context, result: TransferResult): number {
  if (context.signal.aborted) return EXIT_INTERRUPTED;
  if (result.failed.length === 0) return EXIT_DONE;
  return result.written === 0 ? EXIT_FAILED : EXIT_PARTIAL;
}

/** Runs jobs, so many at a time; a job deals with its own failures. */
export class Lanes {
  readonly #max: number;
  readonly #running = new Set<Promise<void>>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Resolves as soon as the job has begun. */
  async add(job: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#max) await Promise.race(this.#running);
    const running = job().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when no job runs any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }
}
