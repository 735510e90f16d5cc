import { deepStrictEqual, match, notStrictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import ts from 'typescript';
import { describe, test } from 'vitest';
import { CallSite, directoryPrefixes } from './call-site.ts';

const callSite = (skip: number, internal: readonly string[] = []): string =>
  new CallSite(skip + 1, directoryPrefixes(internal)).place;

const here = fileURLToPath(import.meta.url);

test('the place is file, line and column of the caller', () => {
  match(callSite(0), /call-site\.test\.ts:\d+:\d+$/);
});

test('skip passes over callers', () => {
  const inner = (skip: number): string => callSite(skip);
  const direct = inner(0);
  const outer = inner(1);
  notStrictEqual(direct.split(':').at(-2), outer.split(':').at(-2));
  match(outer, /call-site\.test\.ts/);
});

test('files in internal directories are no callers, and a directory is not the prefix of a name', () => {
  const outside = callSite(0, [dirname(here)]);
  deepStrictEqual(outside.startsWith(dirname(here)), false);
  match(callSite(0, [here.slice(0, -8)]), /call-site\.test\.ts/);
  deepStrictEqual(callSite(0, ['/']), 'unknown');
});

test('a caller behind a few internal frames is found, one behind very many is not', () => {
  const deep = runInThisContext('(function deep(n, fn) { return n === 0 ? fn() : [deep(n - 1, fn)][0]; })', {
    filename: '/internal/deep.js',
  });
  const user = runInThisContext('(function user(deep, n, fn) {\n  return deep(n, fn);\n})', {
    filename: '/app/user.js',
  });
  const at = (depth: number): string => user(deep, depth, () => callSite(1, ['/internal']));
  deepStrictEqual(at(6), '/app/user.js:2:10');
  deepStrictEqual(at(40), 'unknown');
});

test('a place is kept without V8 formatting it, and is the same however late it is asked for', () => {
  const formatted: unknown[] = [];
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (_error, sites) => void formatted.push(sites);
  const kept = new CallSite(0);
  Error.prepareStackTrace = before;
  deepStrictEqual(formatted, []);
  const { place } = kept;
  match(place, /call-site\.test\.ts:\d+:\d+$/);
  deepStrictEqual(kept.place, place);
});

describe('the original place is told', () => {
  const run = (maps: Maps, ...options: readonly string[]): string => {
    const directory = mkdtempSync(join(tmpdir(), 'nodemapi-call-site-'));
    try {
      for (const name of ['source-map.ts', 'call-site.ts', 'user.ts']) compile(name, directory, maps);
      return execFileSync(process.execPath, [...options, join(directory, 'user.mjs')], { encoding: 'utf8' }).trim();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };

  test('where Node knows a source map', () => {
    match(run('inline', '--enable-source-maps'), /[\\/]user\.ts:4:\d+$/);
  });

  test('where the program has an inline map that Node was not told to use', () => {
    match(run('inline'), /[\\/]user\.ts:4:\d+$/);
  });

  test('where the map lies beside the program', () => {
    match(run('beside'), /[\\/]user\.ts:4:\d+$/);
  });

  test('not where the map is broken or missing: the line of the program is told', () => {
    match(run('broken'), /[\\/]user\.mjs:\d+:\d+$/);
    match(run('missing'), /[\\/]user\.mjs:\d+:\d+$/);
    match(run('none'), /[\\/]user\.mjs:\d+:\d+$/);
  });
});

type Maps = 'inline' | 'beside' | 'broken' | 'missing' | 'none';

const USER = `import { CallSite } from './call-site.ts';
interface Erased { readonly lines: number }
const value: Erased = { lines: 2 };
console.log(new CallSite(0).place, value.lines === 2 ? '' : '');
`;

function compile(name: string, directory: string, maps: Maps): void {
  const source = name === 'user.ts' ? USER : readFileSync(join(dirname(here), name), 'utf8');
  const { outputText, sourceMapText } = ts.transpileModule(source, {
    fileName: name,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2022,
      inlineSourceMap: maps === 'inline',
      sourceMap: maps !== 'inline' && maps !== 'none',
    },
  });
  const target = join(directory, name.replace('.ts', '.mjs'));
  const program = outputText.replaceAll(/\.\/(call-site|source-map)\.ts/gu, './$1.mjs');
  writeFileSync(target, program.replace(/^(\/\/# sourceMappingURL=)(?!data:)\S+/mu, `$1${name}.map`));
  if (maps === 'beside') writeFileSync(join(directory, `${name}.map`), sourceMapText ?? '');
  if (maps === 'broken') writeFileSync(join(directory, `${name}.map`), '{"version":3');
}

test('V8 has its settings back afterwards', () => {
  const before = [Error.stackTraceLimit, Error.prepareStackTrace];
  callSite(0, ['/']);
  deepStrictEqual([Error.stackTraceLimit, Error.prepareStackTrace], before);
});
