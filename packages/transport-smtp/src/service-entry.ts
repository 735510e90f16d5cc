/** The service entry point of the SMTP transport: checks and stores its configuration. spec: msgserviceentry */
import { MapiError } from '@nodemapi/base';
import { queryAllRows, setPropList } from '@nodemapi/kit';
import {
  type IProfSect,
  isPropError,
  MAPI_TRANSPORT_PROVIDER,
  type MsgServiceEntry,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  type PropValue,
  propId,
  propOf,
  type ServiceEntryCall,
} from '@nodemapi/mapi';
import { sectionValuesOf, smtpConfigOf } from './smtp-config.ts';
import { SMTP_SECTION_TAGS } from './smtp-properties.ts';

/**
 * 'configure' stores the given values in the section of the transport, if the whole is usable with them; without
 * values it only checks what is there. Nothing is stored of a configuration that cannot be used.
 *
 * @throws MAPI_E_UNCONFIGURED, MAPI_E_INVALID_PARAMETER
 */
export const ServiceEntry: MsgServiceEntry = async (call) => {
  if (call.context !== 'configure' && call.context !== 'create') return;
  if (call.context === 'create' && call.props.length === 0) return;
  await using section = await openSection(call);
  const { props } = await section.getProps(SMTP_SECTION_TAGS);
  const stored = props.filter((value) => !isPropError(value));
  const given = sectionValuesOf(call.props);
  smtpConfigOf(merged(stored, given));
  if (given.length === 0) return;
  const [problem] = await setPropList(section, given);
  if (problem !== undefined) throw new MapiError(problem.code, 'the configuration could not be stored');
};

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
