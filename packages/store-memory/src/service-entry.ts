/** The message service: its one setting is the name of the store. spec: msgserviceentry */
import { storeInSections } from '@nodemapi/kit';
import { PR_DISPLAY_NAME, type ServiceEntryCall } from '@nodemapi/mapi';

/** MAPI: MSGSERVICEENTRY. A name among the properties goes into the section of each provider. */
export async function ServiceEntry(call: ServiceEntryCall): Promise<void> {
  await storeInSections(call, [{ tag: PR_DISPLAY_NAME, question: 'Name of the message store' }]);
}
