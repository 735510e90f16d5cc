import { entryPointSuite, type ServiceUnderTest, serviceEntrySuite } from '@nodemapi/conformance';
import { StandaloneProviderAdmin, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import { MAPI_AB_PROVIDER, PR_DISPLAY_NAME, prop } from '@nodemapi/mapi';
import { PR_BOOK_PATH } from './book-path.ts';
import { ABProviderInit, ServiceEntry } from './index.ts';

entryPointSuite('ab-sql', { init: ABProviderInit, newHost: standaloneHost });

async function openService(): Promise<ServiceUnderTest> {
  const host = await standaloneHost();
  const providerAdmin = new StandaloneProviderAdmin(MAPI_AB_PROVIDER);
  return {
    entry: ServiceEntry,
    host,
    newSupport: async () => new StandaloneSupport({ kind: 'configuration', host }),
    providerAdmin,
    section: () => [...providerAdmin.section],
    close: async () => host[Symbol.asyncDispose](),
  };
}

serviceEntrySuite('ab-sql', openService, {
  whole: [prop(PR_BOOK_PATH, 'people.mapiab'), prop(PR_DISPLAY_NAME, 'People')],
  needsConfiguration: false,
  answer: () => 'asked',
});
