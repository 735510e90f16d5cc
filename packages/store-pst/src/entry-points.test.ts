import { entryPointSuite, type ServiceUnderTest, serviceEntrySuite } from '@nodemapi/conformance';
import { StandaloneProviderAdmin, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import { MAPI_STORE_PROVIDER, PR_DISPLAY_NAME, PR_PST_PATH, prop } from '@nodemapi/mapi';
import { MSProviderInit, ServiceEntry } from './index.ts';

entryPointSuite('store-pst', { init: MSProviderInit, newHost: standaloneHost });

async function openService(): Promise<ServiceUnderTest> {
  const host = await standaloneHost();
  const providerAdmin = new StandaloneProviderAdmin(MAPI_STORE_PROVIDER);
  return {
    entry: ServiceEntry,
    host,
    newSupport: async () => new StandaloneSupport({ kind: 'configuration', host }),
    providerAdmin,
    section: () => [...providerAdmin.section],
    close: async () => host[Symbol.asyncDispose](),
  };
}

serviceEntrySuite('store-pst', openService, {
  whole: [prop(PR_PST_PATH, 'old.pst'), prop(PR_DISPLAY_NAME, 'Old mail')],
  needsConfiguration: true,
  answer: () => 'asked',
});
