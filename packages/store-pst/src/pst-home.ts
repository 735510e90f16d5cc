/** One PST that is open as a store: the file, its names, and what all its objects say of it. */

import type { Random } from '@nodemapi/base';
import { guidToBytes, type RandomAccess } from '@nodemapi/base';
import { PstFile } from '@nodemapi/format-pst';
import { NamedPropertyMap } from '@nodemapi/kit';
import {
  type EntryId,
  entryIdData,
  type IMAPISupport,
  MAPI_ACCESS_READ,
  MapiError,
  type MapiUid,
  makeEntryId,
  type ObjectType,
  PR_ACCESS,
  PR_ACCESS_LEVEL,
  PR_MAPPING_SIGNATURE,
  PR_MDB_PROVIDER,
  PR_OBJECT_TYPE,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_STORE_SUPPORT_MASK,
  type PropValue,
  prop,
  STORE_ATTACH_OK,
  STORE_ENTRYID_UNIQUE,
  STORE_HTML_OK,
  STORE_MV_PROPS_OK,
  STORE_READONLY,
  STORE_RESTRICTION_OK,
  STORE_SORT_OK,
  STORE_UNICODE_OK,
} from '@nodemapi/mapi';

/** PR_MDB_PROVIDER of every store of this provider. */
export const MDB_PST_UID: MapiUid = Uint8Array.from(Buffer.from('mapi-pst-file-01', 'latin1'));

const SUPPORT_MASK =
  STORE_ENTRYID_UNIQUE |
  STORE_READONLY |
  STORE_ATTACH_OK |
  STORE_MV_PROPS_OK |
  STORE_RESTRICTION_OK |
  STORE_SORT_OK |
  STORE_HTML_OK |
  STORE_UNICODE_OK;

/** The private identifier of a store: the record key of its file, and nothing. */
export function pstStoreEntryId(recordKey: MapiUid): EntryId {
  return makeEntryId(recordKey, new Uint8Array(4));
}

export class PstHome {
  readonly file: PstFile;
  readonly names: NamedPropertyMap;
  readonly support: IMAPISupport;
  readonly uid: MapiUid;
  /** PR_STORE_ENTRYID: wrapped by the subsystem. */
  readonly storeEntryId: EntryId;

  private constructor(file: PstFile, support: IMAPISupport, random: Random) {
    this.file = file;
    this.support = support;
    this.uid = file.recordKey;
    const names = [...file.namedProperties].map(([id, name]) => ({ id, name }));
    this.names = new NamedPropertyMap(random, names);
    this.storeEntryId = support.wrapStoreEntryID(pstStoreEntryId(file.recordKey));
  }

  /** @throws MAPI_E_CORRUPT_DATA, MAPI_E_VERSION */
  static async open(source: RandomAccess, support: IMAPISupport, random: Random): Promise<PstHome> {
    return new PstHome(await PstFile.open(source), support, random);
  }

  /** What all objects of the store show. */
  commonProps(objectType: ObjectType): PropValue[] {
    return [
      prop(PR_OBJECT_TYPE, objectType),
      prop(PR_STORE_ENTRYID, this.storeEntryId),
      prop(PR_STORE_RECORD_KEY, this.uid),
      prop(PR_STORE_SUPPORT_MASK, SUPPORT_MASK),
      prop(PR_MAPPING_SIGNATURE, guidToBytes(this.names.signature)),
      prop(PR_MDB_PROVIDER, MDB_PST_UID),
      prop(PR_ACCESS, MAPI_ACCESS_READ),
      prop(PR_ACCESS_LEVEL, 0),
    ];
  }

  /** PR_RECORD_KEY and PR_INSTANCE_KEY of an object. */
  recordKey(nid: number): Uint8Array {
    const key = new Uint8Array(4);
    new DataView(key.buffer).setUint32(0, nid, true);
    return key;
  }

  /** @throws MAPI_E_UNKNOWN_ENTRYID if the identifier is not of this store */
  nidOf(entryId: EntryId): number {
    const nid = entryIdData(entryId, this.uid) === undefined ? undefined : this.file.nidOf(entryId);
    if (nid === undefined) throw new MapiError('MAPI_E_UNKNOWN_ENTRYID', 'the identifier is not of this store');
    return nid;
  }
}
