/** What MAPILogonEx is asked for, and which profile it takes. spec: mapilogonex, logging-on-to-mapi */
import { MapiError } from '@nodemapi/base';
import { type LogonOptions, PROFILE_NAME_CHARS_MAX, type UserInterface } from '@nodemapi/mapi';
import type { ProfileStore } from './profile-store.ts';

const LOGON_OPTIONS: ReadonlySet<string> = new Set<keyof LogonOptions>([
  'newSession',
  'allowOthers',
  'explicitProfile',
  'extended',
  'useDefault',
  'forceDownload',
  'serviceUiAlways',
  'noMail',
  'ntService',
  'logonUi',
  'passwordUi',
  'timeoutShort',
  'background',
]);

/** @throws MAPI_E_UNKNOWN_FLAGS for an unknown option; MAPI_E_LOGON_FAILED for parameters that cannot be */
export function checkLogon(profileName: string | null, password: string | null, options: LogonOptions): void {
  const unknown = Object.keys(options).find((name) => !LOGON_OPTIONS.has(name));
  if (unknown !== undefined) throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `MAPILogonEx has no option ${unknown}`);
  if (password !== null && password !== '') throw failed('profiles have no passwords');
  if (options.logonUi === true && options.passwordUi === true) {
    throw failed('MAPI_LOGON_UI and MAPI_PASSWORD_UI exclude each other');
  }
  if ([...(profileName ?? '')].length > PROFILE_NAME_CHARS_MAX) {
    throw failed(`a profile name has at most ${PROFILE_NAME_CHARS_MAX} characters`);
  }
}

/**
 * The profile to log on with: the one that is named, else the default if it may be used, else the user's choice.
 *
 * @throws MAPI_E_LOGON_FAILED if none is found; MAPI_E_USER_CANCEL
 */
export async function chooseProfile(
  profiles: ProfileStore,
  profileName: string | null,
  options: LogonOptions,
  ui: UserInterface | undefined,
): Promise<string> {
  const name = profileName !== null && profileName !== '' ? profileName : await unnamed(profiles, options, ui);
  if (!(await profiles.exists(name))) throw failed(`there is no profile ${JSON.stringify(name)}`);
  if ((await profiles.read(name)).pending?.kind === 'delete') {
    throw failed(`profile ${JSON.stringify(name)} is about to be deleted`);
  }
  return name;
}

async function unnamed(profiles: ProfileStore, options: LogonOptions, ui: UserInterface | undefined): Promise<string> {
  if (options.useDefault === true) {
    const found = await profiles.defaultName();
    if (found !== undefined) return found;
  }
  if (options.logonUi !== true || ui === undefined)
    throw failed('no profile was named, and there is none to fall back on');
  const names = await profiles.names();
  if (names.length === 0) throw failed('there is no profile to choose from');
  const chosen = names[await ui.choose('Profile', names)];
  if (chosen === undefined) throw new MapiError('MAPI_E_USER_CANCEL', 'no profile was chosen');
  return chosen;
}

function failed(detail: string): MapiError {
  return new MapiError('MAPI_E_LOGON_FAILED', detail);
}
