// The outgoing queue over time: real processes on one home, a hostile server, kills, stops, full disks and wrong clocks.
//
//   npm run soak                               for 30 minutes
//   npm run soak -- --minutes 300 --seed 7     longer, with other choices
//   npm run soak -- --postfix                  a real Postfix takes the place of the hostile server; it is stopped and started
//
// What is wrong is printed with the history of each message; the last line and the exit code tell. docs/crash-matrix.md
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { commandLine } from './command-line.mjs';
import { testingBundle } from './testing-bundle.mjs';
import { root } from './workspace.mjs';

const sources = join(root, 'packages/nodemapi/src/soak');
const cache = join(root, 'node_modules/.cache/crash-matrix');

/** It takes what the soak sends, and refuses who is refused by every server. */
const POSTFIX_SETTINGS = [
  'virtual_mailbox_domains = example.test',
  'virtual_mailbox_maps = inline:{ @example.test=box/ }',
  'smtpd_recipient_restrictions = check_recipient_access regexp:{{/^bad\\./ 550 5.1.1 no such user}}, permit',
];

async function main() {
  const { values } = commandLine(import.meta.url, {
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: '1' },
      postfix: { type: 'boolean', default: false },
    },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
    process.stderr.write('usage: npm run soak -- [--minutes N] [--seed N] [--postfix]\n');
    return 2;
  }
  const modules = ['packages/nodemapi/src/soak/soak.testing.ts', 'packages/transport-smtp/src/postfix.testing.ts'];
  const bundle = await testingBundle({ folder: cache, name: 'soak', modules });
  const { compiledShim, Postfix, soak } = await import(pathToFileURL(bundle).href);
  const shim = await compiledShim(join(sources, 'clock-shim.testing.c'), cache);
  if (shim.path === undefined) say(`the clock is never set: ${shim.why}`);
  const command = join(root, 'apps/cli/bin/mapi.mjs');
  const postfix = values.postfix ? await Postfix.start(POSTFIX_SETTINGS) : undefined;
  const given = { minutes, seed, sources, command, clockShim: shim.path, say };
  const result = await soak({ ...given, ...(postfix === undefined ? {} : { postfix }) }).finally(() =>
    postfix?.[Symbol.asyncDispose](),
  );
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
process.exitCode = await main();
