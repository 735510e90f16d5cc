/** Copying and moving of folders within one store. spec: imapifolder-copyfolder */
import { MapiError } from '@nodemapi/base';
import { flagsOfCopy } from '@nodemapi/kit';
import { sql } from '@nodemapi/sqlite';
import {
  assertHolds,
  checkNameFree,
  existingFolder,
  type FolderRow,
  foldersWhere,
  isWithin,
  ROOT,
} from './folder-rows.ts';
import { insertFolder } from './initial-folders.ts';
import type { ChangeList } from './journal.ts';
import { copyMessage } from './message-writer.ts';
import type { StoreContext } from './store-context.ts';

export interface FolderTransfer {
  readonly source: number;
  readonly target: number;
  readonly newName: string | undefined;
}

/**
 * Moves a folder with all that is in it; it keeps its identifier.
 *
 * @throws MAPI_E_FOLDER_CYCLE, MAPI_E_COLLISION, MAPI_E_NO_ACCESS for the root
 */
export function moveFolder(context: StoreContext, { source, target, newName }: FolderTransfer): Promise<void> {
  const { file } = context;
  return file.write((changes) => {
    const folder = checked(context, source, target);
    if (folder.id === ROOT) throw new MapiError('MAPI_E_NO_ACCESS', 'the root folder stays');
    const name = newName ?? folder.name;
    checkNameFree(file.db, target, name, source);
    file.db.run(sql`UPDATE folder SET parent = ${target}, name = ${name}, name_key = ${name.toLowerCase()}
      WHERE id = ${source}`);
    changes.folder('objectMoved', source, target, { oldObject: source, oldParent: folder.parent });
    changes.folder('objectModified', folder.parent);
    changes.folder('objectModified', target);
  });
}

/** Copies a folder with its messages, and with the folders below it if asked to; all of it, or nothing. */
export function copyFolder(
  context: StoreContext,
  transfer: FolderTransfer & { readonly subfolders: boolean },
): Promise<void> {
  const { source, target, newName, subfolders } = transfer;
  return context.file.write((changes) => {
    const folder = checked(context, source, target);
    const name = newName ?? folder.name;
    checkNameFree(context.file.db, target, name);
    const copy = copyOne(context, changes, folder, target, name, subfolders);
    changes.folder('objectCopied', copy, target, { oldObject: source, oldParent: folder.parent });
    changes.folder('objectModified', target);
  });
}

function checked(context: StoreContext, source: number, target: number): FolderRow {
  const { db } = context.file;
  const folder = existingFolder(db, source);
  assertHolds(existingFolder(db, target));
  if (isWithin(db, target, source)) {
    throw new MapiError('MAPI_E_FOLDER_CYCLE', 'the destination lies in the folder that is copied');
  }
  return folder;
}

function copyOne(
  context: StoreContext,
  changes: ChangeList,
  folder: FolderRow,
  target: number,
  name: string,
  subfolders: boolean,
): number {
  const { db, host } = context.file;
  const { type, props } = folder;
  const copy = insertFolder(db, { parent: target, name, type, now: host.clock.now(), props });
  db.run(sql`UPDATE folder SET search = ${folder.search} WHERE id = ${copy}`);
  db.run(sql`INSERT INTO found (folder, message, unread)
    SELECT ${copy}, message, unread FROM found WHERE folder = ${folder.id}`);
  for (const { id } of db.all<{ id: number }>(sql`SELECT id FROM message WHERE folder = ${folder.id} ORDER BY id`)) {
    const number = copyMessage(context.saving(), id, copy, flagsOfCopy);
    changes.message('objectCopied', number, copy, { oldObject: id, oldParent: folder.id });
  }
  if (!subfolders) return copy;
  for (const child of foldersWhere(db, sql`parent = ${folder.id} AND id <> parent`)) {
    const number = copyOne(context, changes, child, copy, child.name, true);
    changes.folder('objectCopied', number, copy, { oldObject: child.id, oldParent: folder.id });
  }
  return copy;
}
