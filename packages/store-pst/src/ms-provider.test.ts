import { seededRandom, VirtualClock } from '@nodemapi/base';
import { type MSProviderUnderTest, msProviderSuite } from '@nodemapi/conformance';
import { StandaloneSupport, standaloneHost, unwrapStoreEntryID } from '@nodemapi/kit';
import { PR_PST_PATH, type PropValue, prop } from '@nodemapi/mapi';
import { MSProviderInit } from './ms-provider.ts';
import { filesWith, samplePst } from './store-pst.testing.ts';

const PATH = '/mail/a.pst';

async function openProvider(): Promise<MSProviderUnderTest> {
  const { bytes } = await samplePst();
  const plain = await standaloneHost({ clock: new VirtualClock(), random: seededRandom(7) });
  const host = { ...plain, files: filesWith(plain.files, PATH, bytes, new Set()) };
  const { provider } = await MSProviderInit(host);
  const section: PropValue[] = [prop(PR_PST_PATH, PATH)];
  return {
    provider,
    newSupport: async () => {
      const support = new StandaloneSupport({ kind: 'store', host, section });
      return { support, providerUids: () => support.providerUids, statusRow: () => [...support.statusRow] };
    },
    unwrap: (entryId) => unwrapStoreEntryID(entryId)?.entryId ?? entryId,
    settle: () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))),
    close: async () => {
      await provider.release();
      await plain[Symbol.asyncDispose]();
    },
  };
}

msProviderSuite('store-pst provider', openProvider, { readOnly: 'a PST is opened for reading only' });
