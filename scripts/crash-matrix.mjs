// The crash matrix of the outgoing queue: every way to die that it knows, and whether a message is lost or sent twice unsaid.
//
//   npm run crash-matrix                       every point of every part; a night on two processors
//   npm run crash-matrix -- --points 100       at most so many points of each part, chosen by the seed
//   npm run crash-matrix -- --part calls       one part, or several with commas: calls, processes, power, disk,
//                                              histories
//   npm run crash-matrix -- --histories N      so many random histories; without --part nothing else; interrupted, the same
//                                              command goes on where it was
//   npm run crash-matrix -- --at-once 8        processes; as many as there are processors if not given
//   npm run crash-matrix -- --seed 7           other choices, other losses, other histories
//
// What is wrong is printed with its place; the last line says how many distinct points there were. docs/crash-matrix.md
import { fork } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { commandLine } from './command-line.mjs';
import { randomHistories } from './crash-histories.mjs';
import { testingBundle } from './testing-bundle.mjs';
import { root } from './workspace.mjs';

const sources = join(root, 'packages/nodemapi/src/crash-matrix');
const cache = join(root, 'node_modules/.cache/crash-matrix');
const reportEvery = 500;
const historiesUsual = 1000;

/** What is run, in this order. `isShared`: several processes share the points of it. */
const PARTS = {
  calls: {
    what: 'kills, pauses and disk errors at calls',
    run: (matrix, options) => matrix.callFaults(options),
    isShared: true,
  },
  processes: { what: 'kills and stops of real processes', run: (matrix, options) => matrix.processFaults(options) },
  power: { what: 'power cuts', run: (matrix, options) => matrix.powerCuts(options), needsShim: true },
  disk: {
    what: 'kill -9, full disks and I/O errors at changes of files',
    run: (matrix, options) => matrix.diskFaults(options, matrix.FAULT_KINDS),
    needsShim: true,
  },
  histories: { what: 'random histories', run: (_, options) => randomHistories({ ...options, folder: cache, say }) },
};

async function main() {
  const { values } = commandLine(import.meta.url, {
    options: {
      part: { type: 'string' },
      points: { type: 'string' },
      histories: { type: 'string' },
      seed: { type: 'string', default: '1' },
      'at-once': { type: 'string', default: String(cpus().length) },
    },
  });
  const usual = values.histories === undefined ? Object.keys(PARTS).join(',') : 'histories';
  const names = (values.part ?? usual).split(',');
  const unknown = names.filter((name) => PARTS[name] === undefined);
  if (unknown.length > 0) {
    process.stderr.write(`no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}\n`);
    return 2;
  }
  const modules = [
    'packages/nodemapi/src/crash-matrix/main.testing.ts',
    'packages/spooler/src/fault-matrix.testing.ts',
    'packages/spooler/src/random-histories.testing.ts',
  ];
  const bundle = await testingBundle({ folder: cache, name: 'crash-matrix', modules });
  const matrix = await import(pathToFileURL(bundle).href);
  const shim = await matrix.compiledShim(join(sources, 'disk-shim.testing.c'), cache);
  const options = {
    seed: Number(values.seed),
    atOnce: Number(values['at-once']),
    histories: Number(values.histories ?? values.points ?? historiesUsual),
    sources,
    shim: shim.path,
    ...(values.points === undefined ? {} : { pointsMax: Number(values.points) }),
  };
  let [points, failures] = [0, 0];
  for (const name of names) {
    const result = await runPart(name, { matrix, bundle, options, why: shim.why });
    points += result.points;
    failures += result.failures.length;
  }
  process.stdout.write(`crash matrix: ${points} distinct points, ${failures} failures, seed ${options.seed}\n`);
  return failures === 0 && points > 0 ? 0 : 1;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

async function runPart(name, { matrix, bundle, options, why }) {
  const { what, run, needsShim = false, isShared = false } = PARTS[name];
  if (needsShim && options.shim === undefined) {
    process.stdout.write(`${what}: SKIPPED, ${why}\n`);
    return { points: 0, failures: [] };
  }
  const started = performance.now();
  let seen = 0;
  const onPoint = (place, wrong = []) => {
    seen++;
    for (const each of wrong) process.stdout.write(`WRONG ${place}: ${each}\n`);
    if (seen % reportEvery === 0) process.stdout.write(`${what}: ${seen} so far\n`);
  };
  const result = isShared
    ? await shared(name, bundle, options, onPoint)
    : await run(matrix, { ...options, bundle, onPoint });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  process.stdout.write(`${what}: ${result.points} points, ${result.failures.length} failures, ${seconds} s\n`);
  return result;
}

/** Lets as many processes as are wanted share the points of a part. */
async function shared(name, bundle, options, onPoint) {
  const of = options.atOnce;
  const parts = Array.from({ length: of }, (_, share) => {
    const child = fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, CRASH_MATRIX_SHARE: '1' } });
    child.send({ name, bundle, options: { ...options, share, of } });
    return new Promise((resolve, reject) => {
      child.on('message', (message) => {
        if (message.point !== undefined) onPoint(message.point, message.wrong);
        else resolve(message);
      });
      child.once('exit', (code) => reject(new Error(`a process that shared the points ended with ${code}`)));
    });
  });
  const results = await Promise.all(parts);
  return {
    points: results.reduce((sum, { points }) => sum + points, 0),
    failures: results.flatMap(({ failures }) => failures),
  };
}

/** One of the processes that share the points of a part. */
function work() {
  process.once('message', async ({ name, bundle, options }) => {
    const matrix = await import(pathToFileURL(bundle).href);
    const onPoint = (point, wrong) => process.send({ point, wrong });
    const result = await PARTS[name].run(matrix, { ...options, onPoint });
    process.send(result, () => process.disconnect());
  });
}

if (process.env.CRASH_MATRIX_SHARE !== undefined) work();
else process.exitCode = await main();
