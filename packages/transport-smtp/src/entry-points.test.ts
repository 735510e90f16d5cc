import { entryPointSuite, serviceEntrySuite } from '@nodemapi/conformance';
import { standaloneHost, standaloneService } from '@nodemapi/kit';
import { MAPI_TRANSPORT_PROVIDER, prop } from '@nodemapi/mapi';
import { ServiceEntry, XPProviderInit } from './index.ts';
import { PR_SMTP_FROM_ADDRESS, PR_SMTP_HOST, PR_SMTP_PORT } from './smtp-properties.ts';

entryPointSuite('transport-smtp', { init: XPProviderInit, newHost: standaloneHost });

serviceEntrySuite('transport-smtp', () => standaloneService(ServiceEntry, MAPI_TRANSPORT_PROVIDER), {
  whole: [prop(PR_SMTP_HOST, 'mail.test'), prop(PR_SMTP_FROM_ADDRESS, 'me@mail.test'), prop(PR_SMTP_PORT, 2525)],
  needsConfiguration: true,
  answer: (question) => ({ 'Mail server': 'mail.test', 'Your address': 'me@mail.test' })[question] ?? '',
});
