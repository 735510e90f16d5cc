/** The service entry point of the local transport: checks and stores its configuration. spec: msgserviceentry */
import { MapiError } from '@nodemapi/base';
import { getProp, queryAllRows, setPropList } from '@nodemapi/kit';
import {
  type IProfSect,
  isPropError,
  MAPI_TRANSPORT_PROVIDER,
  type MsgServiceEntry,
  PR_PROFILE_NAME,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  type PropValue,
  prop,
  propId,
  propOf,
  type ServiceEntryCall,
} from '@nodemapi/mapi';
import { localConfigOf, sectionValuesOf } from './local-config.ts';
import { LOCAL_SECTION_TAGS, PR_LOCAL_ADDRESS_LIST, PR_LOCAL_NAME } from './local-properties.ts';
import { defaultAddress } from './mailbox.ts';

/**
 * 'create' gives the transport the address of its profile's name.
 * 'configure' stores the given values in the section of the transport, if the whole is usable with them; without
 * values it only checks what is there. Nothing is stored of a configuration that cannot be used.
 *
 * @throws MAPI_E_UNCONFIGURED, MAPI_E_INVALID_PARAMETER
 */
export const ServiceEntry: MsgServiceEntry = async (call) => {
  if (call.context !== 'configure' && call.context !== 'create') return;
  await using section = await openSection(call);
  const { props } = await section.getProps(LOCAL_SECTION_TAGS);
  const stored = props.filter((value) => !isPropError(value));
  const isNew = call.context === 'create' && call.props.length === 0;
  const given = isNew ? await defaultsOf(section) : sectionValuesOf(call.props);
  localConfigOf(merged(stored, given));
  if (given.length === 0) return;
  const [problem] = await setPropList(section, given);
  if (problem !== undefined) throw new MapiError(problem.code, 'the configuration could not be stored');
};

/** A new service delivers to the name of its profile, so that it works before anybody has configured it. */
async function defaultsOf(section: IProfSect): Promise<readonly PropValue[]> {
  const profileName = (await getProp(section, PR_PROFILE_NAME)) ?? '';
  return [prop(PR_LOCAL_ADDRESS_LIST, defaultAddress(profileName)), prop(PR_LOCAL_NAME, profileName)];
}

/** The section of the service's one transport provider. */
async function openSection({ providerAdmin }: ServiceEntryCall): Promise<IProfSect> {
  await using table = await providerAdmin.getProviderTable();
  for (const row of await queryAllRows(table, { tags: [PR_PROVIDER_UID, PR_RESOURCE_TYPE] })) {
    const uid = propOf(row, PR_PROVIDER_UID);
    if (uid !== undefined && propOf(row, PR_RESOURCE_TYPE) === MAPI_TRANSPORT_PROVIDER) {
      return providerAdmin.openProfileSection(uid, { modify: true });
    }
  }
  throw new MapiError('MAPI_E_NOT_FOUND', 'the service has no transport provider');
}

function merged(stored: readonly PropValue[], given: readonly PropValue[]): readonly PropValue[] {
  const ids = new Set(given.map((value) => propId(value.tag)));
  return [...stored.filter((value) => !ids.has(propId(value.tag))), ...given];
}
