/** MAPI: IMAPISession. spec: imapisessioniunknown */
import type { MapiWarningCode } from '@nodemapi/base';
import type { IAddrBook } from './addr-book.ts';
import type { OpensEntries } from './container.ts';
import type { EntryId, MapiUid } from './entry-id.ts';
import type { IMAPIFolder } from './folder.ts';
import type { IMessage } from './message.ts';
import type { IMsgServiceAdmin } from './msg-service-admin.ts';
import type { IMsgStore } from './msg-store.ts';
import type { AdviseConnection, AdviseSource, IMAPIAdviseSink } from './notification.ts';
import type { IProfSect } from './prof-sect.ts';
import type { IMAPITable } from './table.ts';
import type { HasLastError, IUnknown } from './unknown.ts';
import type { UserInterface } from './user-interface.ts';

/** Options of `openMsgStore`, by flag. spec: imapisession-openmsgstore */
export interface OpenMsgStoreOptions {
  /** MDB_NO_DIALOG */
  readonly noDialog?: boolean;
  /** MDB_WRITE */
  readonly write?: boolean;
  readonly deferredErrors?: boolean;
  /** MAPI_BEST_ACCESS */
  readonly bestAccess?: boolean;
  /** MDB_TEMPORARY: not listed in the message store table, not permanent */
  readonly temporary?: boolean;
  /** MDB_NO_MAIL: unknown to the spooler */
  readonly noMail?: boolean;
  /** MDB_ONLINE */
  readonly online?: boolean;
}

/** Options of `logoff`, by flag. spec: imapisession-logoff */
export interface LogoffOptions {
  /** MAPI_LOGOFF_SHARED: tell every other member of a shared session to log off too */
  readonly shared?: boolean;
  /** MAPI_LOGOFF_UI: a confirmation may be asked for */
  readonly ui?: boolean;
}

/** MAPI_DEFAULT_STORE, MAPI_SIMPLE_STORE_TEMPORARY, MAPI_SIMPLE_STORE_PERMANENT, MAPI_PRIMARY_STORE, MAPI_SECONDARY_STORE */
export type DefaultStoreMode = 'default' | 'simpleTemporary' | 'simplePermanent' | 'primary' | 'secondary';

/** The numbers of MAPI for the modes of `setDefaultStore`; exactly one is given. spec: imapisession-setdefaultstore, MAPIX.h */
export const DEFAULT_STORE_FLAGS: Readonly<Record<DefaultStoreMode, number>> = {
  ...{ default: 1, simpleTemporary: 2, simplePermanent: 3, primary: 4, secondary: 5 },
};

/** Options of `openProfileSection`, by flag. spec: imapisession-openprofilesection */
export interface OpenProfileSectionOptions {
  readonly modify?: boolean;
  readonly deferredErrors?: boolean;
  /** MAPI_FORCE_ACCESS: open the section of a provider */
  readonly forceAccess?: boolean;
}

/** An object together with the warning that came with it. */
export interface WithWarning<T> {
  readonly object: T;
  readonly warning?: MapiWarningCode;
}

/** MAPI: the parameters of IMAPISession::ShowForm. */
export interface ShowFormOptions {
  /** From `prepareForm`. */
  readonly token: number;
  /** The store of the folder, and the folder that the message was made in. */
  readonly store?: IMsgStore;
  readonly folder?: IMAPIFolder;
  /** null: IMessage */
  readonly iid?: 'IMessage' | null;
  /** Reserved, null. */
  readonly messageSent?: null;
  /** MAPI_POST_MESSAGE: saved to its folder instead of being sent */
  readonly post?: boolean;
  /** MAPI_NEW_MESSAGE: never saved before */
  readonly newMessage?: boolean;
  /** PR_MESSAGE_CLASS, PR_MSG_STATUS, PR_MESSAGE_FLAGS and PR_ACCESS of the message */
  readonly messageClass?: string;
  readonly messageStatus?: number;
  readonly messageFlags?: number;
  readonly access?: number;
}

export interface IMAPISession extends IUnknown, HasLastError, OpensEntries, AdviseSource, IMAPIClientShutdown {
  readonly iid: 'IMAPISession';
  getMsgStoresTable(): Promise<IMAPITable>;
  /**
   * Opens a message store of the profile, for reading unless `write` or `bestAccess` is set. `null` opens the default
   * store (OpenDefaultMsgStore in one call).
   *
   * @throws MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS, MAPI_E_LOGON_FAILED, MAPI_E_UNKNOWN_CPID, MAPI_E_UNKNOWN_LCID
   * @see spec: imapisession-openmsgstore
   */
  openMsgStore(entryId: EntryId, options?: OpenMsgStoreOptions, ui?: UserInterface): Promise<IMsgStore>;
  /** Always answers a usable address book; MAPI_W_ERRORS_RETURNED if a provider of it failed. */
  openAddressBook(options?: { readonly noDialog?: boolean }, ui?: UserInterface): Promise<WithWarning<IAddrBook>>;
  openProfileSection(uid: MapiUid, options?: OpenProfileSectionOptions): Promise<IProfSect>;
  /** Waits until the spooler has started its transports. */
  getStatusTable(): Promise<IMAPITable>;
  /** @throws MAPI_E_UNKNOWN_ENTRYID unless both identifiers are of one open provider */
  compareEntryIDs(a: EntryId, b: EntryId): Promise<boolean>;
  /** Registers with the session (null: critical errors and extended events) or with the provider of an identifier. */
  advise(entryId: EntryId | null, mask: number, sink: IMAPIAdviseSink): Promise<AdviseConnection>;
  messageOptions(message: IMessage, ui?: UserInterface): Promise<void>;
  queryDefaultMessageOpt(addrType: string): Promise<never>;
  /** Address types of the transports that are running. */
  enumAdrTypes(): Promise<readonly string[]>;
  queryIdentity(): Promise<{ readonly entryId: EntryId; readonly warning?: MapiWarningCode }>;
  /**
   * Ends this member's session: literal MAPI. Everything that is still open becomes invalid; only `release` works on
   * it afterwards. For the whole documented procedure see `endSession`.
   *
   * @see spec: imapisession-logoff
   */
  logoff(ui?: UserInterface, options?: LogoffOptions): Promise<void>;
  setDefaultStore(mode: DefaultStoreMode, entryId: EntryId | null): Promise<void>;
  adminServices(): Promise<IMsgServiceAdmin>;
  /**
   * Shows the message behind a token, which is used up, to the user; when they are done with it the message is sent, or
   * with `post` saved to its folder.
   *
   * @throws MAPI_E_INVALID_PARAMETER for an unknown token; MAPI_E_NO_SUPPORT without a user interface that has forms;
   *   MAPI_E_USER_CANCEL; MAPI_E_CALL_FAILED for what else goes wrong in the form
   * @see spec: imapisession-showform
   */
  showForm(options: ShowFormOptions, ui?: UserInterface): Promise<void>;
  /**
   * Answers a token for `showForm`, which holds a reference to the message: the caller releases its own.
   *
   * @throws MAPI_E_INTERFACE_NOT_SUPPORTED unless it is an IMessage
   */
  prepareForm(message: IMessage, iid?: 'IMessage' | null): Promise<number>;
}

/** MAPI: IMAPIClientShutdown; every session object has it. spec: imapiclientshutdowniunknown */
export interface IMAPIClientShutdown {
  /** @throws MAPI_E_NO_SUPPORT if a provider or the policy refuses */
  queryFastShutdown(): Promise<void>;
  notifyProcessShutdown(): Promise<void>;
  doFastShutdown(): Promise<void>;
}

/** MAPILogonEx flags by name. spec: mapilogonex */
export interface LogonOptions {
  /** MAPI_NEW_SESSION */
  readonly newSession?: boolean;
  /** MAPI_ALLOW_OTHERS */
  readonly allowOthers?: boolean;
  /** MAPI_EXPLICIT_PROFILE */
  readonly explicitProfile?: boolean;
  /** MAPI_EXTENDED; accepted, always in force */
  readonly extended?: boolean;
  /** MAPI_USE_DEFAULT */
  readonly useDefault?: boolean;
  /** MAPI_FORCE_DOWNLOAD */
  readonly forceDownload?: boolean;
  /** MAPI_SERVICE_UI_ALWAYS */
  readonly serviceUiAlways?: boolean;
  /** MAPI_NO_MAIL: without spooler and transports */
  readonly noMail?: boolean;
  /** MAPI_NT_SERVICE: the program is a service, without a user and, by MAPI_NO_MAIL, without mail */
  readonly ntService?: boolean;
  /** MAPI_LOGON_UI */
  readonly logonUi?: boolean;
  /** MAPI_PASSWORD_UI: the user is asked for a password in place of one that is wrong */
  readonly passwordUi?: boolean;
  /** MAPI_APP_PROFILE: "app" profiles are among those that the user chooses from */
  readonly appProfile?: boolean;
  /** MAPI_TIMEOUT_SHORT */
  readonly timeoutShort?: boolean;
  /** MAPI_BG_SESSION */
  readonly background?: boolean;
}

/** The longest profile name, in characters. */
export const PROFILE_NAME_CHARS_MAX = 64;
