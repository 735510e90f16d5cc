/** The properties that the store computes for its objects when somebody reads them. */
import { isLocked, storeState } from '@nodemapi/kit';
import {
  MAPI_ACCESS_CREATE_ASSOCIATED,
  MAPI_ACCESS_CREATE_CONTENTS,
  MAPI_ACCESS_CREATE_HIERARCHY,
  MAPI_ACCESS_DELETE,
  MAPI_ACCESS_LEVEL_MODIFY,
  MAPI_ACCESS_MODIFY,
  MAPI_ACCESS_READ,
  MAPI_FOLDER,
  MAPI_MESSAGE,
  MAPI_STORE,
  type ObjectType,
  PR_ACCESS,
  PR_ACCESS_LEVEL,
  PR_ASSOC_CONTENT_COUNT,
  PR_CONTAINER_CONTENTS,
  PR_CONTAINER_HIERARCHY,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_CREATION_TIME,
  PR_ENTRYID,
  PR_FOLDER_ASSOCIATED_CONTENTS,
  PR_FOLDER_TYPE,
  PR_HASATTACH,
  PR_LAST_MODIFICATION_TIME,
  PR_MAPPING_SIGNATURE,
  PR_MDB_PROVIDER,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_FLAGS,
  PR_MESSAGE_RECIPIENTS,
  PR_MESSAGE_SIZE,
  PR_MSG_STATUS,
  PR_OBJECT_TYPE,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_SPOOLER_LOCK_OWNER,
  PR_SPOOLER_LOCK_UNTIL,
  PR_STORE_ENTRYID,
  PR_STORE_RECORD_KEY,
  PR_STORE_STATE,
  PR_STORE_SUPPORT_MASK,
  PR_SUBFOLDERS,
  PR_SUBMIT_FLAGS,
  type PropValue,
  prop,
  SUBMITFLAG_LOCKED,
  SUBMITFLAG_PREPROCESS,
} from '@nodemapi/mapi';
import { type MessageContent, sizeOfContent } from './content.ts';
import { folderEntryId, messageEntryId, recordKey } from './entry-ids.ts';
import type { StoreContext } from './store-context.ts';
import type { FolderRecord, MessageRecord } from './store-data.ts';

/** PR_MDB_PROVIDER of every memory store. */
export const MDB_PROVIDER_UID: Uint8Array = Uint8Array.from([
  0x6d, 0x61, 0x70, 0x69, 0x2d, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x2d, 0x73, 0x74, 0x6f, 0x72,
]);

/** What all objects of a store show. */
export function commonProps(context: StoreContext, objectType: ObjectType, modifiable: boolean): PropValue[] {
  return [
    prop(PR_OBJECT_TYPE, objectType),
    prop(PR_STORE_ENTRYID, context.storeEntryId),
    prop(PR_STORE_RECORD_KEY, context.data.uid),
    prop(PR_STORE_SUPPORT_MASK, context.supportMask),
    prop(PR_MAPPING_SIGNATURE, context.mappingSignature),
    prop(PR_MDB_PROVIDER, MDB_PROVIDER_UID),
    prop(PR_ACCESS_LEVEL, modifiable ? MAPI_ACCESS_LEVEL_MODIFY : 0),
  ];
}

export function storeProps(context: StoreContext): PropValue[] {
  return [
    ...commonProps(context, MAPI_STORE, context.writable),
    prop(PR_ENTRYID, context.storeEntryId),
    prop(PR_RECORD_KEY, context.data.uid),
    prop(PR_ACCESS, MAPI_ACCESS_READ | (context.writable ? MAPI_ACCESS_MODIFY : 0)),
    prop(PR_STORE_STATE, storeState([...context.data.folders.values()].some(({ search }) => search?.running === true))),
  ];
}

const FOLDER_WRITE =
  MAPI_ACCESS_MODIFY |
  MAPI_ACCESS_DELETE |
  MAPI_ACCESS_CREATE_HIERARCHY |
  MAPI_ACCESS_CREATE_CONTENTS |
  MAPI_ACCESS_CREATE_ASSOCIATED;

export function folderProps(context: StoreContext, folder: FolderRecord, modifiable: boolean): PropValue[] {
  const { uid } = context.data;
  return [
    ...commonProps(context, MAPI_FOLDER, modifiable),
    prop(PR_ENTRYID, folderEntryId(uid, folder.id)),
    prop(PR_RECORD_KEY, recordKey({ type: MAPI_FOLDER, id: folder.id })),
    prop(PR_PARENT_ENTRYID, folderEntryId(uid, folder.parentId)),
    prop(PR_ACCESS, MAPI_ACCESS_READ | (context.writable ? FOLDER_WRITE : 0)),
    prop(PR_FOLDER_TYPE, folder.type),
    prop(PR_SUBFOLDERS, folder.children.size > 0),
    prop(PR_CONTENT_COUNT, folder.contents.size),
    prop(PR_CONTENT_UNREAD, folder.unread),
    prop(PR_ASSOC_CONTENT_COUNT, folder.associated.size),
    prop(PR_CREATION_TIME, folder.created),
    prop(PR_LAST_MODIFICATION_TIME, folder.modified),
    { tag: PR_CONTAINER_CONTENTS, value: null },
    { tag: PR_CONTAINER_HIERARCHY, value: null },
    { tag: PR_FOLDER_ASSOCIATED_CONTENTS, value: null },
  ];
}

/** What a message shows whether it has been saved or not, and wherever it is. */
export function contentProps(
  context: StoreContext,
  content: MessageContent,
  flags: number,
  modifiable: boolean,
): PropValue[] {
  return [
    ...commonProps(context, MAPI_MESSAGE, modifiable),
    prop(PR_MESSAGE_FLAGS, flags),
    prop(PR_MESSAGE_SIZE, sizeOfContent(content)),
    prop(PR_HASATTACH, content.attachments.length > 0),
    { tag: PR_MESSAGE_RECIPIENTS, value: null },
    { tag: PR_MESSAGE_ATTACHMENTS, value: null },
  ];
}

/** What a message that lies in a folder shows besides. */
export function recordProps(context: StoreContext, record: MessageRecord): PropValue[] {
  const { uid } = context.data;
  const write = context.writable ? MAPI_ACCESS_MODIFY | MAPI_ACCESS_DELETE : 0;
  return [
    prop(PR_ENTRYID, messageEntryId(uid, record.id)),
    prop(PR_RECORD_KEY, recordKey({ type: MAPI_MESSAGE, id: record.id })),
    prop(PR_PARENT_ENTRYID, folderEntryId(uid, record.folderId)),
    prop(PR_ACCESS, MAPI_ACCESS_READ | write),
    prop(PR_MSG_STATUS, record.status),
    prop(PR_CREATION_TIME, record.created),
    prop(PR_LAST_MODIFICATION_TIME, record.modified),
    ...queueProps(context, record),
  ];
}

function queueProps(context: StoreContext, { queue }: MessageRecord): PropValue[] {
  if (queue === undefined) return [];
  const preprocess = queue.preprocess ? SUBMITFLAG_PREPROCESS : 0;
  if (!isLocked(queue.lock, context.data.host.clock)) return [prop(PR_SUBMIT_FLAGS, preprocess)];
  return [
    prop(PR_SUBMIT_FLAGS, preprocess | SUBMITFLAG_LOCKED),
    prop(PR_SPOOLER_LOCK_OWNER, queue.lock.owner),
    prop(PR_SPOOLER_LOCK_UNTIL, queue.lock.until),
  ];
}
