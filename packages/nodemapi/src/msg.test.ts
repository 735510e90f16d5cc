import assert from 'node:assert/strict';
import { MessageDouble } from '@nodemapi/conformance';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import { PR_DISPLAY_TO, PR_MSG_STATUS, PR_PARENT_DISPLAY, PR_SUBJECT, prop } from '@nodemapi/mapi';
import { createMemoryStore } from '@nodemapi/store-memory';
import { test } from 'vitest';
import { fillFromFile } from './msg.ts';

test('PROP-056: what the store computes itself is no loss of a message that is read from a file', async () => {
  const host = await standaloneHost();
  const store = createMemoryStore(new StandaloneSupport({ kind: 'store', host }), host).open();
  await using folder = await store.openEntry(null, { iid: 'IMAPIFolder', modify: true });
  await using message = await folder.createMessage();
  const computed = [prop(PR_DISPLAY_TO, 'Ann'), prop(PR_MSG_STATUS, 1), prop(PR_PARENT_DISPLAY, 'Inbox')];
  const told = await fillFromFile(new MessageDouble([prop(PR_SUBJECT, 'x'), ...computed]), message, {});
  assert.ok(told.length > 0, 'the store refuses none of them');
  assert.deepEqual(
    told.filter(({ loss }) => loss),
    [],
  );
  assert.deepEqual((await message.getProps([PR_SUBJECT])).values, ['x']);
});
