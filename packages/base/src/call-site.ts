import { findSourceMap } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Frames that are captured at first; more only if all of these are internal. */
const framesUsual = 8;
const framesMax = 64;

/**
 * Tells who called: `file:line:column` of the first frame outside `internalDirectories`.
 *
 * Positions are of the original source where Node knows a source map (`--enable-source-maps`). Frames of Node itself
 * count as internal. Without such a frame the text is `unknown`.
 *
 * @param skip frames to pass over above the function that calls `callSite`; 0 is that function itself
 * @param internalDirectories absolute paths whose files do not count as callers
 */
export function callSite(skip: number, internalDirectories: readonly string[] = []): string {
  const directories = internalDirectories.map((path) => (path.endsWith(sep) ? path : path + sep));
  for (const limit of [framesUsual, framesMax]) {
    const frames = capture(skip + limit);
    const found = frames.slice(skip).find((frame) => isExternal(frame, directories));
    if (found !== undefined) return placeOf(found);
    if (frames.length < skip + limit) break; // that was the whole stack
  }
  return 'unknown';
}

/** Structured frames from the caller of `callSite` on. The two globals of V8 are changed and put back at once. */
function capture(limit: number): readonly NodeJS.CallSite[] {
  const { stackTraceLimit, prepareStackTrace } = Error;
  let frames: readonly NodeJS.CallSite[] = [];
  try {
    Error.stackTraceLimit = limit;
    Error.prepareStackTrace = (_error, sites) => {
      frames = sites;
      return '';
    };
    const holder: { stack?: string } = {};
    Error.captureStackTrace(holder, callSite);
    void holder.stack; // V8 formats on the first look
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    restorePrepare(prepareStackTrace);
  }
  return frames;
}

function restorePrepare(prepare: typeof Error.prepareStackTrace): void {
  if (prepare === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
  else Error.prepareStackTrace = prepare;
}

function isExternal(frame: NodeJS.CallSite, directories: readonly string[]): boolean {
  const path = pathOf(frame);
  if (path === undefined || path.startsWith('node:')) return false;
  return !directories.some((directory) => path.startsWith(directory));
}

/** Paths of the modules that were met: there are no more than the program has. */
const paths = new Map<string, string>();

function pathOf(frame: NodeJS.CallSite): string | undefined {
  const name = frame.getFileName() ?? undefined;
  if (name?.startsWith('file:') !== true) return name;
  let path = paths.get(name);
  if (path === undefined) {
    path = fileURLToPath(name);
    paths.set(name, path);
  }
  return path;
}

function placeOf(frame: NodeJS.CallSite): string {
  const line = frame.getLineNumber() ?? 0;
  const column = frame.getColumnNumber() ?? 0;
  const path = pathOf(frame) ?? '';
  const entry = findSourceMap(path)?.findEntry(line - 1, column - 1); // findEntry counts from 0
  if (entry === undefined || !('originalSource' in entry)) return `${path}:${line}:${column}`;
  const source = entry.originalSource;
  const original = source.startsWith('file:') ? fileURLToPath(source) : source;
  return `${original}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}
