import { entryPointSuite, serviceEntrySuite, transportSuite } from '@nodemapi/conformance';
import { StandaloneSupport, standaloneHost, standaloneService } from '@nodemapi/kit';
import { MAPI_TRANSPORT_PROVIDER, prop } from '@nodemapi/mapi';
import { ServiceEntry, XPProviderInit } from './index.ts';
import { mailText, Place, underTest } from './maildrop.testing.ts';
import { PR_MAILDROP_AFTER, PR_MAILDROP_FORMAT, PR_MAILDROP_PATH } from './maildrop-properties.ts';

entryPointSuite('transport-maildrop', { init: XPProviderInit, newHost: standaloneHost });

serviceEntrySuite('transport-maildrop', () => standaloneService(ServiceEntry, MAPI_TRANSPORT_PROVIDER), {
  whole: [prop(PR_MAILDROP_PATH, 'Maildir'), prop(PR_MAILDROP_FORMAT, 'maildir'), prop(PR_MAILDROP_AFTER, 'keep')],
  needsConfiguration: true,
  answer: () => 'Maildir',
});

for (const format of ['maildir', 'mbox'] as const) {
  for (const after of ['keep', 'delete'] as const) {
    transportSuite(
      `${format}, ${after}`,
      async () => {
        const place = await Place.make();
        await place.makeMaildir();
        const init = await XPProviderInit(place.host);
        let arranged = 0;
        return {
          init,
          newSupport: async () => {
            const section = place.section(format, after);
            return underTest(new StandaloneSupport({ kind: 'transport', host: place.host, section }));
          },
          newUnconfigured: async () => underTest(new StandaloneSupport({ kind: 'transport', host: place.host })),
          answer: () => place.maildir,
          mine: { addrType: 'SMTP', emailAddress: 'bob@example.test' },
          foreign: { addrType: 'SMTP', emailAddress: 'stranger@elsewhere.test' },
          arrived: async () => 0,
          inbound: {
            arrange: async () => {
              const subject = `m${++arranged}`;
              await (format === 'mbox' ? place.append(mailText(subject)) : place.drop(subject));
            },
            waiting: async () => {
              if (format === 'maildir') return (await place.names('new')).length;
              if (after === 'delete') return ((await place.mboxText()).match(/^Subject:/gmu) ?? []).length;
              return arranged - (await receivedOf(place));
            },
          },
          [Symbol.asyncDispose]: async () => {
            await init.provider.shutdown();
            await place[Symbol.asyncDispose]();
          },
        };
      },
      { receiveOnly: 'the transport only receives' },
    );
  }
}

/** Messages of a kept mbox that were received, by what is known of it in the home. */
async function receivedOf(place: Place): Promise<number> {
  const folder = `${place.host.home}/maildrop`;
  if (!(await place.host.files.exists(folder))) return 0;
  const [name = ''] = await place.host.files.list(folder);
  const { offset } = JSON.parse(Buffer.from(await place.host.files.readFile(`${folder}/${name}`)).toString()) as {
    offset: number;
  };
  return ((await place.mboxText()).slice(0, offset).match(/^Subject:/gmu) ?? []).length;
}
