// The crash matrix of the outgoing queue: every way to die that it knows, and whether a message is lost or sent twice unsaid.
//
//   npm run crash-matrix                     every point of every part; about half an hour on two processors
//   npm run crash-matrix -- --points 100     at most so many points of each part, chosen by the seed
//   npm run crash-matrix -- --part power     one part, or several with commas: power, disk
//   npm run crash-matrix -- --seed 7         another choice, and other losses
//
// What is wrong is printed with its place; the last line says how many distinct points there were. docs/crash-matrix.md
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { build, defaultServerConditions } from 'vite';
import { isMain, root } from './workspace.mjs';

const sources = join(root, 'packages/nodemapi/src/crash-matrix');
const cache = join(root, 'node_modules/.cache/crash-matrix');
const reportEvery = 250;

/** What is run, in this order. */
const PARTS = {
  power: { what: 'power cuts', run: (matrix, options) => matrix.powerCuts(options), needsShim: true },
  disk: {
    what: 'kill -9, full disks and I/O errors at changes of files',
    run: (matrix, options) => matrix.diskFaults(options, matrix.FAULT_KINDS),
    needsShim: true,
  },
};

async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      part: { type: 'string', default: Object.keys(PARTS).join(',') },
      points: { type: 'string' },
      seed: { type: 'string', default: '1' },
      'at-once': { type: 'string', default: String(Math.max(1, cpus().length)) },
    },
  });
  const names = values.part.split(',');
  const unknown = names.filter((name) => PARTS[name] === undefined);
  if (unknown.length > 0) {
    process.stderr.write(`no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}\n`);
    return 2;
  }
  const matrix = await import(await bundle());
  const shim = await matrix.diskShim(join(sources, 'disk-shim.testing.c'), cache);
  const options = {
    seed: Number(values.seed),
    atOnce: Number(values['at-once']),
    sources,
    shim: shim.path,
    ...(values.points === undefined ? {} : { pointsMax: Number(values.points) }),
  };
  let [points, failures] = [0, 0];
  for (const name of names) {
    const result = await runPart(PARTS[name], matrix, options, shim.why);
    points += result.points;
    failures += result.failures.length;
  }
  process.stdout.write(`crash matrix: ${points} distinct points, ${failures} failures, seed ${options.seed}\n`);
  return failures === 0 && points > 0 ? 0 : 1;
}

async function runPart({ what, run, needsShim }, matrix, options, why) {
  if (needsShim && options.shim === undefined) {
    process.stdout.write(`${what}: SKIPPED, ${why}\n`);
    return { points: 0, failures: [] };
  }
  const started = performance.now();
  let seen = 0;
  const onPoint = (place, wrong) => {
    seen++;
    for (const each of wrong) process.stdout.write(`WRONG ${place}: ${each}\n`);
    if (seen % reportEvery === 0) process.stdout.write(`${what}: ${seen} so far\n`);
  };
  const result = await run(matrix, { ...options, onPoint });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stdout.write(`${what}: ${result.points} points, ${result.failures.length} failures, ${seconds} s\n`);
  return result;
}

/** The parts as one module that Node can run. */
async function bundle() {
  mkdirSync(cache, { recursive: true });
  const entry = join(cache, 'entry.ts');
  const from = (path) => JSON.stringify(join(root, path));
  writeFileSync(entry, `export * from ${from('packages/nodemapi/src/crash-matrix/main.testing.ts')};\n`);
  const conditions = ['source', ...defaultServerConditions];
  const { output } = await build({
    configFile: false,
    root,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { noExternal: [/^@nodemapi\//], resolve: { conditions } },
    build: { ssr: entry, write: false, minify: false, target: 'es2022' },
  });
  const path = join(cache, 'crash-matrix.mjs');
  writeFileSync(path, output[0].code);
  return path;
}

if (isMain(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
