// The state of the rules in `spec/`: which are proven by tests, which do not apply, which are open.
//
// A test proves a rule when its title begins with the rule's id: `SPOOL-012: the required columns are there`, or with
// several: `SPOOL-012, SPOOL-013: …`. Every test that names a rule must pass, and at least one must have run.
//
//   npm run rules             writes spec/STATUS.md and the totals in README.md from the last complete `npm test`
//   npm run rules -- --check  writes nothing; fails when one of the two is stale
//   npm run rules -- --show   writes nothing; prints the totals and says when the two are stale
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readRules, testClaims } from './rule-claims.mjs';
import { readmeBlock, statusPage, totals } from './rule-pages.mjs';
import { files, isMain, read, root } from './workspace.mjs';

const RESULTS = 'spec/.results/results.json';
const mark = { start: '<!-- rules:start -->', end: '<!-- rules:end -->' };

/** Reads the specification, the test results and what is not applicable; problems stop everything else. */
function gather() {
  const { rules, problems } = readRules({
    'spec/rules-session.md': read('spec/rules-session.md'),
    'spec/rules-messaging.md': read('spec/rules-messaging.md'),
  });
  const excused = JSON.parse(read('spec/not-applicable.json') || '{}');
  for (const [id, reason] of Object.entries(excused)) {
    if (!rules.has(id)) problems.push(`spec/not-applicable.json: there is no rule ${id}`);
    if (typeof reason !== 'string' || reason.trim() === '')
      problems.push(`spec/not-applicable.json: ${id} has no reason`);
  }
  if (!existsSync(join(root, RESULTS))) return { problems: [...problems, 'no test results: run `npm test` first'] };
  const ran = JSON.parse(readFileSync(join(root, RESULTS), 'utf8')).testResults.map((file) => ({
    file: relative(root, file.name).replaceAll('\\', '/'),
    tests: file.assertionResults.map(({ title, status }) => ({ title, status })),
  }));
  const results = ran.filter(({ file }) => !file.startsWith('examples/')); // a suite over an example proves the example
  problems.push(...missingFiles(results));
  const claims = testClaims(results, rules);
  problems.push(...claims.problems);
  for (const id of Object.keys(excused)) {
    if (claims.byRule.has(id)) problems.push(`spec/not-applicable.json: ${id} has tests, so it does apply`);
  }
  return { problems, rules, excused, byRule: claims.byRule };
}

/** A run of some test files only must not make the other rules look open. */
function missingFiles(results) {
  const ran = new Set(results.map((result) => result.file));
  const missing = ['packages', 'apps', 'scripts']
    .flatMap((folder) => files(folder, ['.test.ts']))
    .filter((f) => !ran.has(f));
  return missing.map((file) => `the last test run left out ${file}: run \`npm test\``);
}

function main(mode) {
  const { problems, rules, excused, byRule } = gather();
  if (problems.length > 0) {
    for (const problem of problems) process.stderr.write(`rules: ${problem}\n`);
    return 1;
  }
  const sums = totals(rules, excused, byRule);
  const readme = read('README.md');
  const wanted = {
    'spec/STATUS.md': statusPage(rules, excused, byRule),
    'README.md': withBlock(readme, readmeBlock(sums)),
  };
  const stale = Object.keys(wanted).filter((path) => read(path) !== wanted[path]);
  const line = `${sums.done} done, ${sums.open} not yet, ${sums.excused} not applicable, of ${sums.all}`;
  process.stdout.write(`rules: ${line}\n`);
  if (mode === '--check' || mode === '--show') {
    for (const path of stale) process.stderr.write(`rules: ${path} is stale: run \`npm run rules\`\n`);
    return mode === '--check' && stale.length > 0 ? 1 : 0;
  }
  for (const path of stale) writeFileSync(join(root, path), wanted[path]);
  return 0;
}

function withBlock(text, block) {
  const [before, rest] = text.split(mark.start);
  const after = rest?.split(mark.end)[1];
  if (before === undefined || after === undefined) return text;
  return `${before}${mark.start}\n${block}${mark.end}${after}`;
}

if (isMain(import.meta.url)) process.exitCode = main(process.argv[2]);
