/** Half a minute of `npm run soak`, where the environment wants it (SOAK=1): real processes take real time. docs/crash-matrix.md */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { compiledShim, soak } from './soak.testing.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

test.skipIf(process.env.SOAK === undefined)(
  'SPOOL-028: real processes that are killed, stopped and starved lose nothing',
  async () => {
    const shim = await compiledShim(here('clock-shim.testing.c'), here('../../../../node_modules/.cache/crash-matrix'));
    const clockShim = 'path' in shim ? shim.path : undefined;
    const command = here('../../../../apps/cli/bin/mapi.mjs');
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    const result = await soak({ minutes: 0.5, seed: 20261123, sources: here('.'), command, clockShim, say });
    assert.deepEqual([...result.wrong, ...result.problems], [], said.join('\n'));
    assert.ok((result.counts.accepted ?? 0) > 0);
  },
  300_000,
);
