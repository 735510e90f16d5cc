/** Opening objects by their identifiers, with the access that is asked for and allowed. spec: imsgstore-openentry */
import { MapiError } from '@nodemapi/base';
import { assertInterface, type EntryId, MAPI_FOLDER, type OpenEntryOptions } from '@nodemapi/mapi';
import { FolderObject } from './folder.ts';
import { FolderHome } from './folder-home.ts';
import { existingFolder, ROOT } from './folder-rows.ts';
import { MessageObject } from './message.ts';
import { loadPlaced } from './message-draft.ts';
import { liveLock, type QueueEntry, queueEntry } from './queue-rows.ts';
import type { StoreContext } from './store-context.ts';

/**
 * Opens a folder or a message; the root folder with null.
 *
 * @throws MAPI_E_UNKNOWN_ENTRYID, MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS, MAPI_E_SUBMITTED, MAPI_E_INTERFACE_NOT_SUPPORTED
 */
export function openObject(
  context: StoreContext,
  entryId: EntryId | null,
  options: OpenEntryOptions = {},
): FolderObject | MessageObject {
  context.assertOpen();
  if (options.modify === true && options.bestAccess !== true) context.assertWritable();
  const writable = (options.modify === true || options.bestAccess === true) && context.writable;
  const { type, number } = entryId === null ? { type: MAPI_FOLDER, number: ROOT } : context.parse(entryId);
  if (type === MAPI_FOLDER) {
    assertInterface('IMAPIFolder', options.iid);
    existingFolder(context.file.db, number);
    return context.opened(new FolderObject(context, number, writable));
  }
  assertInterface('IMessage', options.iid);
  return openMessage(context, number, writable, options);
}

function openMessage(
  context: StoreContext,
  message: number,
  writable: boolean,
  options: OpenEntryOptions,
): MessageObject {
  const { db } = context.file;
  const { draft, folder } = loadPlaced(db, message);
  if (folder === undefined) throw new MapiError('MAPI_E_NOT_FOUND', `message ${message} is in no folder`);
  const entry = context.spooler ? undefined : queueEntry(db, message); // no lock keeps the spooler out
  const allowed = writable && mayWrite(entry, options);
  checkReadable(context, entry);
  return context.opened(
    new MessageObject(context, draft, { writable: allowed, home: new FolderHome(context, folder) }),
  );
}

/** @throws MAPI_E_SUBMITTED for a client that asks to write a queued message */
function mayWrite(entry: QueueEntry | undefined, options: OpenEntryOptions): boolean {
  if (entry === undefined) return true;
  if (options.bestAccess === true) return false;
  throw new MapiError('MAPI_E_SUBMITTED', 'the message is in the outgoing queue');
}

/** @throws MAPI_E_NO_ACCESS for a client while the spooler is sending the message */
function checkReadable(context: StoreContext, entry: QueueEntry | undefined): void {
  if (entry === undefined) return;
  if (liveLock(entry, context.file) !== undefined) {
    throw new MapiError('MAPI_E_NO_ACCESS', 'the spooler is sending the message');
  }
}
