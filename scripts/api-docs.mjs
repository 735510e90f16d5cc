// Writes the API reference: docs/api, one page per source file of everything that `nodemapi` exports, from the
// docstrings. Same sources, same bytes.
//   npm run api-docs      writes the pages
//   --check               writes nothing; fails if an export has no docstring
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exportedThings } from './api-exports.mjs';
import { indexPage, sourcePage } from './api-pages.mjs';
import { isMain, root } from './workspace.mjs';

const FOLDER = 'docs/api';

/** All pages: path below docs/api → text. */
export function pages(things) {
  const bySource = Map.groupBy === undefined ? groupBy(things) : Map.groupBy(things, (thing) => thing.source);
  const made = new Map([['README.md', indexPage(bySource)]]);
  for (const [source, group] of bySource) made.set(pageOf(source), sourcePage(source, group));
  return made;
}

/** The page of a source file: `packages/mapi/src/table.ts` is told on `mapi/table.md`. */
export function pageOf(source) {
  return source.replace(/^packages\/([^/]+)\/src\//, '$1/').replace(/\.ts$/, '.md');
}

/** What is exported without a word, as `file:line: name`. */
export function undocumented(things) {
  return things
    .filter(({ doc }) => doc === '')
    .map(({ source, line, name }) => `${source}:${line}: ${name} is exported by nodemapi and has no docstring`);
}

function groupBy(things) {
  const groups = new Map();
  for (const thing of things) groups.set(thing.source, [...(groups.get(thing.source) ?? []), thing]);
  return groups;
}

function write(made) {
  rmSync(join(root, FOLDER), { recursive: true, force: true });
  for (const [path, text] of made) {
    const full = join(root, FOLDER, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
  }
}

if (isMain(import.meta.url)) {
  const things = exportedThings();
  const missing = undocumented(things);
  const made = pages(things);
  if (process.argv.includes('--check')) {
    for (const text of missing) process.stderr.write(`${text}\n`);
    process.exitCode = missing.length === 0 ? 0 : 1;
  } else {
    write(made);
    process.stdout.write(`api-docs: ${things.length} exports on ${made.size} pages in ${FOLDER}\n`);
  }
}
