/** Opens an object by its entry identifier, with every store of the profile open so that somebody answers for it. */
import { type EntryId, type IMAPISession, type IMsgStore, listStores, type OpenedEntry } from 'nodemapi';

/** Opens the object, hands it to `work`, and releases it and the stores. */
export async function withEntry(
  session: IMAPISession,
  entryId: EntryId,
  work: (object: OpenedEntry) => Promise<void>,
): Promise<void> {
  const stores: IMsgStore[] = [];
  try {
    for (const row of await listStores(session)) stores.push(await session.openMsgStore(row.entryId, { noMail: true }));
    await using addressBook = (await session.openAddressBook()).object;
    await using object = await session.openEntry(entryId);
    await work(object);
    void addressBook;
  } finally {
    for (const store of stores) await store.release();
  }
}
