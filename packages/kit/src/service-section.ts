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
import { queryAllRows, setPropList } from './prop-access.ts';

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
  const { props } = await section.getProps(tags);
  const ids = new Set(given.map(({ tag }) => propId(tag)));
  const stored = props.filter((value) => !isPropError(value) && !ids.has(propId(value.tag)));
  check([...stored, ...given]);
  if (given.length > 0) await storeSectionValues(section, given);
}

/** Sets all values. @throws the error of the first that could not be set */
export async function storeSectionValues(section: IProfSect, values: readonly PropValue[]): Promise<void> {
  const [problem] = await setPropList(section, values);
  if (problem !== undefined) throw new MapiError(problem.code, `0x${problem.tag.toString(16)} cannot be set`);
}

/** Puts those of the given values that have one of these identifiers into the section of each provider. */
export async function storeInSections(call: ServiceEntryCall, tags: readonly PropTag[]): Promise<void> {
  const ids = new Set(tags.map(propId));
  const settings = call.props.filter(({ tag }) => ids.has(propId(tag)));
  if (settings.length === 0 || (call.context !== 'create' && call.context !== 'configure')) return;
  await using table = await call.providerAdmin.getProviderTable();
  for (const row of await queryAllRows(table, { tags: [PR_PROVIDER_UID] })) {
    const uid = propOf(row, PR_PROVIDER_UID);
    if (uid === undefined) continue;
    await using section = await call.providerAdmin.openProfileSection(uid, { modify: true });
    await setPropList(section, settings);
    await section.saveChanges();
  }
}
