import { type Clock, systemClock } from './clock.ts';
import { fileTimeToIso } from './file-time.ts';
import { toHex } from './hex.ts';
import { MapiError } from './mapi-error.ts';

/** How much an entry matters, least first. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';
/** What a log entry tells besides its event, by name. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a component says what it does; `event` is a constant word or two, what varies goes into the fields. */
export interface Log {
  trace(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A log whose entries all carry `fields`. */
  child(fields: LogFields): Log;
}

export interface LogEntry {
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** A log that remembers, for tests; children write into the same list. */
export interface MemoryLog extends Log {
  readonly entries: readonly LogEntry[];
}

const LEVELS: Readonly<Record<LogLevel, number>> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };

const ignore = (): void => {};

/** Says nothing. */
export const nullLog: Log = {
  ...{ trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore },
  child: () => nullLog,
};

export function memoryLog(): MemoryLog {
  const entries: LogEntry[] = [];
  return { ...logOf((entry) => entries.push(entry), {}, 'trace'), entries };
}

/**
 * Writes one line of JSON per entry of `level` and above: time, level, event, then the fields.
 *
 * Bytes become hexadecimal, bigints decimal text, errors an object with code and message; a field that cannot be
 * written as JSON is named instead of written, since a log never fails its caller.
 */
export function lineLog(write: (line: string) => void, level: LogLevel, clock: Clock = systemClock): Log {
  return logOf((entry) => write(lineOf(fileTimeToIso(clock.now()), entry)), {}, level);
}

/** What is below `lowest` costs no more than the call. */
function logOf(take: (entry: LogEntry) => void, fixed: LogFields, lowest: LogLevel): Log {
  const at = (level: LogLevel): Log[LogLevel] =>
    LEVELS[level] < LEVELS[lowest]
      ? ignore
      : (event, fields) => take({ level, event, fields: { ...fixed, ...fields } });
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => logOf(take, { ...fixed, ...fields }, lowest),
  };
}

function lineOf(time: string, entry: LogEntry): string {
  const head = { time, level: entry.level, event: entry.event };
  try {
    return JSON.stringify({ ...head, ...entry.fields, ...head }, plain);
  } catch (error) {
    return JSON.stringify({
      ...head,
      unprintable: Object.keys(entry.fields),
      why: MapiError.from(error, 'log').detail,
    });
  }
}

/** Looks at the value itself: a Buffer has turned into an array of numbers before it gets here as `value`. */
function plain(this: unknown, key: string, converted: unknown): unknown {
  const value = (this as Record<string, unknown>)[key];
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return toHex(value);
  if (value instanceof Error) return errorFields(value);
  return converted;
}

function errorFields(error: Error): LogFields {
  const code = 'code' in error ? { code: error.code } : {};
  const cause = error.cause === undefined ? {} : { cause: error.cause };
  return { name: error.name, ...code, message: error.message, ...cause, stack: error.stack };
}
