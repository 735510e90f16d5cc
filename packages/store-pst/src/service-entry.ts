/** The message service: the path of the file, and a name for it. spec: msgserviceentry */
import { configureByCall, isAboutConfiguration, openServiceSection, type Setting } from '@nodemapi/kit';
import { MAPI_STORE_PROVIDER, type MsgServiceEntry, PR_DISPLAY_NAME, PR_PST_PATH } from '@nodemapi/mapi';
import { pstConfigOf } from './pst-config.ts';

const SETTINGS: readonly Setting[] = [
  { tag: PR_PST_PATH, question: 'The .pst or .ost file' },
  { tag: PR_DISPLAY_NAME, question: 'Name of the message store' },
];
const TAGS = SETTINGS.map(({ tag }) => tag);

/**
 * MAPI: MSGSERVICEENTRY. Stores the given values, and what the user says, if they name a file; whether it is there and
 * can be read is found by the logon.
 *
 * @throws MAPI_E_UNCONFIGURED without a path; MAPI_E_INVALID_PARAMETER, MAPI_E_USER_CANCEL
 */
export const ServiceEntry: MsgServiceEntry = async (call) => {
  if (!isAboutConfiguration(call)) return;
  await using section = await openServiceSection(call, MAPI_STORE_PROVIDER);
  await configureByCall(call, section, { questions: SETTINGS, tags: TAGS, check: pstConfigOf });
};
