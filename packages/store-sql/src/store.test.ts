import assert from 'node:assert/strict';
import { queryAllRows } from '@nodemapi/kit';
import {
  MAPI_TO,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_SUBJECT,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { test } from 'vitest';
import { SqlStoreFixture } from './store.testing.ts';

test('a message that was submitted stands in the queue, and is filed when it was sent', async () => {
  await using fixture = await SqlStoreFixture.create();
  const store = await fixture.open();
  const spooler = await fixture.open({ spooler: true });
  const {
    values: [outbox],
  } = await store.getProps([PR_IPM_OUTBOX_ENTRYID]);
  await using folder = await store.openEntry(outbox ?? null, { iid: 'IMAPIFolder', modify: true });
  await using message = await folder.createMessage();
  await message.setProps([prop(PR_SUBJECT, 'RE: hello')]);
  await message.modifyRecipients('add', [[prop(PR_DISPLAY_NAME, 'Bob'), prop(PR_RECIPIENT_TYPE, MAPI_TO)]]);
  await message.submitMessage();
  await using queue = await spooler.getOutgoingQueue();
  const rows = await queryAllRows(queue);
  assert.equal(rows.length, 1);
  assert.equal(propOf(rows[0] ?? [], PR_SUBJECT), 'RE: hello');
  const entryId = propOf(rows[0] ?? [], PR_ENTRYID) ?? new Uint8Array();
  await using opened = await spooler.openEntry(entryId, { iid: 'IMessage', modify: true });
  await spooler.setLockState(opened, true);
  await spooler.finishedMsg(entryId);
  assert.equal((await queryAllRows(queue)).length, 0);
});
