/** MAPI: IMAPIFolder. spec: imapifolderimapicontainer */
import type { MapiWarningCode } from '@nodemapi/base';
import type { IMAPIContainer } from './container.ts';
import type { EntryId } from './entry-id.ts';
import type { IMessage, ReadFlagOptions } from './message.ts';
import type { ProgressOptions } from './progress.ts';
import type { SortOrderSet } from './sort-order.ts';

/** FOLDER_ROOT, FOLDER_GENERIC, FOLDER_SEARCH: PR_FOLDER_TYPE. */
export const FOLDER_ROOT = 0;
export const FOLDER_GENERIC = 1;
export const FOLDER_SEARCH = 2;

/** PR_MSG_STATUS, its lower half; the upper one (MSGSTATUS_CLIENT_MASK) is for clients. spec: pidtagmessagestatus-canonical-property */
export const MSGSTATUS_HIGHLIGHTED = 0x1;
export const MSGSTATUS_TAGGED = 0x2;
export const MSGSTATUS_HIDDEN = 0x4;
export const MSGSTATUS_DELMARKED = 0x8;
export const MSGSTATUS_DRAFT = 0x100;
export const MSGSTATUS_ANSWERED = 0x200;
export const MSGSTATUS_REMOTE_DOWNLOAD = 0x1000;
export const MSGSTATUS_REMOTE_DELETE = 0x2000;
export const MSGSTATUS_CLIENT_MASK = 0xffff_0000;

/** MAPI_W_PARTIAL_COMPLETION if a part could not be done. */
export interface Done {
  readonly warning?: MapiWarningCode;
}

/** Options of `createMessage`. spec: imapifolder-createmessage */
export interface CreateMessageOptions {
  /** MAPI_ASSOCIATED: hidden, in the associated contents */
  readonly associated?: boolean;
  readonly deferredErrors?: boolean;
  /**
   * ITEMPROC_FORCE: a store with rules applies them when the message is saved as `fromTransport`, before anybody is told
   * of new mail; for one without rules it means nothing.
   */
  readonly processRules?: boolean;
}

/** Options of `createFolder`. spec: imapifolder-createfolder */
export interface CreateFolderOptions {
  readonly comment?: string;
  /** OPEN_IF_EXISTS */
  readonly openIfExists?: boolean;
}

/** Options of `copyFolder`. spec: imapifolder-copyfolder */
export interface CopyFolderOptions extends ProgressOptions {
  /** FOLDER_MOVE */
  readonly move?: boolean;
  /** COPY_SUBFOLDERS; a move takes them along anyway */
  readonly subfolders?: boolean;
  readonly newName?: string;
  readonly declineOk?: boolean;
}

export interface IMAPIFolder extends IMAPIContainer {
  readonly iid: 'IMAPIFolder';
  /** Makes a message that appears in the folder with its first `saveChanges`. */
  createMessage(options?: CreateMessageOptions): Promise<IMessage>;
  copyMessages(
    entryIds: readonly EntryId[],
    destination: IMAPIFolder,
    options?: { readonly move?: boolean; readonly declineOk?: boolean } & ProgressOptions,
  ): Promise<Done>;
  /** Deletes messages at once; submitted, open or missing ones are skipped with MAPI_W_PARTIAL_COMPLETION. */
  deleteMessages(
    entryIds: readonly EntryId[],
    options?: { readonly hardDelete?: boolean } & ProgressOptions,
  ): Promise<Done>;
  /** Makes a folder below this one. @throws MAPI_E_COLLISION if the name is taken and `openIfExists` is not set */
  createFolder(name: string, type?: 'generic' | 'search', options?: CreateFolderOptions): Promise<IMAPIFolder>;
  /** @throws MAPI_E_COLLISION, MAPI_E_FOLDER_CYCLE */
  copyFolder(entryId: EntryId, destination: IMAPIFolder, options?: CopyFolderOptions): Promise<Done>;
  /** @throws MAPI_E_HAS_MESSAGES or MAPI_E_HAS_FOLDERS unless their deletion is allowed */
  deleteFolder(
    entryId: EntryId,
    options?: { readonly messages?: boolean; readonly folders?: boolean } & ProgressOptions,
  ): Promise<Done>;
  /** All messages with null. */
  setReadFlags(entryIds: readonly EntryId[] | null, options?: ReadFlagOptions & ProgressOptions): Promise<Done>;
  getMessageStatus(entryId: EntryId): Promise<number>;
  /** Changes the bits of `mask` and answers the former value. */
  setMessageStatus(entryId: EntryId, status: number, mask: number): Promise<number>;
  saveContentsSort(order: SortOrderSet, options?: { readonly recursive?: boolean }): Promise<void>;
  /** Deletes what is in the folder, not the folder. */
  emptyFolder(options?: { readonly associated?: boolean } & ProgressOptions): Promise<Done>;
}
