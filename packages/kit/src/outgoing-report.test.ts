import assert from 'node:assert/strict';
import type { OutgoingMessage } from '@nodemapi/mapi';
import { test } from 'vitest';
import { outgoingReport } from './index.ts';

const message = (state: OutgoingMessage['state']): OutgoingMessage => ({
  entryId: new Uint8Array(4),
  subject: state,
  internetMessageId: null,
  submitTime: null,
  state,
  reason: null,
  attempts: 0,
  nextAttempt: null,
  lockedBy: null,
  recipients: [],
});

test('every message that a report lists is counted, also one that another spooler has just finished', () => {
  const listed = [message('failed'), message('failed'), message('sent')];
  const { sent, failed } = outgoingReport(listed, { sent: 0, failed: 1 });
  assert.deepEqual([sent, failed], [1, 2]);
});

test('messages that are counted and not listed any more stay counted', () => {
  const { sent, failed, left } = outgoingReport([message('ready')], { sent: 2000, failed: 3 });
  assert.deepEqual([sent, failed, left], [2000, 3, 1]);
});
