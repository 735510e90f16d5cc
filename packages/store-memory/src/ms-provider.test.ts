import assert from 'node:assert/strict';
import { seededRandom, VirtualClock } from '@nodemapi/base';
import { type MSProviderUnderTest, msProviderSuite } from '@nodemapi/conformance';
import { StandaloneSupport, standaloneHost, unwrapStoreEntryID } from '@nodemapi/kit';
import { CURRENT_SPI_VERSION, PR_DISPLAY_NAME, PR_STORE_RECORD_KEY, prop } from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { MSProviderInit } from './ms-provider.ts';

const STORE_UID = Uint8Array.from({ length: 16 }, (_, index) => index);

async function openProvider(): Promise<MSProviderUnderTest> {
  const host = await standaloneHost({ clock: new VirtualClock(), random: seededRandom(7) });
  const { provider } = await MSProviderInit(host);
  return {
    provider,
    newSupport: async () => {
      const section = [prop(PR_STORE_RECORD_KEY, STORE_UID)];
      const support = new StandaloneSupport({ kind: 'store', host, section });
      return { support, providerUids: () => support.providerUids, statusRow: () => [...support.statusRow] };
    },
    unwrap: (entryId) => unwrapStoreEntryID(entryId)?.entryId ?? entryId,
    settle: () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))),
    close: async () => {
      await provider.release();
      await host[Symbol.asyncDispose]();
    },
  };
}

msProviderSuite('memory store provider', openProvider);

describe('memory store provider', () => {
  test('it is written for the current version of the provider interface', async () => {
    await using host = await standaloneHost();
    assert.equal((await MSProviderInit(host)).spiVersion, CURRENT_SPI_VERSION);
  });

  test('a section without a store gets a new one, with the name that is in the section', async () => {
    await using host = await standaloneHost();
    const { provider } = await MSProviderInit(host);
    const support = new StandaloneSupport({ kind: 'store', host, section: [prop(PR_DISPLAY_NAME, 'Scratch')] });
    const { store, logon } = await provider.logon(support, 'profile', null, { write: true });
    const { values } = await store.getProps([PR_DISPLAY_NAME, PR_STORE_RECORD_KEY]);
    await using section = await support.openProfileSection(null);
    assert.deepEqual((await section.getProps([PR_DISPLAY_NAME, PR_STORE_RECORD_KEY])).values, values);
    assert.equal(values[0], 'Scratch');
    await store.release();
    await logon?.release();
  });
});
