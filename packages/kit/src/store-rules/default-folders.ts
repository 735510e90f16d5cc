/** The folders every new store has. spec: mapi-special-folders, hrvalidateipmsubtree, mapi-receive-folders */
import {
  FOLDER_COMMON_VIEWS_VALID,
  FOLDER_FINDER_VALID,
  FOLDER_IPM_INBOX_VALID,
  FOLDER_IPM_OUTBOX_VALID,
  FOLDER_IPM_SENTMAIL_VALID,
  FOLDER_IPM_SUBTREE_VALID,
  FOLDER_IPM_WASTEBASKET_VALID,
  FOLDER_VIEWS_VALID,
  PR_COMMON_VIEWS_ENTRYID,
  PR_FINDER_ENTRYID,
  PR_IPM_OUTBOX_ENTRYID,
  PR_IPM_SENTMAIL_ENTRYID,
  PR_IPM_SUBTREE_ENTRYID,
  PR_IPM_WASTEBASKET_ENTRYID,
  PR_VIEWS_ENTRYID,
  type PropTag,
} from '@nodemapi/mapi';

export type DefaultFolderKey =
  | 'subtree'
  | 'finder'
  | 'views'
  | 'commonViews'
  | 'inbox'
  | 'outbox'
  | 'wastebasket'
  | 'sentMail';

export interface DefaultFolder {
  readonly key: DefaultFolderKey;
  /** PR_DISPLAY_NAME */
  readonly name: string;
  readonly below: 'root' | 'subtree';
  /** Property of the store that names it; the Inbox has none. */
  readonly entryIdTag?: PropTag<Uint8Array>;
  /** Bit in PR_VALID_FOLDER_MASK. */
  readonly validBit: number;
  /** PR_CONTAINER_CLASS */
  readonly containerClass?: string;
}

/** In the order in which they are made: a parent comes before what lies below it. */
export const DEFAULT_FOLDERS: readonly DefaultFolder[] = [
  {
    key: 'subtree',
    name: 'IPM Subtree',
    below: 'root',
    entryIdTag: PR_IPM_SUBTREE_ENTRYID,
    validBit: FOLDER_IPM_SUBTREE_VALID,
  },
  { key: 'finder', name: 'Search Root', below: 'root', entryIdTag: PR_FINDER_ENTRYID, validBit: FOLDER_FINDER_VALID },
  { key: 'views', name: 'Folder Views', below: 'root', entryIdTag: PR_VIEWS_ENTRYID, validBit: FOLDER_VIEWS_VALID },
  {
    key: 'commonViews',
    name: 'Common Views',
    below: 'root',
    entryIdTag: PR_COMMON_VIEWS_ENTRYID,
    validBit: FOLDER_COMMON_VIEWS_VALID,
  },
  { key: 'inbox', name: 'Inbox', below: 'subtree', validBit: FOLDER_IPM_INBOX_VALID, containerClass: 'IPF.Note' },
  {
    key: 'outbox',
    name: 'Outbox',
    below: 'subtree',
    entryIdTag: PR_IPM_OUTBOX_ENTRYID,
    validBit: FOLDER_IPM_OUTBOX_VALID,
    containerClass: 'IPF.Note',
  },
  {
    key: 'wastebasket',
    name: 'Deleted Items',
    below: 'subtree',
    entryIdTag: PR_IPM_WASTEBASKET_ENTRYID,
    validBit: FOLDER_IPM_WASTEBASKET_VALID,
    containerClass: 'IPF.Note',
  },
  {
    key: 'sentMail',
    name: 'Sent Items',
    below: 'subtree',
    entryIdTag: PR_IPM_SENTMAIL_ENTRYID,
    validBit: FOLDER_IPM_SENTMAIL_VALID,
    containerClass: 'IPF.Note',
  },
];

/** PR_VALID_FOLDER_MASK of a store that has them all. */
export const ALL_FOLDERS_VALID: number = DEFAULT_FOLDERS.reduce((mask, folder) => mask | folder.validBit, 0);

/** Receive folders of a new store: class → folder. */
export const DEFAULT_RECEIVE_FOLDERS: readonly { readonly messageClass: string; readonly folder: 'root' | 'inbox' }[] =
  [
    { messageClass: '', folder: 'inbox' },
    { messageClass: 'IPM', folder: 'inbox' },
    { messageClass: 'REPORT', folder: 'inbox' },
    { messageClass: 'IPC', folder: 'root' },
  ];

/** Whether two sibling folders may not both have these names: case does not tell them apart. */
export function sameFolderName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
