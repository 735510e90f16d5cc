/** Moves a message to another folder of its store, and finds it there. */
import {
  type EntryId,
  type IMAPIFolder,
  type IMsgStore,
  PR_ENTRYID,
  PR_SEARCH_KEY,
  propOf,
  resProperty,
} from '@nodemapi/mapi';

export interface Moving {
  readonly store: IMsgStore;
  readonly folder: IMAPIFolder;
  readonly entryId: EntryId;
  readonly searchKey: Uint8Array | undefined;
}

/** Answers the identifier of the message in the folder `to`; undefined if it stays where it is. */
export async function moveTo({ store, folder, entryId, searchKey }: Moving, to: EntryId): Promise<EntryId | undefined> {
  await using destination = await store.openEntry(to, { iid: 'IMAPIFolder', modify: true });
  const { warning } = await folder.copyMessages([entryId], destination, { move: true });
  if (warning !== undefined) return undefined;
  const moved = searchKey === undefined ? undefined : await findMoved(destination, searchKey);
  return moved ?? entryId;
}

/** A moved message may have a new identifier; its search key stays. */
async function findMoved(folder: IMAPIFolder, searchKey: Uint8Array): Promise<EntryId | undefined> {
  await using table = await folder.getContentsTable();
  await table.setColumns([PR_ENTRYID]);
  await table.restrict(resProperty('EQ', PR_SEARCH_KEY, searchKey));
  const [row] = await table.queryRows(1);
  return row === undefined ? undefined : propOf(row, PR_ENTRYID);
}
