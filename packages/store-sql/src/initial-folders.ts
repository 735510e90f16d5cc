/** What a new store file begins with. */
import type { FileTime } from '@nodemapi/base';
import { DEFAULT_FOLDERS, DEFAULT_RECEIVE_FOLDERS, encodeProps } from '@nodemapi/kit';
import { FOLDER_GENERIC, FOLDER_ROOT, PR_CONTAINER_CLASS, prop } from '@nodemapi/mapi';
import { type Database, sql } from '@nodemapi/sqlite';

const NO_PROPS = encodeProps([]);

/** Makes the folders and the receive folders; answers the numbers by their keys, `root` among them. */
export function makeInitialFolders(db: Database, now: FileTime): Record<string, number> {
  db.run(sql`INSERT INTO folder (id, parent, type, name, name_key, created, modified, props)
    VALUES (1, 1, ${FOLDER_ROOT}, '', '', ${now}, ${now}, ${NO_PROPS})`);
  const numbers: Record<string, number> = { root: 1 };
  for (const { key, name, below, containerClass } of DEFAULT_FOLDERS) {
    const props = containerClass === undefined ? NO_PROPS : encodeProps([prop(PR_CONTAINER_CLASS, containerClass)]);
    numbers[key] = insertFolder(db, { parent: numbers[below] ?? 1, name, type: FOLDER_GENERIC, now, props });
  }
  for (const { messageClass, folder } of DEFAULT_RECEIVE_FOLDERS) {
    db.run(sql`INSERT INTO receive_folder (class_key, class, folder)
      VALUES (${messageClass.toLowerCase()}, ${messageClass}, ${numbers[folder] ?? 1})`);
  }
  return numbers;
}

export interface NewFolder {
  readonly parent: number;
  readonly name: string;
  readonly type: number;
  readonly now: FileTime;
  readonly props: Uint8Array;
}

/** The number of the new folder. */
export function insertFolder(db: Database, { parent, name, type, now, props }: NewFolder): number {
  return db.run(sql`INSERT INTO folder (parent, type, name, name_key, created, modified, props)
    VALUES (${parent}, ${type}, ${name}, ${name.toLowerCase()}, ${now}, ${now}, ${props})`).lastId;
}
