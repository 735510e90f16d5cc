import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@nodemapi/base';
import { test } from 'vitest';
import { checkStore } from './check.ts';
import { SqlStoreFixture } from './store.testing.ts';

const CHILD = fileURLToPath(new URL('crash-child.testing.mjs', import.meta.url));
const kills = 8;
const lifeMsMax = 400;

/** Lets a process work on the store for a while, and kills it; whether it died of that and of nothing else. */
async function killedAtWork(path: string, seed: number, lifeMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, path, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), lifeMs));
  return new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal === 'SIGKILL')));
}

test('whenever a process is killed at work, the store is sound', async () => {
  await using fixture = await SqlStoreFixture.create();
  const path = fixture.path('store');
  const random = seededRandom(20_261_122);
  for (let kill = 0; kill < kills; kill++) {
    assert.ok(await killedAtWork(path, random.uint32(), random.float() * lifeMsMax));
    assert.deepEqual(checkStore(path), []);
  }
  await (await fixture.open()).release();
  await fixture.closeStores();
});
