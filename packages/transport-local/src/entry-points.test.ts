import { entryPointSuite, serviceEntrySuite } from '@nodemapi/conformance';
import { standaloneHost, standaloneService } from '@nodemapi/kit';
import { MAPI_TRANSPORT_PROVIDER, prop } from '@nodemapi/mapi';
import { ServiceEntry, XPProviderInit } from './index.ts';
import { PR_LOCAL_ADDRESS_LIST, PR_LOCAL_NAME } from './local-properties.ts';

entryPointSuite('transport-local', { init: XPProviderInit, newHost: standaloneHost });

serviceEntrySuite('transport-local', () => standaloneService(ServiceEntry, MAPI_TRANSPORT_PROVIDER), {
  whole: [prop(PR_LOCAL_ADDRESS_LIST, 'ann@home.test'), prop(PR_LOCAL_NAME, 'Ann')],
  needsConfiguration: false,
  answer: (question) => (question.startsWith('Addresses') ? 'bob@home.test' : 'Bob'),
});
