/** What a folder does with many messages at once: deleting, emptying, copying, moving within one store. */
import { nonReadReportDue, ProgressSteps } from '@nodemapi/kit';
import {
  type Done,
  type EntryId,
  FOLDER_SEARCH,
  type IMAPIProgress,
  MapiError,
  MSGFLAG_NRN_PENDING,
  MSGFLAG_RN_PENDING,
  PR_DISPLAY_NAME,
  PR_IPM_WASTEBASKET_ENTRYID,
  prop,
} from '@nodemapi/mapi';
import { valueIn, withProps } from './content.ts';
import { folderEntryId, folderIdOf, messageIdOf } from './entry-ids.ts';
import { addFolder, assertHolds, childNamed, removeFolder } from './folder-changes.ts';
import { copyMessage, isProtected, moveMessage, removeMessage } from './message-changes.ts';
import { sendReport } from './read-flags.ts';
import type { StoreContext } from './store-context.ts';
import type { FolderRecord, MessageRecord } from './store-data.ts';

const PARTIAL: Done = { warning: 'MAPI_W_PARTIAL_COMPLETION' };

/** The answer of an operation on many objects. */
export function doneWith(failed: number): Done {
  return failed > 0 ? PARTIAL : {};
}

/** The message of an identifier if it lies in (or was found by) the folder. @throws MAPI_E_UNKNOWN_ENTRYID */
export function messageIn(context: StoreContext, folder: FolderRecord, entryId: EntryId): MessageRecord | undefined {
  const id = messageIdOf(context.data.uid, entryId);
  if (!folder.contents.has(id) && !folder.associated.has(id)) return undefined;
  return context.data.messages.get(id);
}

/** Deletes one message for good, with the nonread report that is due; answers whether it could be deleted. */
export async function deleteMessage(context: StoreContext, record: MessageRecord): Promise<boolean> {
  const { data } = context;
  if (isProtected(record)) return false;
  if (nonReadReportDue(record.flags)) await sendReport(context, record, true);
  if (data.messages.get(record.id) !== record || isProtected(record)) return false;
  data.transact((tx) => removeMessage(data, tx, record));
  return true;
}

/** Deletes messages one after the other; what cannot be deleted stops nothing. */
export async function deleteMessages(
  context: StoreContext,
  folder: FolderRecord,
  entryIds: readonly EntryId[],
  progress: IMAPIProgress | undefined,
): Promise<Done> {
  let failed = 0;
  const steps = new ProgressSteps(progress, entryIds.length);
  for (const [index, entryId] of entryIds.entries()) {
    const record = messageIn(context, folder, entryId);
    if (record === undefined || !(await deleteMessage(context, record))) failed++;
    steps.done(index + 1);
  }
  return doneWith(failed);
}

/** Deletes everything in a folder, and the folders below it; hidden messages of the folder itself only if asked to. */
export async function emptyFolder(context: StoreContext, folder: FolderRecord, associated: boolean): Promise<Done> {
  const { data } = context;
  let failed = folder.type === FOLDER_SEARCH ? 0 : await deleteAll(context, folder.contents);
  if (associated) failed += await deleteAll(context, folder.associated);
  for (const id of [...folder.children]) {
    const child = data.folder(id);
    const { warning } = await emptyFolder(context, child, true);
    if (warning === undefined) data.transact((tx) => removeFolder(data, tx, child));
    else failed++;
  }
  return doneWith(failed);
}

async function deleteAll(context: StoreContext, ids: ReadonlySet<number>): Promise<number> {
  let failed = 0;
  for (const id of [...ids]) {
    const record = context.data.messages.get(id);
    if (record !== undefined && !(await deleteMessage(context, record))) failed++;
  }
  return failed;
}

/** Copies or moves messages to another folder of the same store. A submitted message is not moved. */
export async function copyMessagesWithin(
  context: StoreContext,
  folder: FolderRecord,
  entryIds: readonly EntryId[],
  destination: FolderRecord,
  options: { readonly move?: boolean; readonly progress?: IMAPIProgress },
): Promise<Done> {
  const { data } = context;
  assertHolds(destination);
  let failed = 0;
  const steps = new ProgressSteps(options.progress, entryIds.length);
  for (const [index, entryId] of entryIds.entries()) {
    const record = messageIn(context, folder, entryId);
    if (record === undefined || (options.move === true && record.queue !== undefined)) failed++;
    else if (options.move !== true) data.transact((tx) => copyMessage(data, tx, record, destination));
    else if (record.folderId !== destination.id) await moveOne(context, record, destination);
    steps.done(index + 1);
  }
  return doneWith(failed);
}

/** An unread message that goes to the wastebasket was not read. */
async function moveOne(context: StoreContext, record: MessageRecord, destination: FolderRecord): Promise<void> {
  const { data } = context;
  const wastebasket = valueIn(data.props, PR_IPM_WASTEBASKET_ENTRYID);
  const thrownAway = wastebasket !== undefined && folderIdOf(data.uid, wastebasket) === destination.id;
  if (thrownAway && nonReadReportDue(record.flags)) {
    await sendReport(context, record, true);
    record.flags &= ~(MSGFLAG_NRN_PENDING | MSGFLAG_RN_PENDING);
  }
  data.transact((tx) => moveMessage(data, tx, record, destination));
}

/** Copies a folder with its messages below another folder of the same store. */
export function copyFolderWithin(
  context: StoreContext,
  source: FolderRecord,
  destination: FolderRecord,
  name: string,
  subfolders: boolean,
): FolderRecord {
  const { data } = context;
  const copy = data.transact((tx) => {
    const props = withProps(source.props, [prop(PR_DISPLAY_NAME, name)]);
    const made = addFolder(data, tx, destination.id, source.type, [...props.values()]);
    const { search } = source;
    if (search !== undefined) {
      made.search = search;
      for (const id of source.contents) made.contents.add(id);
      made.unread = source.unread;
    }
    const ids = search === undefined ? [...source.contents, ...source.associated] : [...source.associated];
    for (const id of ids) copyMessage(data, tx, data.message(id), made);
    return made;
  });
  if (!subfolders) return copy;
  for (const id of [...source.children]) {
    const child = data.folder(id);
    if (child.id !== copy.id) copyFolderWithin(context, child, copy, valueIn(child.props, PR_DISPLAY_NAME) ?? '', true);
  }
  return copy;
}

/** @throws MAPI_E_COLLISION if a folder of this name is there already */
export function assertNameIsFree(
  context: StoreContext,
  parent: FolderRecord,
  name: string,
  except?: FolderRecord,
): void {
  const taken = childNamed(context.data, parent, name);
  if (taken !== undefined && taken !== except) {
    throw new MapiError('MAPI_E_COLLISION', `a folder named ${JSON.stringify(name)} is there already`);
  }
}

/** The folder of this store that an identifier names, if it is one. */
export function ownFolder(context: StoreContext, entryId: EntryId | undefined): FolderRecord | undefined {
  if (entryId === undefined) return undefined;
  const prefix = folderEntryId(context.data.uid, 0);
  if (entryId.length !== prefix.length) return undefined;
  try {
    return context.data.folder(folderIdOf(context.data.uid, entryId));
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_UNKNOWN_ENTRYID')) return undefined;
    throw error;
  }
}
