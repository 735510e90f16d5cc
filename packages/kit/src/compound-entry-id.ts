/** A message and its store in one identifier. spec: hrcomposeeid, hrdecomposeeid, hrcomposemsgid, hrdecomposemsgid */
import { ByteReader, ByteWriter, bytesEqual, MapiError } from '@nodemapi/base';
import {
  type EntryId,
  entryIdData,
  type IMAPISession,
  makeEntryId,
  PR_ENTRYID,
  PR_RECORD_KEY,
  propOf,
} from '@nodemapi/mapi';
import { hrEntryIDFromSz, hrSzFromEntryID } from './hex-text.ts';
import { queryAllRows } from './prop-access.ts';

/** Names identifiers of this kind. */
const COMPOUND_UID = Uint8Array.from(Buffer.from('mapi-compound-01', 'latin1'));

/** What `hrDecomposeEID` finds. */
export interface DecomposedEID {
  /** null for an identifier that is of one object alone. */
  readonly store: EntryId | null;
  readonly message: EntryId;
}

/**
 * MAPI: HrComposeEID. One identifier of a message and the store that it lies in.
 *
 * @param storeRecordKey PR_RECORD_KEY of the store; of length 0 the answer is the message's own identifier
 * @throws MAPI_E_NOT_FOUND if the session has no such store
 * @see spec: hrcomposeeid
 */
export async function hrComposeEID(
  session: Pick<IMAPISession, 'getMsgStoresTable'>,
  storeRecordKey: Uint8Array,
  message: EntryId,
): Promise<EntryId> {
  if (storeRecordKey.length === 0) return message.slice();
  await using table = await session.getMsgStoresTable();
  const rows = await queryAllRows(table, { tags: [PR_ENTRYID, PR_RECORD_KEY] });
  const row = rows.find((each) => bytesEqual(propOf(each, PR_RECORD_KEY) ?? new Uint8Array(0), storeRecordKey));
  const store = row === undefined ? undefined : propOf(row, PR_ENTRYID);
  if (store === undefined) throw new MapiError('MAPI_E_NOT_FOUND', 'the session has no store with this record key');
  return makeEntryId(COMPOUND_UID, new ByteWriter().u32(store.length).bytes(store).bytes(message).toBytes());
}

/**
 * MAPI: HrDecomposeEID. The parts of such an identifier; of any other one, a copy of it.
 *
 * @throws MAPI_E_INVALID_ENTRYID for one that is cut off
 * @see spec: hrdecomposeeid
 */
export function hrDecomposeEID(entryId: EntryId): DecomposedEID {
  const data = entryIdData(entryId, COMPOUND_UID);
  if (data === undefined) return { store: null, message: entryId.slice() };
  try {
    const reader = new ByteReader(data, 'compound entry identifier');
    const store = reader.bytes(reader.u32());
    return { store: store.slice(), message: reader.bytes(reader.remaining).slice() };
  } catch (cause) {
    throw new MapiError('MAPI_E_INVALID_ENTRYID', 'a compound entry identifier is cut off', { cause });
  }
}

/** MAPI: HrComposeMsgID. `hrComposeEID` as text. spec: hrcomposemsgid */
export async function hrComposeMsgID(
  session: Pick<IMAPISession, 'getMsgStoresTable'>,
  storeRecordKey: Uint8Array,
  message: EntryId,
): Promise<string> {
  return hrSzFromEntryID(await hrComposeEID(session, storeRecordKey, message));
}

/** MAPI: HrDecomposeMsgID. @throws MAPI_E_INVALID_ENTRYID for other text; spec: hrdecomposemsgid */
export function hrDecomposeMsgID(text: string): DecomposedEID {
  return hrDecomposeEID(hrEntryIDFromSz(text));
}
