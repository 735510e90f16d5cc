/** The message service: the path of the file, and a name for it. spec: msgserviceentry */
import { type Setting, storeInSections } from '@nodemapi/kit';
import { PR_DISPLAY_NAME, PR_PST_PATH, type ServiceEntryCall } from '@nodemapi/mapi';

const SETTINGS: readonly Setting[] = [
  { tag: PR_PST_PATH, question: 'The .pst or .ost file' },
  { tag: PR_DISPLAY_NAME, question: 'Name of the message store' },
];

/** MAPI: MSGSERVICEENTRY. */
export async function ServiceEntry(call: ServiceEntryCall): Promise<void> {
  await storeInSections(call, SETTINGS);
}
