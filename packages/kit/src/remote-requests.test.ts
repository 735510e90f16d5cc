import assert from 'node:assert/strict';
import {
  PR_REMOTE_VALIDATE_OK,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  propOf,
  STATUS_INBOUND_ACTIVE,
  STATUS_INBOUND_ENABLED,
  STATUS_INBOUND_FLUSH,
  STATUS_OFFLINE,
  STATUS_OUTBOUND_ACTIVE,
  STATUS_OUTBOUND_ENABLED,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { RemoteRequests } from './remote-requests.ts';
import { standaloneHost } from './standalone-host.ts';
import { StandaloneSupport } from './standalone-support.ts';
import { TransportStatus } from './transport-status.ts';

const INBOUND = STATUS_INBOUND_ENABLED | STATUS_INBOUND_ACTIVE;
const OUTBOUND = STATUS_OUTBOUND_ENABLED | STATUS_OUTBOUND_ACTIVE;

async function remote(options: { readonly stops?: boolean } = {}) {
  const host = await standaloneHost({ home: '/nowhere', files: { mkdir: async () => {} } as never });
  const support = new StandaloneSupport({ kind: 'transport', host });
  const calls: string[] = [];
  const requests = new RemoteRequests({
    status: new TransportStatus(support, 'Remote'),
    abort: async () => {
      calls.push('abort');
      return options.stops !== false;
    },
    disconnect: async () => void calls.push('disconnect'),
  });
  const row = () => [...support.statusRow];
  const code = (): number => propOf(row(), PR_STATUS_CODE) ?? 0;
  const isOk = (): boolean | undefined => propOf(row(), PR_REMOTE_VALIDATE_OK);
  return { requests, calls, row, code, isOk };
}

describe('what viewers ask of a remote transport', () => {
  test('STAT-33, STAT-12, STAT-29, XP-082: a refresh sets the bits, asks for patience, and does nothing else', async () => {
    const { requests, calls, code, isOk, row } = await remote();
    await requests.validate({ forceDisconnect: true });
    await requests.validate({ refreshHeaderCache: true });
    assert.equal(code() & (INBOUND | STATUS_OFFLINE | STATUS_INBOUND_FLUSH), INBOUND | STATUS_INBOUND_FLUSH);
    assert.equal(isOk(), false);
    assert.match(propOf(row(), PR_STATUS_STRING) ?? '', /list/);
    assert.deepEqual(calls, ['disconnect']);
    assert.deepEqual(requests.take(), { connect: false, refresh: true, process: false });
    await requests.done('Done');
    assert.equal(isOk(), true);
    assert.equal(code() & STATUS_INBOUND_ACTIVE, 0);
  });

  test('STAT-32: processing sends too, refreshes as well, and waits for what is under way', async () => {
    const { requests, code, isOk } = await remote();
    await requests.validate({ processHeaderCache: true });
    assert.equal(code() & (INBOUND | OUTBOUND), INBOUND | OUTBOUND);
    assert.equal(isOk(), false);
    await assert.rejects(requests.validate({ processHeaderCache: true }), { code: 'MAPI_E_BUSY' });
    assert.deepEqual(requests.take(), { connect: false, refresh: true, process: true });
    await assert.rejects(requests.validate({ refreshHeaderCache: true }), { code: 'MAPI_E_BUSY' });
    await requests.done('Done');
    await requests.validate({ refreshHeaderCache: true });
  });

  test('STAT-30, XP-079: an abort forgets what waits and stops what runs, or says that it cannot', async () => {
    const { requests, calls, code, isOk } = await remote();
    await requests.validate({ refreshHeaderCache: true });
    await requests.validate({ abortHeaderOperation: true });
    assert.equal(code() & (INBOUND | STATUS_OFFLINE), STATUS_OFFLINE);
    assert.equal(isOk(), true);
    assert.deepEqual([requests.take(), calls], [{ connect: false, refresh: false, process: false }, []]);
    await requests.validate({ refreshHeaderCache: true });
    requests.take();
    await requests.validate({ abortHeaderOperation: true });
    assert.deepEqual(calls, ['abort']);
    const stubborn = await remote({ stops: false });
    await stubborn.requests.validate({ refreshHeaderCache: true });
    stubborn.requests.take();
    await assert.rejects(stubborn.requests.validate({ abortHeaderOperation: true }), { code: 'MAPI_E_BUSY' });
    assert.equal(stubborn.isOk(), false);
  });

  test('STAT-31, STAT-29: a connection is made in the next flush, and dropped at once', async () => {
    const { requests, calls, code } = await remote();
    await requests.validate({ forceDisconnect: true });
    assert.equal(code() & STATUS_OFFLINE, STATUS_OFFLINE);
    await requests.validate({ forceConnect: true });
    assert.equal(code() & STATUS_OFFLINE, 0);
    assert.notEqual(code() & STATUS_INBOUND_FLUSH, 0);
    assert.deepEqual(calls, ['disconnect']);
    assert.deepEqual(requests.take(), { connect: true, refresh: false, process: false });
  });
});
