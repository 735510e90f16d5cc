/** MAPI: IMAPIStatus and the status table. spec: imapistatusimapiprop */
import type { EntryId } from './entry-id.ts';
import type { IMAPIProp } from './mapi-prop.ts';
import type { UserInterface } from './user-interface.ts';

/** PR_STATUS_CODE */
export const STATUS_AVAILABLE = 0x1;
export const STATUS_OFFLINE = 0x2;
export const STATUS_FAILURE = 0x4;
export const STATUS_INBOUND_ENABLED = 0x1_0000;
export const STATUS_INBOUND_ACTIVE = 0x2_0000;
export const STATUS_INBOUND_FLUSH = 0x4_0000;
export const STATUS_OUTBOUND_ENABLED = 0x10_0000;
export const STATUS_OUTBOUND_ACTIVE = 0x20_0000;
export const STATUS_OUTBOUND_FLUSH = 0x40_0000;
export const STATUS_REMOTE_ACCESS = 0x80_0000;

/** PR_RESOURCE_METHODS */
export const STATUS_VALIDATE_STATE = 0x1;
export const STATUS_SETTINGS_DIALOG = 0x2;
export const STATUS_CHANGE_PASSWORD = 0x4;
export const STATUS_FLUSH_QUEUES = 0x8;

/** PR_RESOURCE_TYPE */
export const MAPI_STORE_PROVIDER = 33;
export const MAPI_AB = 34;
export const MAPI_AB_PROVIDER = 35;
export const MAPI_TRANSPORT_PROVIDER = 36;
export const MAPI_SPOOLER = 37;
export const MAPI_PROFILE_PROVIDER = 38;
export const MAPI_SUBSYSTEM = 39;
export const MAPI_HOOK_PROVIDER = 40;

/** PR_RESOURCE_FLAGS of providers */
export const STATUS_DEFAULT_OUTBOUND = 0x1;
export const STATUS_DEFAULT_STORE = 0x2;
export const STATUS_PRIMARY_IDENTITY = 0x4;
export const STATUS_SIMPLE_STORE = 0x8;
export const STATUS_XP_PREFER_LAST = 0x10;
export const STATUS_NO_PRIMARY_IDENTITY = 0x20;
export const STATUS_NO_DEFAULT_STORE = 0x40;
export const STATUS_TEMP_SECTION = 0x80;
export const STATUS_OWN_STORE = 0x100;
export const HOOK_INBOUND = 0x200;
export const HOOK_OUTBOUND = 0x400;
/** MAPI's own: the standard folders of the store have not been made yet. */
export const STATUS_NEED_IPM_TREE = 0x800;
export const STATUS_PRIMARY_STORE = 0x1000;
export const STATUS_SECONDARY_STORE = 0x2000;

/** PR_RESOURCE_FLAGS of message services */
export const SERVICE_DEFAULT_STORE = 0x1;
export const SERVICE_SINGLE_COPY = 0x2;
/** Reserved. */
export const SERVICE_CREATE_WITH_STORE = 0x4;
export const SERVICE_PRIMARY_IDENTITY = 0x8;
export const SERVICE_NO_PRIMARY_IDENTITY = 0x20;

/** Options of `validateState`, by flag. spec: imapistatus-validatestate */
export interface ValidateStateOptions {
  /** SUPPRESS_UI */
  readonly suppressUi?: boolean;
  /** CONFIG_CHANGED */
  readonly configChanged?: boolean;
  /** FORCE_XP_CONNECT */
  readonly forceConnect?: boolean;
  /** FORCE_XP_DISCONNECT */
  readonly forceDisconnect?: boolean;
  /** REFRESH_XP_HEADER_CACHE: a new list of the messages that wait at the server. */
  readonly refreshHeaderCache?: boolean;
  /** PROCESS_XP_HEADER_CACHE: fetch, delete or move the messages that are marked for it. */
  readonly processHeaderCache?: boolean;
  /** ABORT_XP_HEADER_OPERATION */
  readonly abortHeaderOperation?: boolean;
  /** SHOW_XP_SESSION_UI */
  readonly showSessionUi?: boolean;
}

/** The numbers of MAPI for the options of `validateState`. spec: imapistatus-validatestate, MAPIDefS.h */
export const VALIDATE_STATE_FLAGS: Readonly<Record<keyof ValidateStateOptions, number>> = {
  suppressUi: 0x1,
  refreshHeaderCache: 0x1_0000,
  processHeaderCache: 0x2_0000,
  forceConnect: 0x4_0000,
  forceDisconnect: 0x8_0000,
  configChanged: 0x10_0000,
  abortHeaderOperation: 0x20_0000,
  showSessionUi: 0x40_0000,
};

/** Options of `flushQueues`, by flag. spec: imapistatus-flushqueues */
export interface FlushOptions {
  /** FLUSH_UPLOAD: outgoing queues */
  readonly upload?: boolean;
  /** FLUSH_DOWNLOAD: incoming queues */
  readonly download?: boolean;
  /** FLUSH_FORCE */
  readonly force?: boolean;
  /** FLUSH_NO_UI */
  readonly noUi?: boolean;
  /** FLUSH_ASYNC_OK: the spooler may answer MAPI_E_BUSY and go on by itself */
  readonly asyncOk?: boolean;
  /** Only this transport; PR_ENTRYID of its status row. */
  readonly targetTransport?: EntryId;
}

/** Methods whose bit in PR_RESOURCE_METHODS is clear fail with MAPI_E_NO_SUPPORT. */
export interface IMAPIStatus extends IMAPIProp {
  readonly iid: 'IMAPIStatus';
  validateState(ui?: UserInterface, options?: ValidateStateOptions): Promise<void>;
  settingsDialog(ui?: UserInterface, options?: { readonly readOnly?: boolean }): Promise<void>;
  changePassword(oldPassword: string, newPassword: string): Promise<void>;
  flushQueues(ui?: UserInterface, options?: FlushOptions): Promise<void>;
}
