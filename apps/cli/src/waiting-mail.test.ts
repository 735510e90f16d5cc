import assert from 'node:assert/strict';
import type { RemoteAccount } from 'nodemapi';
import { test } from 'vitest';
import { unlisted, type WaitingMessage, waitingBeside } from './waiting-mail.ts';

const message = (entryId: string): WaitingMessage => ({
  ...{ entryId, account: 'A', subject: '', from: { name: '', address: '' }, to: '', time: null, size: 0, read: false },
  ...{ attachments: false, note: null, failed: false },
});

test('an account whose list is not all that waits is told, and no other', () => {
  const listed = (status: string, count: number, works = true) => {
    const account: RemoteAccount = {
      ...{ entryId: new Uint8Array(), folderId: new Uint8Array(), name: status, isReady: true },
      ...{ works, status },
    };
    return { account, messages: Array.from({ length: count }, (_, index) => message(`0${index}`)) };
  };
  const told = unlisted([
    listed('2 waiting', 2),
    listed('3 waiting (the newest 2 are shown)', 2),
    listed('0 waiting, 2 deleted', 0),
    listed('it is not there', 2, false),
  ]);
  assert.deepEqual(
    told.map(({ status }) => status),
    ['3 waiting (the newest 2 are shown)'],
  );
});

test('what waits beside all that was asked for is counted', () => {
  const after = [{ messages: [message('01'), message('02')] }, { messages: [message('03')] }];
  assert.equal(waitingBeside([message('01')], after), 2);
  assert.equal(waitingBeside([message('01'), message('02'), message('03')], after), 0);
});
