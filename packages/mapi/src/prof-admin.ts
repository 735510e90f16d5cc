/** MAPI: IProfAdmin. spec: iprofadminiunknown */
import type { IMsgServiceAdmin } from './msg-service-admin.ts';
import type { IMAPITable } from './table.ts';
import type { HasLastError, IUnknown } from './unknown.ts';
import type { UserInterface } from './user-interface.ts';

export interface IProfAdmin extends IUnknown, HasLastError {
  readonly iid: 'IProfAdmin';
  /** PR_DISPLAY_NAME and PR_DEFAULT_PROFILE of every profile; a snapshot. */
  getProfileTable(): Promise<IMAPITable>;
  /**
   * @throws MAPI_E_NO_ACCESS if the name is taken; MAPI_E_INVALID_PARAMETER if it is no profile name (1–64 letters,
   *   digits, underscores and inner spaces)
   */
  createProfile(
    name: string,
    options?: { readonly defaultServices?: boolean; readonly dialog?: boolean },
    ui?: UserInterface,
  ): Promise<void>;
  /** A profile in use goes when its last session ends. @throws MAPI_E_NOT_FOUND */
  deleteProfile(name: string): Promise<void>;
  /** Does nothing: profiles have no passwords. */
  changeProfilePassword(name: string, oldPassword: string | null, newPassword: string | null): Promise<void>;
  /** @throws MAPI_E_NOT_FOUND, MAPI_E_NO_ACCESS if the target exists */
  copyProfile(name: string, newName: string): Promise<void>;
  renameProfile(name: string, newName: string): Promise<void>;
  /** No profile is the default with null. @throws MAPI_E_NOT_FOUND */
  setDefaultProfile(name: string | null): Promise<void>;
  /** @throws MAPI_E_LOGON_FAILED if there is no such profile */
  adminServices(profileName: string, ui?: UserInterface): Promise<IMsgServiceAdmin>;
}
