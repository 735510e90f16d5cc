import { entryPointSuite, serviceEntrySuite } from '@nodemapi/conformance';
import { standaloneHost, standaloneService } from '@nodemapi/kit';
import { MAPI_STORE_PROVIDER, PR_DISPLAY_NAME, prop } from '@nodemapi/mapi';
import { MSProviderInit, ServiceEntry } from './index.ts';

entryPointSuite('store-memory', { init: MSProviderInit, newHost: standaloneHost });

serviceEntrySuite('store-memory', () => standaloneService(ServiceEntry, MAPI_STORE_PROVIDER), {
  whole: [prop(PR_DISPLAY_NAME, 'Scratch')],
  needsConfiguration: false,
  answer: () => 'Asked',
});
