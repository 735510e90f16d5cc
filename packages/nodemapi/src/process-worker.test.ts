import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, test } from 'vitest';

const FRONT_DOOR = new URL('../dist/index.js', import.meta.url).href;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'nodemapi-worker-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

/** Runs the body of a function of `mapi` in another thread; answers what it returns. */
async function inThread(body: string): Promise<unknown> {
  const code = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(FRONT_DOOR)})
      .then(async (mapi) => { ${body} })
      .then((value) => parentPort.postMessage({ value }), (error) => parentPort.postMessage({ value: error.code ?? String(error) }));`;
  const worker = new Worker(code, { eval: true, execArgv: [], env: { ...process.env, MAPI_HOME: home } });
  try {
    return await new Promise((resolve, reject) => {
      worker.once('message', ({ value }) => resolve(value));
      worker.once('error', reject);
      worker.once('exit', (exitCode) => reject(new Error(`the thread ended with ${exitCode}`)));
    });
  } finally {
    await worker.terminate();
  }
}

describe('threads', () => {
  test('INIT-13, AMB-76: each thread makes its own pair', async () => {
    const before = 'await mapi.MAPIInitialize(); await mapi.MAPIUninitialize();';
    const logon = "return await mapi.MAPILogonEx(null, 'none', null);";
    assert.equal(await inThread(logon), 'MAPI_E_NOT_INITIALIZED');
    assert.equal(await inThread(`${before} ${logon}`), 'MAPI_E_NOT_INITIALIZED');
    // two threads at a time: what one of them initialises the other one does not have
    const monitors = await Promise.all([
      inThread(
        'await mapi.MAPIInitialize(); const is = mapi.CreateMAPIInitializationMonitor().isInitialized(); await mapi.MAPIUninitialize(); return is;',
      ),
      inThread('return mapi.CreateMAPIInitializationMonitor().isInitialized();'),
    ]);
    assert.deepEqual(monitors, [true, false]);
    assert.equal(await inThread(`await mapi.MAPIInitialize(); ${logon}`), 'MAPI_E_LOGON_FAILED');
  });

  test('AMB-1: one MAPIUninitialize too many does nothing, also before anything is there', async () => {
    const early = 'await mapi.MAPIUninitialize(); mapi.MAPIFreeBuffer(null);';
    const is = 'return mapi.CreateMAPIInitializationMonitor().isInitialized();';
    assert.equal(await inThread(`${early} await mapi.MAPIInitialize(); ${is}`), true);
  });

  test('INIT-8: a process whose MAPI keeps notifying stays alive until MAPIUninitialize', async () => {
    const alive = (flag: boolean): Promise<unknown> =>
      inThread(
        `await mapi.MAPIInitialize({ multithreadNotifications: ${flag} });
         return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;`,
      );
    assert.deepEqual([await alive(false), await alive(true)], [0, 1]);
  });
});
