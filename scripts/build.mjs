// Builds every package: brings generated files up to date, checks types and writes declarations along the project
// references, then makes one file of the sources of each package.
//   --quiet        says nothing when all is well
//   --if-possible  never fails: for the install step, which also runs where the compiler is not installed
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { generate } from './generate.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = fileURLToPath(new URL('../node_modules/ts7/bin/tsc', import.meta.url));
const args = new Set(process.argv.slice(2));
const started = performance.now();

if (!existsSync(compiler)) {
  process.stderr.write('build: the compiler is not installed; run `npm ci` first\n');
  giveUp(1);
}

mkdirSync(`${root}/node_modules/.cache`, { recursive: true });
if (!generate({ check: false })) giveUp(1);

const compiled = spawnSync(process.execPath, [compiler, '-b', 'tsconfig.json', '--pretty', 'false'], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (compiled.status !== 0) giveUp(compiled.status ?? 1);
await bundle();
if (!args.has('--quiet')) {
  process.stdout.write(`build: done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
}

function giveUp(code) {
  if (args.has('--if-possible')) process.stderr.write('build: not built; `npm run build` shows why\n');
  process.exit(args.has('--if-possible') ? 0 : code);
}
