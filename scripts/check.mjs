// Everything that must hold before a change is done; the same here and in CI. Runs all steps, then names what failed.
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { root } from './workspace.mjs';

const steps = {
  'generated files': ['scripts/generate.mjs', '--check'],
  build: ['scripts/build.mjs', '--quiet'],
  'types of the tests': ['node_modules/ts7/bin/tsc', '-p', 'tsconfig.tests.json', '--pretty', 'false'],
  layers: ['scripts/check-layers.mjs'],
  lock: ['scripts/check-lock.mjs'],
  'lint and format': ['node_modules/@biomejs/biome/bin/biome', 'check', '.'],
  tidy: ['scripts/tidy.mjs'],
  'docstrings of the API': ['scripts/api-docs.mjs', '--check'],
  tests: ['scripts/test.mjs'],
  'rule status': ['scripts/rules.mjs', '--check'],
};

const failed = [];
for (const [name, args] of Object.entries(steps)) {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  process.stderr.write(
    `${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${Math.round(performance.now() - started)} ms)\n`,
  );
  if (status !== 0) failed.push(name);
}
process.stdout.write(failed.length === 0 ? 'check: all good\n' : `check: failed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
