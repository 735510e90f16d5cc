import { deepStrictEqual, match, notStrictEqual } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import ts from 'typescript';
import { test } from 'vitest';
import { callSite } from './call-site.ts';

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

test('a caller behind many internal frames is found', () => {
  const deep = runInThisContext('(function deep(n, fn) { return n === 0 ? fn() : [deep(n - 1, fn)][0]; })', {
    filename: '/internal/deep.js',
  });
  const user = runInThisContext('(function user(deep, fn) {\n  return deep(40, fn);\n})', { filename: '/app/user.js' });
  deepStrictEqual(
    user(deep, () => callSite(1, ['/internal'])),
    '/app/user.js:2:10',
  );
});

test('the original place is told where Node knows a source map', () => {
  const directory = mkdtempSync(join(tmpdir(), 'nodemapi-call-site-'));
  try {
    for (const name of ['call-site.ts', 'user.ts']) compile(name, directory);
    const printed = execFileSync(process.execPath, ['--enable-source-maps', join(directory, 'user.mjs')], {
      encoding: 'utf8',
    });
    match(printed.trim(), /user\.ts:4:13$/);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

const USER = `import { callSite } from './call-site.ts';
interface Erased { readonly lines: number }
const value: Erased = { lines: 2 };
console.log(callSite(0), value.lines === 2 ? '' : '');
`;

function compile(name: string, directory: string): void {
  const source = name === 'user.ts' ? USER : readFileSync(join(dirname(here), name), 'utf8');
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, inlineSourceMap: true };
  const { outputText } = ts.transpileModule(source, { fileName: name, compilerOptions: options });
  const target = join(directory, name.replace('.ts', '.mjs'));
  writeFileSync(target, outputText.replace('./call-site.ts', './call-site.mjs'));
}

test('V8 has its settings back afterwards', () => {
  const before = [Error.stackTraceLimit, Error.prepareStackTrace];
  callSite(0, ['/']);
  deepStrictEqual([Error.stackTraceLimit, Error.prepareStackTrace], before);
});
