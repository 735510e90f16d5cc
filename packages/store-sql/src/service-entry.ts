/** The message service: the path of the store file, and its name. spec: msgserviceentry */
import { queryAllRows, setPropList } from '@nodemapi/kit';
import { PR_DISPLAY_NAME, PR_PROVIDER_UID, propId, propOf, type ServiceEntryCall } from '@nodemapi/mapi';
import { PR_STORE_SQL_PATH } from './config.ts';

const SETTINGS: ReadonlySet<number> = new Set([PR_STORE_SQL_PATH, PR_DISPLAY_NAME].map(propId));

/**
 * MAPI: MSGSERVICEENTRY. Settings among the properties go into the section of each provider; the file itself is made by
 * the first logon, and stays when the service is deleted.
 */
export async function ServiceEntry(call: ServiceEntryCall): Promise<void> {
  const settings = call.props.filter(({ tag }) => SETTINGS.has(propId(tag)));
  if (settings.length === 0 || (call.context !== 'create' && call.context !== 'configure')) return;
  await using table = await call.providerAdmin.getProviderTable();
  for (const row of await queryAllRows(table, { tags: [PR_PROVIDER_UID] })) {
    const uid = propOf(row, PR_PROVIDER_UID);
    if (uid === undefined) continue;
    await using section = await call.providerAdmin.openProfileSection(uid, { modify: true });
    await setPropList(section, settings);
    await section.saveChanges();
  }
}
