import assert from 'node:assert/strict';
import { type IMAPISession, PR_ENTRYID, PR_RECORD_KEY, prop } from '@nodemapi/mapi';
import { beforeAll, test } from 'vitest';
import { hrComposeEID, hrComposeMsgID, hrDecomposeEID, hrDecomposeMsgID } from './compound-entry-id.ts';
import { TableData } from './table-data.ts';

const [key, store, message] = [Uint8Array.of(7, 7), Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];
const none = new Uint8Array(0);
let session: Pick<IMAPISession, 'getMsgStoresTable'>;

beforeAll(async () => {
  const data = new TableData(PR_ENTRYID, { columns: [PR_ENTRYID, PR_RECORD_KEY] });
  await data.hrModifyRow([prop(PR_ENTRYID, store), prop(PR_RECORD_KEY, key)]);
  session = { getMsgStoresTable: async () => data.hrGetView() };
});

test('UTIL-026: HrComposeEID without a store copies the message’s identifier; HrDecomposeEID takes others as they are', async () => {
  const alone = await hrComposeEID(session, none, message);
  assert.deepEqual(alone, message);
  assert.notEqual(alone, message);
  assert.deepEqual(hrDecomposeEID(message), { store: null, message });
  const both = await hrComposeEID(session, key, message);
  assert.deepEqual(hrDecomposeEID(both), { store, message });
  assert.throws(() => hrDecomposeEID(both.subarray(0, 22)), { code: 'MAPI_E_INVALID_ENTRYID' });
  await assert.rejects(hrComposeEID(session, Uint8Array.of(1), message), { code: 'MAPI_E_NOT_FOUND' });
});

test('UTIL-027: HrComposeMsgID is that as text, HrDecomposeMsgID its inverse', async () => {
  const text = await hrComposeMsgID(session, key, message);
  assert.match(text, /^[0-9A-F]+$/);
  assert.deepEqual(hrDecomposeMsgID(text), { store, message });
  assert.deepEqual(hrDecomposeMsgID('0405'), { store: null, message });
  assert.throws(() => hrDecomposeMsgID('no hex'), { code: 'MAPI_E_INVALID_ENTRYID' });
});
