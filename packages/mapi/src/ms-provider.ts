/** MAPI: IMSProvider and IMSLogon, what a message store library brings. spec: imsprovideriunknown, imslogoniunknown */
import type { OpensEntries } from './container.ts';
import type { EntryId } from './entry-id.ts';
import type { IMsgStore } from './msg-store.ts';
import type { AdviseConnection, AdviseSource, IMAPIAdviseSink } from './notification.ts';
import type { OpenMsgStoreOptions } from './session.ts';
import type { IMAPIStatus } from './status.ts';
import type { IMAPISupport } from './support.ts';
import type { HasLastError, IUnknown, MapiErrorInfo } from './unknown.ts';
import type { UserInterface } from './user-interface.ts';

/** What a logon to a store answers. */
export interface StoreLogon {
  readonly store: IMsgStore;
  /** undefined if the store was open already in this session. */
  readonly logon: IMSLogon | undefined;
  /** What `spoolerLogon` needs; undefined if the profile section suffices. */
  readonly spoolerSecurity: Uint8Array | undefined;
  /** MAPI_W_ERRORS_RETURNED: the logon worked, and there is something to tell, which `getLastError` of the session does. */
  readonly warning?: MapiErrorInfo;
}

export interface IMSProvider extends IUnknown {
  readonly iid: 'IMSProvider';
  /** Last call but for `release`, after all logon objects are gone. */
  shutdown(): Promise<void>;
  /**
   * Logs on to a store. `entryId` is unwrapped; null means the store of the profile section.
   *
   * @throws MAPI_E_UNCONFIGURED, MAPI_E_FAILONEPROVIDER, MAPI_E_LOGON_FAILED, MAPI_E_NO_ACCESS, MAPI_E_USER_CANCEL,
   *   MAPI_E_CORRUPT_STORE, MAPI_E_VERSION (a store of a newer schema)
   * @see spec: imsprovider-logon
   */
  logon(
    support: IMAPISupport,
    profileName: string,
    entryId: EntryId | null,
    options: OpenMsgStoreOptions,
    ui?: UserInterface,
  ): Promise<StoreLogon>;
  /** The store as the spooler sees it: with the outgoing queue, locks and the end of messages. Never asks. */
  spoolerLogon(
    support: IMAPISupport,
    profileName: string,
    entryId: EntryId | null,
    security: Uint8Array | undefined,
  ): Promise<StoreLogon>;
  /** Works without an open store. */
  compareStoreIDs(a: EntryId, b: EntryId): Promise<boolean>;
}

export interface IMSLogon extends IUnknown, HasLastError, OpensEntries, AdviseSource {
  readonly iid: 'IMSLogon';
  logoff(): Promise<void>;
  compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean>;
  advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection>;
  openStatusEntry(): Promise<IMAPIStatus>;
}
