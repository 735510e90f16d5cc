// Runs every generator of the repository. A generator is a program named `scripts/generate-*.mjs` or
// `packages/*/scripts/generate*.mjs`. Run plainly it writes its output (only when that differs); with `--check` it writes
// nothing and exits 1 when its output is stale.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));

/** Paths of all generators, relative to the root, sorted. */
export function generators() {
  const found = list('scripts')
    .filter((name) => /^generate-.+\.mjs$/.test(name))
    .map((name) => join('scripts', name));
  for (const folder of list('packages')) {
    const scripts = join('packages', folder, 'scripts');
    found.push(
      ...list(scripts)
        .filter((name) => /^generate.*\.mjs$/.test(name))
        .map((name) => join(scripts, name)),
    );
  }
  return found.sort();
}

/** Runs them all; false when one failed or, with `check`, when something is stale. */
export function generate({ check }) {
  let good = true;
  for (const path of generators()) {
    const run = spawnSync(process.execPath, [path, ...(check ? ['--check'] : [])], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
    if (run.status === 0) continue;
    good = false;
    process.stderr.write(
      check ? `generate: stale, run \`npm run generate\`: ${path}\n` : `generate: failed: ${path}\n`,
    );
  }
  return good;
}

function list(folder) {
  const path = join(root, folder);
  return existsSync(path) ? readdirSync(path) : [];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = generate({ check: process.argv.includes('--check') }) ? 0 : 1;
}
