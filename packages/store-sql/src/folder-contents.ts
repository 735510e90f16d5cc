/** What a folder does with many messages at once: deleting, emptying, copying, moving within one store. */
import { MapiError } from '@nodemapi/base';
import { flagsOfCopy, nonReadReportDue, ProgressSteps } from '@nodemapi/kit';
import {
  type Done,
  type EntryId,
  type IMAPIProgress,
  MAPI_MESSAGE,
  MSGFLAG_NRN_PENDING,
  MSGFLAG_RN_PENDING,
} from '@nodemapi/mapi';
import { sql } from '@nodemapi/sqlite';
import { type FolderRow, foldersWhere } from './folder-rows.ts';
import type { ChangeList } from './journal.ts';
import { copyMessage } from './message-writer.ts';
import { queueEntry } from './queue-rows.ts';
import { sendReport } from './read-flag.ts';
import { noteSearches } from './search-follower.ts';
import type { StoreContext } from './store-context.ts';

/** Messages that are deleted in one transaction. */
const deletedPerWrite = 200;

/** The answer of an operation on many objects. */
export function doneWith(failed: number): Done {
  return failed > 0 ? { warning: 'MAPI_W_PARTIAL_COMPLETION' } : {};
}

/** The number of a message. @throws MAPI_E_UNKNOWN_ENTRYID, MAPI_E_INVALID_ENTRYID */
export function messageNumber(context: StoreContext, entryId: EntryId): number {
  const { type, number } = context.parse(entryId);
  if (type !== MAPI_MESSAGE) throw new MapiError('MAPI_E_INVALID_ENTRYID', 'the entry identifier is of no message');
  return number;
}

interface MessageState {
  readonly folder: number;
  readonly flags: number;
}

/** A saved message that lies in `folder`, or was found by it; undefined if neither. */
export function messageIn(context: StoreContext, folder: number, message: number): MessageState | undefined {
  const { db } = context.file;
  return db.get<MessageState>(sql`SELECT folder, flags FROM message WHERE id = ${message} AND (folder = ${folder}
    OR EXISTS (SELECT 1 FROM found f WHERE f.folder = ${folder} AND f.message = message.id))`);
}

/** Whether deletion has to leave the message alone: it is submitted, or somebody is writing it. */
function isProtected(context: StoreContext, message: number): boolean {
  return context.file.openForWriting.has(message) || queueEntry(context.file.db, message) !== undefined;
}

/** Deletes messages of a folder; answers how many could not be. What cannot be deleted stops nothing. */
export async function deleteMessages(
  context: StoreContext,
  folder: number,
  messages: readonly number[],
  progress?: IMAPIProgress,
): Promise<number> {
  let failed = 0;
  const steps = new ProgressSteps(progress, messages.length);
  for (let at = 0; at < messages.length; at += deletedPerWrite) {
    const part = messages.slice(at, at + deletedPerWrite);
    for (const message of part) {
      const state = messageIn(context, folder, message);
      const due = state !== undefined && nonReadReportDue(state.flags) && !isProtected(context, message);
      if (due) await sendReport(context, message, true);
    }
    failed += await context.file.write((changes) => deletePart(context, changes, folder, part));
    steps.done(at + part.length);
  }
  return failed;
}

function deletePart(context: StoreContext, changes: ChangeList, folder: number, messages: readonly number[]): number {
  let failed = 0;
  for (const message of messages) {
    const state = messageIn(context, folder, message);
    if (state === undefined || isProtected(context, message)) {
      failed++;
      continue;
    }
    noteSearches(context.file.db, changes, message);
    context.file.db.run(sql`DELETE FROM message WHERE id = ${message}`);
    changes.message('objectDeleted', message, state.folder);
    changes.folder('objectModified', state.folder);
  }
  return failed;
}

/** Deletes everything in a folder and the folders below it; hidden messages of the folder itself only if asked to. */
export async function emptyFolder(context: StoreContext, folder: number, associated: boolean): Promise<number> {
  const { db } = context.file;
  const kinds = associated ? sql`associated IN (0, 1)` : sql`associated = 0`;
  const messages = db.all<{ id: number }>(sql`SELECT id FROM message WHERE folder = ${folder} AND ${kinds}`);
  let failed = await deleteMessages(
    context,
    folder,
    messages.map(({ id }) => id),
  );
  for (const child of foldersWhere(db, sql`parent = ${folder} AND id <> parent`)) {
    const left = await emptyFolder(context, child.id, true);
    if (left > 0) failed += left;
    else await removeFolder(context, child);
  }
  return failed;
}

/** Removes a folder that is empty. */
export function removeFolder(context: StoreContext, { id, parent }: FolderRow): Promise<void> {
  return context.file.write((changes) => {
    context.file.db.run(sql`DELETE FROM folder WHERE id = ${id}`);
    changes.folder('objectDeleted', id, parent);
    changes.folder('objectModified', parent);
  });
}

/** Copies or moves messages to another folder of the same store, each by itself; answers how many could not be. */
export async function transferMessages(
  context: StoreContext,
  source: number,
  messages: readonly number[],
  target: number,
  options: { readonly move?: boolean; readonly progress?: IMAPIProgress },
): Promise<number> {
  let failed = 0;
  const one = options.move === true ? moveMessage : copyOne;
  const steps = new ProgressSteps(options.progress, messages.length);
  for (const [index, message] of messages.entries()) {
    if (!(await one(context, source, message, target))) failed++;
    steps.done(index + 1);
  }
  return failed;
}

function copyOne(context: StoreContext, source: number, message: number, target: number): Promise<boolean> {
  return context.file.write((changes) => {
    const state = messageIn(context, source, message);
    if (state === undefined) return false;
    const copy = copyMessage(context.saving(), message, target, flagsOfCopy);
    changes.message('objectCopied', copy, target, { oldObject: message, oldParent: state.folder });
    changes.folder('objectModified', target);
    return true;
  });
}

/** An unread message that goes to the wastebasket was not read. */
async function moveMessage(context: StoreContext, source: number, message: number, target: number): Promise<boolean> {
  const { file } = context;
  const before = messageIn(context, source, message);
  if (before === undefined || queueEntry(file.db, message) !== undefined) return false;
  if (before.folder === target) return true;
  const thrownAway = target === file.folders.wastebasket && nonReadReportDue(before.flags);
  if (thrownAway) await sendReport(context, message, true);
  return file.write((changes) => {
    const state = messageIn(context, source, message);
    if (state === undefined || queueEntry(file.db, message) !== undefined) return false;
    const flags = thrownAway ? state.flags & ~(MSGFLAG_NRN_PENDING | MSGFLAG_RN_PENDING) : state.flags;
    file.db.run(sql`UPDATE message SET folder = ${target}, status = 0, flags = ${flags} WHERE id = ${message}`);
    changes.message('objectMoved', message, target, { oldObject: message, oldParent: state.folder });
    changes.folder('objectModified', state.folder);
    changes.folder('objectModified', target);
    return true;
  });
}
