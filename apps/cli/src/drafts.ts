/** Messages of the Outbox folders that are not in the queue: they were cancelled, or never submitted. */
import { type EntryId, fromHex, type IMAPISession, type IMsgStore, listStores, MapiError } from 'nodemapi';

/** Opens the store that has the message; the caller releases it. @throws MAPI_E_NOT_FOUND */
export async function storeOf(session: IMAPISession, entryId: EntryId): Promise<IMsgStore> {
  for (const row of await listStores(session)) {
    const store = await session.openMsgStore(row.entryId, { write: true });
    try {
      await using _message = await store.openEntry(entryId, { iid: 'IMessage' });
      return store;
    } catch (error) {
      await store.release();
      if (!MapiError.is(error)) throw error; // another store has it
    }
  }
  throw new MapiError('MAPI_E_NOT_FOUND', 'no message store has the message');
}

/** Puts a draft into the queue; its recipients remember who has been served already. */
export async function submitDraft(session: IMAPISession, id: string): Promise<EntryId> {
  const entryId = fromHex(id);
  await using store = await storeOf(session, entryId);
  await using message = await store.openEntry(entryId, { iid: 'IMessage', modify: true });
  await message.submitMessage();
  return entryId;
}
