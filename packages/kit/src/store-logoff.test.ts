import assert from 'node:assert/strict';
import { memoryLog } from '@nodemapi/base';
import { MapiError, type StoreLogoffMode, type StoreLogoffResult } from '@nodemapi/mapi';
import { test } from 'vitest';
import { StoreLogoff } from './store-logoff.ts';

function made(answer: (mode: StoreLogoffMode) => boolean = () => true) {
  const told: StoreLogoffMode[] = [];
  const log = memoryLog();
  const storeLogoffTransports = async (mode: StoreLogoffMode): Promise<StoreLogoffResult> => {
    told.push(mode);
    return { complete: answer(mode), inbound: false, outbound: false, outboundQueue: false };
  };
  return { told, log, logoff: new StoreLogoff({ support: { storeLogoffTransports }, log, hasQueue: () => true }) };
}

test('LOGOFF-41, SPOOL-101: without a StoreLogoff the last release passes LOGOFF_ABORT, once', async () => {
  const { told, logoff } = made();
  await logoff.released();
  await logoff.released();
  assert.deepEqual(told, ['abort']);
});

test('AMB-34, LOGOFF-41, SPOOL-101: after a logoff that was complete the release says nothing more', async () => {
  const { told, logoff } = made();
  await logoff.request('orderly');
  await logoff.released();
  assert.deepEqual(told, ['orderly']);
});

test('AMB-34, LOGOFF-41: what was refused is saved for the release, and a later call overwrites it', async () => {
  const { told, logoff } = made(() => false);
  await logoff.request('quiet');
  await logoff.request('abort');
  await logoff.request('quiet');
  await logoff.released();
  assert.deepEqual(told, ['quiet', 'abort', 'quiet', 'quiet']);
});

test('LOGOFF-32: any other value than one of the five is refused before anything is asked', async () => {
  const { told, logoff } = made();
  for (const wrong of ['', 'QUIET', 'quiet,abort', 16, null]) {
    await assert.rejects(logoff.request(wrong as never), { code: 'MAPI_E_INVALID_PARAMETER' });
  }
  assert.deepEqual(told, []);
});

test('without transports to ask, the queue of the store is told', async () => {
  const support = {
    storeLogoffTransports: async () => {
      throw new MapiError('MAPI_E_NO_SUPPORT', 'storeLogoffTransports');
    },
  };
  const logoff = new StoreLogoff({ support, log: memoryLog(), hasQueue: () => true });
  assert.deepEqual(await logoff.request('noWait'), {
    complete: true,
    inbound: false,
    outbound: false,
    outboundQueue: true,
  });
});

test('a failure at the last release is logged, and the store goes all the same', async () => {
  const { log, logoff } = made(() => {
    throw new Error('broken');
  });
  await logoff.released();
  assert.equal(log.entries.length, 1);
});
