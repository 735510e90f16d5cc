/** MAPI: IProfAdmin. spec: iprofadminiunknown */
import type { IMsgServiceAdmin } from './msg-service-admin.ts';
import type { IMAPITable } from './table.ts';
import type { HasLastError, IUnknown } from './unknown.ts';
import type { UserInterface } from './user-interface.ts';

/** Whether an "app" profile may be meant. */
export interface AppProfileOptions {
  /** MAPI_APP_PROFILE: an "app" profile may be meant, which only programs that know of it find */
  readonly appProfile?: boolean;
}

/** Options of `createProfile`, by flag. spec: iprofadmin-createprofile */
export interface CreateProfileOptions extends AppProfileOptions {
  /** MAPI_DEFAULT_SERVICES */
  readonly defaultServices?: boolean;
  /** MAPI_DIALOG */
  readonly dialog?: boolean;
}

/** Options of `renameProfile`. spec: iprofadmin-renameprofile */
export interface RenameProfileOptions extends AppProfileOptions {
  /** null or '': profiles have no passwords */
  readonly password?: string | null;
}

export interface IProfAdmin extends IUnknown, HasLastError {
  readonly iid: 'IProfAdmin';
  /** PR_DISPLAY_NAME and PR_DEFAULT_PROFILE of every profile; a snapshot. "App" profiles are left out without the flag. */
  getProfileTable(options?: AppProfileOptions): Promise<IMAPITable>;
  /**
   * @throws MAPI_E_NO_ACCESS if the name is taken; MAPI_E_INVALID_PARAMETER if it is no profile name (1–64 letters,
   *   digits, underscores and inner spaces)
   */
  createProfile(name: string, options?: CreateProfileOptions, ui?: UserInterface): Promise<void>;
  /** A profile in use goes when its last session ends. @throws MAPI_E_NOT_FOUND; MAPI_E_NO_ACCESS for an "app" profile */
  deleteProfile(name: string, options?: AppProfileOptions): Promise<void>;
  /** Does nothing: profiles have no passwords. */
  changeProfilePassword(name: string, oldPassword: string | null, newPassword: string | null): Promise<void>;
  /** @throws MAPI_E_NOT_FOUND; MAPI_E_NO_ACCESS if the target exists, or for an "app" profile without the flag */
  copyProfile(name: string, newName: string, options?: AppProfileOptions): Promise<void>;
  /**
   * @throws MAPI_E_NOT_FOUND; MAPI_E_NO_ACCESS if the target exists, or for an "app" profile without the flag;
   *   MAPI_E_LOGON_FAILED for a password, which no profile has
   */
  renameProfile(name: string, newName: string, options?: RenameProfileOptions): Promise<void>;
  /** No profile is the default with null. @throws MAPI_E_NOT_FOUND; MAPI_E_CALL_FAILED for an "app" profile */
  setDefaultProfile(name: string | null): Promise<void>;
  /** @throws MAPI_E_LOGON_FAILED if there is no such profile */
  adminServices(profileName: string, ui?: UserInterface): Promise<IMsgServiceAdmin>;
}
