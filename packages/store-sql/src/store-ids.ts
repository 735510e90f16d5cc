/**
 * Identifiers of a store and of what is in it.
 *
 * ```
 * store:  | flags (4) | MUID_STORE_SQL (16) | store uid (16) | path, UTF-8 |
 * object: | flags (4) | MUID_STORE_SQL (16) | store uid (16) | object type (1) | number (8) |
 * ```
 */
import { ByteReader, bytesEqual, concatBytes, fromHex, MapiError, utf8Decode, utf8Encode } from '@nodemapi/base';
import {
  ENTRY_ID_HEADER_BYTES,
  type EntryId,
  entryIdData,
  type MAPI_ATTACH,
  MAPI_FOLDER,
  MAPI_MESSAGE,
  type MapiUid,
  makeEntryId,
} from '@nodemapi/mapi';

/** The provider's own MAPIUID; PR_MDB_PROVIDER of its stores. */
export const MUID_STORE_SQL: MapiUid = fromHex('7f2c1d9e54a84b60a3c5e1901b7746d2');

export type StoredType = typeof MAPI_FOLDER | typeof MAPI_MESSAGE | typeof MAPI_ATTACH;

export interface StoredId {
  readonly type: StoredType;
  readonly number: number;
}

const UID_BYTES = 16;
const OBJECT_BYTES = UID_BYTES + 9;

/** The private identifier of a store; what leaves the provider is wrapped. */
export function storeEntryId(storeUid: MapiUid, path: string): EntryId {
  return makeEntryId(MUID_STORE_SQL, concatBytes([storeUid, utf8Encode(path)]));
}

/** @throws MAPI_E_UNKNOWN_ENTRYID if it is of another provider; MAPI_E_INVALID_ENTRYID if it is damaged */
export function parseStoreEntryId(entryId: EntryId): { readonly uid: MapiUid; readonly path: string } {
  const data = entryIdData(entryId, MUID_STORE_SQL);
  if (data === undefined) throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'the entry identifier names no SQL store');
  if (data.length <= UID_BYTES) throw new MapiError('MAPI_E_INVALID_ENTRYID', 'the entry identifier names no file');

  return { uid: data.slice(0, UID_BYTES), path: utf8Decode(data.subarray(UID_BYTES)) };
}

/** The long-term identifier of an object. */
export function objectEntryId(storeUid: MapiUid, { type, number }: StoredId): EntryId {
  const bytes = withObject(ENTRY_ID_HEADER_BYTES + UID_BYTES, type, number);
  bytes.set(MUID_STORE_SQL, ENTRY_ID_HEADER_BYTES - UID_BYTES); // the flags before it are clear
  bytes.set(storeUid, ENTRY_ID_HEADER_BYTES);
  return bytes;
}

/** The uid of the store that an object's identifier is of; undefined if it is none of this provider. */
export function storeUidOf(entryId: EntryId): MapiUid | undefined {
  const data = entryIdData(entryId, MUID_STORE_SQL);
  return data !== undefined && data.length >= UID_BYTES ? data.slice(0, UID_BYTES) : undefined;
}

/** @throws MAPI_E_UNKNOWN_ENTRYID if it is of another store; MAPI_E_INVALID_ENTRYID if it is damaged */
export function parseObjectEntryId(storeUid: MapiUid, entryId: EntryId): StoredId {
  const uid = storeUidOf(entryId);
  if (uid === undefined || !bytesEqual(uid, storeUid)) {
    throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'the entry identifier is of another store');
  }
  if (entryId.length !== ENTRY_ID_HEADER_BYTES + OBJECT_BYTES) {
    throw new MapiError('MAPI_E_INVALID_ENTRYID', `${entryId.length} bytes are no entry identifier of this store`);
  }
  const reader = new ByteReader(entryId.subarray(ENTRY_ID_HEADER_BYTES + UID_BYTES), 'entry identifier');
  const type = reader.u8();
  if (type !== MAPI_FOLDER && type !== MAPI_MESSAGE) {
    throw new MapiError('MAPI_E_INVALID_ENTRYID', `an entry identifier of object type ${type}`);
  }
  return { type, number: Number(reader.u64()) };
}

/** PR_RECORD_KEY: unique in the store and comparable byte by byte. */
export function recordKey(storeUid: MapiUid, { type, number }: StoredId): Uint8Array {
  const bytes = withObject(UID_BYTES, type, number);
  bytes.set(storeUid);
  return bytes;
}

/** PR_RECORD_KEY of the store itself. */
export function storeRecordKey(storeUid: MapiUid): Uint8Array {
  return concatBytes([MUID_STORE_SQL, storeUid]);
}

/** PR_INSTANCE_KEY of a row that stands for one object. */
export function instanceKey({ type, number }: StoredId): Uint8Array {
  return withObject(0, type, number);
}

/** Zeros, and behind them the type and the number of an object; every row of every table needs some of these. */
function withObject(before: number, type: StoredType, number: number): Uint8Array {
  const bytes = new Uint8Array(before + 9);
  bytes[before] = type;
  let rest = number;
  for (let at = before + 1; rest > 0; at++) {
    bytes[at] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  return bytes;
}
