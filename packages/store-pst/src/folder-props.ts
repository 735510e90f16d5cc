/** What the store says of a folder besides what the file does. */
import type { PstFolder } from '@nodemapi/format-pst';
import {
  FOLDER_GENERIC,
  FOLDER_ROOT,
  FOLDER_SEARCH,
  MAPI_FOLDER,
  PR_CONTAINER_CONTENTS,
  PR_CONTAINER_HIERARCHY,
  PR_CONTENT_COUNT,
  PR_CONTENT_UNREAD,
  PR_ENTRYID,
  PR_FOLDER_ASSOCIATED_CONTENTS,
  PR_FOLDER_TYPE,
  PR_PARENT_ENTRYID,
  PR_RECORD_KEY,
  PR_SUBFOLDERS,
  type PropValue,
  prop,
} from '@nodemapi/mapi';
import type { PstHome } from './pst-home.ts';

/** @param parent node identifier of the folder above; the root folder is above itself */
export async function folderProps(home: PstHome, folder: PstFolder, parent: number): Promise<PropValue[]> {
  const isRoot = folder.nid === home.file.rootNid;
  return [
    ...home.commonProps(MAPI_FOLDER),
    prop(PR_ENTRYID, home.file.entryId(folder.nid)),
    prop(PR_RECORD_KEY, home.recordKey(folder.nid)),
    prop(PR_PARENT_ENTRYID, home.file.entryId(parent)),
    prop(PR_FOLDER_TYPE, isRoot ? FOLDER_ROOT : folder.isSearch ? FOLDER_SEARCH : FOLDER_GENERIC),
    prop(PR_CONTENT_COUNT, (await folder.valueOrLost(PR_CONTENT_COUNT)) ?? 0),
    prop(PR_CONTENT_UNREAD, (await folder.valueOrLost(PR_CONTENT_UNREAD)) ?? 0),
    prop(PR_SUBFOLDERS, (await folder.valueOrLost(PR_SUBFOLDERS)) ?? false),
    { tag: PR_CONTAINER_CONTENTS, value: null },
    { tag: PR_CONTAINER_HIERARCHY, value: null },
    { tag: PR_FOLDER_ASSOCIATED_CONTENTS, value: null },
  ];
}
