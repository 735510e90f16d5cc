import assert from 'node:assert/strict';
import {
  MAPI_TRANSPORT_PROVIDER,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_PROVIDER_DISPLAY,
  PR_RESOURCE_METHODS,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  PR_STATUS_STRING,
  type PropValue,
  prop,
  STATUS_AVAILABLE,
  STATUS_FAILURE,
  STATUS_FLUSH_QUEUES,
  STATUS_OFFLINE,
  STATUS_OUTBOUND_ENABLED,
  STATUS_VALIDATE_STATE,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { standaloneHost } from './standalone-host.ts';
import { StandaloneSupport } from './standalone-support.ts';
import { TransportStatus } from './transport-status.ts';

class RecordingSupport extends StandaloneSupport {
  readonly written: PropValue[][] = [];

  override async modifyStatusRow(columns: readonly PropValue[]): Promise<void> {
    this.written.push([...columns]);
  }
}

async function withStatus(run: (status: TransportStatus, support: RecordingSupport) => Promise<void>): Promise<void> {
  await using host = await standaloneHost();
  const support = new RecordingSupport({ kind: 'transport', host });
  await run(new TransportStatus(support, 'A transport'), support);
}

test('the row names the transport, what it can be asked for, and its state', () =>
  withStatus(async (status) => {
    assert.deepEqual(status.row('Mail of Ann', [prop(PR_COMMENT, 'who')]), [
      prop(PR_DISPLAY_NAME, 'Mail of Ann'),
      prop(PR_PROVIDER_DISPLAY, 'A transport'),
      prop(PR_RESOURCE_TYPE, MAPI_TRANSPORT_PROVIDER),
      prop(PR_RESOURCE_METHODS, STATUS_VALIDATE_STATE | STATUS_FLUSH_QUEUES),
      prop(PR_STATUS_CODE, STATUS_AVAILABLE),
      prop(PR_STATUS_STRING, ''),
      prop(PR_COMMENT, 'who'),
    ]);
  }));

test('the row is written when it changes, and only then', () =>
  withStatus(async (status, support) => {
    await status.change(STATUS_AVAILABLE, STATUS_OFFLINE);
    assert.deepEqual(support.written, []);
    await status.change(STATUS_OUTBOUND_ENABLED, 0);
    await status.change(STATUS_OUTBOUND_ENABLED, 0);
    await status.change(0, 0, 'text alone');
    assert.deepEqual(support.written, [
      [prop(PR_STATUS_CODE, STATUS_AVAILABLE | STATUS_OUTBOUND_ENABLED), prop(PR_STATUS_STRING, '')],
      [prop(PR_STATUS_CODE, STATUS_AVAILABLE | STATUS_OUTBOUND_ENABLED), prop(PR_STATUS_STRING, 'text alone')],
    ]);
  }));

test('what works, what is broken and what cannot be reached exclude each other', () =>
  withStatus(async (status, support) => {
    const code = (): unknown => support.written.at(-1)?.[0]?.value;
    await status.broken('no password');
    assert.equal(code(), STATUS_FAILURE);
    await status.unreachable('no network');
    assert.equal(code(), STATUS_OFFLINE);
    await status.works();
    assert.equal(code(), STATUS_AVAILABLE);
    assert.equal(support.written.at(-1)?.[1]?.value, '');
  }));
