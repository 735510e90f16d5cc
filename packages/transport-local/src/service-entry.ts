/** The service entry point of the local transport: checks and stores its configuration. spec: msgserviceentry */
import { configureByCall, getProp, isAboutConfiguration, openServiceSection } from '@nodemapi/kit';
import {
  type IProfSect,
  isPropError,
  MAPI_TRANSPORT_PROVIDER,
  type MsgServiceEntry,
  PR_PROFILE_NAME,
  type PropValue,
  prop,
  type ServiceEntryCall,
} from '@nodemapi/mapi';
import { DropFolder } from './drop-folder.ts';
import { localConfigOf } from './local-config.ts';
import { LOCAL_QUESTIONS, LOCAL_SECTION_TAGS, PR_LOCAL_ADDRESS_LIST, PR_LOCAL_NAME } from './local-properties.ts';
import { defaultAddress } from './mailbox.ts';

/**
 * 'create' gives the transport the address of its profile's name.
 * 'configure' stores the given values in the section of the transport, if the whole is usable with them; without
 * values it only checks what is there. Nothing is stored of a configuration that cannot be used. The mailboxes are made.
 *
 * @throws MAPI_E_UNCONFIGURED, MAPI_E_INVALID_PARAMETER, MAPI_E_USER_CANCEL; MAPI_E_NO_SUPPORT for further providers
 */
export const ServiceEntry: MsgServiceEntry = async (call) => {
  if (!isAboutConfiguration(call)) return;
  await using section = await openServiceSection(call, MAPI_TRANSPORT_PROVIDER);
  const isNew = call.context === 'create' && call.props.length === 0;
  const settings = { questions: LOCAL_QUESTIONS, tags: LOCAL_SECTION_TAGS, check: localConfigOf };
  const given = await configureByCall(call, section, settings, isNew ? await defaultsOf(section) : undefined);
  if (given.length > 0) await makeMailboxes(call, section);
};

/** Mail can be put into the mailboxes at once, also before anybody logs on by the profile. */
async function makeMailboxes({ host }: ServiceEntryCall, section: IProfSect): Promise<void> {
  const { props } = await section.getProps(LOCAL_SECTION_TAGS);
  const { addresses } = localConfigOf(props.filter((value) => !isPropError(value)));
  for (const address of addresses) await new DropFolder(address, host).create();
}

/** A new service delivers to the name of its profile, so that it works before anybody has configured it. */
async function defaultsOf(section: IProfSect): Promise<readonly PropValue[]> {
  const profileName = (await getProp(section, PR_PROFILE_NAME)) ?? '';
  return [prop(PR_LOCAL_ADDRESS_LIST, defaultAddress(profileName)), prop(PR_LOCAL_NAME, profileName)];
}
