import { entryPointSuite, serviceEntrySuite } from '@nodemapi/conformance';
import { standaloneHost, standaloneService } from '@nodemapi/kit';
import { MAPI_STORE_PROVIDER, PR_DISPLAY_NAME, prop } from '@nodemapi/mapi';
import { PR_STORE_SQL_PATH } from './config.ts';
import { MSProviderInit, ServiceEntry } from './index.ts';

entryPointSuite('store-sql', { init: MSProviderInit, newHost: standaloneHost });

serviceEntrySuite('store-sql', () => standaloneService(ServiceEntry, MAPI_STORE_PROVIDER), {
  whole: [prop(PR_STORE_SQL_PATH, 'mail.mapidb'), prop(PR_DISPLAY_NAME, 'Mail')],
  needsConfiguration: false,
  answer: () => 'asked',
});
