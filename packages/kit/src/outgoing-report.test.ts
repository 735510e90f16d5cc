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

test('what another spooler is sending counts as left, and says who has it', () => {
  const elsewhere = { ...message('sending'), lockedBy: 'host/4711/work' };
  const own = { ...message('sending'), lockedBy: 'host/4712/work' };
  const isElsewhere = ({ lockedBy }: OutgoingMessage): boolean => lockedBy === elsewhere.lockedBy;
  const report = outgoingReport([elsewhere, own], { isElsewhere });
  assert.deepEqual([report.left, report.unknown, report.unlisted], [1, 1, undefined]);
  assert.deepEqual(
    report.messages.map(({ state, reason }) => [state, reason]),
    [
      ['sending', 'process 4711 on host is sending it, and goes on with it'],
      ['unknown', 'may have been sent; its attempt has not ended'],
    ],
  );
  const queued = [{ state: 'sending', messages: 3, oldest: null }] as const;
  const long = outgoingReport([elsewhere], { isElsewhere, queued });
  assert.deepEqual([long.left, long.unknown, long.unlisted], [1, 2, 2]);
});
