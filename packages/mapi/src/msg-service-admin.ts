/** MAPI: IMsgServiceAdmin, IMsgServiceAdmin2, IProviderAdmin. spec: imsgserviceadminiunknown */
import type { MapiUid } from './entry-id.ts';
import type { IProfSect } from './prof-sect.ts';
import type { PropValue } from './prop-value.ts';
import type { OpenProfileSectionOptions } from './session.ts';
import type { IMAPITable } from './table.ts';
import type { HasLastError, IUnknown } from './unknown.ts';
import type { UserInterface } from './user-interface.ts';

/** Options of the calls that configure a message service, by flag. spec: imsgserviceadmin-configuremsgservice */
export interface ConfigureOptions {
  /** SERVICE_UI_ALLOWED */
  readonly uiAllowed?: boolean;
  /** SERVICE_UI_ALWAYS */
  readonly uiAlways?: boolean;
  /** MSG_SERVICE_UI_READ_ONLY */
  readonly uiReadOnly?: boolean;
  /** UI_CURRENT_PROVIDER_FIRST */
  readonly currentProviderFirst?: boolean;
  /** SERVICE_NO_RESTART_WARNING */
  readonly noRestartWarning?: boolean;
}

export interface IMsgServiceAdmin extends IUnknown, HasLastError {
  readonly iid: 'IMsgServiceAdmin';
  getMsgServiceTable(): Promise<IMAPITable>;
  /** @throws MAPI_E_NOT_FOUND if the catalogue has no such service; MAPI_E_NO_ACCESS for a second single-copy service */
  createMsgService(
    service: string,
    displayName?: string,
    options?: ConfigureOptions,
    ui?: UserInterface,
  ): Promise<void>;
  /** IMsgServiceAdmin2: the same, and answers PR_SERVICE_UID. */
  createMsgServiceEx(
    service: string,
    displayName?: string,
    options?: ConfigureOptions,
    ui?: UserInterface,
  ): Promise<MapiUid>;
  /** @throws MAPI_E_NOT_FOUND */
  deleteMsgService(uid: MapiUid): Promise<void>;
  copyMsgService(uid: MapiUid, displayName: string | null, destination: IMsgServiceAdmin): Promise<void>;
  /** @throws MAPI_E_NO_SUPPORT always */
  renameMsgService(uid: MapiUid, displayName: string): Promise<never>;
  /** @throws MAPI_E_NOT_FOUND, MAPI_E_NOT_INITIALIZED (no entry point), MAPI_E_UNCONFIGURED, MAPI_E_USER_CANCEL */
  configureMsgService(
    uid: MapiUid,
    props: readonly PropValue[],
    options?: ConfigureOptions,
    ui?: UserInterface,
  ): Promise<void>;
  openProfileSection(uid: MapiUid, options?: OpenProfileSectionOptions): Promise<IProfSect>;
  /** @throws MAPI_E_BUSY if it is not the complete list; MAPI_E_NOT_FOUND for a UID that is no transport */
  msgServiceTransportOrder(uids: readonly MapiUid[]): Promise<void>;
  adminProviders(serviceUid: MapiUid): Promise<IProviderAdmin>;
  setPrimaryIdentity(uid: MapiUid | null): Promise<void>;
  getProviderTable(): Promise<IMAPITable>;
}

export interface IProviderAdmin extends IUnknown, HasLastError {
  readonly iid: 'IProviderAdmin';
  getProviderTable(): Promise<IMAPITable>;
  createProvider(provider: string, props: readonly PropValue[], ui?: UserInterface): Promise<MapiUid>;
  /** @throws MAPI_E_NOT_FOUND */
  deleteProvider(uid: MapiUid): Promise<void>;
  openProfileSection(uid: MapiUid | null, options?: OpenProfileSectionOptions): Promise<IProfSect>;
}
