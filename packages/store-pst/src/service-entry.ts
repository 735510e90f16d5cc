/** The message service: the path of the file, and a name for it. spec: msgserviceentry */
import { storeInSections } from '@nodemapi/kit';
import { PR_DISPLAY_NAME, PR_PST_PATH, type ServiceEntryCall } from '@nodemapi/mapi';

/** MAPI: MSGSERVICEENTRY. */
export async function ServiceEntry(call: ServiceEntryCall): Promise<void> {
  await storeInSections(call, [PR_PST_PATH, PR_DISPLAY_NAME]);
}
