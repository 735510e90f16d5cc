/** The service entry point of the maildrop transport: checks and stores its configuration. spec: msgserviceentry */
import { configureByCall, isAboutConfiguration, openServiceSection } from '@nodemapi/kit';
import { MAPI_TRANSPORT_PROVIDER, type MsgServiceEntry } from '@nodemapi/mapi';
import { maildropConfigOf } from './maildrop-config.ts';
import { MAILDROP_QUESTIONS, MAILDROP_SECTION_TAGS } from './maildrop-properties.ts';

/**
 * Stores the given values, and what the user says, in the section of the transport, if the whole is usable with them;
 * without values it only checks what is there. What the path names need not be there yet: others make it.
 *
 * @throws MAPI_E_UNCONFIGURED, MAPI_E_INVALID_PARAMETER, MAPI_E_USER_CANCEL; MAPI_E_NO_SUPPORT for further providers
 */
export const ServiceEntry: MsgServiceEntry = async (call) => {
  if (!isAboutConfiguration(call)) return;
  await using section = await openServiceSection(call, MAPI_TRANSPORT_PROVIDER);
  const settings = { questions: MAILDROP_QUESTIONS, tags: MAILDROP_SECTION_TAGS, check: maildropConfigOf };
  await configureByCall(call, section, settings);
};
