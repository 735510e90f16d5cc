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
  'appProfile',
  'timeoutShort',
  'background',
]);

/** How often a user is asked for a password. */
const passwordPromptsMax = 3;

/** @throws MAPI_E_UNKNOWN_FLAGS for an unknown option; MAPI_E_LOGON_FAILED for parameters that cannot be */
export function checkLogon(profileName: string | null, password: string | null, options: LogonOptions): void {
  const unknown = Object.keys(options).find((name) => !LOGON_OPTIONS.has(name));
  if (unknown !== undefined) throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `MAPILogonEx has no option ${unknown}`);
  if (!isValidPassword(password) && options.passwordUi !== true) throw failed('profiles have no passwords');
  if (options.logonUi === true && options.passwordUi === true) {
    throw failed('MAPI_LOGON_UI and MAPI_PASSWORD_UI exclude each other');
  }
  if ([...(profileName ?? '')].length > PROFILE_NAME_CHARS_MAX) {
    throw failed(`a profile name has at most ${PROFILE_NAME_CHARS_MAX} characters`);
  }
}

/**
 * The profile to log on with: the one that is named, else the default if it may be used, else the user's choice; then
 * its password.
 *
 * @param ui what the flags allow is asked there
 * @throws MAPI_E_LOGON_FAILED if none is found, or for a password; MAPI_E_USER_CANCEL
 */
export async function chooseProfile(
  profiles: ProfileStore,
  profileName: string | null,
  password: string | null,
  options: LogonOptions,
  ui: UserInterface | undefined,
): Promise<string> {
  const name = profileName !== null && profileName !== '' ? profileName : await unnamed(profiles, options, ui);
  if (!(await profiles.exists(name))) throw failed(profiles.missing(name));
  if ((await profiles.read(name)).pending?.kind === 'delete') {
    throw failed(`profile ${JSON.stringify(name)} is about to be deleted`);
  }
  await checkPassword(name, password, options.passwordUi === true ? ui : undefined);
  return name;
}

/** Profiles have no passwords: the empty one is right, and the user may say so in place of a wrong one. */
async function checkPassword(name: string, password: string | null, ui: UserInterface | undefined): Promise<void> {
  let given = password;
  for (let prompts = 0; !isValidPassword(given) && ui !== undefined && prompts < passwordPromptsMax; prompts++) {
    given = await ui.prompt(`Password of profile ${name} (profiles have none: leave it empty)`, { secret: true });
  }
  if (!isValidPassword(given)) throw failed(`the password of profile ${JSON.stringify(name)} is wrong`);
}

function isValidPassword(password: string | null): boolean {
  return password === null || password === '';
}

async function unnamed(profiles: ProfileStore, options: LogonOptions, ui: UserInterface | undefined): Promise<string> {
  if (options.useDefault === true) {
    const found = await profiles.defaultName();
    if (found !== undefined) return found;
  }
  if (options.logonUi !== true || ui === undefined)
    throw failed('no profile was named, and there is none to fall back on');
  const names = await profiles.listed(options.appProfile === true);
  if (names.length === 0) throw failed('there is no profile to choose from');
  const chosen = names[await ui.choose('Profile', names)];
  if (chosen === undefined) throw new MapiError('MAPI_E_USER_CANCEL', 'no profile was chosen');
  return chosen;
}

/** MAPI_NO_MAIL, which MAPI sets by itself for a service. spec: calling-mapi-from-windows-services */
export function isWithoutMail(options: LogonOptions): boolean {
  return options.noMail === true || options.ntService === true;
}

function failed(detail: string): MapiError {
  return new MapiError('MAPI_E_LOGON_FAILED', detail);
}
