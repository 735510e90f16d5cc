// The outgoing queue over time: real processes on one home, a hostile server, kills, stops, full disks and wrong clocks.
//
//   npm run soak                               for 30 minutes
//   npm run soak -- --minutes 300 --seed 7     longer, with other choices
//
// What is wrong is printed with the history of each message; the last line and the exit code tell. docs/crash-matrix.md
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { testingBundle } from './testing-bundle.mjs';
import { root } from './workspace.mjs';

const sources = join(root, 'packages/nodemapi/src/soak');
const cache = join(root, 'node_modules/.cache/crash-matrix');

async function main(args) {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
    process.stderr.write('usage: npm run soak -- [--minutes N] [--seed N]\n');
    return 2;
  }
  const modules = ['packages/nodemapi/src/soak/soak.testing.ts'];
  const bundle = await testingBundle({ folder: cache, name: 'soak', modules });
  const { compiledShim, soak } = await import(pathToFileURL(bundle).href);
  const shim = await compiledShim(join(sources, 'clock-shim.testing.c'), cache);
  if (shim.path === undefined) say(`the clock is never set: ${shim.why}`);
  const command = join(root, 'apps/cli/bin/mapi.mjs');
  const result = await soak({ minutes, seed, sources, command, clockShim: shim.path, say });
  for (const problem of result.problems) say(`WRONG ${problem}`);
  for (const [name, count] of Object.entries(result.counts)) say(`${String(count).padStart(8)} ${name}`);
  const wrong = result.wrong.length + result.problems.length;
  if (wrong > 0) say(`the records are in ${result.folder}/records`);
  say(`soak: ${minutes} minutes, ${result.counts.accepted} messages accepted, ${wrong} things wrong, seed ${seed}`);
  return wrong === 0 && result.counts.accepted > 0 ? 0 : 1;
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130)); // its processes are killed then
process.exitCode = await main(process.argv.slice(2));
