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
  type Restriction,
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

/** Neither sent nor submitted. */
const DRAFTS: Restriction = {
  kind: 'and',
  of: [
    { kind: 'bitmask', relop: 'NEZ', tag: PR_MESSAGE_FLAGS, mask: MSGFLAG_UNSENT },
    { kind: 'bitmask', relop: 'EQZ', tag: PR_MESSAGE_FLAGS, mask: MSGFLAG_SUBMIT },
  ],
};

async function draftsOf(store: IMsgStore): Promise<readonly string[]> {
  try {
    await using outbox = await openSpecialFolder(store, 'outbox');
    await using table = await outbox.getContentsTable();
    await table.restrict(DRAFTS); // beside a deep queue there are few
    const rows = await queryAllRows(table, { tags: [PR_ENTRYID] });
    return rows.flatMap((row) => {
      const entryId = propOf(row, PR_ENTRYID);
      return entryId === undefined ? [] : [toHex(entryId)];
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
