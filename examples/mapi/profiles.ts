// C++: MAPIAdminProfiles, CreateProfile, AdminServices, CreateMsgServiceEx, ConfigureMsgService, the message service table, profile
// sections, DeleteProfile.
import {
  hrQueryAllRows,
  MAPIAdminProfiles,
  MAPIInitialize,
  MAPIUninitialize,
  PR_DEFAULT_PROFILE,
  PR_DISPLAY_NAME,
  PR_PROVIDER_UID,
  PR_RESOURCE_TYPE,
  PR_SERVICE_NAME,
  PR_SERVICE_UID,
  processSubsystem,
  propOf,
  serviceProps,
} from 'nodemapi';

await MAPIInitialize();
{
  await using admin = await MAPIAdminProfiles();
  await admin.createProfile('By hand'); // { defaultServices: true } puts those of the catalogue in
  await using services = await admin.adminServices('By hand');
  await services.createMsgServiceEx('sql');
  const uid = await services.createMsgServiceEx('smtp', 'Mail of the company');
  // ConfigureMsgService takes properties of the provider's section; the catalogue has names for them.
  const { smtp } = (await processSubsystem()).catalogue.services;
  if (smtp === undefined) throw new Error('no SMTP service');
  await services.configureMsgService(uid, serviceProps(smtp, { host: 'mail.example.test', from: 'ann@example.test' }));

  await using table = await services.getMsgServiceTable();
  for (const row of await hrQueryAllRows(table, [PR_SERVICE_NAME, PR_DISPLAY_NAME, PR_SERVICE_UID])) {
    console.log(`${propOf(row, PR_SERVICE_NAME)}: ${propOf(row, PR_DISPLAY_NAME)}`);
    await using providers = await services.adminProviders(propOf(row, PR_SERVICE_UID) ?? new Uint8Array());
    await using providerTable = await providers.getProviderTable();
    for (const provider of await hrQueryAllRows(providerTable, [PR_RESOURCE_TYPE, PR_PROVIDER_UID])) {
      console.log(`  provider of type ${propOf(provider, PR_RESOURCE_TYPE)}`);
    }
  }

  await using profiles = await admin.getProfileTable();
  for (const row of await hrQueryAllRows(profiles, [PR_DISPLAY_NAME, PR_DEFAULT_PROFILE])) {
    console.log(
      `${propOf(row, PR_DISPLAY_NAME)}${propOf(row, PR_DEFAULT_PROFILE) === true ? ', the default one' : ''}`,
    );
  }
  await admin.deleteProfile('By hand');
}
await MAPIUninitialize();
