/** Checks everything that a MAPI home keeps: profiles, their services, and what their providers keep. */
import { MapiError } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  type CheckProblem,
  type IMsgServiceAdmin,
  type IProfAdmin,
  PR_DISPLAY_NAME,
  PR_PROVIDER_DLL_NAME,
  PR_PROVIDER_UID,
  PR_SERVICE_NAME,
  propOf,
  type Row,
} from '@nodemapi/mapi';
import type { HomeSubsystem } from './home-subsystem.ts';

/** What was found of one thing that was checked. */
export interface CheckedItem {
  /** Profile and provider, or the profile alone. */
  readonly name: string;
  readonly ok: boolean;
  readonly problems: readonly CheckProblem[];
}

/** What of a home is checked, and whether it is mended. */
export interface CheckHomeOptions {
  /** Only this profile. */
  readonly profile?: string;
  /** Mend what can be mended without loss. */
  readonly repair?: boolean;
}

/**
 * Checks the profiles of an initialised subsystem's home; no session is needed.
 *
 * @throws MAPI_E_NOT_FOUND if `profile` names none
 */
export async function checkHome(
  subsystem: HomeSubsystem,
  options: CheckHomeOptions = {},
): Promise<readonly CheckedItem[]> {
  await using admin = await subsystem.MAPIAdminProfiles();
  await using table = await admin.getProfileTable();
  const names = (await queryAllRows(table, { tags: [PR_DISPLAY_NAME] })).map(
    (row) => propOf(row, PR_DISPLAY_NAME) ?? '',
  );
  const chosen = names.filter((name) => options.profile === undefined || name === options.profile);
  if (options.profile !== undefined && chosen.length === 0) {
    throw new MapiError('MAPI_E_NOT_FOUND', `there is no profile "${options.profile}"`);
  }
  const items: CheckedItem[] = [];
  for (const profile of chosen) items.push(...(await checkProfile(subsystem, admin, profile, options.repair === true)));
  return items;
}

async function checkProfile(
  subsystem: HomeSubsystem,
  admin: IProfAdmin,
  profile: string,
  repair: boolean,
): Promise<readonly CheckedItem[]> {
  const problems: CheckProblem[] = [];
  const items: CheckedItem[] = [];
  try {
    await using services = await admin.adminServices(profile);
    await using table = await services.getProviderTable();
    const rows = await queryAllRows(table, {
      tags: [PR_SERVICE_NAME, PR_DISPLAY_NAME, PR_PROVIDER_DLL_NAME, PR_PROVIDER_UID],
    });
    for (const row of rows) {
      const service = propOf(row, PR_SERVICE_NAME) ?? '';
      if (!Object.hasOwn(subsystem.catalogue.services, service)) {
        problems.push({ code: 'MAPI_E_NOT_FOUND', message: `the catalogue has no service "${service}"` });
        continue;
      }
      const item = await checkProvider(subsystem, services, profile, row, repair);
      if (item !== undefined) items.push(item);
    }
  } catch (error) {
    problems.push(problemOfError(error));
  }
  return [{ name: profile, ok: problems.length === 0, problems }, ...items];
}

async function checkProvider(
  subsystem: HomeSubsystem,
  services: IMsgServiceAdmin,
  profileName: string,
  row: Row,
  repair: boolean,
): Promise<CheckedItem | undefined> {
  const name = `${profileName}: ${propOf(row, PR_DISPLAY_NAME) ?? ''}`;
  try {
    const module = await subsystem.loadModule(propOf(row, PR_PROVIDER_DLL_NAME) ?? '');
    if (module.ProviderCheck === undefined) return undefined;
    await using section = await services.openProfileSection(propOf(row, PR_PROVIDER_UID) ?? new Uint8Array(), {
      forceAccess: true,
    });
    const { props } = await section.getProps();
    const found = await module.ProviderCheck({ host: subsystem.host, profileName, section: props, repair });
    return found === undefined
      ? undefined
      : { name: `${name} (${found.name})`, ok: found.problems.length === 0, problems: found.problems };
  } catch (error) {
    return { name, ok: false, problems: [problemOfError(error)] };
  }
}

function problemOfError(error: unknown): CheckProblem {
  const { code, detail } = MapiError.from(error, 'check');
  return { code, message: detail };
}
