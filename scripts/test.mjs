// Builds, runs the tests, shows the state of the rules, and ends with what failed, shortly, and the line
// `N passed, N failed, N skipped`.
// Arguments go to the test runner (`npm test -- packages/base`); such a partial run leaves the rules alone.
// `npm run corpus -- DIR` runs the tests that read a folder of samples; they find it in NODEMAPI_CORPUS.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { isMain, root } from './workspace.mjs';

const folder = join(root, 'spec/.results');
/** Failures that are told at the end; all of them are told above. */
const toldMax = 40;
const linesMax = 4;

function main(args) {
  if (args[0] === '.corpus.test' && args.length > 1) process.env.NODEMAPI_CORPUS = resolve(args.splice(1, 1)[0]);
  if (node('scripts/build.mjs', '--quiet') !== 0) return finish({ passed: 0, failed: 1, skipped: 0 });
  mkdirSync(folder, { recursive: true });
  const output = join(folder, `run-${process.pid}.json`);
  const status = node('node_modules/vitest/vitest.mjs', 'run', `--outputFile.json=${output}`, ...args);
  const results = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : { testResults: [] };
  const counts = count(results);
  const told = failures(results);
  if (status !== 0 && counts.failed === 0) {
    counts.failed = 1;
    told.push('an error outside of any test: it is told above');
  }
  if (args.length > 0) {
    rmSync(output, { force: true });
    return finish(counts, told);
  }
  if (existsSync(output)) renameSync(output, join(folder, 'results.json'));
  const rules = node('scripts/rules.mjs', '--show');
  return finish(counts, told) || rules;
}

/** The counts of a run; a test file that could not be loaded is one failure. */
export function count(results) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of results.testResults) {
    const before = counts.failed;
    for (const { status } of file.assertionResults) {
      counts[status === 'passed' || status === 'failed' ? status : 'skipped'] += 1;
    }
    if (file.status === 'failed' && counts.failed === before) counts.failed += 1;
  }
  return counts;
}

/** What failed: file, test, and the beginning of its message. */
export function failures(results) {
  return results.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((one) => one.status === 'failed');
    const where = relative(root, name);
    if (failed.length === 0) return status === 'failed' ? [`${where}\n${beginning(message)}`] : [];
    return failed.map(({ fullName, failureMessages }) => `${where} > ${fullName}\n${beginning(failureMessages?.[0])}`);
  });
}

function beginning(message) {
  const lines = (message ?? 'no message').split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(0, linesMax)
    .map((line) => `    ${line.slice(0, 200)}`)
    .join('\n');
}

function finish({ passed, failed, skipped }, told = []) {
  for (const one of told.slice(0, toldMax)) process.stdout.write(`FAILED ${one}\n`);
  if (told.length > toldMax) process.stdout.write(`and ${told.length - toldMax} more\n`);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

function node(...args) {
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
}

if (isMain(import.meta.url)) process.exitCode = main(process.argv.slice(2));
