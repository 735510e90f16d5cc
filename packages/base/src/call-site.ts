import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { originalPlace } from './source-map.ts';

/** Frames that are kept beyond those passed over: enough to get out of a library into its caller. */
const framesKept = 8;
/** The constructor of the place itself. */
const CONSTRUCTOR_FRAMES = 1;

/**
 * The place that a call came from, kept as the bare frames of the stack and put into words only when it is asked for.
 *
 * Keeping costs a few microseconds, telling some ten times that; most places are never asked for. While it is not told,
 * a place keeps the functions of its frames alive.
 */
export class CallSite {
  readonly #internal: readonly string[];
  readonly #skip: number;
  /** An error with the frames, which V8 formats at the first look; then the place. */
  #kept: Error | string;

  /**
   * @param skip frames to pass over above the function that makes the place; 0 is that function itself
   * @param internal from `directoryPrefixes`: files below them do not count as callers
   */
  constructor(skip: number, internal: readonly string[] = []) {
    this.#skip = skip;
    this.#internal = internal;
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = CONSTRUCTOR_FRAMES + skip + framesKept;
    this.#kept = new Error(); // a third cheaper than Error.captureStackTrace
    Error.stackTraceLimit = stackTraceLimit;
  }

  /**
   * `file:line:column` of the first frame that is neither internal nor of Node itself, in the original source where
   * there is a source map; `unknown` without such a frame.
   */
  get place(): string {
    if (typeof this.#kept !== 'string') this.#kept = this.#tell(this.#kept);
    return this.#kept;
  }

  #tell(kept: Error): string {
    const frames = framesOf(kept).slice(CONSTRUCTOR_FRAMES + this.#skip);
    const found = frames.find((frame) => isExternal(frame, this.#internal));
    return found === undefined ? 'unknown' : placeOf(found);
  }
}

/** Absolute paths of directories in the form that a `CallSite` compares with. */
export function directoryPrefixes(directories: readonly string[]): readonly string[] {
  return directories.map((path) => (path.endsWith(sep) ? path : path + sep));
}

/** The frames as V8 has kept them; its formatter is changed and put back at once. */
function framesOf(holder: Error): readonly NodeJS.CallSite[] {
  const { prepareStackTrace } = Error;
  let frames: readonly NodeJS.CallSite[] = [];
  try {
    Error.prepareStackTrace = (_error, sites) => {
      frames = sites;
      return '';
    };
    void holder.stack; // V8 formats on the first look
  } finally {
    if (prepareStackTrace === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Error.prepareStackTrace = prepareStackTrace;
  }
  return frames;
}

function isExternal(frame: NodeJS.CallSite, internal: readonly string[]): boolean {
  const path = pathOf(frame);
  if (path === undefined || path.startsWith('node:')) return false;
  return !internal.some((directory) => path.startsWith(directory));
}

function pathOf(frame: NodeJS.CallSite): string | undefined {
  const name = frame.getFileName() ?? undefined;
  return name?.startsWith('file:') === true ? fileURLToPath(name) : name;
}

function placeOf(frame: NodeJS.CallSite): string {
  const generated = {
    path: pathOf(frame) ?? '',
    line: frame.getLineNumber() ?? 0,
    column: frame.getColumnNumber() ?? 0,
  };
  const { path, line, column } = originalPlace(generated) ?? generated;
  return `${path}:${line}:${column}`;
}
