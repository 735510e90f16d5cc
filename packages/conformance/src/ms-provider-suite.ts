/** What every IMSProvider must do when somebody logs on, and its logon objects. */
import assert from 'node:assert/strict';
import {
  type EntryId,
  entryIdUid,
  fnevObjectCreated,
  type IMAPISupport,
  type IMSProvider,
  MAPI_STATUS,
  MAPI_STORE_PROVIDER,
  makeEntryId,
  type OpenMsgStoreOptions,
  PR_ACCESS_LEVEL,
  PR_COMMENT,
  PR_DISPLAY_NAME,
  PR_ENTRYID,
  PR_OBJECT_TYPE,
  PR_PROVIDER_DISPLAY,
  PR_RECORD_KEY,
  PR_RESOURCE_METHODS,
  PR_RESOURCE_TYPE,
  PR_STATUS_CODE,
  PR_STORE_RECORD_KEY,
  type PropValue,
  prop,
  propOf,
  STATUS_VALIDATE_STATE,
  type StoreLogon,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { ruleTests } from './rule-test.ts';
import {
  Collector,
  folderOf,
  idOf,
  inboxOf,
  need,
  newFolder,
  openMessage,
  read,
  rejects,
  savedMessage,
} from './store-steps.ts';
import type { StoreSuiteOptions } from './store-under-test.ts';
import { forbiddenUser, watchedSupport } from './watched-support.ts';

/** A support object of a logon, as far as a suite looks into it. */
export interface MSSupportUnderTest {
  readonly support: IMAPISupport;
  /** What was registered with `setProviderUID`. */
  providerUids(): readonly Uint8Array[];
  /** The status row as it is; empty before `modifyStatusRow`. */
  statusRow(): readonly PropValue[];
}

export interface MSProviderUnderTest {
  readonly provider: IMSProvider;
  /** A new support object whose profile section belongs to the same store every time. */
  newSupport(): Promise<MSSupportUnderTest>;
  /** The private identifier in a wrapped one. */
  unwrap(entryId: EntryId): EntryId;
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface MSProviderSuiteOptions extends StoreSuiteOptions {
  /** Why nothing can be written; tests that write are skipped, with it in their title. */
  readonly readOnly?: string;
}

/** For writing where that can be. */
const BEST: OpenMsgStoreOptions = { bestAccess: true };

/** Logs on as a client, for writing where that can be, and releases everything afterwards. */
async function withLogon(
  t: MSProviderUnderTest,
  run: (logon: StoreLogon & { readonly logon: NonNullable<StoreLogon['logon']> }) => Promise<void>,
  access: OpenMsgStoreOptions = BEST,
): Promise<void> {
  const { support } = await t.newSupport();
  const { store, logon, spoolerSecurity } = await t.provider.logon(support, 'profile', null, access);
  assert.ok(logon);
  try {
    await run({ store, logon, spoolerSecurity });
  } finally {
    await store.release();
    await logon.logoff();
    await logon.release();
  }
}

export function msProviderSuite(
  name: string,
  open: () => Promise<MSProviderUnderTest>,
  options: MSProviderSuiteOptions = {},
): void {
  const rule = ruleTests(open, options.skips);
  const { readOnly } = options;
  const writes: typeof rule = readOnly === undefined ? rule : (title) => test.skip(`${title} (skipped: ${readOnly})`);
  describe(`${name}: logon`, () => {
    rule('STORE-002: a logon answers a store and a logon object', async (t) => {
      await withLogon(t, async ({ store, logon }) => {
        assert.equal(store.iid, 'IMsgStore');
        assert.equal(logon.iid, 'IMSLogon');
      });
    });
    rule(
      'LOGON-83, PROF-31, STORE-008, STORE-015: the first logon registers its MAPIUID and its status, and names the store',
      async (t) => {
        const under = await t.newSupport();
        const { store, logon } = await t.provider.logon(under.support, 'profile', null, BEST);
        const uid = entryIdUid(t.unwrap(await idOf(store)));
        assert.ok(under.providerUids().some((each) => String(each) === String(uid)));
        const row = under.statusRow();
        assert.equal(propOf(row, PR_RESOURCE_TYPE), MAPI_STORE_PROVIDER);
        assert.notEqual(propOf(row, PR_PROVIDER_DISPLAY) ?? '', '');
        assert.notEqual(propOf(row, PR_STATUS_CODE), undefined);
        await using section = await under.support.openProfileSection(null);
        const name = await read(section, PR_DISPLAY_NAME);
        assert.notEqual(name ?? '', '');
        assert.equal(await read(store, PR_DISPLAY_NAME), name);
        await store.release();
        await logon?.release();
      },
    );
    rule('STORE-009: a second logon answers the store that is open, and no logon object', async (t) => {
      await withLogon(t, async ({ store }) => {
        const second = await t.newSupport();
        const again = await t.provider.logon(second.support, 'profile', t.unwrap(await idOf(store)), BEST);
        assert.equal(again.logon, undefined);
        assert.deepEqual(second.providerUids(), []);
        assert.deepEqual(second.statusRow(), []);
        await again.store.release();
        assert.equal(await read(again.store, PR_DISPLAY_NAME), await read(store, PR_DISPLAY_NAME));
      });
    });
    writes('STORE-009: what is changed through one logon is seen through the other', async (t) => {
      await withLogon(t, async ({ store }) => {
        const { support } = await t.newSupport();
        const again = await t.provider.logon(support, 'profile', t.unwrap(await idOf(store)), { write: true });
        await again.store.setProps([prop(PR_COMMENT, 'seen by both')]);
        assert.equal(await read(store, PR_COMMENT), 'seen by both');
        await again.store.release();
        assert.equal(await read(store, PR_COMMENT), 'seen by both');
      });
    });
    rule('STORE-004, STORE-013: stores are logged on to and compared by their private identifiers', async (t) => {
      await withLogon(t, async ({ store }) => {
        const entryId = t.unwrap(await idOf(store));
        assert.equal(await t.provider.compareStoreIDs(entryId, Uint8Array.from(entryId)), true);
        const other = Uint8Array.from(entryId);
        for (let index = 4; index < 20; index++) other[index] = 0xee;
        assert.equal(await t.provider.compareStoreIDs(entryId, other), false);
        const { support } = await t.newSupport();
        const again = await t.provider.spoolerLogon(support, 'profile', entryId, undefined);
        assert.deepEqual(await need(again.store, PR_RECORD_KEY), await need(store, PR_RECORD_KEY));
        await again.store.release();
        await again.logon?.release();
      });
    });
    rule('STORE-013: identifiers are compared without a store that is open', async (t) => {
      let entryId: EntryId | undefined;
      await withLogon(t, async ({ store }) => {
        entryId = t.unwrap(await idOf(store));
      });
      assert.ok(entryId);
      assert.equal(await t.provider.compareStoreIDs(entryId, entryId), true);
    });
    rule('STORE-004: the identifier of another provider is not logged on to', async (t) => {
      const { support } = await t.newSupport();
      const foreign = makeEntryId(new Uint8Array(16).fill(0xee), new Uint8Array(3));
      await rejects('MAPI_E_UNKNOWN_ENTRYID', t.provider.logon(support, 'profile', foreign, {}));
    });
    writes('PROF-31: a store that is given another name has it in its profile section, too', async (t) => {
      const { support } = await t.newSupport();
      const { store, logon } = await t.provider.logon(support, 'profile', null, BEST);
      assert.deepEqual(await store.setProps([prop(PR_DISPLAY_NAME, 'Renamed')]), []);
      assert.equal(await read(store, PR_DISPLAY_NAME), 'Renamed');
      await using section = await support.openProfileSection(null);
      assert.equal(await read(section, PR_DISPLAY_NAME), 'Renamed');
      await store.release();
      await logon?.release();
    });
    rule('LOGON-53: with MDB_NO_DIALOG nobody is asked', async (t) => {
      const { support } = await t.newSupport();
      const options = { noDialog: true, ...BEST };
      const { store, logon } = await t.provider.logon(support, 'profile', null, options, forbiddenUser());
      assert.equal(store.iid, 'IMsgStore');
      await store.release();
      await logon?.release();
    });
    rule('LOGON-74: a logon neither prepares messages nor waits for the spooler', async (t) => {
      const { support, calls } = watchedSupport((await t.newSupport()).support);
      const { store, logon } = await t.provider.logon(support, 'profile', null, BEST);
      assert.ok(calls.includes('addRef') && calls.includes('modifyStatusRow'));
      for (const forbidden of ['prepareSubmit', 'spoolerNotify']) assert.ok(!calls.includes(forbidden), forbidden);
      await store.release();
      await logon?.release();
    });
    rule('LOGON-79: store and logon object are made as a pair, and gone as one', async (t) => {
      const { support } = await t.newSupport();
      const first = await t.provider.logon(support, 'profile', null, BEST);
      const entryId = await idOf(first.store);
      await first.store.release();
      await first.logon?.logoff();
      await first.logon?.release();
      await rejects('MAPI_E_INVALID_OBJECT', first.store.getProps([PR_ENTRYID]));
      assert.ok(first.logon);
      await rejects('MAPI_E_INVALID_OBJECT', first.logon.openEntry(null));
      await withLogon(t, async ({ store, logon }) => {
        assert.notEqual(store, first.store);
        assert.notEqual(logon, first.logon);
        assert.deepEqual(await idOf(store), entryId);
      });
    });
    rule('SESS-24: best access is what the provider grants', async (t) => {
      const { support } = await t.newSupport();
      const { store, logon } = await t.provider.logon(support, 'profile', null, { bestAccess: true });
      const access = await need(store, PR_ACCESS_LEVEL);
      const setting = store.setProps([prop(PR_COMMENT, 'x')]);
      if (access === 1) assert.deepEqual(await setting, []);
      else await rejects('MAPI_E_NO_ACCESS', setting);
      await store.release();
      await logon?.release();
    });
    rule('SESS-24, STORE-016: a store is opened for reading unless more is asked for', async (t) => {
      const { support } = await t.newSupport();
      const reading = await t.provider.logon(support, 'profile', null, {});
      assert.equal(await need(reading.store, PR_ACCESS_LEVEL), 0);
      await rejects('MAPI_E_NO_ACCESS', reading.store.setProps([prop(PR_COMMENT, 'x')]));
      await reading.store.release();
      await reading.logon?.release();
    });
    writes('SESS-24: a store is opened for writing if that is asked for', async (t) => {
      const test = async ({ store }: StoreLogon): Promise<void> => assert.equal(await need(store, PR_ACCESS_LEVEL), 1);
      await withLogon(t, test, { write: true });
    });
    writes(
      'LOGON-84, LOGON-85, SPOOL-009, STORE-014, STORE-066: the spooler logs on to the same store, and has the queue',
      async (t) => {
        await withLogon(t, async ({ store, spoolerSecurity }) => {
          const { support } = await t.newSupport();
          const entryId = t.unwrap(await idOf(store));
          const copied = structuredClone(spoolerSecurity); // it may come from another process
          assert.ok(copied === undefined || copied instanceof Uint8Array);
          const spooler = await t.provider.spoolerLogon(support, 'profile', entryId, copied);
          const folder = await newFolder(store, 'Seen by the spooler');
          assert.equal((await folderOf(spooler.store, await idOf(folder))).iid, 'IMAPIFolder');
          assert.equal((await spooler.store.getOutgoingQueue()).iid, 'IMAPITable');
          await rejects('MAPI_E_NO_SUPPORT', store.getOutgoingQueue());
          await spooler.store.release();
          await spooler.logon?.release();
        });
      },
    );
    rule('STORE-012: the profile section names the store after the first logon, and the next finds it', async (t) => {
      const { support } = await t.newSupport();
      for (const _ of ['first', 'next']) {
        const { store, logon } = await t.provider.logon(support, 'profile', null, BEST);
        await using section = await support.openProfileSection(null);
        assert.deepEqual(await need(section, PR_STORE_RECORD_KEY), await need(store, PR_STORE_RECORD_KEY));
        await store.release();
        await logon?.logoff();
        await logon?.release();
      }
    });
    writes('STORE-012: the profile section names the store, and the next logon finds it there', async (t) => {
      let key: Uint8Array | undefined;
      let entryId: EntryId | undefined;
      await withLogon(t, async ({ store }) => {
        key = await need(store, PR_RECORD_KEY);
        entryId = await savedMessage(await inboxOf(store));
      });
      await withLogon(t, async ({ store }) => {
        assert.deepEqual(await need(store, PR_RECORD_KEY), key);
        assert.ok(entryId);
        assert.equal((await openMessage(store, entryId)).iid, 'IMessage');
      });
    });
  });

  describe(`${name}: logon objects`, () => {
    writes('STORE-028: a logon object opens and compares the messages of its store', async (t) => {
      await withLogon(t, async ({ store, logon }) => {
        const entryId = await savedMessage(await inboxOf(store));
        const message = await logon.openEntry(entryId);
        assert.equal(message.iid, 'IMessage');
        assert.equal(await logon.compareEntryIDs(entryId, entryId), true);
      });
    });
    rule('STORE-028: a logon object opens and compares folders as its store does', async (t) => {
      await withLogon(t, async ({ store, logon }) => {
        await using root = await folderOf(store, null, false);
        const entryId = await idOf(root);
        assert.equal((await logon.openEntry(null)).iid, 'IMAPIFolder');
        assert.equal(await logon.compareEntryIDs(entryId, await idOf(await logon.openEntry(entryId))), true);
        const foreign = makeEntryId(new Uint8Array(16).fill(0xee), new Uint8Array(3));
        await rejects('MAPI_E_UNKNOWN_ENTRYID', logon.openEntry(foreign));
        await rejects('MAPI_E_UNKNOWN_ENTRYID', logon.compareEntryIDs(entryId, foreign));
      });
    });
    writes('STORE-079: a logon object takes registrations and gives them back', async (t) => {
      await withLogon(t, async ({ store, logon }) => {
        const seen = new Collector();
        const connection = await logon.advise(null, fnevObjectCreated, seen);
        await newFolder(store, 'One');
        await t.settle();
        assert.deepEqual(seen.kinds(), ['objectCreated']);
        await logon.unadvise(connection);
        await newFolder(store, 'Two');
        await t.settle();
        assert.equal(seen.kinds().length, 1);
        await rejects('MAPI_E_NOT_FOUND', logon.unadvise(connection));
      });
    });
    rule(
      'SPOOL-090, SPOOL-093, STAT-17: the status object can be validated, and does what it says it does',
      async (t) => {
        await withLogon(t, async ({ logon }) => {
          await using status = await logon.openStatusEntry();
          const methods = await need(status, PR_RESOURCE_METHODS);
          assert.equal(methods & STATUS_VALIDATE_STATE, STATUS_VALIDATE_STATE);
          await status.validateState();
          const others = [
            () => status.settingsDialog(),
            () => status.changePassword('a', 'b'),
            () => status.flushQueues(),
          ];
          for (const [index, call] of others.entries()) {
            if ((methods & (2 << index)) === 0) await rejects('MAPI_E_NO_SUPPORT', call());
          }
          assert.equal(await need(status, PR_RESOURCE_TYPE), MAPI_STORE_PROVIDER);
        });
      },
    );
    rule('SUPP-12: a registered MAPIUID stands in every identifier that the provider makes', async (t) => {
      const { support, providerUids } = await t.newSupport();
      const { store, logon } = await t.provider.logon(support, 'profile', null, BEST);
      const root = await folderOf(store, null, false);
      const ids = [t.unwrap(await need(store, PR_ENTRYID)), await idOf(root)];
      const own = readOnly === undefined ? await newFolder(store, 'F') : undefined;
      if (own !== undefined) ids.push(await idOf(own), await savedMessage(own));
      const registered = providerUids().map(String);
      assert.ok(registered.length > 0);
      for (const id of ids) assert.ok(registered.includes(String(id.subarray(4, 20))));
      await store.release();
      await logon?.logoff();
      await logon?.release();
    });
    rule('STAT-18: whoever asks gets the same status object, with a reference of his own', async (t) => {
      await withLogon(t, async ({ logon }) => {
        const first = await logon.openStatusEntry();
        await using second = await logon.openStatusEntry();
        assert.equal(first, second);
        assert.equal(await need(first, PR_OBJECT_TYPE), MAPI_STATUS);
        await first.release();
        await second.validateState();
      });
    });
    rule(
      'STORE-028: releasing the store ends its objects, releasing the logon object twice does no harm',
      async (t) => {
        const { support } = await t.newSupport();
        const { store, logon } = await t.provider.logon(support, 'profile', null, BEST);
        await store.release();
        await rejects('MAPI_E_INVALID_OBJECT', store.getProps([PR_ENTRYID]));
        await rejects('MAPI_E_INVALID_OBJECT', store.openEntry(null));
        await logon?.logoff();
        await logon?.release();
        await logon?.release();
      },
    );
    rule('STORE-001: after all logons are gone the provider can be shut down', async (t) => {
      await withLogon(t, async ({ store }) => void (await folderOf(store, null, false)));
      await t.provider.shutdown();
    });
  });
}
