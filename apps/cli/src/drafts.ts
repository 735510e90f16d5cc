/** Messages of the Outbox folders that are not in the queue: they were cancelled, or never submitted. */
import {
  type EntryId,
  fromHex,
  type IMAPISession,
  type IMsgStore,
  listStores,
  MapiError,
  MSGFLAG_SUBMIT,
  MSGFLAG_UNSENT,
  openSpecialFolder,
  PR_ENTRYID,
  PR_MESSAGE_FLAGS,
  propOf,
  queryAllRows,
  toHex,
} from 'nodemapi';

/** Identifiers (hex) of the drafts in the Outbox folders of all stores. */
export async function outboxDrafts(session: IMAPISession): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const row of await listStores(session)) {
    await using store = await session.openMsgStore(row.entryId, {});
    ids.push(...(await draftsOf(store)));
  }
  return ids;
}

async function draftsOf(store: IMsgStore): Promise<readonly string[]> {
  try {
    await using outbox = await openSpecialFolder(store, 'outbox');
    await using table = await outbox.getContentsTable();
    const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_MESSAGE_FLAGS] });
    return rows.flatMap((row) => {
      const entryId = propOf(row, PR_ENTRYID);
      const flags = propOf(row, PR_MESSAGE_FLAGS) ?? 0;
      const isDraft = (flags & MSGFLAG_UNSENT) !== 0 && (flags & MSGFLAG_SUBMIT) === 0;
      return entryId === undefined || !isDraft ? [] : [toHex(entryId)];
    });
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_NOT_FOUND')) return []; // a store without an Outbox
    throw error;
  }
}

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
