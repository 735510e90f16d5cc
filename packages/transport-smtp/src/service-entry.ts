/** The service entry point of the SMTP transport: checks and stores its configuration. spec: msgserviceentry */
import { configureSection, openServiceSection, sectionValuesOf } from '@nodemapi/kit';
import { MAPI_TRANSPORT_PROVIDER, type MsgServiceEntry } from '@nodemapi/mapi';
import { smtpConfigOf } from './smtp-config.ts';
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
  await using section = await openServiceSection(call, MAPI_TRANSPORT_PROVIDER);
  const given = sectionValuesOf(call.props, SMTP_SECTION_TAGS);
  await configureSection(section, given, SMTP_SECTION_TAGS, smtpConfigOf);
};
