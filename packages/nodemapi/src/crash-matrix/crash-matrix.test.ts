/** A sample of the crash matrix; all of it is `npm run crash-matrix`. docs/crash-matrix.md */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { compiledShim } from './disk-shim.testing.ts';
import { Survivor } from './mail-processes.testing.ts';
import { diskFaults, type MatrixOptions, type PartResult, powerCuts, workFolder } from './main.testing.ts';
import { freshHome } from './power-cut.testing.ts';
import { twoProcesses } from './two-processes.testing.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const shim = await compiledShim(here('disk-shim.testing.c'), here('../../../../node_modules/.cache/crash-matrix'));
/** Skips with its reason where writes cannot be watched: elsewhere than on Linux, and without a C compiler. */
const watched = 'path' in shim ? test : test.skip;
const because = 'why' in shim ? `, skipped: ${shim.why}` : '';
const seed = 20261122;

function options(pointsMax: number): MatrixOptions {
  return { seed, pointsMax, atOnce: 2, sources: here('.'), shim: 'path' in shim ? shim.path : '' };
}

function check({ points, failures }: PartResult, least: number): void {
  assert.deepEqual(failures, [], `seed ${seed}`);
  assert.ok(points >= least, `only ${points} points`);
}

describe(`the disk of a process that sends mail${because}`, () => {
  watched('SUBMIT-025, SPOOL-028: a power cut at any change loses no message and sends none twice unsaid', async () => {
    check(await powerCuts(options(12)), 12);
  });

  watched('SPOOL-028: a disk that is full, and kill -9 in the middle of a write', async () => {
    check(await diskFaults(options(2), ['kill-torn', 'ENOSPC']), 1);
  });
});

test('SPOOL-028: a process that SIGSTOP holds for longer than its lease finishes nothing that another has taken over', async () => {
  const script = here('spooler-process.testing.mjs');
  await using survivor = new Survivor(here('mail-process.testing.mjs'));
  await using folder = await workFolder();
  await using home = await freshHome(folder.path);
  const point = { kind: 'stop', at: 'before250', rival: false } as const;
  assert.deepEqual(await twoProcesses(point, { script, home: home.path, survivor }), []);
});
