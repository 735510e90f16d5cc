/** What is computed of messages and attachments, for objects and for table rows. */
import {
  MAPI_ACCESS_DELETE,
  MAPI_ACCESS_LEVEL_MODIFY,
  MAPI_ACCESS_MODIFY,
  MAPI_ACCESS_READ,
  MAPI_ATTACH,
  MAPI_FOLDER,
  MAPI_MESSAGE,
  type ObjectType,
  PR_ACCESS,
  PR_ACCESS_LEVEL,
  PR_ENTRYID,
  PR_INSTANCE_KEY,
  PR_MAPPING_SIGNATURE,
  PR_MDB_PROVIDER,
  PR_OBJECT_TYPE,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_STORE_SUPPORT_MASK,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import type { StoreContext } from './store-context.ts';
import { instanceKey, MUID_STORE_SQL, type StoredId } from './store-ids.ts';

/** On every object of the store. */
export function commonProps(context: StoreContext, objectType: ObjectType): PropValue[] {
  return [
    prop(PR_OBJECT_TYPE, objectType),
    prop(PR_STORE_ENTRYID, context.storeEntryId),
    prop(PR_STORE_RECORD_KEY, context.storeRecordKey),
    prop(PR_STORE_SUPPORT_MASK, context.supportMask),
    prop(PR_MAPPING_SIGNATURE, context.mappingSignature),
    prop(PR_MDB_PROVIDER, MUID_STORE_SQL),
  ];
}

/** What names a saved object. */
export function identityProps(context: StoreContext, id: StoredId): PropValue[] {
  return [
    prop(PR_ENTRYID, context.entryId(id)),
    prop(PR_RECORD_KEY, context.recordKey(id)),
    prop(PR_INSTANCE_KEY, instanceKey(id)),
  ];
}

/** A message in a folder; `row` is undefined before its first save. */
export function messageIdentity(context: StoreContext, row: number | undefined, folder: number): PropValue[] {
  return [
    ...(row === undefined ? [] : identityProps(context, { type: MAPI_MESSAGE, number: row })),
    prop(PR_PARENT_ENTRYID, context.entryId({ type: MAPI_FOLDER, number: folder })),
    ...commonProps(context, MAPI_MESSAGE),
    prop(PR_ACCESS, messageAccess(context)),
  ];
}

/** An attachment; its PR_RECORD_KEY is among its own properties. */
export function attachmentIdentity(context: StoreContext): PropValue[] {
  return [...commonProps(context, MAPI_ATTACH), prop(PR_ACCESS, messageAccess(context))];
}

export function accessLevel(writable: boolean): PropValue {
  return prop(PR_ACCESS_LEVEL, writable ? MAPI_ACCESS_LEVEL_MODIFY : 0);
}

export function messageAccess(context: StoreContext): number {
  return context.writable ? MAPI_ACCESS_MODIFY | MAPI_ACCESS_READ | MAPI_ACCESS_DELETE : MAPI_ACCESS_READ;
}
