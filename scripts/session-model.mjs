// The model of sessions and their ends, for as many random histories as one likes.
//
//   npm run session-model -- 3000               so many histories; 1000 by default
//   npm run session-model -- 3000 --seed 7      others
//   npm run session-model -- --seed 7 --path 12:3:0:1   the one that failed, as the report of a failure names it
//
// They run in portions, each with a seed of its own; the seed of each is printed with the time that it took. The first
// failure ends it, and prints the history.
import { spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { commandLine } from './command-line.mjs';
import { root } from './workspace.mjs';

const TEST = 'packages/session/src/end-model.test.ts';
const portion = 250;

const { values, positionals } = commandLine(import.meta.url, {
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, path: { type: 'string' } },
});
const count = values.path === undefined ? Number(positionals[0] ?? 1000) : 1;
const firstSeed = Number(values.seed);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(firstSeed)) {
  console.error('usage: npm run session-model -- [COUNT] [--seed N] [--path PATH]');
  process.exit(2);
}

/** Runs some histories. Whether they kept to the model. */
function run(histories, seed) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync('npx', ['vitest', 'run', '--reporter=dot', TEST], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      MODEL_RUNS: String(histories),
      MODEL_SEED: String(seed),
      ...(values.path === undefined ? {} : { MODEL_PATH: values.path }),
    },
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`seed ${seed}: ${histories} histories ${status === 0 ? 'kept to the model' : 'FAILED'}, ${seconds} s`);
  if (status !== 0) console.error(`${stdout}\n${stderr}`);
  return status === 0;
}

let seed = firstSeed;
for (let done = 0; done < count; done += portion, seed++) {
  if (!run(Math.min(portion, count - done), seed)) process.exit(1);
}
console.log(`${count} histories kept to the model, seeds ${firstSeed} to ${seed - 1}`);
