import assert from 'node:assert/strict';
import { DEFAULT_FOLDERS, getProp, hrValidateIPMSubtree, PR_IPM_INBOX_PLACEHOLDER, queryAllRows } from '@nodemapi/kit';
import {
  type IMsgStore,
  PR_CONTAINER_CLASS,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_FINDER_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_IPM_SUBTREE_ENTRYID,
  PR_IPM_WASTEBASKET_ENTRYID,
  PR_VALID_FOLDER_MASK,
  type PropValue,
  prop,
  propOf,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { openMemoryStore } from './memory-store.testing.ts';

async function names(store: IMsgStore): Promise<readonly string[]> {
  await using root = await store.openEntry(null, { iid: 'IMAPIFolder' });
  await using table = await root.getHierarchyTable({ convenientDepth: true });
  return (await queryAllRows(table, { tags: [PR_DISPLAY_NAME] }))
    .map((row) => propOf(row, PR_DISPLAY_NAME) ?? '')
    .sort();
}

/** Takes every folder away, as a store has it that nobody has ever opened. */
async function emptied(store: IMsgStore): Promise<void> {
  await using root = await store.openEntry(null, { iid: 'IMAPIFolder', modify: true });
  await using table = await root.getHierarchyTable();
  for (const row of await queryAllRows(table, { tags: [PR_ENTRYID] })) {
    await root.deleteFolder(propOf(row, PR_ENTRYID) ?? new Uint8Array(), { folders: true, messages: true });
  }
  assert.deepEqual(await store.setProps([prop(PR_VALID_FOLDER_MASK, 0)]), []);
}

const valueIn = (values: readonly PropValue[], tag: number): unknown =>
  values.find((value) => value.tag === tag)?.value;

describe('HrValidateIPMSubtree', () => {
  test('SESS-33, STORE-061: without folders the three of every store are made, and the mask says so', async () => {
    const { store, close } = await openMemoryStore();
    await emptied(store);
    const answer = await hrValidateIPMSubtree(store);
    assert.deepEqual(await names(store), ['Deleted Items', 'IPM Subtree', 'Search Root']);
    const tags = [PR_IPM_SUBTREE_ENTRYID, PR_FINDER_ENTRYID, PR_IPM_WASTEBASKET_ENTRYID];
    assert.deepEqual(
      answer.map(({ tag }) => tag),
      [PR_VALID_FOLDER_MASK, ...tags],
    );
    for (const tag of tags) assert.deepEqual(await getProp(store, tag), valueIn(answer, tag));
    assert.equal(await getProp(store, PR_VALID_FOLDER_MASK), 0x1 | 0x8 | 0x80);
    await close();
  });

  test('SESS-33, STORE-061, STORE-063: MAPI_FULL_IPM_TREE makes all of them, and answers the Inbox by its placeholder', async () => {
    const { store, close } = await openMemoryStore();
    await emptied(store);
    const answer = await hrValidateIPMSubtree(store, { fullTree: true });
    assert.deepEqual(await names(store), DEFAULT_FOLDERS.map(({ name }) => name).sort());
    assert.equal(PR_IPM_INBOX_PLACEHOLDER, 0x0000_0102);
    const inbox = valueIn(answer, PR_IPM_INBOX_PLACEHOLDER);
    assert.deepEqual((await store.getReceiveFolder('IPM.Note')).entryId, inbox);
    assert.deepEqual((await store.getReceiveFolder('REPORT.IPM.Note.NDR')).entryId, inbox);
    await using folder = await store.openEntry(inbox as Uint8Array, { iid: 'IMAPIFolder' });
    assert.equal(await getProp(folder, PR_CONTAINER_CLASS), 'IPF.Note');
    await close();
  });

  test('SESS-33, STORE-062: MAPI_FORCE_CREATE looks whether the folders are there, and makes those that are not', async () => {
    const { store, close } = await openMemoryStore();
    const outbox = await getProp(store, PR_IPM_OUTBOX_ENTRYID);
    const subtree = await getProp(store, PR_IPM_SUBTREE_ENTRYID);
    await using parent = await store.openEntry(subtree ?? null, { iid: 'IMAPIFolder', modify: true });
    await parent.deleteFolder(outbox ?? new Uint8Array());
    const before = await names(store);
    await hrValidateIPMSubtree(store, { fullTree: true });
    assert.deepEqual(await names(store), before); // the mask is believed
    await hrValidateIPMSubtree(store, { fullTree: true, forceCreate: true });
    assert.deepEqual(await names(store), [...before, 'Outbox'].sort());
    assert.notDeepEqual(await getProp(store, PR_IPM_OUTBOX_ENTRYID), outbox);
    assert.deepEqual(await getProp(store, PR_IPM_SUBTREE_ENTRYID), subtree);
    await close();
  });

  test('SESS-33: a folder of the name is taken for it, and nothing is made twice', async () => {
    const { store, close } = await openMemoryStore();
    const before = await names(store);
    await store.setProps([prop(PR_VALID_FOLDER_MASK, 0)]);
    await Promise.all([1, 2].map(() => hrValidateIPMSubtree(store, { fullTree: true })));
    assert.deepEqual(await names(store), before);
    await close();
  });
});
