/** MAPI: IMsgStore. spec: imsgstoreimapiprop */

import type { OpensEntries } from './container.ts';
import type { EntryId } from './entry-id.ts';
import type { IMAPIProp } from './mapi-prop.ts';
import type { IMessage } from './message.ts';
import type { AdviseConnection, AdviseSource, IMAPIAdviseSink, NewMailNotification } from './notification.ts';
import type { IMAPITable } from './table.ts';

/** PR_STORE_SUPPORT_MASK */
export const STORE_ENTRYID_UNIQUE = 0x1;
export const STORE_READONLY = 0x2;
export const STORE_SEARCH_OK = 0x4;
export const STORE_MODIFY_OK = 0x8;
export const STORE_CREATE_OK = 0x10;
export const STORE_ATTACH_OK = 0x20;
export const STORE_OLE_OK = 0x40;
export const STORE_SUBMIT_OK = 0x80;
export const STORE_NOTIFY_OK = 0x100;
export const STORE_MV_PROPS_OK = 0x200;
export const STORE_CATEGORIZE_OK = 0x400;
export const STORE_RTF_OK = 0x800;
export const STORE_RESTRICTION_OK = 0x1000;
export const STORE_SORT_OK = 0x2000;
export const STORE_HTML_OK = 0x1_0000;
export const STORE_UNICODE_OK = 0x4_0000;

/** PR_STORE_STATE: it has a search folder whose search is running. */
export const STORE_HAS_SEARCHES = 0x0100_0000;

/** PR_VALID_FOLDER_MASK */
export const FOLDER_IPM_SUBTREE_VALID = 0x1;
export const FOLDER_IPM_INBOX_VALID = 0x2;
export const FOLDER_IPM_OUTBOX_VALID = 0x4;
export const FOLDER_IPM_WASTEBASKET_VALID = 0x8;
export const FOLDER_IPM_SENTMAIL_VALID = 0x10;
export const FOLDER_VIEWS_VALID = 0x20;
export const FOLDER_COMMON_VIEWS_VALID = 0x40;
export const FOLDER_FINDER_VALID = 0x80;

/** LOGOFF_NO_WAIT, LOGOFF_ORDERLY, LOGOFF_PURGE, LOGOFF_ABORT, LOGOFF_QUIET: exactly one. */
export type StoreLogoffMode = 'noWait' | 'orderly' | 'purge' | 'abort' | 'quiet';

/** LOGOFF_COMPLETE, LOGOFF_INBOUND, LOGOFF_OUTBOUND, LOGOFF_OUTBOUND_QUEUE on output. */
export interface StoreLogoffResult {
  readonly complete: boolean;
  readonly inbound: boolean;
  readonly outbound: boolean;
  readonly outboundQueue: boolean;
}

/** The numbers of MAPI for what StoreLogoff is told, and for what it answers. spec: imsgstore-storelogoff */
export const STORE_LOGOFF_FLAGS: Readonly<Record<StoreLogoffMode | keyof StoreLogoffResult, number>> = {
  noWait: 0x1,
  orderly: 0x2,
  purge: 0x4,
  abort: 0x8,
  quiet: 0x10,
  complete: 0x1_0000,
  inbound: 0x2_0000,
  outbound: 0x4_0000,
  outboundQueue: 0x8_0000,
};

export interface IMsgStore extends IMAPIProp, OpensEntries, AdviseSource {
  readonly iid: 'IMsgStore';
  /** Registers for events of one object, or of the whole store with null. @throws MAPI_E_INVALID_PARAMETER for an empty mask */
  advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection>;
  /** @throws MAPI_E_UNKNOWN_ENTRYID */
  compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean>;
  /** Sets the folder that receives messages of a class and those below it; null removes the setting. */
  setReceiveFolder(messageClass: string | null, folder: EntryId | null): Promise<void>;
  /** The receive folder of a class, and the class that it was set for ('' if it is the default). */
  getReceiveFolder(
    messageClass?: string | null,
  ): Promise<{ readonly entryId: EntryId; readonly explicitClass: string }>;
  getReceiveFolderTable(): Promise<IMAPITable>;
  /** Shuts this store down, by one of five policies. spec: imsgstore-storelogoff */
  storeLogoff(mode: StoreLogoffMode): Promise<StoreLogoffResult>;
  /** Takes a message out of the outgoing queue. @throws MAPI_E_UNABLE_TO_ABORT while it is being sent, MAPI_E_NOT_IN_QUEUE */
  abortSubmit(entryId: EntryId): Promise<void>;
  /** The outgoing queue in submit order; only the spooler's store has it. @throws MAPI_E_NO_SUPPORT for others */
  getOutgoingQueue(): Promise<IMAPITable>;
  /**
   * Saves the message, and gives the spooler the exclusive use of it or gives it back. A lock is a lease: it ends by
   * itself `leaseMs` after it was last set, and at once when its process is gone; setting it again renews it.
   *
   * @throws MAPI_E_BUSY while another spooler has it; MAPI_E_NOT_IN_QUEUE; MAPI_E_NO_SUPPORT for others than the spooler
   */
  setLockState(message: IMessage, locked: boolean, options?: { readonly leaseMs?: number }): Promise<void>;
  /**
   * Removes a locked message from the queue and files or deletes it by PR_SENTMAIL_ENTRYID and PR_DELETE_AFTER_SUBMIT.
   *
   * @throws MAPI_E_NO_ACCESS if this spooler's lock has been taken over; MAPI_E_NOT_IN_QUEUE; MAPI_E_NO_SUPPORT
   */
  finishedMsg(entryId: EntryId): Promise<void>;
  /** Tells sinks of the store that new mail is there; only the spooler calls it. */
  notifyNewMail(notification: NewMailNotification): Promise<void>;
}
