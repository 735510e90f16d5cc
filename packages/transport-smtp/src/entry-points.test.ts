import { entryPointSuite, type ServiceUnderTest, serviceEntrySuite } from '@nodemapi/conformance';
import { StandaloneProviderAdmin, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import { MAPI_TRANSPORT_PROVIDER, prop } from '@nodemapi/mapi';
import { ServiceEntry, XPProviderInit } from './index.ts';
import { PR_SMTP_FROM_ADDRESS, PR_SMTP_HOST, PR_SMTP_PORT } from './smtp-properties.ts';

entryPointSuite('transport-smtp', { init: XPProviderInit, newHost: standaloneHost });

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

serviceEntrySuite('transport-smtp', openService, {
  whole: [prop(PR_SMTP_HOST, 'mail.test'), prop(PR_SMTP_FROM_ADDRESS, 'me@mail.test'), prop(PR_SMTP_PORT, 2525)],
  needsConfiguration: true,
  answer: (question) => ({ 'Mail server': 'mail.test', 'Your address': 'me@mail.test' })[question] ?? '',
});
