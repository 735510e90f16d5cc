// Gives every package another version, and their dependencies on each other with it: npm run set-version -- 1.2.3
// The lock file follows by `npm run relock`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from './command-line.mjs';
import { isMain, isVersion, root, workspaces } from './workspace.mjs';

const VERSION_SOURCE = 'apps/cli/src/main.ts';

/** The text of a manifest with another version. @param ours names of the packages that have the same */
export function withVersion(text, version, ours) {
  const manifest = JSON.parse(text);
  manifest.version = version;
  for (const kind of ['dependencies', 'devDependencies', 'peerDependencies']) {
    for (const name of Object.keys(manifest[kind] ?? {})) if (ours.has(name)) manifest[kind][name] = version;
  }
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function change(path, edit) {
  const full = join(root, path);
  writeFileSync(full, edit(readFileSync(full, 'utf8')));
}

if (isMain(import.meta.url)) {
  const [version = ''] = commandLine(import.meta.url, { allowPositionals: true }).positionals;
  if (!isVersion(version)) {
    process.stderr.write('set-version: which? npm run set-version -- 1.2.3\n');
    process.exit(2);
  }
  const manifests = ['.', ...workspaces()].map((folder) => join(folder, 'package.json'));
  const ours = new Set(manifests.map((path) => JSON.parse(readFileSync(join(root, path), 'utf8')).name));
  for (const path of manifests) change(path, (text) => withVersion(text, version, ours));
  change(VERSION_SOURCE, (text) => text.replace(/(export const VERSION = ')[^']*'/, `$1${version}'`));
  process.stdout.write(`set-version: ${manifests.length} manifests are ${version}; now: npm run relock\n`);
}
