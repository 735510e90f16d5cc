import assert from 'node:assert/strict';
import { fileTimeToMs, toHex } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  MAPI_TO,
  PR_CREATION_TIME,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_RECIPIENT_TYPE,
  PR_SEARCH_KEY,
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

test('the search key of a new message begins with the time, so that the index of search keys grows at its end', async () => {
  await using fixture = await SqlStoreFixture.create();
  const store = await fixture.open();
  const [outbox] = (await store.getProps([PR_IPM_OUTBOX_ENTRYID])).values;
  await using folder = await store.openEntry(outbox ?? null, { iid: 'IMAPIFolder', modify: true });
  await using message = await folder.createMessage();
  await message.saveChanges({ keepOpenReadWrite: true });
  const [key = new Uint8Array(), created = 0n] = (await message.getProps([PR_SEARCH_KEY, PR_CREATION_TIME])).values;
  assert.deepEqual([key.length, Number.parseInt(toHex(key.subarray(0, 6)), 16)], [16, fileTimeToMs(created)]);
});
