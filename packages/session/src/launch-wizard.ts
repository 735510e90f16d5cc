/** The Profile Wizard. spec: launchwizardentry, wizardentry */
import { MapiError, toHex } from '@nodemapi/base';
import { PropData } from '@nodemapi/kit';
import {
  PR_PROVIDER_DLL_NAME,
  PR_SERVICE_DLL_NAME,
  PR_SERVICE_NAME,
  type UserInterface,
  type WizardOptions,
} from '@nodemapi/mapi';
import type { AdminContext } from './admin-context.ts';
import { MsgServiceAdmin } from './msg-service-admin.ts';
import { ProfAdmin } from './prof-admin.ts';
import { sectionValue } from './profile.ts';

/** What a profile is called that nobody names. */
const FIRST_PROFILE_NAME = 'Default';

/**
 * Adds message services to a profile, which is made if it has to be, and answers its name.
 *
 * With `addServiceOnly` and a default profile no page is shown, and a single service that is in that profile already is
 * not added again. A wizard that fails leaves no new profile behind.
 *
 * @param ui shows the pages; each is a question
 * @throws MAPI_E_CALL_FAILED for whatever goes wrong, with the cause
 */
export async function launchWizard(
  context: AdminContext,
  ui: UserInterface,
  services: readonly string[],
  options: WizardOptions,
): Promise<string> {
  try {
    if (options.providerUiOnly === true && options.addServiceOnly !== true) {
      throw new MapiError('MAPI_E_INVALID_PARAMETER', 'MAPI_PW_PROVIDER_UI_ONLY needs MAPI_PW_ADD_SERVICE_ONLY');
    }
    const present = await context.profiles.defaultName();
    if (options.addServiceOnly === true && present !== undefined) {
      await addToDefault(context, present, services);
      return present;
    }
    return await makeProfile(context, ui, services, options);
  } catch (cause) {
    const { detail } = MapiError.from(cause, 'wizard');
    throw new MapiError('MAPI_E_CALL_FAILED', `the Profile Wizard failed: ${detail}`, { cause });
  }
}

async function addToDefault(context: AdminContext, name: string, services: readonly string[]): Promise<void> {
  const profile = await context.profiles.read(name);
  const isThere = profile.services.some(({ uid }) => sectionValue(profile, uid, PR_SERVICE_NAME) === services[0]);
  if (services.length === 1 && isThere) return;
  for (const service of services) await addService(context, name, service, undefined);
}

async function makeProfile(
  context: AdminContext,
  ui: UserInterface,
  services: readonly string[],
  options: WizardOptions,
): Promise<string> {
  const isShown = options.providerUiOnly !== true;
  if (isShown && options.launchedByConfig !== true) await welcome(ui, options.firstProfile === true);
  const isListed = isShown && options.addServiceOnly !== true && options.hideServicesList !== true;
  const chosen = isListed ? await chooseServices(context, ui, services) : services;
  const name = isShown ? await ui.prompt('Name of the profile', { default: FIRST_PROFILE_NAME }) : FIRST_PROFILE_NAME;
  await using admin = new ProfAdmin(context);
  await admin.createProfile(name);
  try {
    for (const service of chosen) await addService(context, name, service, ui);
    if ((await context.profiles.defaultName()) === undefined) await admin.setDefaultProfile(name);
  } catch (error) {
    await admin.deleteProfile(name);
    throw error;
  }
  return name;
}

async function welcome(ui: UserInterface, isFirst: boolean): Promise<void> {
  if (await ui.confirm(`Set up ${isFirst ? 'the first profile of this computer' : 'a profile'} now?`)) return;
  throw new MapiError('MAPI_E_USER_CANCEL', 'the user wants no profile');
}

/** The page with the services: those that were named, or all there are. */
async function chooseServices(
  { catalogue }: AdminContext,
  ui: UserInterface,
  named: readonly string[],
): Promise<readonly string[]> {
  const chosen: string[] = [];
  for (const name of named.length > 0 ? named : Object.keys(catalogue.services)) {
    const shown = catalogue.services[name]?.displayName ?? '';
    if (await ui.confirm(`Use the service ${shown === '' ? name : shown}?`)) chosen.push(name);
  }
  return chosen;
}

/**
 * MSGSERVICEENTRY, then WIZARDENTRY for each provider, then all that was set by ConfigureMsgService. A service whose
 * providers have no pages for the wizard shows its own sheet.
 *
 * @param ui where pages of providers may be shown
 */
async function addService(
  context: AdminContext,
  profileName: string,
  service: string,
  ui: UserInterface | undefined,
): Promise<void> {
  await using services = new MsgServiceAdmin(context, profileName);
  const libraries = context.catalogue.services[service]?.providers.map(({ module }) => module) ?? [];
  const sheet = { uiAllowed: !(await context.entries.haveWizardPages(libraries)), noRestartWarning: true };
  const uid = await services.createMsgServiceEx(service, undefined, ui === undefined ? {} : sheet, ui);
  const profile = await context.profiles.read(profileName);
  const text = toHex(uid);
  const own = profile.services.find((one) => one.uid === text);
  await using properties = new PropData();
  for (const provider of own?.providers ?? []) {
    const library = sectionValue(profile, provider, PR_PROVIDER_DLL_NAME);
    if (library === undefined) continue;
    await context.entries.showWizardPages(profile, provider, library, properties, ui);
  }
  const { props } = await properties.getProps();
  if (props.length > 0 && sectionValue(profile, text, PR_SERVICE_DLL_NAME) !== undefined) {
    await services.configureMsgService(uid, props);
  }
}
