/** Changes of messages: saving, copying, moving, deleting. Every function belongs into a transaction. */
import { flagsOfCopy } from '@nodemapi/kit';
import { MAPI_MESSAGE, MSGFLAG_SUBMIT, type ObjectNotification } from '@nodemapi/mapi';
import type { MessageContent } from './content.ts';
import { folderEntryId, messageEntryId } from './entry-ids.ts';
import { changeFlags, fileMessage, unfileMessage } from './folder-changes.ts';
import type { FolderRecord, MemoryStoreData, MessageRecord, Transaction } from './store-data.ts';

export interface NewMessage {
  readonly associated: boolean;
  readonly flags: number;
  readonly content: MessageContent;
}

/** Saves a message for the first time. */
export function addMessage(
  data: MemoryStoreData,
  tx: Transaction,
  folder: FolderRecord,
  message: NewMessage,
): MessageRecord {
  const record = newRecord(data, folder, message);
  fileMessage(data, tx, record, folder);
  tx.notify(about(data, record, 'objectCreated'));
  return record;
}

function newRecord(data: MemoryStoreData, folder: FolderRecord, message: NewMessage): MessageRecord {
  const now = data.now();
  const record: MessageRecord = {
    id: data.newId(),
    folderId: folder.id,
    ...message,
    status: 0,
    created: now,
    modified: now,
    version: 1,
    writers: 0,
  };
  data.messages.set(record.id, record);
  return record;
}

/** Replaces the content of a message. */
export function replaceContent(
  data: MemoryStoreData,
  tx: Transaction,
  record: MessageRecord,
  content: MessageContent,
  flags: number,
): void {
  record.content = content;
  record.version++;
  record.modified = data.now();
  changeFlags(data, tx, record, flags);
  messageModified(data, tx, record);
}

/** Tells that a message has changed. */
export function messageModified(data: MemoryStoreData, tx: Transaction, record: MessageRecord): void {
  tx.messages.add(record.id);
  tx.notify(about(data, record, 'objectModified'), messageEntryId(data.uid, record.id));
}

/** Copies a saved message into a folder of the same store. */
export function copyMessage(
  data: MemoryStoreData,
  tx: Transaction,
  source: MessageRecord,
  folder: FolderRecord,
): MessageRecord {
  const record = newRecord(data, folder, {
    associated: source.associated,
    flags: flagsOfCopy(source.flags),
    content: source.content,
  });
  fileMessage(data, tx, record, folder);
  const oldId = messageEntryId(data.uid, source.id);
  const oldParentId = folderEntryId(data.uid, source.folderId);
  tx.notify({ ...about(data, record, 'objectCopied'), oldId, oldParentId }, oldId);
  return record;
}

/** Moves a message to another folder of the same store; it keeps its identifier and loses its status. */
export function moveMessage(data: MemoryStoreData, tx: Transaction, record: MessageRecord, folder: FolderRecord): void {
  const oldParentId = folderEntryId(data.uid, record.folderId);
  const oldId = messageEntryId(data.uid, record.id);
  unfileMessage(data, tx, record);
  record.status = 0;
  fileMessage(data, tx, record, folder);
  tx.notify({ ...about(data, record, 'objectMoved'), oldId, oldParentId }, oldId);
}

export function removeMessage(data: MemoryStoreData, tx: Transaction, record: MessageRecord): void {
  unfileMessage(data, tx, record);
  data.messages.delete(record.id);
  tx.notify(about(data, record, 'objectDeleted'), messageEntryId(data.uid, record.id));
}

/** Whether deletion has to leave the message alone: it is submitted, or somebody is writing it. */
export function isProtected(record: MessageRecord): boolean {
  return (record.flags & MSGFLAG_SUBMIT) !== 0 || record.writers > 0;
}

function about(data: MemoryStoreData, record: MessageRecord, kind: ObjectNotification['kind']): ObjectNotification {
  return {
    kind,
    objectType: MAPI_MESSAGE,
    entryId: messageEntryId(data.uid, record.id),
    parentId: folderEntryId(data.uid, record.folderId),
  };
}
