import { entryPointSuite, serviceEntrySuite } from '@nodemapi/conformance';
import { standaloneHost, standaloneService } from '@nodemapi/kit';
import { MAPI_STORE_PROVIDER, PR_DISPLAY_NAME, PR_PST_PATH, prop } from '@nodemapi/mapi';
import { MSProviderInit, ServiceEntry } from './index.ts';

entryPointSuite('store-pst', { init: MSProviderInit, newHost: standaloneHost });

serviceEntrySuite('store-pst', () => standaloneService(ServiceEntry, MAPI_STORE_PROVIDER), {
  whole: [prop(PR_PST_PATH, 'old.pst'), prop(PR_DISPLAY_NAME, 'Old mail')],
  needsConfiguration: true,
  answer: () => 'asked',
});
