import assert from 'node:assert/strict';
import { memoryRandomAccess, seededRandom } from '@nodemapi/base';
import { readOnlyStoreSuite } from '@nodemapi/conformance';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  CURRENT_SPI_VERSION,
  type IMAPIFolder,
  MapiError,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_PST_PASSWORD,
  PR_PST_PATH,
  prop,
} from '@nodemapi/mapi';
import { createMemoryStore } from '@nodemapi/store-memory';
import { describe, it } from 'vitest';
import { MSProviderInit } from './ms-provider.ts';
import { openPstStore } from './msg-store.ts';
import { PstHome } from './pst-home.ts';
import { filesWith, samplePst } from './store-pst.testing.ts';

readOnlyStoreSuite('store-pst', async () => {
  const { bytes, folder } = await samplePst();
  const host = await standaloneHost({ random: seededRandom(1) });
  const support = new StandaloneSupport({ kind: 'store', host });
  const home = await PstHome.open(memoryRandomAccess(bytes), support, host.random);
  const store = await openPstStore(home, undefined, async () => {});
  const closers: (() => Promise<void>)[] = [];
  return {
    store,
    folder: home.file.entryId(folder),
    otherFolder: async (): Promise<IMAPIFolder> => {
      const other = createMemoryStore(support).open();
      closers.push(async () => void (await other.release()));
      return other.openEntry((await other.getReceiveFolder('IPM.Note')).entryId, { iid: 'IMAPIFolder', modify: true });
    },
    close: async () => {
      for (const close of closers) await close();
      await store.release();
      await host[Symbol.asyncDispose]();
    },
  };
});

describe('PstMSProvider', () => {
  const logOn = async (path: string | undefined, options = {}) => {
    const { bytes } = await samplePst();
    const opened = new Set<string>();
    const plain = await standaloneHost({ random: seededRandom(1) });
    const host = { ...plain, files: filesWith(plain.files, '/mail/a.pst', bytes, opened) };
    const support = new StandaloneSupport({ kind: 'store', host });
    await using section = await support.openProfileSection(null, { modify: true });
    if (path !== undefined) await section.setProps([prop(PR_PST_PATH, path)]);
    await section.saveChanges();
    const { provider, spiVersion } = await MSProviderInit(host);
    assert.equal(spiVersion, CURRENT_SPI_VERSION);
    return { opened, support, logon: () => provider.logon(support, 'profile', null, options) };
  };
  const rejects = (code: string, call: Promise<unknown>): Promise<void> =>
    assert.rejects(call, (error) => MapiError.is(error) && error.code === code);

  it('opens the file that the section names, describes it there, and closes it with the store', async () => {
    const { opened, support, logon } = await logOn('/mail/a.pst');
    const { store, logon: object } = await logon();
    await using section = await support.openProfileSection(null);
    const [entryId, name] = (await section.getProps([PR_ENTRYID, PR_DISPLAY_NAME])).values;
    assert.deepEqual(entryId, (await store.getProps([PR_ENTRYID])).values[0]);
    assert.equal(name, 'Sample');
    assert.equal(opened.size, 1);
    await store.release();
    await object?.logoff();
    assert.equal(opened.size, 0);
  });

  it('refuses to open for writing, without a path, and what is not there', async () => {
    await rejects('MAPI_E_NO_ACCESS', (await logOn('/mail/a.pst', { write: true })).logon());
    await rejects('MAPI_E_UNCONFIGURED', (await logOn(undefined)).logon());
    await rejects('MAPI_E_NOT_FOUND', (await logOn('/mail/none.pst')).logon());
  });

  it('opens the file once for logons that come at the same time', async () => {
    const { opened, logon } = await logOn('/mail/a.pst');
    const [first, second] = await Promise.all([logon(), logon()]);
    assert.equal(opened.size, 1);
    await first.store.release();
    assert.equal(opened.size, 1, 'the second still uses it');
    await second.store.release();
    await first.logon?.logoff();
    await second.logon?.logoff();
    assert.equal(opened.size, 0);
  });

  it('tells clients nothing of the password', async () => {
    const { logon } = await logOn('/mail/a.pst');
    const { store } = await logon();
    assert.equal((await store.getPropList()).includes(PR_PST_PASSWORD), false);
    await store.release();
  });
});
