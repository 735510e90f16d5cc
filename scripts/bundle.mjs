// Makes `dist/index.js` of each package: one file of all its sources, since opening hundreds of small files is what
// starting a program took most of its time for. Other packages stay imports, so each of them is still loaded once.
// The compiler checks the same sources and writes their declarations.
//
// Run plainly it makes those that are older than what they are made of; the tests do that before they start.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { isMain, isTest, root, workspaces } from './workspace.mjs';

/** What every bundle is made of besides the sources of its package. */
const MADE_BY = ['scripts/bundle.mjs', 'package.json', 'node_modules/rolldown/package.json'];

/** Times of files are behind the clock by as much. */
const CLOCK_MS = 10;

/** Makes the bundles that are missing or out of date; answers the folders of their packages. */
export async function bundle() {
  const made = Math.max(...MADE_BY.map((path) => statSync(join(root, path)).mtimeMs));
  const stale = workspaces().filter((folder) => isStale(folder, made));
  if (stale.length === 0) return stale;
  const { rolldown } = await import('rolldown'); // takes longer than to see that there is nothing to do
  for (const folder of stale) await bundlePackage(rolldown, folder);
  return stale;
}

/** Whether anything that the bundle of a package is made of has changed since. */
export function isStale(folder, made = 0) {
  const output = join(root, folder, 'dist/index.js');
  if (!existsSync(output)) return true;
  return Math.max(made, newest(join(root, folder, 'src'))) >= statSync(output).mtimeMs;
}

/** The latest change of a source below a folder, or of which files there are, in milliseconds since 1970. */
function newest(folder) {
  let latest = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, newest(path));
    else if (entry.name.endsWith('.ts') && !isTest(path)) latest = Math.max(latest, statSync(path).mtimeMs);
  }
  return latest;
}

/** Makes the bundle of a package; what changes meanwhile is newer than it. */
export async function bundlePackage(rolldown, folder) {
  const began = new Date(Date.now() - CLOCK_MS);
  const build = await rolldown({
    input: join(root, folder, 'src/index.ts'),
    platform: 'node',
    external: isForeign,
    treeshake: false, // what a module does when it is loaded is meant
    transform: { target: 'es2022' },
    tsconfig: false,
  });
  try {
    const { output } = await build.generate({
      file: join(root, folder, 'dist/index.js'), // the map names sources relative to it
      format: 'esm',
      codeSplitting: false,
      comments: false,
      sourcemap: true,
      sourcemapExcludeSources: true, // they are in the package
    });
    const [{ code, map }] = output;
    write(join(root, folder, 'dist'), 'index.js.map', map.toString());
    write(join(root, folder, 'dist'), 'index.js', code, began);
  } finally {
    await build.close();
  }
}

/** Whether an import leads to another package; what the compiler adds for `using` becomes part of the bundle. */
export function isForeign(specifier) {
  return !specifier.startsWith('.') && !isAbsolute(specifier) && !/^(?:\0|@oxc-project\/)/u.test(specifier);
}

/** Writes a file at once, since a program may be starting from it; it is of the time `at`, if that is given. */
function write(folder, name, text, at) {
  mkdirSync(folder, { recursive: true });
  const beside = join(folder, `.${name}-${process.pid}`);
  try {
    writeFileSync(beside, text);
    if (at !== undefined) utimesSync(beside, at, at);
    renameSync(beside, join(folder, name));
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

if (isMain(import.meta.url)) await bundle();
