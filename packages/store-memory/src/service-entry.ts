/** The message service: its one setting is the name of the store. spec: msgserviceentry */
import { queryAllRows, setPropList } from '@nodemapi/kit';
import { PR_DISPLAY_NAME, PR_PROVIDER_UID, propId, propOf, type ServiceEntryCall } from '@nodemapi/mapi';

/** MAPI: MSGSERVICEENTRY. A name among the properties goes into the section of each provider. */
export async function ServiceEntry(call: ServiceEntryCall): Promise<void> {
  const settings = call.props.filter(({ tag }) => propId(tag) === propId(PR_DISPLAY_NAME));
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
