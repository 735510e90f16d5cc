/** Makes the data of a new store: root, standard folders, receive folders. spec: mapi-special-folders, mapi-receive-folders */
import { ALL_FOLDERS_VALID, DEFAULT_FOLDERS, DEFAULT_RECEIVE_FOLDERS } from '@nodemapi/kit';
import {
  FOLDER_GENERIC,
  FOLDER_ROOT,
  type MapiUid,
  PR_CONTAINER_CLASS,
  PR_DISPLAY_NAME,
  PR_VALID_FOLDER_MASK,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import { mapOf } from './content.ts';
import { folderEntryId } from './entry-ids.ts';
import { addFolder } from './folder-changes.ts';
import { followSearches } from './search-folder.ts';
import { MemoryStoreData, type MemoryStoreHost, type Transaction } from './store-data.ts';

export function newStoreData(uid: MapiUid, displayName: string, host: MemoryStoreHost): MemoryStoreData {
  const data = new MemoryStoreData(uid, host);
  data.followWith((tx) => followSearches(data, tx));
  data.transact((tx) => {
    data.rootId = addFolder(data, tx, undefined, FOLDER_ROOT, [prop(PR_DISPLAY_NAME, displayName)]).id;
    addStandardFolders(data, tx, displayName);
  });
  return data;
}

function addStandardFolders(data: MemoryStoreData, tx: Transaction, displayName: string): void {
  const ids = new Map<string, number>([['root', data.rootId]]);
  const props: PropValue[] = [prop(PR_DISPLAY_NAME, displayName), prop(PR_VALID_FOLDER_MASK, ALL_FOLDERS_VALID)];
  for (const { key, name, below, entryIdTag, containerClass } of DEFAULT_FOLDERS) {
    const own: PropValue[] = [prop(PR_DISPLAY_NAME, name)];
    if (containerClass !== undefined) own.push(prop(PR_CONTAINER_CLASS, containerClass));
    const { id } = addFolder(data, tx, ids.get(below), FOLDER_GENERIC, own);
    ids.set(key, id);
    if (entryIdTag !== undefined) props.push(prop(entryIdTag, folderEntryId(data.uid, id)));
  }
  data.props = mapOf(props);
  data.receiveFolders = DEFAULT_RECEIVE_FOLDERS.map(({ messageClass, folder }) => ({
    messageClass,
    folder: ids.get(folder) ?? data.rootId,
  }));
}
