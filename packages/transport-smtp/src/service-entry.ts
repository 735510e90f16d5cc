/** The service entry point of the SMTP transport: checks and stores its configuration. spec: msgserviceentry */
import { configureByCall, isAboutConfiguration, openServiceSection } from '@nodemapi/kit';
import { MAPI_TRANSPORT_PROVIDER, type MsgServiceEntry } from '@nodemapi/mapi';
import { smtpConfigOf } from './smtp-config.ts';
import { SMTP_QUESTIONS, SMTP_SECTION_TAGS } from './smtp-properties.ts';

/**
 * Stores the given values, and what the user says, in the section of the transport, if the whole is usable with them;
 * without values it only checks what is there. Nothing is stored of a configuration that cannot be used.
 *
 * @throws MAPI_E_UNCONFIGURED, MAPI_E_INVALID_PARAMETER, MAPI_E_USER_CANCEL; MAPI_E_NO_SUPPORT for further providers
 */
export const ServiceEntry: MsgServiceEntry = async (call) => {
  if (!isAboutConfiguration(call)) return;
  await using section = await openServiceSection(call, MAPI_TRANSPORT_PROVIDER);
  const settings = { questions: SMTP_QUESTIONS, tags: SMTP_SECTION_TAGS, check: smtpConfigOf };
  await configureByCall(call, section, settings);
};
