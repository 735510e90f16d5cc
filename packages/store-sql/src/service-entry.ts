/** The message service: the path of the store file, and its name. spec: msgserviceentry */
import { type Setting, storeInSections } from '@nodemapi/kit';
import { PR_DISPLAY_NAME, type ServiceEntryCall } from '@nodemapi/mapi';
import { PR_STORE_SQL_PATH } from './config.ts';

const SETTINGS: readonly Setting[] = [
  { tag: PR_STORE_SQL_PATH, question: 'File of the message store (empty: one with the name of the profile)' },
  { tag: PR_DISPLAY_NAME, question: 'Name of the message store' },
];

/**
 * MAPI: MSGSERVICEENTRY. Settings among the properties go into the section of each provider; the file itself is made by
 * the first logon, and stays when the service is deleted.
 */
export async function ServiceEntry(call: ServiceEntryCall): Promise<void> {
  await storeInSections(call, SETTINGS);
}
