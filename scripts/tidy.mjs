// Keeps the rooms small and the habits: sizes of files and functions, calls that go round the injected clock, random
// source and file system, leftovers, default exports, and files that nothing imports.
import ts from 'typescript';
import { files, isGenerated, isMain, isTest, lineAt, read, report, resolveImport, workspaces } from './workspace.mjs';

const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 70;

/** Who may use what is banned elsewhere, and why. `what` is a key of BANNED; `path` is a prefix. */
const ALLOWED = [
  { what: 'node:fs', path: 'packages/sqlite/', why: 'asks about the file that SQLite could not open' },
  { what: 'node:fs', path: 'packages/hub/src/unix-endpoint.ts', why: 'makes sockets and links, which are no files' },
  { what: 'node:fs', path: 'packages/hub/src/pipe-endpoint.ts', why: 'lists the named pipes of the system' },
  { what: 'node:fs', path: 'packages/hub/src/home-endpoint.ts', why: 'finds the one true path of a home' },
  { what: 'node:fs', path: 'packages/hub/src/ending-notes.ts', why: 'works in the directory of the sockets' },
  {
    what: 'node:fs',
    path: 'packages/hub/src/papers.ts',
    why: 'works there, too, and writes before a program can exit',
  },
  { what: 'node:fs', path: 'apps/cli/', why: 'reads and writes the files that a person names' },
  { what: 'console', path: 'apps/', why: 'a program talks to a person' },
];

/** Banned in product code; `base` and tests are free. */
const BANNED = {
  'Date.now': 'takes the time from outside: use the Clock',
  'new Date()': 'takes the time from outside: use the Clock',
  timer: 'waits on the machine: use the Clock',
  'Math.random': 'is random that cannot be repeated: use the Random',
  'node:fs': 'opens files itself: use the FileSystem',
  console: 'prints: use the log',
};

const TIMERS = new Set(['setTimeout', 'setInterval']);
const LEFTOVER = new RegExp(`\\b(${['TO', 'FIX'].map((start, i) => start + ['DO', 'ME'][i]).join('|')})\\b`);

export function findings() {
  const sources = workspaces().flatMap((folder) => files(`${folder}/src`));
  const parsed = new Map(sources.map((path) => [path, parse(path, read(path))]));
  const scripts = files('scripts', ['.ts', '.mjs']).concat(files('apps', ['.mjs']), files('packages', ['.mjs']));
  return [
    ...[...parsed].flatMap(([path, file]) => fileFindings(path, file)),
    ...scripts.flatMap((path) => sizeFindings(path, parse(path, read(path)))),
    ...deadFiles(parsed),
  ];
}

const parse = (path, text) => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);

/** What is untidy in one source file. */
export function fileFindings(path, file) {
  return [...sizeFindings(path, file), ...bannedFindings(path, file)];
}

function sizeFindings(path, file) {
  const text = file.text;
  if (isGenerated(path, text)) return [];
  const found = [];
  const lines = text.split('\n').length - 1;
  if (lines > FILE_LINES_MAX) found.push(`${path}:1: ${lines} lines, ${FILE_LINES_MAX} is the limit`);
  for (const [index, line] of text.split('\n').entries()) {
    if (LEFTOVER.test(line)) found.push(`${path}:${index + 1}: says that something is left to do`);
  }
  const suite = isTest(path) || path.startsWith('packages/conformance/');
  visit(file, (node) => {
    if (!ts.isFunctionLike(node) || node.body === undefined) return;
    const own = lineCount(file, node) - (suite ? nestedLines(file, node.body) : 0);
    if (own <= FUNCTION_LINES_MAX) return;
    const name = node.name?.getText(file) ?? 'a function';
    found.push(`${place(path, file, node)}: ${name} has ${own} lines, ${FUNCTION_LINES_MAX} is the limit`);
  });
  return found;
}

function lineCount(file, node) {
  const line = (offset) => file.getLineAndCharacterOfPosition(offset).line;
  return line(node.end) - line(node.getStart(file)) + 1;
}

/** The lines of the outermost functions within: a suite is a list of tests, and each of them is measured by itself. */
function nestedLines(file, body) {
  let lines = 0;
  const walk = (node) => {
    if (ts.isFunctionLike(node)) lines += Math.max(0, lineCount(file, node) - 1);
    else ts.forEachChild(node, walk);
  };
  ts.forEachChild(body, walk);
  return lines;
}

function bannedFindings(path, file) {
  const found = [];
  const free = path.startsWith('packages/base/') || isTest(path);
  visit(file, (node) => {
    if (!isForeign(path) && isDefaultExport(node)) found.push(`${place(path, file, node)}: default export`);
    const what = free ? undefined : banned(node);
    if (what === undefined || ALLOWED.some((entry) => entry.what === what && path.startsWith(entry.path))) return;
    found.push(`${place(path, file, node)}: ${what} ${BANNED[what]}`);
  });
  return found;
}

/** Whether a file says what a package of somebody else has. */
function isForeign(path) {
  return path.endsWith('.d.ts');
}

function isDefaultExport(node) {
  if (ts.isExportAssignment(node)) return true;
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((m) => m.kind === ts.SyntaxKind.DefaultKeyword)
  );
}

/** The key of BANNED that a syntax node falls under, if any. */
function banned(node) {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) return 'new Date()';
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText();
    if (text === 'Date.now' || text === 'Math.random') return text;
    if (text.startsWith('console.') && ts.isIdentifier(node.expression)) return 'console';
    if (node.expression.getText() === 'globalThis' && TIMERS.has(node.name.text)) return 'timer';
  }
  if (ts.isCallExpression(node) && TIMERS.has(node.expression.getText())) return 'timer';
  if (ts.isStringLiteral(node) && /^node:(fs|timers)(\/promises)?$/.test(node.text)) {
    return node.text.startsWith('node:fs') ? 'node:fs' : 'timer';
  }
  return undefined;
}

/** Code files that no other file names, save the front of a package and what a generator reads. */
function deadFiles(parsed) {
  const named = new Set();
  for (const [path, file] of parsed) {
    visit(file, (node) => {
      if (ts.isStringLiteralLike(node) && /^\.\.?\/.*\.[jt]s$/.test(node.text))
        named.add(resolveImport(path, node.text));
    });
  }
  return [...parsed.keys()]
    .filter(
      (path) => !isForeign(path) && !path.endsWith('.test.ts') && !path.endsWith('/src/index.ts') && !named.has(path),
    )
    .map((path) => `${path}:1: nothing imports this file`);
}

function visit(file, callback) {
  const walk = (node) => {
    callback(node);
    ts.forEachChild(node, walk);
  };
  ts.forEachChild(file, walk);
}

const place = (path, file, node) => `${path}:${lineAt(file.text, node.getStart(file))}`;

/** For the tests of this script: the findings of one file given as text. */
export const findingsInText = (path, text) => fileFindings(path, parse(path, text));

if (isMain(import.meta.url)) report('tidy', findings(), 'nothing to tidy');
