/**
 * Entry identifiers of the memory store: the store's own MAPIUID, the kind of object and its number.
 *
 * ```
 * | flags (4) = 0 | MAPIUID of the store (16) | object type u8 | number u32 |
 * ```
 */
import { ByteReader, ByteWriter } from '@nodemapi/base';
import {
  type EntryId,
  entryIdData,
  MAPI_FOLDER,
  MAPI_MESSAGE,
  MAPI_STORE,
  MapiError,
  type MapiUid,
  makeEntryId,
} from '@nodemapi/mapi';

export interface ObjectRef {
  readonly type: typeof MAPI_STORE | typeof MAPI_FOLDER | typeof MAPI_MESSAGE;
  readonly id: number;
}

const DATA_BYTES = 5;

export function folderEntryId(uid: MapiUid, id: number): EntryId {
  return makeEntryId(uid, dataOf({ type: MAPI_FOLDER, id }));
}

export function messageEntryId(uid: MapiUid, id: number): EntryId {
  return makeEntryId(uid, dataOf({ type: MAPI_MESSAGE, id }));
}

/** The private identifier of the store; what clients see is wrapped by the subsystem. */
export function storeEntryId(uid: MapiUid): EntryId {
  return makeEntryId(uid, dataOf({ type: MAPI_STORE, id: 0 }));
}

/** PR_RECORD_KEY and PR_INSTANCE_KEY of an object: its type and number. */
export function recordKey(ref: ObjectRef): Uint8Array {
  return dataOf(ref);
}

/** Reads an identifier. @throws MAPI_E_UNKNOWN_ENTRYID if it is not of the store `uid` */
export function objectOf(uid: MapiUid, entryId: EntryId): ObjectRef {
  const data = entryIdData(entryId, uid);
  if (data === undefined || data.length !== DATA_BYTES) {
    throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'the identifier is not of this store');
  }
  const reader = new ByteReader(data, 'entry identifier');
  const type = reader.u8();
  if (type !== MAPI_STORE && type !== MAPI_FOLDER && type !== MAPI_MESSAGE) {
    throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', `no object type ${type}`);
  }
  return { type, id: reader.u32() };
}

/** @throws MAPI_E_UNKNOWN_ENTRYID; MAPI_E_INVALID_ENTRYID if it names no folder */
export function folderIdOf(uid: MapiUid, entryId: EntryId): number {
  const ref = objectOf(uid, entryId);
  if (ref.type !== MAPI_FOLDER) throw new MapiError('MAPI_E_INVALID_ENTRYID', 'the identifier names no folder');
  return ref.id;
}

/** @throws MAPI_E_UNKNOWN_ENTRYID; MAPI_E_INVALID_ENTRYID if it names no message */
export function messageIdOf(uid: MapiUid, entryId: EntryId): number {
  const ref = objectOf(uid, entryId);
  if (ref.type !== MAPI_MESSAGE) throw new MapiError('MAPI_E_INVALID_ENTRYID', 'the identifier names no message');
  return ref.id;
}

function dataOf({ type, id }: ObjectRef): Uint8Array {
  return new ByteWriter().u8(type).u32(id).toBytes();
}
