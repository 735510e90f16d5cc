/** What service entry points do with the profile sections of their providers. spec: msgserviceentry */
import {
  type IProfSect,
  isPropError,
  isValueOfType,
  MapiError,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  type PropTag,
  type PropValue,
  propId,
  propOf,
  propType,
  type ServiceEntryCall,
} from '@nodemapi/mapi';
import { askSettings, type Setting } from './ask-settings.ts';
import { noSupport } from './no-support.ts';
import { queryAllRows, setPropList } from './prop-access.ts';

/**
 * Whether a call of the entry point is about the configuration. A service whose providers are what its catalogue entry
 * says has nothing to do in the other contexts.
 *
 * @throws MAPI_E_NO_SUPPORT if providers are to be added or removed
 */
export function isAboutConfiguration({ context }: ServiceEntryCall): boolean {
  if (context === 'providerCreate' || context === 'providerDelete') {
    return noSupport('MSGSERVICEENTRY: the service has the providers of its catalogue entry');
  }
  return context === 'create' || context === 'configure';
}

/**
 * What the user says in the service's sheet. It is shown with SERVICE_UI_ALWAYS, and with SERVICE_UI_ALLOWED if the
 * service is new or something is missing; one that is only to be looked at (MSG_SERVICE_UI_READ_ONLY) is not shown.
 *
 * @param current what the section has, or will have
 * @throws MAPI_E_USER_CANCEL
 */
export async function askedForService(
  call: ServiceEntryCall,
  settings: readonly Setting[],
  current: readonly PropValue[],
  check: (values: readonly PropValue[]) => unknown,
): Promise<readonly PropValue[]> {
  const { ui, uiAllowed, uiAlways, uiReadOnly, context } = call;
  if (ui === undefined || uiReadOnly === true) return [];
  const isShown = uiAlways || (uiAllowed && (context === 'create' || !isComplete(current, check)));
  return isShown ? askSettings(ui, settings, current) : [];
}

/** Every value that can be used; a damaged one counts as missing. */
function isComplete(values: readonly PropValue[], check: (values: readonly PropValue[]) => unknown): boolean {
  try {
    check(values);
    return true;
  } catch (error) {
    if (MapiError.is(error, 'MAPI_E_UNCONFIGURED') || MapiError.is(error, 'MAPI_E_INVALID_PARAMETER')) return false;
    throw error;
  }
}

/**
 * Opens the section of the service's one provider of a kind, for writing.
 *
 * @param resourceType PR_RESOURCE_TYPE of the provider
 * @throws MAPI_E_NOT_FOUND if the service has no such provider
 */
export async function openServiceSection(
  { providerAdmin }: ServiceEntryCall,
  resourceType: number,
): Promise<IProfSect> {
  await using table = await providerAdmin.getProviderTable();
  for (const row of await queryAllRows(table, { tags: [PR_PROVIDER_UID, PR_RESOURCE_TYPE] })) {
    const uid = propOf(row, PR_PROVIDER_UID);
    if (uid !== undefined && propOf(row, PR_RESOURCE_TYPE) === resourceType) {
      return providerAdmin.openProfileSection(uid, { modify: true });
    }
  }
  throw new MapiError('MAPI_E_NOT_FOUND', `the service has no provider of resource type ${resourceType}`);
}

/**
 * The values among `values` that a section with these properties takes.
 *
 * @throws MAPI_E_INVALID_PARAMETER for one that the section knows by another type
 */
export function sectionValuesOf(values: readonly PropValue[], tags: readonly PropTag[]): readonly PropValue[] {
  return values.filter(({ tag, value }) => {
    if (!tags.some((known) => propId(known) === propId(tag))) return false;
    if (tags.includes(tag) && isValueOfType(propType(tag), value)) return true;
    throw new MapiError('MAPI_E_INVALID_PARAMETER', `property 0x${propId(tag).toString(16)} is of another type`);
  });
}

/**
 * Stores the given values in a section, if the whole is usable with them; without values it only checks what is there.
 * Nothing is stored of a configuration that cannot be used.
 *
 * @param check throws for values that cannot be used
 */
export async function configureSection(
  section: IProfSect,
  given: readonly PropValue[],
  tags: readonly PropTag[],
  check: (values: readonly PropValue[]) => unknown,
): Promise<void> {
  check(await withSectionValues(section, given, tags));
  if (given.length > 0) await storeSectionValues(section, given);
}

/** The settings of a service with one provider: what is asked, what its section keeps, and what cannot be used. */
export interface ServiceSettings {
  readonly questions: readonly Setting[];
  readonly tags: readonly PropTag[];
  /** Throws for values that cannot be used. */
  readonly check: (values: readonly PropValue[]) => unknown;
}

/**
 * Configures a section by what the call gives and what the user says: stored if the whole is usable with it; without
 * values it only checks what is there. Answers what was stored.
 *
 * @param given in place of the values of the call
 * @throws MAPI_E_INVALID_PARAMETER, MAPI_E_USER_CANCEL, what `check` throws
 */
export async function configureByCall(
  call: ServiceEntryCall,
  section: IProfSect,
  { questions, tags, check }: ServiceSettings,
  given: readonly PropValue[] = sectionValuesOf(call.props, tags),
): Promise<readonly PropValue[]> {
  const current = await withSectionValues(section, given, tags);
  const values = replaced(given, await askedForService(call, questions, current, check));
  await configureSection(section, values, tags, check);
  return values;
}

/** The values of a section, with the given ones in the place of those that it has. */
async function withSectionValues(
  section: IProfSect,
  given: readonly PropValue[],
  tags: readonly PropTag[],
): Promise<readonly PropValue[]> {
  const { props } = await section.getProps(tags);
  return replaced(
    props.filter((value) => !isPropError(value)),
    given,
  );
}

/** The values with others in the place of those of the same property. */
export function replaced(values: readonly PropValue[], by: readonly PropValue[]): readonly PropValue[] {
  const ids = new Set(by.map(({ tag }) => propId(tag)));
  return [...values.filter(({ tag }) => !ids.has(propId(tag))), ...by];
}

/** Sets all values. @throws the error of the first that could not be set */
export async function storeSectionValues(section: IProfSect, values: readonly PropValue[]): Promise<void> {
  const [problem] = await setPropList(section, values);
  if (problem !== undefined) throw new MapiError(problem.code, `0x${problem.tag.toString(16)} cannot be set`);
}

/** Puts what was given and what the user says into the section of each provider. */
export async function storeInSections(call: ServiceEntryCall, asked: readonly Setting[]): Promise<void> {
  if (!isAboutConfiguration(call)) return;
  const ids = new Set(asked.map(({ tag }) => propId(tag)));
  const given = call.props.filter(({ tag }) => ids.has(propId(tag)));
  const settings = replaced(given, await askedForService(call, asked, given, () => {}));
  if (settings.length === 0) return;
  await using table = await call.providerAdmin.getProviderTable();
  for (const row of await queryAllRows(table, { tags: [PR_PROVIDER_UID] })) {
    const uid = propOf(row, PR_PROVIDER_UID);
    if (uid === undefined) continue;
    await using section = await call.providerAdmin.openProfileSection(uid, { modify: true });
    await setPropList(section, settings);
    await section.saveChanges();
  }
}
