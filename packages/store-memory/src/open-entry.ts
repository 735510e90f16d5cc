/** Opening objects by their identifiers, with the access that is asked for and allowed. spec: imsgstore-openentry */
import { isLocked } from '@nodemapi/kit';
import {
  assertInterface,
  type EntryId,
  type IMAPIFolder,
  type IMessage,
  MAPI_FOLDER,
  MapiError,
  type OpenEntryOptions,
} from '@nodemapi/mapi';
import { objectOf } from './entry-ids.ts';
import { MemoryFolder } from './folder.ts';
import { MemoryMessage } from './message.ts';
import { FolderHome } from './message-home.ts';
import type { StoreContext } from './store-context.ts';
import type { MessageRecord } from './store-data.ts';

/**
 * Opens a folder or a message; the root folder with null.
 *
 * @throws MAPI_E_UNKNOWN_ENTRYID, MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS, MAPI_E_SUBMITTED, MAPI_E_INTERFACE_NOT_SUPPORTED
 */
export function openObject(
  context: StoreContext,
  entryId: EntryId | null,
  options: OpenEntryOptions = {},
): IMAPIFolder | IMessage {
  const { data } = context;
  if (options.modify === true) context.assertWritable();
  const ref = entryId === null ? { type: MAPI_FOLDER, id: data.rootId } : objectOf(data.uid, entryId);
  if (ref.type === MAPI_FOLDER) {
    const folder = data.folder(ref.id);
    assertInterface('IMAPIFolder', options.iid);
    const writable = options.modify === true || (options.bestAccess === true && context.writable);
    return new MemoryFolder(context, folder, writable);
  }
  const record = data.message(ref.id);
  assertInterface('IMessage', options.iid);
  const writable = messageAccess(context, record, options);
  return new MemoryMessage(context, new FolderHome(context, record.folderId, record.associated, record), writable);
}

/** Whether the message is opened for writing. */
function messageAccess(context: StoreContext, record: MessageRecord, options: OpenEntryOptions): boolean {
  const best = options.bestAccess === true;
  if (record.queue === undefined || context.spooler) return options.modify === true || (best && context.writable);
  if (options.modify === true && !best) {
    throw new MapiError('MAPI_E_SUBMITTED', 'the message is in the outgoing queue');
  }
  if (isLocked(record.queue.lock, context.data.host.clock)) {
    throw new MapiError('MAPI_E_NO_ACCESS', 'the spooler is sending the message');
  }
  return false;
}
