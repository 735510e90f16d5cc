/** What one command of `mapi` is: its words, its help, and what it does. */
import { MapiError, type PropTag, parseTag } from 'nodemapi';
import type { Context } from './context.ts';

export interface OptionSpec {
  /** As commander writes it: `--to <address...>`. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string | boolean;
  /** May be given several times. */
  readonly repeat?: true;
}

export interface CommandSpec {
  /** The words that call it and its arguments: `profile create <name>`. */
  readonly usage: string;
  readonly summary: string;
  /** Shown under `--help`: what it does, its exit codes, an example. */
  readonly help: string;
  readonly options?: readonly OptionSpec[];
  /** Also runs when only the first word is given: `mapi outbox` is `mapi outbox list`. */
  readonly isDefault?: true;
  /** Answers the exit code. */
  run(
    context: Context,
    args: readonly (string | readonly string[] | undefined)[],
    options: CommandOptions,
  ): Promise<number>;
}

/** Options as commander collects them. */
export type CommandOptions = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_PARTIAL = 3;
export const EXIT_INTERRUPTED = 130;

/** Wrong use of the command line: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A text option. */
export function textOption(options: CommandOptions, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** An option that may be given several times. */
export function listOption(options: CommandOptions, name: string): readonly string[] {
  const value = options[name];
  if (Array.isArray(value)) return value as readonly string[];
  return typeof value === 'string' ? [value] : [];
}

/** Properties named on the command line, with commas between them. @throws UsageError */
export function tagsOf(option: string, text: string): readonly PropTag[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new UsageError(`--${option} needs at least one property`);
  return names.map((name) => tagOf(option, name));
}

/** One property named on the command line. @throws UsageError, with names that look alike */
export function tagOf(option: string, name: string): PropTag {
  try {
    return parseTag(name);
  } catch (error) {
    if (MapiError.is(error)) throw new UsageError(`--${option}: ${error.detail}`);
    throw error;
  }
}

/** A whole number of an option. @throws UsageError */
export function numberOption(options: CommandOptions, name: string): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,12}$/u.test(text)) {
    const flag = name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`--${flag} must be a whole number, not "${text}"`);
  }
  return Number(text);
}

/** The text of a positional argument. */
export function textArg(args: readonly (string | readonly string[] | undefined)[], index: number): string {
  const value = args[index];
  if (typeof value !== 'string') throw new UsageError(`argument ${index + 1} is missing`);
  return value;
}

/** The texts of a variadic argument. */
export function listArg(args: readonly (string | readonly string[] | undefined)[], index: number): readonly string[] {
  const value = args[index];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
