import { entryPointSuite, type ServiceUnderTest, serviceEntrySuite } from '@nodemapi/conformance';
import { StandaloneProviderAdmin, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import { MAPI_TRANSPORT_PROVIDER, prop } from '@nodemapi/mapi';
import { ServiceEntry, XPProviderInit } from './index.ts';
import { PR_LOCAL_ADDRESS_LIST, PR_LOCAL_NAME } from './local-properties.ts';

entryPointSuite('transport-local', { init: XPProviderInit, newHost: standaloneHost });

async function openService(): Promise<ServiceUnderTest> {
  const host = await standaloneHost();
  const providerAdmin = new StandaloneProviderAdmin(MAPI_TRANSPORT_PROVIDER);
  return {
    entry: ServiceEntry,
    host,
    newSupport: async () => new StandaloneSupport({ kind: 'configuration', host }),
    providerAdmin,
    section: () => [...providerAdmin.section],
    close: async () => host[Symbol.asyncDispose](),
  };
}

serviceEntrySuite('transport-local', openService, {
  whole: [prop(PR_LOCAL_ADDRESS_LIST, 'ann@home.test'), prop(PR_LOCAL_NAME, 'Ann')],
  needsConfiguration: false,
  answer: (question) => (question.startsWith('Addresses') ? 'bob@home.test' : 'Bob'),
});
