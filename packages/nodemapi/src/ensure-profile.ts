/**
 * A profile as a program wants it, for programs that bring their settings with them: in a container, from the environment.
 *
 * - Called again, or by several processes at once, it ends in the same profile.
 * - What is not named stays as it is; nothing is written that is there already.
 */
import { bytesEqual, MapiError } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  type Catalogue,
  type CatalogueService,
  type IMsgServiceAdmin,
  type IProfAdmin,
  type MapiUid,
  PR_DEFAULT_PROFILE,
  PR_DISPLAY_NAME,
  PR_PROVIDER_UID,
  PR_SERVICE_NAME,
  PR_SERVICE_UID,
  type PropValue,
  propOf,
} from '@nodemapi/mapi';
import { isRecord } from './is-record.ts';
import { serviceProps } from './service-options.ts';

/** Settings of a service by the names that the catalogue has for them (`mapi service catalogue` lists them). */
export type ServiceSettings = Readonly<Record<string, string | number | boolean>>;

/** What a profile should be like. */
export interface ProfileSettings {
  /** Services by their names in the catalogue. One that the profile lacks is added; of several of one name the first is meant. */
  readonly services?: Readonly<Record<string, ServiceSettings>>;
  /** Makes it the default profile. */
  readonly default?: boolean;
}

/**
 * Makes the profile, with the default services, if it is not there; then gives its services these settings.
 *
 * @throws MAPI_E_NOT_FOUND for a service that the catalogue has not; MAPI_E_UNKNOWN_FLAGS for another setting than `services`
 *   and `default`; MAPI_E_INVALID_PARAMETER for a wrong setting, and
 *   what the service says of it. A service that was added for it is taken out again.
 */
export async function ensureProfileWith(
  admin: IProfAdmin,
  catalogue: Catalogue,
  name: string,
  settings: ProfileSettings,
): Promise<void> {
  checkShape(settings);
  const wanted = Object.entries(settings.services ?? {}).map(([service, values]) => ({
    service,
    props: propsOf(catalogue, service, values),
  }));
  const known = await standing(admin, name);
  if (known === undefined) await createUnlessThere(admin, name);
  {
    await using services = await admin.adminServices(name);
    for (const { service, props } of wanted) await ensureService(services, service, props);
  }
  if (settings.default === true && known?.default !== true) await admin.setDefaultProfile(name);
}

/** What a program without types may say. @throws MAPI_E_UNKNOWN_FLAGS, MAPI_E_INVALID_PARAMETER */
function checkShape(settings: ProfileSettings): void {
  const refuse = (what: string): never => {
    throw new MapiError('MAPI_E_INVALID_PARAMETER', what);
  };
  if (!isRecord(settings)) refuse('the settings of the profile are no object');
  const { services, default: isDefault, ...others } = settings;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new MapiError('MAPI_E_UNKNOWN_FLAGS', `a profile has no setting ${unknown}; there are: services, default`);
  if (isDefault !== undefined && typeof isDefault !== 'boolean')
    refuse(`default is ${String(isDefault)}: true or false`);
  if (services !== undefined && !isRecord(services)) refuse('services is no object');
  const odd = Object.entries(services ?? {}).find(([, values]) => !isRecord(values));
  if (odd !== undefined) refuse(`the settings of service "${odd[0]}" are ${String(odd[1])}, no object`);
}

/** Everything that is said wrongly is told before anything is done. */
function propsOf(catalogue: Catalogue, name: string, values: ServiceSettings): readonly PropValue[] {
  const service: CatalogueService | undefined = Object.hasOwn(catalogue.services, name)
    ? catalogue.services[name]
    : undefined;
  if (service === undefined) {
    const names = Object.keys(catalogue.services).join(', ');
    throw new MapiError('MAPI_E_NOT_FOUND', `the catalogue has no service "${name}"; there are: ${names}`);
  }
  const texts = Object.entries(values).map(([key, value]) => {
    // A variable of the environment that is not set would otherwise be the text "undefined".
    if (value !== undefined && value !== null) return [key, String(value)];
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `setting ${key} of service "${name}" is ${String(value)}`);
  });
  return serviceProps(service, Object.fromEntries(texts) as Record<string, string>);
}

/** Whether the profile is there, and the default one. */
async function standing(admin: IProfAdmin, name: string): Promise<{ readonly default: boolean } | undefined> {
  await using table = await admin.getProfileTable({ appProfile: true });
  const rows = await queryAllRows(table, { tags: [PR_DISPLAY_NAME, PR_DEFAULT_PROFILE] });
  const row = rows.find((candidate) => propOf(candidate, PR_DISPLAY_NAME) === name);
  return row === undefined ? undefined : { default: propOf(row, PR_DEFAULT_PROFILE) === true };
}

async function createUnlessThere(admin: IProfAdmin, name: string): Promise<void> {
  try {
    await admin.createProfile(name, { defaultServices: true });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!MapiError.is(error, 'MAPI_E_NO_ACCESS') || (await standing(admin, name)) === undefined) throw error;
  }
}

async function ensureService(admin: IMsgServiceAdmin, name: string, props: readonly PropValue[]): Promise<void> {
  const there = await firstService(admin, name);
  if (there !== undefined) return configure(admin, there, props);
  const added = await admin.createMsgServiceEx(name);
  // Two processes may have added one each: the first in the profile stays, for both of them.
  const uid = (await firstService(admin, name)) ?? added;
  const isOurs = bytesEqual(uid, added);
  if (!isOurs) await admin.deleteMsgService(added);
  try {
    await configure(admin, uid, props);
  } catch (error) {
    if (isOurs) await admin.deleteMsgService(added);
    throw error;
  }
}

async function firstService(admin: IMsgServiceAdmin, name: string): Promise<MapiUid | undefined> {
  await using table = await admin.getMsgServiceTable();
  const rows = await queryAllRows(table, { tags: [PR_SERVICE_NAME, PR_SERVICE_UID] });
  const row = rows.find((candidate) => propOf(candidate, PR_SERVICE_NAME) === name);
  return row === undefined ? undefined : propOf(row, PR_SERVICE_UID);
}

async function configure(admin: IMsgServiceAdmin, uid: MapiUid, props: readonly PropValue[]): Promise<void> {
  if (props.length > 0 && !(await isConfigured(admin, uid, props))) await admin.configureMsgService(uid, props);
}

async function isConfigured(admin: IMsgServiceAdmin, uid: MapiUid, props: readonly PropValue[]): Promise<boolean> {
  await using providers = await admin.adminProviders(uid);
  await using table = await providers.getProviderTable();
  const rows = await queryAllRows(table, { tags: [PR_PROVIDER_UID] });
  const missing = new Set(props);
  for (const providerUid of rows.flatMap((row) => propOf(row, PR_PROVIDER_UID) ?? [])) {
    await using section = await admin.openProfileSection(providerUid, { forceAccess: true });
    const { props: found } = await section.getProps(props.map(({ tag }) => tag));
    for (const prop of missing) if (found.some((value) => isSame(value, prop))) missing.delete(prop);
  }
  return missing.size === 0;
}

/** Exactly the same: the comparison of tables takes "A" for "a", and a password does not. */
function isSame(a: PropValue, b: PropValue): boolean {
  if (a.tag !== b.tag) return false;
  if (a.value instanceof Uint8Array && b.value instanceof Uint8Array) return bytesEqual(a.value, b.value);
  return a.value === b.value;
}
