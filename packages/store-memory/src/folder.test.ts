import assert from 'node:assert/strict';
import { ascend, descend, MapiError, PR_ENTRYID, PR_SUBJECT, prop } from '@nodemapi/mapi';
import { test } from 'vitest';
import { openMemoryStore } from './memory-store.testing.ts';

test('an order that no table can have is not saved', async () => {
  const { store, close } = await openMemoryStore();
  const { entryId } = await store.getReceiveFolder('');
  const inbox = await store.openEntry(entryId, { iid: 'IMAPIFolder', modify: true });
  for (const subject of ['b', 'a']) {
    const message = await inbox.createMessage();
    await message.setProps([prop(PR_SUBJECT, subject)]);
    await message.saveChanges();
  }
  await inbox.saveContentsSort({ sorts: [ascend(PR_SUBJECT)] });
  await assert.rejects(inbox.saveContentsSort({ sorts: [descend(PR_SUBJECT)], categories: 2 }), (error) =>
    MapiError.is(error, 'MAPI_E_INVALID_PARAMETER'),
  );
  const table = await inbox.getContentsTable();
  await table.setColumns([PR_SUBJECT]);
  assert.deepEqual(await table.queryRows(9), [[prop(PR_SUBJECT, 'a')], [prop(PR_SUBJECT, 'b')]]);
  await close();
});

test('a copied search folder shows what its original shows, and follows by itself', async () => {
  const { store, close } = await openMemoryStore();
  const root = await store.openEntry(null, { iid: 'IMAPIFolder', modify: true });
  const searched = await root.createFolder('Searched');
  const search = await root.createFolder('Search', 'search');
  const idOf = async (object: typeof root): Promise<Uint8Array> =>
    (await object.getProps([PR_ENTRYID])).values[0] ?? new Uint8Array(0);
  await search.setSearchCriteria({ kind: 'exist', tag: PR_SUBJECT }, [await idOf(searched)]);
  await root.copyFolder(await idOf(search), root, { newName: 'Copy' });
  const message = await searched.createMessage();
  await message.setProps([prop(PR_SUBJECT, 'found')]);
  await message.saveChanges();
  const copy = await root.createFolder('Copy', 'search', { openIfExists: true });
  assert.equal(await (await copy.getContentsTable()).getRowCount(), 1);
  await close();
});
