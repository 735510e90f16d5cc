/** From a line of a program to the line of its source. */
import { readFileSync, statSync } from 'node:fs';
import { findSourceMap, SourceMap, type SourceMapPayload } from 'node:module';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A line in a file; line and column count from 1. */
export interface FilePlace {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** Larger programs and maps are not read. */
const mapBytesMax = 64 * 1024 * 1024;

/** Maps that were read, by the path of the program; there are no more than the program has modules. */
const known = new Map<string, SourceMap | undefined>();

/**
 * The place in the original source, if the file has a source map: one that Node knows (`--enable-source-maps`), else
 * the one that the file itself names in its `sourceMappingURL`, inline or beside it.
 *
 * Reads files, and never throws: a map that is missing or broken is none.
 */
export function originalPlace({ path, line, column }: FilePlace): FilePlace | undefined {
  if (!isAbsolute(path)) return undefined;
  const entry = mapOf(path)?.findEntry(line - 1, column - 1); // findEntry counts from 0
  if (entry === undefined || !('originalSource' in entry)) return undefined;
  const source = entry.originalSource;
  return {
    path: source.startsWith('file:') ? fileURLToPath(source) : source,
    line: entry.originalLine + 1,
    column: entry.originalColumn + 1,
  };
}

function mapOf(path: string): SourceMap | undefined {
  const ofNode = findSourceMap(path);
  if (ofNode !== undefined) return ofNode;
  if (!known.has(path)) known.set(path, readMap(path));
  return known.get(path);
}

function readMap(path: string): SourceMap | undefined {
  try {
    const program = readText(path);
    const url = [...program.matchAll(/^\/\/[#@] sourceMappingURL=(\S+)[^\S\n]*$/gmu)].at(-1)?.[1];
    if (url === undefined) return undefined;
    const base = pathToFileURL(path);
    const isInline = url.startsWith('data:');
    const place = isInline ? base : new URL(url, base);
    if (place.protocol !== 'file:') return undefined;
    const text = isInline ? inlineText(url) : readText(fileURLToPath(place));
    return new SourceMap(resolved(JSON.parse(text) as SourceMapPayload, place));
  } catch {
    return undefined; // what a compiler left behind is no reason to fail
  }
}

/** @throws what the file system throws, and a RangeError for a file that is too large */
function readText(path: string): string {
  if (statSync(path).size > mapBytesMax) throw new RangeError(`${path} is too large to look for a source map`);
  return readFileSync(path, 'utf8');
}

function inlineText(url: string): string {
  const [head = '', data = ''] = url.split(/,(.*)/su);
  return head.endsWith(';base64') ? Buffer.from(data, 'base64').toString('utf8') : decodeURIComponent(data);
}

/** Names of sources are relative to the map. */
function resolved(payload: SourceMapPayload, place: URL): SourceMapPayload {
  const root = payload.sourceRoot === undefined || payload.sourceRoot === '' ? '' : `${payload.sourceRoot}/`;
  const sources = payload.sources.map((source) => new URL(root + source, place).href);
  return { ...payload, sourceRoot: '', sources };
}
