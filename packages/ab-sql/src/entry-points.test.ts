import { entryPointSuite, serviceEntrySuite } from '@nodemapi/conformance';
import { standaloneHost, standaloneService } from '@nodemapi/kit';
import { MAPI_AB_PROVIDER, PR_DISPLAY_NAME, prop } from '@nodemapi/mapi';
import { PR_BOOK_PATH } from './book-path.ts';
import { ABProviderInit, ServiceEntry } from './index.ts';

entryPointSuite('ab-sql', { init: ABProviderInit, newHost: standaloneHost });

serviceEntrySuite('ab-sql', () => standaloneService(ServiceEntry, MAPI_AB_PROVIDER), {
  whole: [prop(PR_BOOK_PATH, 'people.mapiab'), prop(PR_DISPLAY_NAME, 'People')],
  needsConfiguration: false,
  answer: () => 'asked',
});
